"""The command line, as a user types it: real processes, a small slice of the real corpus."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import forked
import pretty_midi
import pytest
import yaml

ROOT = Path(__file__).parents[1]
RECIPE = """\
dataset: {use: music/corpus, paired: [bach], unpaired: [], limit: 60}
converter: {use: music/template, parts: [timing], given: [tonality, metre, chords]}
generator: {use: transformer, width: 16, depth: 1, heads: 2}
renderer: {use: transformer, width: 16, depth: 1, heads: 2}
train: {steps: 6, steps_per_call: 3, validate_every: 3, checkpoint_every: 3, sample_every: 0, warmup_steps: 1}
evaluate: [music/stress_on_beat, music/two_sample]
"""
WORDS = "The moon is bright above the sea, the winds are still tonight"
SYLLABLES = 14


def regenkit(*arguments: object, cwd: Path, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command; its exit code must be `expect`, and a traceback is always a failure."""
    result = forked.regenkit(list(map(str, arguments)), cwd)
    assert "Traceback" not in result.stderr, result.stderr
    assert result.returncode == expect, result.stdout + result.stderr
    return result


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe and a trained run, runs/song/1."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "song.yaml").write_text(RECIPE)
    result = regenkit("train", "song.yaml", cwd=folder)
    assert "done; samples" in result.stdout
    return folder


def test_a_run_leaves_its_recipe_logs_and_samples(place: Path) -> None:
    run = place / "runs/song/1"
    assert yaml.safe_load((run / "recipe.yaml").read_text())["generator"]["width"] == 16
    assert json.loads((run / "environment.json").read_text())["tensorflow"]
    names = {path.name for path in (run / "samples").iterdir()}
    assert {"1-predicted.mid", "1-predicted.wav", "1-predicted.png", "1-reference.mid", "1-predicted.yaml"} <= names
    rows = (run / "samples/samples.md").read_text().splitlines()[6:]
    assert len(rows) == 3 and all(len(row.split(" | ")) == 4 and "notes" in row for row in rows)


@pytest.mark.exhaustive(minutes=0.7)
def test_samples_are_drawn_while_it_trains(place: Path) -> None:
    regenkit("train", "song.yaml", "--run", "sampled", "--set", "train.sample_every=3", cwd=place)
    names = {path.name for path in (place / "sampled/samples").iterdir()}
    assert {"generator-000003-1.yaml", "renderer-000006-1.png"} <= names


def test_every_syllable_has_a_note_in_the_range_asked_for(place: Path) -> None:
    arguments = ("generate", "runs/song/1", "--input", WORDS, "--given", "key=G", "--given", "range=D4-D5",
                 "--given", "metre=3/4", "--given", "tempo=100", "--given", "chords=G C D")  # fmt: skip
    regenkit(*arguments, "-o", "a.mid", "--seed", 1, cwd=place)
    regenkit(*arguments, "-o", "b.mid", "--seed", 2, cwd=place)
    songs = [pretty_midi.PrettyMIDI(str(place / name)) for name in ("a.mid", "b.mid")]
    notes = [[(note.start, note.pitch) for note in song.instruments[0].notes] for song in songs]
    assert len(notes[0]) == SYLLABLES == len(songs[0].lyrics)
    assert notes[0] != notes[1]
    assert all(62 <= pitch <= 74 for _, pitch in notes[0] + notes[1])
    assert songs[0].time_signature_changes[0].numerator == 3


def test_y_is_converted_edited_and_rendered(place: Path) -> None:
    regenkit("convert", "runs/song/1", "runs/song/1/samples/1-reference.mid", "-o", "rep.yaml", cwd=place)
    text = (place / "rep.yaml").read_text()
    assert "metre: 4/4" in text or "metre: 3/4" in text
    regenkit("render", "runs/song/1", "rep.yaml", "-o", "again.musicxml", cwd=place)
    assert (place / "again.musicxml").read_text().startswith("<?xml")
    broken = text.replace("metre: ", "metre: 17/", 1)
    (place / "broken.yaml").write_text(broken)
    message = regenkit("render", "runs/song/1", "broken.yaml", "-o", "no.mid", cwd=place, expect=2).stderr
    assert "broken.yaml" in message and "metre" in message
    assert not (place / "no.mid").exists()


