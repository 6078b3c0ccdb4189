"""What of a user's own file or text could not be kept is said, and by which of them."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from clips import film, grey, tone
from rich.console import Console

from regenkit.adapter import Modality
from regenkit.cli.outputs import say_remarks
from regenkit_music.modality import LyricsModality
from regenkit_speech.modality import Audio, Transcript
from regenkit_video.modality import Video
from regenkit_video.modality.footage import Footage
from regenkit_video.modality.voice import Voice

RATE = 16_000


def said(modality: Modality, values: list) -> list[str]:
    out = io.StringIO()
    say_remarks(modality, values, Console(file=out, soft_wrap=True))
    return out.getvalue().splitlines()


def test_a_sound_with_a_constant_offset(tmp_path: Path) -> None:
    samples = 0.3 + 0.2 * np.sin(np.arange(RATE) / 20)
    soundfile.write(tmp_path / "hum.wav", samples, RATE)
    audio = Audio(sample_rate=RATE)
    head, line = said(audio, audio.read(tmp_path / "hum.wav"))
    assert head == "1 read, but not all of it:"
    assert "constant offset" in line and "hum" in line


def test_a_text_with_signs_that_nobody_speaks() -> None:
    transcript = Transcript()
    assert said(transcript, ["Hello."]) == []
    head, line = said(transcript, ["Hello ☃ there"])
    assert head == "1 read, but not all of it:" and "☃" in line


@pytest.mark.parametrize("modality", [Video(frames=4, size=8), Footage()])
def test_a_video_that_is_cut_off(tmp_path: Path, modality: Modality) -> None:
    levels = np.tile([20, 60, 100, 140, 180, 220], 8)
    whole = film(tmp_path / "whole.mkv", grey(levels)).read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole[: 2 * len(whole) // 3])
    lines = said(modality, modality.read(cut))
    assert "read, but not all of it" in lines[0] and any("cut" in line for line in lines[1:])


def test_a_voice_whose_sound_is_whole(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", grey([20, 60, 100, 140]), sound=tone(0.5))
    assert said(Voice(), Voice().read(path)) == []


def test_a_modality_that_says_nothing() -> None:
    assert said(LyricsModality(), [LyricsModality().parse("la la")]) == []
