"""What of a user's own file or text could not be kept is logged, by name: the terminal shows it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from clips import film, grey, tone

from regenkit.adapter import Modality
from regenkit_speech.modality import Audio, Transcript
from regenkit_video.modality import Video
from regenkit_video.modality.footage import Footage
from regenkit_video.modality.voice import Voice

RATE = 16_000


def test_a_sound_with_a_constant_offset(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    samples = 0.3 + 0.2 * np.sin(np.arange(RATE) / 20)
    soundfile.write(tmp_path / "hum.wav", samples, RATE)
    Audio(sample_rate=RATE).read(tmp_path / "hum.wav")
    (said,) = caplog.messages
    assert "hum.wav" in said and "constant offset" in said


def test_a_text_with_signs_that_nobody_speaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    transcript = Transcript()
    transcript.encode(transcript.parse("Hello."))
    assert not caplog.messages
    (tmp_path / "said.txt").write_text("Hello ☃ there\nand here\n")
    for text in transcript.read(tmp_path / "said.txt"):
        transcript.encode(text)
    (said,) = caplog.messages
    assert "Hello ☃ there" in said and "left out" in said


@pytest.mark.parametrize("modality", [Video(frames=4, size=8), Footage()])
def test_a_video_that_is_cut_off(tmp_path: Path, modality: Modality, caplog: pytest.LogCaptureFixture) -> None:
    levels = np.tile([20, 60, 100, 140, 180, 220], 8)
    whole = film(tmp_path / "whole.mkv", grey(levels)).read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole[: 2 * len(whole) // 3])
    modality.read(cut)
    assert any("cut.mkv" in said and "it is cut off" in said for said in caplog.messages)
    assert len(caplog.messages) == len(set(caplog.messages))


def test_a_voice_whose_sound_is_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Voice().read(film(tmp_path / "a.mp4", grey([20, 60, 100, 140]), sound=tone(0.5)))
    assert not caplog.messages
