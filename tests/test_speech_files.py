"""Files of sound: every kind that is read, every fault that a file may have, and what is written."""

import resource
import signal
import struct
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from own_sounds import HERTZ, encode, loudest_hertz, tone, write
from PIL import Image

from regenkit.errors import BadSource, UserError
from regenkit_speech.modality import Audio, Recording, decoding, ffmpeg
from regenkit_speech.modality.blocks import duration
from regenkit_speech.modality.files import write as write_recording
from regenkit_speech.modality.files import write_parts

RATE = 16_000


def read(path: Path, **options: float) -> Recording:
    return decoding.read(path, RATE, **{"max_seconds": 20.0, **options})


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 96_000])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
def test_every_rate_and_width(tmp_path: Path, rate: int, subtype: str) -> None:
    write(tmp_path / "a.wav", np.stack([tone(rate=rate), tone(rate=rate)], 1), rate, subtype)
    found = read(tmp_path / "a.wav")
    assert found.rate == RATE and abs(len(found.samples) - RATE // 2) <= 1 and found.remarks == ()
    assert abs(loudest_hertz(found.samples, RATE) - HERTZ) <= 2
    middle = found.samples[1000:-1000]
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.02)


def test_every_format(tmp_path: Path) -> None:
    sound = tone(1.0)
    write(tmp_path / "a.flac", sound)
    write(tmp_path / "a.mp3", sound, subtype=None)
    write(tmp_path / "a.ogg", sound, subtype="VORBIS")
    write(tmp_path / "a.opus", sound, subtype="OPUS", format="OGG")
    write(tmp_path / "a.aiff", sound)
    encode(tmp_path / "a.g722", sound, RATE, "g722", "g722")
    encode(tmp_path / "a.m4a", tone(1.0, 44_100), 44_100, "aac", "ipod")
    for path in sorted(tmp_path.iterdir()):
        found = read(path)
        assert abs(found.seconds - 1.0) < 0.1, path
        assert abs(loudest_hertz(found.samples[2000:-2000], RATE) - HERTZ) <= 2, path
        assert abs((duration(path) or 0) - 1.0) < 0.1, path
        later = read(path, start=0.5, seconds=0.25)
        assert len(later.samples) == RATE // 4, path


def test_two_readers_agree(tmp_path: Path) -> None:
    """What libsndfile reads, FFmpeg reads alike."""
    for name, subtype in (("a.wav", "PCM_16"), ("a.flac", "PCM_16")):
        write(tmp_path / name, tone(0.3) + tone(0.3, hertz=1234.0, loudness=0.2), subtype=subtype)
        other = np.concatenate(list(ffmpeg.opened(tmp_path / name, 0.0)[1]))[:, 0]
        np.testing.assert_allclose(read(tmp_path / name).samples, other - other.mean(), atol=1e-4)


def test_resampling_keeps_what_fits_and_loses_what_does_not(tmp_path: Path) -> None:
    high = tone(rate=44_100, hertz=12_000.0)
    write(tmp_path / "a.wav", tone(rate=44_100, hertz=3_000.0) * 0.5 + high * 0.5, 44_100)
    spectrum = np.abs(np.fft.rfft(read(tmp_path / "a.wav").samples[800:-800]))
    hertz = np.fft.rfftfreq(len(read(tmp_path / "a.wav").samples[800:-800]), 1 / RATE)
    aliased = np.abs(hertz - 4_000) < 200
    assert spectrum[aliased].max() < 1e-3 * spectrum.max()


# --- faults -----------------------------------------------------------------------------------------------------------


def bad(path: Path, reason: str) -> None:
    with pytest.raises(BadSource, match=reason):
        read(path)


