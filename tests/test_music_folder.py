"""music/folder: the user's own files, and what is said where they are missing."""

import os
import pickle
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import forked
import pytest

from regenkit.components import Example, LeftOut
from regenkit.errors import BadSource, UserError
from regenkit_music.data import Folder
from regenkit_music.data.corpus import _scores
from regenkit_music.data.segments import SHORTEST
from regenkit_music.modality import MelodyModality
from regenkit_music.modality.files import reading, write
from regenkit_music.modality.melody import Melody, Note

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases" / "music"
PATH = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])}


def test_a_folder_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mine" / "deep").mkdir(parents=True)
    shutil.copy(_scores("bach")["bwv333"], tmp_path / "mine" / "deep" / "hymn.mxl")
    (tmp_path / "mine" / "tunes.abc").write_text(
        "X:1\nT:One\nM:4/4\nL:1/4\nK:D\nDEFG|AAAA|dcBA|A4|\n\nX:2\nT:Two\nM:none\nL:1/4\nK:D\nDEFG AAAA|\n"
    )
    quarters = (Note(onset=4 * step, duration=4, pitch=60 + step % 5) for step in range(12))
    write(Melody(notes=tuple(quarters)), tmp_path / "mine" / "own.mid")
    (tmp_path / "mine" / "broken.mid").write_bytes(b"MThd no")
    (tmp_path / "mine" / "notes.txt").write_text("not a melody")
    monkeypatch.chdir(tmp_path)
    folder = pickle.loads(pickle.dumps(Folder("mine")))
    assert folder.sources() == ["broken.mid", "deep/hymn.mxl", "own.mid", "tunes.abc"]
    (hymn,) = folder.read("deep/hymn.mxl")
    assert isinstance(hymn, Example)
    assert (
        hymn.x is not None and hymn.meta["syllables"][:3] == ["dein'n", "Leib", "und"] and hymn.meta["language"] == "de"
    )
    two, tune = folder.read("tunes.abc")
    assert two == LeftOut(id="tunes.abc:2", reason="has no metre, so its bars are unknown")
    assert isinstance(tune, Example) and tune.id == "tunes.abc:1" and "song:tunes.abc:1" in tune.groups
    assert tune.x is None and tune.meta["title"] == "One" and len(tune.y["pitch"]) == 13
    (own,) = folder.read("own.mid")
    assert isinstance(own, Example) and own.x is None and own.y["duration"].tolist() == [4] * 12
    with pytest.raises(BadSource, match=r"broken\.mid"):
        folder.read("broken.mid")
    before = folder.fingerprint()
    (tmp_path / "mine" / "broken.mid").write_bytes(b"MThd no more")
    assert folder.fingerprint() != before


def test_convert_and_training_read_the_same():
    """Of every case file, whatever its format: the same fields and syllables, or the same refusal."""
    folder, compared = Folder(str(CASES)), Counter[str]()
    for source in folder.sources():
        try:
            examples = [each for each in folder.read(source) if isinstance(each, Example)]
        except BadSource as refusal:
            with pytest.raises(BadSource) as refused:
                MelodyModality().read(CASES / source)
            assert refused.value.reason == refusal.reason
            compared["refused"] += 1
            continue
        found = [MelodyModality().encode(melody) for melody in MelodyModality().read(CASES / source)]
        found = [(fields, meta) for fields, meta in found if len(fields["pitch"]) >= SHORTEST]
        if len(found) != len(examples) or any("#" in example.id for example in examples):
            compared["cut"] += 1
            continue
        for example, (fields, meta) in zip(examples, found, strict=True):
            assert {name: value.tolist() for name, value in example.y.items()} == {
                name: value.tolist() for name, value in fields.items()
            }
            assert [example.meta[name] for name in ("tonic", "shift", "tempo", "syllables")] == [
                meta[name] for name in ("tonic", "shift", "tempo", "syllables")
            ]
            compared[Path(source).suffix] += 1
    assert (
        compared["cut"] < 3
        and all(compared[suffix] > 3 for suffix in (".abc", ".mid", ".kar", ".musicxml"))
        and compared["refused"]
    ), compared


def test_what_convert_leaves_out_is_said_on_stderr(tmp_path: Path):
    (tmp_path / "a.abc").write_text("X:1\nM:none\nK:C\nCDEF|\n\nX:2\nM:4/4\nL:1/4\nK:C\nCDEF|\n\nCDEF|\n")
    code = f"from regenkit_music.modality import MelodyModality as M; M().read({str(tmp_path / 'a.abc')!r})"
    said = subprocess.run([sys.executable, "-c", code], env=PATH, capture_output=True, text=True, check=True).stderr
    assert said.splitlines() == [
        f"{tmp_path}/a.abc: left out: 1: has no metre, so its bars are unknown",
        f"{tmp_path}/a.abc: 2: lines of music after an empty line, which ends a tune, left out: 1",
    ]


