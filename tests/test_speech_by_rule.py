"""`regenkit speak`: texts that espeak-ng speaks, as a second speaker of a folder."""

import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from own_pictures import read_all
from test_cli import regenkit
from typer.testing import CliRunner

from regenkit import UserError
from regenkit.cli.main import app
from regenkit_speech.by_rule import speak
from regenkit_speech.data.folder import Folder

pytest.importorskip("espeakng_loader", reason="espeak-ng is not installed: pip install 'regenkit[phonemes]'")
TEXTS = "Please hold the line.\n\n …!\nYou have 42 new messages,\u2028and one old.\nNo.\n"


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    (tmp_path / "texts.txt").write_text(TEXTS, encoding="utf-8")
    return tmp_path / "texts.txt"


def test_a_folder_reads_it_as_a_speaker(texts: Path, tmp_path: Path) -> None:
    assert speak(texts, tmp_path / "voices" / "espeak") == (3, [3])
    (tmp_path / "voices" / "me").mkdir()
    for suffix in (".wav", ".txt"):
        (tmp_path / "voices/me/1").with_suffix(suffix).write_bytes(
            (tmp_path / "voices/espeak/5").with_suffix(suffix).read_bytes()
        )
    dataset = Folder(str(tmp_path / "voices"))
    examples, left_out = read_all(dataset)[:2]
    assert not left_out and dataset.modalities["y"]["speakers"] == ["espeak", "me"]
    assert {each.id for each in examples} == {"espeak/1.wav", "espeak/4.wav", "espeak/5.wav", "me/1.wav"}


def test_each_line_is_spoken_whole(texts: Path, tmp_path: Path) -> None:
    """By the command; espeak-ng adds chance of its own, so no two recordings are the same to the sample."""
    said = regenkit("speak", "texts.txt", "a", cwd=tmp_path)
    assert said.stdout == "3 texts are spoken in a\n" and "1 of the lines (3)" in said.stderr
    seconds = [soundfile.info(tmp_path / "a" / f"{number}.wav").duration for number in (5, 1, 4)]
    assert 0.4 < seconds[0] < seconds[1] < seconds[2] < 6
    speak(texts, tmp_path / "b")
    for path in (tmp_path / "a").glob("*.wav"):
        assert 0.1 < np.abs(soundfile.read(path)[0]).max() <= 1
        assert soundfile.info(tmp_path / "b" / path.name).duration == pytest.approx(
            soundfile.info(path).duration, rel=0.01
        )
        assert path.with_suffix(".txt").read_text() == (tmp_path / "b" / f"{path.stem}.txt").read_text()


def test_a_variant_is_another_voice(texts: Path, tmp_path: Path) -> None:
    speak(texts, tmp_path / "low", "en-us+m3")
    speak(texts, tmp_path / "high", "en-us+f3")
    low, high = (soundfile.read(tmp_path / name / "1.wav")[0] for name in ("low", "high"))
    assert len(low) != len(high) or np.abs(low - high).max() > 0.1


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may be larger than this, as where the disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_nothing(texts: Path, tmp_path: Path, small_files: None) -> None:
    with pytest.raises(UserError, match=r"new: cannot be written \(the system refuses it; is the disk full\?\)"):
        speak(texts, tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["texts.txt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("texts.txt", "full"), "full: is there already; name an empty or a new folder"),
        (("texts.txt", "texts.txt"), "texts.txt: is there already"),
        (("none.txt", "new"), "none.txt: there is no such file"),
        (("marks.txt", "new"), "marks.txt: has no line with something to say"),
        (("texts.txt", "new", "--voice", "xx"), "espeak-ng has no voice 'xx'; right is a language"),
        (("texts.txt", "new", "--voice", "kl"), "espeak-ng has no voice 'kl'"),
    ],
)
def test_what_cannot_be_is_refused(
    arguments: tuple[str, ...], message: str, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(texts.parent)
    Path("full").mkdir()
    Path("full/a.txt").write_text("a")
    Path("marks.txt").write_text("…\n---\n")
    done = CliRunner().invoke(app, ["speak", *arguments])
    assert done.exit_code != 0 and message in f"{done.output}{done.exception}"
    assert not Path("new").exists() and len(list(texts.parent.iterdir())) == 3