def test_damaged_files_are_named_with_their_fault(tmp_path: Path) -> None:
    whole = tmp_path / "whole.wav"
    write(whole, tone(1.0))
    data = whole.read_bytes()
    for name, content, reason in (
        ("empty.wav", b"", "is empty"),
        ("cut.wav", data[: len(data) // 2], "is cut off"),
        ("head.wav", data[:44], "is cut off"),
        ("words.wav", b"this is no sound at all, but a line of text" * 20, "is damaged, or is no sound"),
        ("half.wav", data[:20], "is damaged, or is no sound"),
    ):
        (tmp_path / name).write_bytes(content)
        bad(tmp_path / name, reason)
    flac = tmp_path / "whole.flac"
    write(flac, np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32))
    (tmp_path / "cut.flac").write_bytes(flac.read_bytes()[: flac.stat().st_size // 2])
    bad(tmp_path / "cut.flac", "is damaged|is cut off")


def test_samples_that_cannot_be_used(tmp_path: Path) -> None:
    broken = tone()
    broken[100] = np.nan
    write(tmp_path / "nan.wav", broken, subtype="FLOAT")
    write(tmp_path / "silent.wav", np.zeros(RATE, np.float32))
    write(tmp_path / "offset alone.wav", np.full(RATE, 0.3, np.float32))
    write(tmp_path / "none.wav", np.zeros(0, np.float32))
    bad(tmp_path / "nan.wav", "no finite numbers")
    bad(tmp_path / "silent.wav", "is silent")
    bad(tmp_path / "offset alone.wav", "is silent")
    bad(tmp_path / "none.wav", "holds no samples")


def test_what_can_be_mended_is_mended_and_said(tmp_path: Path) -> None:
    write(tmp_path / "offset.wav", tone() + 0.2)
    found = read(tmp_path / "offset.wav")
    assert abs(found.samples.mean()) < 1e-6 and "has a constant offset, which was taken away" in found.remarks
    write(tmp_path / "clipped.wav", np.clip(tone(loudness=3.0, rate=44_100), -1, 1), 44_100)
    assert "is clipped" in read(tmp_path / "clipped.wav").remarks
    write(tmp_path / "loud.wav", tone(loudness=4.0), subtype="FLOAT")
    loud = read(tmp_path / "loud.wav")
    assert np.abs(loud.samples).max() <= 1.0 and "was louder than full scale, and was made softer" in loud.remarks
    write(tmp_path / "flac.wav", tone(), format="FLAC")
    assert read(tmp_path / "flac.wav").remarks == ("is FLAC, not what its suffix says",)


def test_a_file_of_three_hours_is_refused_or_read_in_part_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    noise = np.random.default_rng(0).integers(60, 190, 8_000 * 60, np.uint8).tobytes()
    size = len(noise) * 180
    with path.open("wb") as file:
        file.write(struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, 8_000, 8_000, 1, 8,
                               b"data", size))  # fmt: skip
        for _ in range(180):
            file.write(noise)
    assert duration(path) == 3 * 3600
    read(path, seconds=1.0)  # imports are no part of the measurement
    tracemalloc.start()
    bad(path, "is longer than 20 seconds")
    last = read(path, start=3 * 3600 - 10, seconds=10.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(last.samples) == 10 * RATE
    assert peak < 20e6


def test_a_file_that_states_a_rate_of_1_hz_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """One of its blocks would be a thousand million samples."""
    write(tmp_path / "a.wav", np.random.default_rng(0).normal(0, 0.1, 70_000).astype(np.float32), 1)
    tracemalloc.start()
    bad(tmp_path / "a.wav", "is longer than 20 seconds")
    assert len(read(tmp_path / "a.wav", seconds=5.0).samples) == 5 * RATE
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200e6  # its filter delays by thousands of seconds, which come at once


def test_what_is_no_file_of_sound(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    (tmp_path / "folder.wav").mkdir()
    for name, reason in (("a.txt", "sound is read from"), ("none.wav", "no such file"), ("folder.wav", "is a folder")):
        with pytest.raises(UserError, match=reason):
            read(tmp_path / name)


# --- the modality -----------------------------------------------------------------------------------------------------


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    audio = Audio(sample_rate=RATE)
    value = Recording(samples=tone(), rate=RATE, title="a tone")
    for suffix in (".wav", ".flac"):
        audio.write(value, tmp_path / f"a{suffix}")
        (again,) = audio.read(tmp_path / f"a{suffix}")
        np.testing.assert_allclose(again.samples, value.samples, atol=1e-4)
        assert soundfile.info(tmp_path / f"a{suffix}").samplerate == RATE
    audio.write(value, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture.convert("L")).astype(int)
    assert pixels.shape == (380, 900) and len(np.unique(pixels)) > 50
    with pytest.raises(UserError, match=r"written as \.wav"):
        audio.write(value, tmp_path / "a.mp3")
    with pytest.raises(UserError, match="does not exist"):
        audio.write(value, tmp_path / "none" / "a.wav")


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("suffix", [".wav", ".flac"])
@pytest.mark.parametrize("in_parts", [False, True])
def test_a_sound_without_samples_is_a_whole_file(tmp_path: Path, suffix: str, rate: int, in_parts: bool) -> None:
    nothing = Recording(samples=np.zeros(0, np.float32), rate=rate)
    path = tmp_path / f"a{suffix}"
    if in_parts:
        write_parts([nothing, nothing], path)
    else:
        write_recording(nothing, path)
    with av.open(str(path)) as file:
        (stream,) = file.streams.audio
        assert (stream.rate, stream.channels, [*file.decode(stream)]) == (rate, 1, [])
    with pytest.raises(BadSource, match="holds no samples"):
        read(path)


def test_a_value_of_another_rate_is_resampled_and_comes_back() -> None:
    audio = Audio(sample_rate=8_000, speakers=["ada", "bob"])
    fields, meta = audio.encode(Recording(samples=tone(), rate=RATE, title="t", speaker="bob"))
    audio.spec.check(fields, "here")
    assert len(fields["wave"]) == 4_000 and int(fields["speaker"]) == 2
    back = audio.decode(fields, meta)
    assert back.speaker == "bob" and abs(loudest_hertz(back.samples, 8_000) - HERTZ) <= 2
    assert audio.describe(back).startswith("t by bob: 0.50 s at 8000 Hz")
    with pytest.raises(UserError, match="no speaker is named 'eve'"):
        audio.encode(Recording(samples=tone(), rate=RATE, speaker="eve"))
    assert np.abs(audio.decode({"wave": np.array([3.0, -3.0], np.float32)}).samples).max() == 1.0


def test_a_file_that_cannot_grow_is_named_and_not_left_behind(tmp_path: Path) -> None:
    """All that libsndfile says of a full disk is "System error"."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    told = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(UserError, match=r"a\.wav: cannot be written \(the system refuses it"):
            write_recording(Recording(samples=np.zeros(100_000, np.float32), rate=16_000), tmp_path / "a.wav")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, told)
    assert list(tmp_path.iterdir()) == []
