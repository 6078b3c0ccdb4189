"""Files of every format: written whole, refused where broken; sound and pictures."""

import os
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from songs import chorale

from regenkit.errors import BadSource, UserError
from regenkit_music.modality import MelodyModality, files
from regenkit_music.modality.melody import BAR, METRES, Melody, Note
from regenkit_music.modality.picture import write_png
from regenkit_music.modality.sound import synthesize


@pytest.mark.parametrize("suffix", files.WRITES)
def test_every_suffix_is_written_whole(suffix: str, tmp_path: Path) -> None:
    MelodyModality().write(chorale(), tmp_path / f"a{suffix}")
    assert [path.name for path in tmp_path.iterdir()] == [f"a{suffix}"]
    assert (tmp_path / f"a{suffix}").stat().st_size > 300


@pytest.mark.parametrize("suffix", files.READS)
@pytest.mark.parametrize("kind", ["empty", "random", "truncated"])
def test_broken_files(suffix: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"broken{suffix}"
    data = b""
    if kind == "random":
        data = np.random.default_rng(0).integers(0, 256, 600, np.uint8).tobytes()
    if kind == "truncated":
        good = tmp_path / ("good.mid" if suffix in (".mid", ".midi", ".kar") else "good.musicxml")
        files.write(chorale(), good)
        data = good.read_bytes()[: 300 if good.suffix == ".mid" else 2000]
    path.write_bytes(data)
    with pytest.raises(BadSource) as caught:
        files.reading(path)
    assert caught.value.source == str(path)
    assert caught.value.reason


def test_control_characters_of_old_files_make_no_score_unreadable(tmp_path: Path) -> None:
    (first, *others) = chorale().notes
    melody = replace(chorale(), title="A\x07 song", notes=(replace(first, syllable="Glo\x00-"), *others))
    files.write(melody, tmp_path / "a.musicxml")
    (tune,) = files.reading(tmp_path / "a.musicxml").tunes
    assert (tune.melody.title, tune.melody.notes[0].syllable) == ("A song", "Glo-")


def test_wrong_paths(tmp_path: Path) -> None:
    for path, message in [("a.mp3", r"\.musicxml"), ("a", "without a suffix"), ("a.mid", "no such file")]:
        with pytest.raises(UserError, match=message):
            files.reading(tmp_path / path)
    (tmp_path / "folder.mid").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        files.reading(tmp_path / "folder.mid")
    for path, message in [("a.mp3", r"\.wav"), ("no/a.mid", "does not exist"), ("folder.mid", "can't be written")]:
        with pytest.raises(UserError, match=message):
            files.write(chorale(), tmp_path / path)
    assert os.listdir(tmp_path) == ["folder.mid"]


def test_sound() -> None:
    """As long as the melody, never clipped, and of the right pitch."""
    melody = Melody(notes=(Note(onset=4, duration=16, pitch=69),), tempo=60.0)
    sound = synthesize(melody, 16000)
    assert len(sound) == pytest.approx(16000 * (5 + 0.33), rel=0.01)
    assert 0.5 < np.abs(sound).max() <= 0.81
    assert np.abs(sound[:15000]).max() == 0
    spectrum = np.abs(np.fft.rfft(sound[16000:80000]))
    assert np.argmax(spectrum) * 16000 / 64000 == pytest.approx(440, abs=4)


def test_wav_is_playable(tmp_path: Path) -> None:
    files.write(chorale(), tmp_path / "a.wav")
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22050)
        assert file.getnframes() / 22050 == pytest.approx(chorale().end / 4 * 60 / 96, abs=0.5)


@pytest.mark.parametrize("syllable", ["through", "$x_1$", "月", "a\nb"])
def test_pictures_of_odd_words(syllable: str, tmp_path: Path) -> None:
    notes = tuple(Note(onset=i, duration=1, pitch=60, syllable=syllable) for i in range(60))
    write_png(Melody(notes=notes, metre="12/8", title=syllable), tmp_path / "a.png")
    write_png(Melody(notes=()), tmp_path / "b.png")


def test_describe() -> None:
    about = MelodyModality().describe(chorale("bach/bwv333"))
    assert about.startswith(
        "bach/bwv333: G minor, 4/4, 96 quarters a minute, 38 notes in 11 bars, F4 to D5, “dein'n Leib"
    )
    assert MelodyModality().describe(Melody(notes=())) == "untitled: no notes"
    alone = Melody(notes=(Note(onset=0, duration=4, pitch=60, syllable="a"),))
    assert ", 1 note in 1 bar, C4 to C4, “a”" in MelodyModality().describe(alone)


def test_bars_are_sixteenths() -> None:
    assert {metre: int(16 * eval(metre)) for metre in METRES} == BAR