def test_remarks_of_a_tune_are_those_of_its_example(tmp_path: Path):
    (tmp_path / "a.abc").write_text("X:1\nM:4/4\nL:1/4\nK:C\n[CE][DF]EF|GABc|\nw:1. A be-ry fine old song I sing now\n")
    (example,) = Folder(str(tmp_path)).read("a.abc")
    assert isinstance(example, Example) and example.x is not None
    assert example.remarks == (
        "syllables that find no note on their line, left out: 1", "notes below another one that sounds, left out: 2",
    )  # fmt: skip


def test_the_encoding_is_an_option(tmp_path: Path):
    text = "X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\nw:Мо-ре, мо-ре, мо-ре, мо-ре\n"
    (tmp_path / "a.abc").write_bytes(text.encode("cp866"))
    (example,) = Folder(str(tmp_path), encoding="cp866").read("a.abc")
    assert isinstance(example, Example) and example.meta["syllables"][:2] == ["Мо-", "ре,"]
    write(Melody(notes=(Note(onset=0, duration=4, pitch=60, syllable="Größe"),)), tmp_path / "b.musicxml")
    (score,) = reading(tmp_path / "b.musicxml", "cp866").tunes  # which states its own
    assert score.melody.notes[0].syllable == "Größe"
    with pytest.raises(UserError, match="'hex' is no encoding of text; right is a name like"):
        Folder(str(tmp_path), encoding="hex")


@pytest.mark.parametrize("language", ["german", "DE", "de_AT", ""])
def test_a_language_that_is_no_code_is_refused(language: str, tmp_path: Path):
    """Its words would have no stresses, and nobody would be told."""
    with pytest.raises(UserError, match="right is a code of two letters"):
        Folder(str(tmp_path), language=language)
    Folder(str(tmp_path), language="de")


def test_linked_folders_are_read_once(tmp_path: Path):
    shutil.copytree(CASES / "38-music-symlink", tmp_path / "case")
    root = tmp_path / "case" / "set"
    (root / "linked").symlink_to(tmp_path / "case" / "elsewhere", target_is_directory=True)
    assert Folder(str(root)).sources() == ["linked/a.mid", "real/a.kar"]
    assert all(len(Folder(str(root)).read(source)) == 1 for source in Folder(str(root)).sources())
    (root / "real" / "up").symlink_to(root, target_is_directory=True)  # a loop
    (root / "again").symlink_to(root / "real", target_is_directory=True)
    (root / "gone.mid").symlink_to(root / "nowhere.mid")
    (root / "self").symlink_to(root / "self")
    folder = Folder(str(root))
    assert folder.sources() == ["linked/a.mid", "real/a.kar", "gone.mid", "self"]
    assert folder.ignored() == {
        name: "is a link to a folder that is read in another place" for name in ("again/", "real/up/")
    }
    for source in ("gone.mid", "self"):
        with pytest.raises(BadSource, match="is a link to what is not there"):
            folder.read(source)
    assert folder.fingerprint() == Folder(str(root)).fingerprint()


def test_hidden_files_are_named_and_not_read(tmp_path: Path):
    tune = "X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n"
    names = ["a.abc", "._a.abc", "._d.abc", ".b.abc", "__MACOSX/._a.abc", ".git/deep/c.abc", "in/._e.abc"]
    for name in [*names, ".venv/notes.txt"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(tune)
    folder = Folder(str(tmp_path))
    assert folder.sources() == ["a.abc"]
    assert folder.ignored() == {
        **dict.fromkeys(["._a.abc", "._d.abc", "__MACOSX/", "in/._e.abc"], "is macOS's own, no data"),
        **dict.fromkeys([".b.abc", ".git/"], "is hidden"),
    }
    (tmp_path / "a.abc").unlink()
    with pytest.raises(UserError, match=r"there is no \.mid"):
        Folder(str(tmp_path)).sources()


@pytest.mark.exhaustive(minutes=0.2)
def test_check_names_a_folder_that_is_not_there(tmp_path: Path):
    """`regenkit check` in a process of its own: one line with its place, exit code 2."""
    (tmp_path / "mine.yaml").write_text(
        "dataset: {use: music/folder, path: songs}\nconverter: {use: music/template}\n"
        "generator: {use: transformer}\nrenderer: {use: transformer}\n"
    )
    refused = forked.regenkit(["check", "mine.yaml"], tmp_path)
    assert refused.returncode == 2
    said = " ".join(refused.stderr.split())
    assert (
        said == "error mine.yaml:1:10: dataset: music/folder: path songs does not exist; right is a folder of melodies"
    )
    (tmp_path / "songs").mkdir()
    assert forked.regenkit(["check", "mine.yaml"], tmp_path).returncode == 0


def test_a_folder_that_is_missing_or_empty(tmp_path: Path):
    with pytest.raises(UserError, match="does not exist; right is a folder"):
        Folder(str(tmp_path / "nowhere"))
    (tmp_path / "words.txt").write_text("no melody")
    with pytest.raises(UserError, match=r"words\.txt is a file; right is a folder"):
        Folder(str(tmp_path / "words.txt"))
    with pytest.raises(UserError, match=r"there is no \.mid, .*\.abc.* file in"):
        Folder(str(tmp_path)).sources()