@pytest.mark.exhaustive(minutes=0.5)
def test_the_encoding_of_what_is_converted_may_be_said(place: Path) -> None:
    tune = "X:1\nT:Ё\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\nw:Ё-ё, ё-ё, ё-ё, ё-ё\n"  # too little to tell by
    (place / "old.abc").write_bytes(tune.encode("cp866"))
    convert = ("convert", "runs/song/1", "old.abc", "-o", "old.yaml")
    regenkit(*convert, "--encoding", "cp866", cwd=place)
    assert "Ё" in (place / "old.yaml").read_text()
    wrong = regenkit(*convert, "--encoding", "utf-8", cwd=place, expect=2).stderr
    assert "old.abc: is not text in utf-8 (byte 7); say --encoding cp1251" in wrong
    assert (
        "encoding: 'hex' is no encoding of text" in regenkit(*convert, "--encoding", "hex", cwd=place, expect=2).stderr
    )
    regenkit("generate", "runs/song/1", "--input", WORDS, "-o", "new.musicxml", cwd=place)
    score = ("convert", "runs/song/1", "new.musicxml", "-o", "new.yaml", "--encoding", "cp866")
    said = regenkit(*score, cwd=place).stderr
    assert "new.musicxml: MusicXML states its encoding itself; cp866 is not used" in said


@pytest.mark.exhaustive(minutes=0.3)
def test_several_songs_of_one_file_are_numbered(place: Path) -> None:
    (place / "songs.txt").write_text("# One\nglory in the morning\n---\n# Two\nover the hills and far away\n")
    regenkit("generate", "runs/song/1", "--input", "songs.txt", "-o", "song.png", cwd=place)
    assert {path.name for path in place.glob("song-*.png")} == {"song-1.png", "song-2.png"}


@pytest.mark.exhaustive
def test_evaluate_writes_a_report(place: Path) -> None:
    regenkit("evaluate", "runs/song/1", cwd=place)
    report = json.loads((place / "runs/song/1/report.json").read_text())
    assert report["bits"]["routes"]["predicted"]["total"]["bits"]["mean"] > 0
    assert set(report["scores"]["music/stress_on_beat"]["routes"]) >= {"reference", "oracle", "predicted", "direct"}
    assert "Where the bits go" in (place / "runs/song/1/report.html").read_text()
    regenkit("evaluate", "runs/song/1", cwd=place)
    again = json.loads((place / "runs/song/1/report.json").read_text())
    for figures in ("bits", "scores"):  # models as trained a moment ago, or as loaded from their best weights
        assert again[figures] == report[figures]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("train", "none.yaml"), "none.yaml"),
        (("train", "song.yaml", "--set", "generator.dept=2"), "depth"),
        (("train", "song.yaml", "--stage", "renderr"), "renderer"),
        (("check", "song.yaml", "--set", "renderer.use=transfomer"), "transformer"),
        (("generate", "runs/song/9", "--input", "a", "-o", "a.mid"), "runs/song/1"),
        (("generate", "runs/song/1", "--input", "1 2 3 !?", "-o", "a.txt"), ".mid"),
        (("generate", "runs/song/1", "--input", "?!", "-o", "q.mid"), "no words to sing"),
        (("generate", "runs/song/1", "--input", "none.txt", "-o", "q.mid"), "there is no such file"),
        (("generate", "runs/song/1", "--input", "words", "-o", "no/where.mid"), "mkdir"),
        (("generate", "runs/song/1", "--input", "words", "-o", "q.mid", "--given", "kee=G"), "key"),
        (("convert", "runs/song/1", "song.mid", "-o", "x.yaml"), "song.mid"),
    ],
)
def test_a_mistake_is_one_message(place: Path, arguments: tuple[str, ...], said: str) -> None:
    before = set(place.rglob("*"))
    message = regenkit(*arguments, cwd=place, expect=2).stderr
    assert said in message
    assert set(place.rglob("*")) == before


