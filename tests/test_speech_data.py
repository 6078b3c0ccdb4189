"""The datasets of speech and sounds: packages, folders as people have them, splits that do not leak."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from fetching import fetched
from own_pictures import read_all
from own_sounds import tone, write

from regenkit.components import Example, LeftOut
from regenkit.errors import BadSource, UserError
from regenkit.pipeline.pipeline import Pipeline
from regenkit.recipe import load
from regenkit_speech import packages
from regenkit_speech.data import (
    Drumkits,
    Fillets,
    FilletsToText,
    Folder,
    FolderToText,
    Languages,
    LanguagesToText,
    Prompts,
    PromptsToText,
    Sounds,
)
from regenkit_speech.data.drumkits import label_of
from regenkit_speech.modality import Audio
from regenkit_text.modality import Text


def test_another_sample_rate_than_that_of_the_data_is_refused(tmp_path: Path) -> None:
    """Bands and pitch would be those of another scale, and nothing would show it."""
    for number in range(3):
        write(tmp_path / "voices" / f"{number}.wav", tone(0.5, hertz=200.0 + number), 22_050)
    dataset = f"dataset: {{use: speech/folder, path: {tmp_path / 'voices'}, sample_rate: 22050}}\n"
    right = "converter: {use: speech/mel, sample_rate: 22050}\ngenerator: {use: speech/fastspeech}\n"
    renderer = (
        "renderer: {use: speech/vocos, sample_rate: 22050}\ndirect: {use: speech/text2wave, sample_rate: 22050}\n"
    )
    whole = dataset + right + renderer
    path = tmp_path / "a.yaml"
    path.write_text(whole)
    y = Pipeline(load(path)).y
    assert isinstance(y, Audio) and y.sample_rate == 22_050
    for section, wrong in (
        ("converter", whole.replace("speech/mel, sample_rate: 22050", "speech/mel")),
        ("renderer", whole.replace("speech/vocos, sample_rate: 22050", "speech/vocos")),
        ("direct", whole.replace("text2wave, sample_rate: 22050", "text2wave, sample_rate: 8000")),
    ):
        path.write_text(wrong)
        with pytest.raises(UserError, match=rf"{section}.*sample_rate is .*, and the data have 22050: write"):
            Pipeline(load(path))


# --- out of packages --------------------------------------------------------------------------------------------------


def test_prompts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(UserError, match="regenkit data fetch speech/prompts"):
        patch.setenv("REGENKIT_CACHE", str(tmp_path))
        Prompts().sources()
    for source in (packages.PROMPTS, packages.PROMPT_TEXTS):
        fetched(source)
    dataset = pickle.loads(pickle.dumps(Prompts(limit=40)))
    examples, left_out = read_all(dataset)
    assert len(dataset.sources()) == 40 and len(examples) + len(left_out) == 40 and len(examples) >= 30
    assert left_out["beep"] == "is no speech: its transcript stands in brackets"
    assert left_out["conf-adminmenu"] == "is longer than 15 seconds"
    by_id = {example.id: example for example in examples}
    added = by_id["added"]
    assert added.meta["title"] == "Added." and "text:added" in added.groups
    assert added.y["wave"].dtype == np.float32 and 0.3 < len(added.y["wave"]) / 16_000 < 2
    (keys,) = dataset.read("dictate/both_help")
    assert keys.meta["title"] == "press star to toggle pause, press pound to enter a new dictation filename"
    for name, reason in (
        ("silence/1", "is no speech: its transcript stands in brackets"),
        ("spy-iax2", "its transcript says in brackets what the voice does not say"),
        ("vm-intro", "its transcript says in brackets what the voice does not say"),
    ):
        with pytest.raises(BadSource, match=reason):
            dataset.read(name)
    reverse = PromptsToText(limit=4)
    (other,) = reverse.read("added")
    assert other.x is not None
    np.testing.assert_array_equal(other.x["wave"], added.y["wave"])
    labels = reverse.modalities["y"]["labels"]
    assert "".join(labels[token - 1] for token in other.y["character"]) == "added"


@pytest.mark.exhaustive(minutes=1)  # 142 MB are fetched
def test_fillets() -> None:
    for source in (packages.FILLETS_TEXTS, packages.FILLETS_CS):
        fetched(source)
    dataset = Fillets(language="cs")
    assert sum("/" in name for name in dataset.sources()) > 1700
    (example,) = dataset.read("city/vit-hs-klid1")
    assert example.meta["title"] == "Občané. Zachovejte klid a rozvahu." and int(example.y["speaker"]) == 3
    (small,) = dataset.read("city/vit-m-hlava")
    assert int(small.y["speaker"]) == 1
    for name, reason in (("gods/b1-a", "a place for a number"), ("fdto/semafor-v", "in Russian")):
        with pytest.raises(BadSource, match=reason):
            dataset.read(name)
    (reverse,) = FilletsToText(language="cs").read("city/vit-m-hlava")
    assert set(reverse.y) == {"character"}


@pytest.mark.exhaustive(minutes=1)  # 153 MB are fetched
def test_languages_together() -> None:
    for source in (packages.PROMPTS, packages.PROMPT_TEXTS, packages.FILLETS_TEXTS, packages.FILLETS_CS,
                   packages.FILLETS_NL):  # fmt: skip
        fetched(source)
    forth, back = (pickle.loads(pickle.dumps(each(limit=2))) for each in (Languages, LanguagesToText))
    assert [name.partition("/")[0] for name in back.sources()] == ["en"] * 2 + ["cs"] * 2 + ["nl"] * 2
    labels, languages = back.modalities["y"]["labels"], back.modalities["y"]["languages"]
    assert languages == ["en-us", "cs", "nl"]
    (czech,), (spoken,) = back.read("cs/city/vit-m-hlava"), forth.read("cs/city/vit-m-hlava")
    said = "".join(labels[token - 1] for token in czech.y["character"])
    assert languages[int(czech.y["language"]) - 1] == "cs" and czech.id == spoken.id == "cs/city/vit-m-hlava"
    assert said == said.lower() and not set(said) & set(".,!?;:-") and czech.x is not None and set(spoken.y) == {"wave"}
    np.testing.assert_array_equal(czech.x["wave"], spoken.y["wave"])
    assert "language" not in LanguagesToText(languages=["nl"], limit=1).read("nl/city/vit-m-hlava")[0].y
    with pytest.raises(UserError, match="right are some of en, cs, nl, each once"):
        LanguagesToText(languages=["cs", "cs"])
    assert spoken.x is not None and int(spoken.x["language"]) == 2
    text = Text(**forth.modalities["x"])  # which says no language
    np.testing.assert_array_equal(spoken.x["x_byte"], text.encode(text.parse(str(spoken.meta["title"])))[0]["x_byte"])


@pytest.mark.exhaustive(minutes=0.5)
def test_who_speaks_in_several_languages() -> None:
    for source in (packages.PROMPTS, packages.PROMPT_TEXTS, packages.FILLETS_TEXTS, packages.FILLETS_CS,
                   packages.FILLETS_NL):  # fmt: skip
        fetched(source)
    dataset = Languages(speakers=True, limit=2)
    known = dataset.modalities["y"]["speakers"]
    assert known == ["en", "cs-small", "cs-big", "cs-other", "nl-small", "nl-big", "nl-other"]
    (czech,), (english,) = dataset.read("cs/city/vit-m-hlava"), dataset.read("en/activated")
    assert known[int(czech.y["speaker"]) - 1] == "cs-small" and known[int(english.y["speaker"]) - 1] == "en"
    assert set(Audio(**dataset.modalities["y"]).spec) == {"wave", "speaker"}
    assert "speakers" not in Languages(languages=["en"], speakers=True).modalities["y"]


@pytest.mark.exhaustive(minutes=1)  # 143 MB are fetched
def test_drumkits() -> None:
    fetched(packages.DRUMKITS)
    dataset = Drumkits(limit=2)
    found = [each for source in dataset.sources() for each in dataset.read(source)]
    examples = [each for each in found if isinstance(each, Example)]
    assert len(examples) > 20 and all(each.groups[1].startswith("kit:") for each in examples)
    assert all(len(each.y["wave"]) <= 16_000 for each in examples)
    assert any("was cut at 1 seconds" in each.remarks for each in examples)
    assert all(each.reason for each in found if isinstance(each, LeftOut))


def test_classes_of_instruments() -> None:
    said = {"Kick Long": "kick", "Snare Rimshot": "snare", "Closed HH": "hi-hat", "Hat Open": "hi-hat open",
            "Tom Low": "tom", "Cowbell": "cowbell", "Ride Bell": "cymbal", "Whistle": None}  # fmt: skip
    assert {name: label_of(name) for name in said} == said


# --- the user's own ---------------------------------------------------------------------------------------------------


def speak(path: Path, seed: int, seconds: float = 0.4) -> None:
    write(path, tone(seconds, hertz=200.0 + 10 * seed))


def test_ljspeech(tmp_path: Path) -> None:
    for number in range(3):
        speak(tmp_path / "wavs" / f"LJ-{number}.wav", number)
    (tmp_path / "metadata.csv").write_text("LJ-0|Dr. A|Doctor A\nLJ-1|words|words\nLJ-9|none|none\nbroken\nLJ-2||\n")
    examples, left_out = read_all(Folder(str(tmp_path)))
    assert {each.id: each.meta["title"] for each in examples if each.x} == {
        "wavs/LJ-0.wav": "Doctor A", "wavs/LJ-1.wav": "words"
    }  # fmt: skip
    assert [each.id for each in examples if each.x is None] == ["wavs/LJ-2.wav"]
    assert left_out == {
        "metadata.csv:3": "a transcript without its sound file",
        "metadata.csv:4": "is no line of the form id|text|text as spoken",
        "metadata.csv:5": "has no text",
    }


def test_common_voice_keeps_its_split_and_its_speakers(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path / "clips" / f"{number}.mp3", tone(0.5, hertz=200.0 + 50 * number), subtype=None)
    head = "client_id\tpath\tsentence\n"
    (tmp_path / "train.tsv").write_text(f"{head}ada\t0.mp3\tone\nbob\t1.mp3\ttwo\n")
    (tmp_path / "test.tsv").write_text(f"{head}eve\t2.mp3\tthree\n")
    (tmp_path / "validated.tsv").write_text(f"{head}ada\t0.mp3\tone\n")
    dataset = Folder(str(tmp_path))
    examples = {each.id: each for each in read_all(dataset)[0]}
    assert dataset.modalities["y"]["speakers"] == ["ada", "bob", "eve"]
    assert examples["clips/0.mp3"].split == "train" and examples["clips/2.mp3"].split == "test"
    assert int(examples["clips/1.mp3"].y["speaker"]) == 2
    assert examples["clips/3.mp3"].x is None and int(examples["clips/3.mp3"].y["speaker"]) == 0


def test_kaldi(tmp_path: Path) -> None:
    speak(tmp_path / "a.wav", 1)
    speak(tmp_path / "b.wav", 2)
    (tmp_path / "wav.scp").write_text("one a.wav\ntwo sph2pipe b.sph |\nthree b.wav\n")
    (tmp_path / "text").write_text("one first words\ntwo piped\nfour nothing\n")
    (tmp_path / "utt2spk").write_text("one ada\n")
    examples, left_out = read_all(FolderToText(str(tmp_path)))
    assert [(each.id, each.meta["title"]) for each in examples] == [("a.wav", "first words")]
    assert left_out == {
        "wav.scp:2": "is a command, not a file; commands are not run",
        "wav.scp:3": "has no text",
        "text:3": "a transcript without its sound file",
        "b.wav": "has no transcript",
    }


def test_texts_beside_sounds_faults_and_long_files(tmp_path: Path) -> None:
    speak(tmp_path / "ada" / "1.wav", 1)
    (tmp_path / "ada" / "1.txt").write_text("Hello there.")
    speak(tmp_path / "bob" / "2.wav", 2)
    (tmp_path / "bob" / "2.txt").write_text("☎☎☎")
    (tmp_path / "bob" / "3.txt").write_text("Nobody says it.")
    speak(tmp_path / "bob" / "4.wav", 4, seconds=3.2)
    (tmp_path / "bob" / "4.txt").write_text("A long one.")
    speak(tmp_path / "long.wav", 5, seconds=5.3)
    (tmp_path / "cut.wav").write_bytes((tmp_path / "long.wav").read_bytes()[:2000])
    (tmp_path / ".hidden.wav").write_bytes(b"")
    dataset = pickle.loads(pickle.dumps(Folder(str(tmp_path), max_seconds=2.0)))
    examples, left_out = read_all(dataset)
    assert [each.id for each in examples] == ["ada/1.wav", "long.wav@0", "long.wav@1", "long.wav@2"]
    assert [len(each.y["wave"]) for each in examples[1:]] == [32_000, 32_000, 20_800]
    assert all("file:long.wav" in each.groups for each in examples[1:]) and dataset.ignored() == {
        ".hidden.wav": "is hidden"
    }
    assert left_out == {
        "bob/2.wav": "its text has nothing that can be spoken, or too much of it",
        "bob/3.txt": "a transcript without its sound file",
        "bob/4.wav": "is longer than 2 seconds",
        "cut.wav": "is cut off: it has fewer samples than its header says",
    }
    with pytest.raises(UserError, match="does not exist; right is a folder of recordings"):
        Folder(str(tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"there is no \.wav"):
        Folder(str(tmp_path / "empty"))


def test_sounds_by_folder(tmp_path: Path) -> None:
    speak(tmp_path / "dog" / "1.wav", 1)
    speak(tmp_path / "cat" / "2.flac", 2, seconds=1.5)
    speak(tmp_path / "3.wav", 3)
    dataset = Sounds(str(tmp_path))
    examples = {each.id: each for each in read_all(dataset)[0]}
    assert dataset.modalities["x"]["labels"] == ["cat", "dog"]
    assert examples["dog/1.wav"].x is not None and int(examples["dog/1.wav"].x["label"]) == 2
    assert examples["3.wav"].x is None and "was cut at 1 seconds" in examples["cat/2.flac"].remarks
    assert np.abs(examples["cat/2.flac"].y["wave"][-3:]).max() < 0.01
    (tmp_path / "dog" / "4.wav").write_bytes(b"")
    with pytest.raises(BadSource, match="is empty"):
        Sounds(str(tmp_path)).read("dog/4.wav")
    for split in ("train", "dev", "test"):
        speak(tmp_path / "own" / split / "dog" / "1.wav", 6)
    own = Sounds(str(tmp_path / "own"))
    assert [own.read(name)[0].split for name in own.sources()] == ["validation", "test", "train"]


def test_a_stray_sound_beside_the_folders_of_a_split(tmp_path: Path) -> None:
    for number, name in enumerate(("train/dog/1.wav", "Test/dog/2.wav", "stray.wav", "train/3.wav")):
        speak(tmp_path / name, number)
    found = {each.id: each for each in read_all(Sounds(str(tmp_path)))[0]}
    assert {name: (each.split, each.x is not None) for name, each in found.items()} == {
        "train/dog/1.wav": ("train", True), "Test/dog/2.wav": ("test", True), "stray.wav": (None, False),
        "train/3.wav": ("train", False),
    }  # fmt: skip


@pytest.mark.parametrize("seconds", [0.001, 0.03, 0.05, 0.3])
def test_a_sound_of_any_length_fades_out(tmp_path: Path, seconds: float) -> None:
    write(tmp_path / "a" / "1.wav", np.where(tone(1.0) >= 0, 0.3, -0.3))
    (found,) = Sounds(str(tmp_path), seconds=seconds).read("a/1.wav")
    wave = found.y["wave"]
    assert len(wave) == round(16_000 * seconds) and wave[-1] == 0 and f"was cut at {seconds:g} seconds" in found.remarks
    steps = np.diff(np.abs(wave[-round(16_000 * min(seconds, 0.05)) :]))
    assert (steps <= 0.01).all() and np.abs(wave).max() > 0.25


@pytest.mark.parametrize("lead", [0.0, 0.5, 3.0, 30.0])
@pytest.mark.parametrize("offset", [0.0, 0.05])
def test_silence_before_a_stroke_is_cut_off(tmp_path: Path, lead: float, offset: float) -> None:
    """Also where the stroke's mean is none, which is taken from the silence as well, and where it begins late."""
    decay = np.exp(-np.arange(8_000) / 800)
    stroke = (0.3 * np.sin(np.arange(8_000) * 0.3 + 0.5) + 0.1) * decay
    write(tmp_path / "a" / "1.wav", np.concatenate([np.zeros(round(16_000 * lead)), stroke]) + offset)
    (found,) = Sounds(str(tmp_path)).read("a/1.wav")
    wave = found.y["wave"]
    assert len(wave) == 8_000
    np.testing.assert_allclose(np.diff(wave), np.diff(stroke), atol=1e-4)
