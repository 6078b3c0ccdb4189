"""Files of sound read in blocks: what another reader reads at once, from any place on, and how long a header says."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from own_sounds import Pipe, encode, talk, write

from regenkit.errors import BadSource
from regenkit_speech.modality import decoding
from regenkit_speech.modality.blocks import BLOCK, duration, opened

RATE = 16_000
MP3_RATES = (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
STARTS = (0.0, 0.5, 2.0, 3.7, 6.2)


def blocks(path: Path, start: float = 0.0) -> np.ndarray:
    return np.concatenate(list(opened(path, start).blocks))


def lame(path: Path, samples: np.ndarray, rate: int, *, xing: bool = True, **stream: Any) -> None:
    """By FFmpeg with LAME: `bit_rate` of its own, else a variable one."""
    quality = {} if "bit_rate" in stream else {"flags": "+qscale", "global_quality": str(118 * 4)}
    encode(path, samples, rate, "libmp3lame", "mp3", {"write_xing": str(int(xing))}, quality, **stream)


@pytest.mark.parametrize("rate", MP3_RATES)
@pytest.mark.parametrize("writer", ["libsndfile", "variable", "constant"])
def test_mp3_is_what_two_other_readers_read_at_once(tmp_path: Path, rate: int, writer: str) -> None:
    sound, path = talk(2.3 * BLOCK / rate + 1, rate), tmp_path / "a.mp3"
    if writer == "libsndfile":
        write(path, sound, rate, subtype=None)
    else:
        lame(path, sound, rate, **({"bit_rate": 64_000} if writer == "constant" else {}))
    whole, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert len(whole) == len(sound) > 2 * BLOCK
    np.testing.assert_allclose(blocks(path), whole, rtol=0, atol=1e-5)
    assert abs((duration(path) or 0) - len(sound) / rate) < 0.3
    for start in (0.5, 2.5, 0.9 * len(sound) / rate):
        np.testing.assert_allclose(blocks(path, start), whole[int(start * rate) :], rtol=0, atol=1e-5)
    found = decoding.read(path, RATE, max_seconds=100.0).samples
    once = decoding.resampled(whole[:, 0], rate, RATE)
    np.testing.assert_allclose(found, once - once.mean(), rtol=0, atol=1e-3)


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_an_mp3_that_does_not_say_how_long_it_is(tmp_path: Path, rate: int) -> None:
    """libsndfile takes it for as long as its first frames say, which is too short."""
    sound, path = talk(12.0, rate), tmp_path / "a.mp3"
    lame(path, sound, rate, xing=False)
    assert soundfile.info(path).frames < 0.7 * len(sound)
    found = blocks(path)[:, 0]
    assert len(sound) <= len(found) <= len(sound) + 3 * 1152
    late = int(np.argmax(np.correlate(found[: 4 * rate + 4000], sound[: 4 * rate], "valid")))
    heard = found[late : late + len(sound)]
    assert np.corrcoef(heard, sound[: len(heard)])[0, 1] > 0.9
    assert abs((duration(path) or 0) - len(found) / rate) < 1e-6
    np.testing.assert_array_equal(blocks(path, 7.0)[:, 0], found[7 * rate :])


KINDS = [
    ("WAV", "PCM_U8", 44_100), ("WAV", "PCM_24", 48_000), ("WAV", "DOUBLE", 22_050), ("WAV", "ULAW", 8_000),
    ("WAV", "IMA_ADPCM", 22_050), ("WAV", "MS_ADPCM", 22_050), ("WAVEX", "PCM_16", 44_100), ("RF64", "PCM_16", 44_100),
    ("FLAC", "PCM_16", 44_100), ("FLAC", "PCM_24", 96_000), ("OGG", "VORBIS", 44_100), ("OGG", "OPUS", 48_000),
    ("OGG", "OPUS", 16_000), ("AIFF", "PCM_16", 44_100),
]  # fmt: skip


@pytest.mark.parametrize(
    ("format", "subtype", "rate", "channels"),
    [("WAV", "GSM610", 8_000, 1), *((*kind, channels) for kind in KINDS for channels in (1, 2))],  # GSM has one channel
)
def test_blocks_are_the_whole(tmp_path: Path, format: str, subtype: str, rate: int, channels: int) -> None:
    path = tmp_path / "a.wav"
    write(path, np.stack([talk(2.3 * BLOCK / rate, rate, seed) for seed in range(channels)], 1), rate, subtype, format)
    whole, read_at = soundfile.read(path, dtype="float32", always_2d=True)
    assert len(whole) > 2 * BLOCK
    for start in (0.0, 0.3, 1.4):
        np.testing.assert_allclose(blocks(path, start), whole[int(start * read_at) :], rtol=0, atol=1e-6)
    assert duration(path) == len(whole) / read_at


# --- headers that are wrong or say nothing ----------------------------------------------------------------------------


def riff(size: int, body: bytes, *, whole: int | None = None, after: bytes = b"") -> bytes:
    """A WAV of 16 bits and one channel whose header says that it has `size` bytes of samples."""
    whole = min(36 + size + len(after), 2**32 - 1) if whole is None else whole
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", whole, b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16,
                       b"data", size)  # fmt: skip
    return head + body + after


@pytest.mark.parametrize(
    "size", [0x7FFFF000, 0x7FFFEFFE, 0x7FFFFFFF, 0x7FFFFFFF - 36, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFF - 36]
)
def test_a_wav_that_was_written_to_a_pipe(tmp_path: Path, size: int) -> None:
    """As SoX, arecord and FFmpeg write it."""
    sound = np.round(talk(5.0, RATE) * 32767).astype("<i2")
    (tmp_path / "a.wav").write_bytes(riff(size, sound.tobytes()))
    np.testing.assert_array_equal(blocks(tmp_path / "a.wav")[:, 0], sound / np.float32(32768))
    assert duration(tmp_path / "a.wav") == 5.0


@pytest.mark.parametrize("whole", [0, 36, 0xFFFFFFFF])
def test_a_wav_whose_recorder_was_stopped(tmp_path: Path, whole: int) -> None:
    sound = np.round(talk(5.0, RATE) * 32767).astype("<i2")
    (tmp_path / "a.wav").write_bytes(riff(0, sound.tobytes(), whole=whole))
    for start in STARTS[:3]:
        found = blocks(tmp_path / "a.wav", start)[:, 0]
        np.testing.assert_array_equal(found, sound[int(start * RATE) :] / np.float32(32768))
    assert duration(tmp_path / "a.wav") == 5.0


def test_a_wav_without_samples_has_none_of_its_remarks_taken_for_them(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(riff(0, b"", after=b"LIST" + struct.pack("<I", 400) + bytes(range(200)) * 2))
    with pytest.raises(BadSource, match="holds no samples"):
        decoding.read(tmp_path / "a.wav", RATE, max_seconds=20.0)


@pytest.mark.parametrize("format", ["WAV", "WAVEX", "RF64", "AIFF"])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "ULAW"])
def test_what_is_cut_off_is_told(tmp_path: Path, format: str, subtype: str) -> None:
    path = tmp_path / "a.wav"
    write(path, talk(3.0, RATE), RATE, subtype, format)
    assert len(blocks(path)) == 3 * RATE
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(BadSource, match="is cut off"):
        blocks(path)


def test_a_big_endian_wav_and_an_aiff_of_unknown_length(tmp_path: Path) -> None:
    sound = np.round(talk(2.0, RATE) * 32767).astype(">i2").tobytes()
    rifx = struct.pack(">4sI4s4sIHHIIHH4sI", b"RIFX", 36 + len(sound), b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2,
                       16, b"data", len(sound))  # fmt: skip
    (tmp_path / "a.wav").write_bytes(rifx + sound)
    assert len(blocks(tmp_path / "a.wav")) == 2 * RATE
    (tmp_path / "a.wav").write_bytes((rifx + sound)[:-100])
    with pytest.raises(BadSource, match="is cut off"):
        blocks(tmp_path / "a.wav")
    frames = 0x7F000000 // 2  # as SoX states it
    common = struct.pack(">4sIHIH10s", b"COMM", 18, 1, frames, 16, bytes.fromhex("400cfa00000000000000"))
    aiff = b"FORM" + struct.pack(">I", 0x7F00002E) + b"AIFF" + common
    (tmp_path / "a.aiff").write_bytes(aiff + struct.pack(">4sIII", b"SSND", 8 + 2 * frames, 0, 0) + sound)
    assert len(blocks(tmp_path / "a.aiff")) == 2 * RATE


def test_a_flac_that_was_written_to_a_pipe(tmp_path: Path) -> None:
    sound, path = talk(9.0, RATE), tmp_path / "a.flac"
    pipe = Pipe(path)
    encode(pipe, sound, RATE, "flac", "flac")
    pipe.file.close()
    assert soundfile.info(path).frames > 1e18  # "not known"
    expected = np.round(sound * 32767).astype(np.int16) / np.float32(32768)
    for start in STARTS:
        np.testing.assert_array_equal(blocks(path, start)[:, 0], expected[int(start * RATE) :])
    assert duration(path) == 9.0


# --- what FFmpeg reads ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("codec", ["aac", "alac"])
@pytest.mark.parametrize("seconds", [2.0, 3.2345])
def test_an_m4a_ends_where_it_says(tmp_path: Path, codec: str, rate: int, seconds: float) -> None:
    sound, path = talk(seconds, rate), tmp_path / "a.m4a"
    encode(path, sound, rate, codec, "ipod")
    found = blocks(path)[:, 0]
    assert len(found) == len(sound)
    assert np.corrcoef(found, sound)[0, 1] > 0.9
    assert len(decoding.read(path, rate, max_seconds=len(sound) / rate).samples) == len(sound)
    np.testing.assert_array_equal(blocks(path, 1.5)[:, 0], found[int(1.5 * rate) :])


def test_an_m4a_whose_last_frame_is_stated_whole(tmp_path: Path) -> None:
    """Then the edit list says where the sound ends."""
    sound, path = talk(3.2345, 44_100), tmp_path / "a.m4a"
    encode(path, sound, 44_100, "aac", "ipod", {"movie_timescale": "44100"})
    data = path.read_bytes()
    at = data.index(b"stts") + 8
    (entries,) = struct.unpack_from(">I", data, at)
    last = at + 8 * entries
    (filled,) = struct.unpack_from(">I", data, last)
    assert 0 < filled < 1024 and entries == 2
    path.write_bytes(data[:last] + struct.pack(">I", 1024) + data[last + 4 :])
    assert len(blocks(path)) == len(sound)


def test_what_stands_around_an_mp3_is_no_damage_and_what_stands_within_is(tmp_path: Path) -> None:
    sound, path = talk(6.0, 44_100), tmp_path / "a.mp3"
    lame(path, sound, 44_100)
    data, noise = path.read_bytes(), np.random.default_rng(0).bytes(3000)
    whole, middle = blocks(path), len(data) // 2
    for around in (
        data + bytes(5000),
        data + noise,
        data + b"TAG" + bytes(125),
        data + b"LYRICSBEGININD0000200LYRICS200",
    ):
        path.write_bytes(around)
        np.testing.assert_array_equal(blocks(path)[: len(whole)], whole)
    path.write_bytes(bytes(3000) + data)
    delay = 1105  # samples that an encoder puts before; its header, which says so, is not at the begin of the file
    np.testing.assert_allclose(blocks(path)[delay : delay + len(whole)], whole, rtol=0, atol=1e-5)
    path.write_bytes(data[:middle])
    assert 0.4 * len(whole) < len(blocks(path)) < 0.6 * len(whole)
    for damaged in (data[:middle] + noise + data[middle + 3000 :], data[:middle] + bytes(3000) + data[middle + 3000 :]):
        path.write_bytes(damaged)
        with pytest.raises(BadSource, match="is damaged"):
            blocks(path)


def test_tags_in_latin_1(tmp_path: Path) -> None:
    """As programs of before Unicode wrote them at the end."""
    path = tmp_path / "a.mp3"
    lame(path, talk(2.0, 44_100), 44_100)
    data = path.read_bytes()
    size = sum((byte & 127) << 7 * (3 - place) for place, byte in enumerate(data[6:10]))
    assert data[:3] == b"ID3"
    path.write_bytes(data[10 + size :] + b"TAG" + "Café".encode("latin-1").ljust(125))
    assert len(blocks(path)) == 2 * 44_100


def test_an_mp3_of_two_files_is_read_or_refused_but_not_shortened(tmp_path: Path) -> None:
    path, stereo = tmp_path / "a.mp3", np.stack([talk(3.0, 44_100)] * 2, 1)
    lame(path, talk(3.0, 44_100), 44_100)
    first = path.read_bytes()
    write(tmp_path / "stereo.mp3", stereo, 44_100, subtype=None)
    write(tmp_path / "slow.mp3", talk(3.0, 22_050), 22_050, subtype=None)
    path.write_bytes(first + (tmp_path / "stereo.mp3").read_bytes())
    assert sum(len(block.mean(1)) for block in opened(path).blocks) >= 6 * 44_100
    path.write_bytes(first + (tmp_path / "slow.mp3").read_bytes())
    with pytest.raises(BadSource, match="22050 Hz after 44100"):
        blocks(path)
    path.write_bytes(first + first)
    with pytest.raises(BadSource, match="is damaged"):
        blocks(path)