def test_another_converter_setting_is_refused(place: Path) -> None:
    """A run whose recipe was edited: the stages say which setting of Y′ differs."""
    recipe = place / "runs/song/1/recipe.yaml"
    text = recipe.read_text()
    try:
        recipe.write_text(text.replace("- timing", "- rhythm"))
        message = regenkit("generate", "runs/song/1", "--input", "words", "-o", "q.mid", cwd=place, expect=2).stderr
        assert "converter.parts" in message and "timing" in message
    finally:
        recipe.write_text(text)


@pytest.mark.exhaustive(minutes=0.6)
def test_interrupted_then_gone_on_with(place: Path) -> None:
    """Ctrl-C saves and says how to go on; meanwhile a second training on the run directory is refused."""
    long = ["train", "song.yaml", "--run", "long", "--set", "train.steps=100000", "--set", "train.sample_every=0"]
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    process = subprocess.Popen(
        [sys.executable, "-m", "regenkit", *long], cwd=place, env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    log = place / "long/log.jsonl"
    for _ in range(600):
        if log.exists() and log.stat().st_size:
            break
        time.sleep(0.1)
    second = regenkit(*long, cwd=place, expect=2).stderr
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert "another process" in second
    assert process.returncode == 130, output
    assert "To go on: regenkit train song.yaml" in output
    steps = [line["step"] for line in map(json.loads, log.read_text().splitlines()) if line["kind"] == "train"]
    assert (place / f"long/generator/checkpoints/step-{steps[-1]:08d}.npz").exists()


@pytest.mark.parametrize("command", [["--help"], ["plugins"], ["data", "list"]])
def test_lists_import_no_tensorflow(place: Path, command: list[str]) -> None:
    code = (
        "import sys\n"
        "from regenkit.cli.main import app\n"
        "try: app(standalone_mode=True)\n"
        "except SystemExit: pass\n"
        "assert 'tensorflow' not in sys.modules, 'TensorFlow was imported'\n"
    )
    path = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])}
    arguments = [sys.executable, "-c", code, *command]
    subprocess.run(arguments, cwd=place, env={**os.environ, **path}, check=True, capture_output=True, timeout=60)


@pytest.mark.exhaustive(minutes=0.6)
def test_an_export_and_a_model_hub_draw_what_the_run_draws(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub is a folder as huggingface_hub keeps it, and no connection is tried."""
    pytest.importorskip("huggingface_hub", reason="the extra hub is not installed")
    regenkit("export", "runs/song/1", "-o", "run.zip", cwd=place)
    kept = tmp_path / "hub/models--me--song"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs/main").write_text("0" * 40)
    (kept / "snapshots" / ("0" * 40)).mkdir(parents=True)
    shutil.copy(place / "run.zip", kept / "snapshots" / ("0" * 40) / "run.zip")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name, run in (("mine", "runs/song/1"), ("zipped", "run.zip"), ("hub", "hf://me/song")):
        regenkit("generate", run, "--input", WORDS, "-o", f"{name}.mid", cwd=place)
    assert (place / "mine.mid").read_bytes() == (place / "zipped.mid").read_bytes()
    assert (place / "mine.mid").read_bytes() == (place / "hub.mid").read_bytes()
    said = regenkit("generate", "hf://me/other", "--input", WORDS, "-o", "no.mid", cwd=place, expect=2).stderr
    assert "hf://me/other: cannot be fetched" in said


@pytest.mark.parametrize("name", ["n" * 300, "song.yaml/below.yaml"])
def test_a_name_that_no_file_can_have(name: str, tmp_path: Path) -> None:
    (tmp_path / "song.yaml").write_text(RECIPE)
    for command in (["recipes", "copy", "lyric2melody", "-o", name], ["check", name]):
        said = regenkit(*command, cwd=tmp_path, expect=2).stderr
        assert said.startswith(f"error {name}: ") and len(said.splitlines()) == 1, said
    assert [path.name for path in tmp_path.iterdir()] == ["song.yaml"]
