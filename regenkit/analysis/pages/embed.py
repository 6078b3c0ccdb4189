"""Files as data URIs, so that the page is one file; sound is made small: MP3 where soundfile is there, else WAV."""

import base64
import importlib.util
import io
import wave
from pathlib import Path

import numpy as np

from regenkit.signals import uninterrupted

KINDS = {
    ".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif", ".svg": "image/svg+xml", ".webp": "image/webp",
    ".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".mp4": "video/mp4", ".webm": "video/webm",
    ".txt": "text/plain",
}  # fmt: skip
"""What a page can show."""
HIGHEST_RATE = 16_000
FEW = 200
"""Pixels across."""


def data_uri(path: Path, limit: int) -> str | None:
    """The file within a URI of at most `limit` bytes; None where it does not fit."""
    kind, data = KINDS[path.suffix], path.read_bytes()
    if path.suffix == ".wav":
        kind, data = _small(data, limit * 3 // 4 - 100)
    text = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return text if len(text) <= limit else None


def is_small(path: Path) -> bool:
    """Whether it is a picture of few pixels, which are to be seen as they are."""
    if path.suffix != ".png":
        return False
    with path.open("rb") as file:
        return int.from_bytes(file.read(24)[16:20]) < FEW  # the width of its header


def _small(data: bytes, limit: int) -> tuple[str, bytes]:
    """(kind, sound): the first found that fits of MP3, and 16-bit mono WAV of at most 16 kHz and then less."""
    if importlib.util.find_spec("soundfile") and (packed := _mp3(data)) and len(packed) <= limit:
        return "audio/mpeg", packed
    try:
        plain = _plain(data, HIGHEST_RATE)
        return "audio/wav", plain if len(plain) <= limit else _plain(data, HIGHEST_RATE // 2)
    except wave.Error:  # not PCM: as it is
        return "audio/wav", data


def _mp3(data: bytes) -> bytes | None:
    import soundfile

    packed = io.BytesIO()
    try:
        with uninterrupted():
            sound, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
            soundfile.write(packed, sound.mean(1), rate, format="MP3")
    except (soundfile.LibsndfileError, ValueError):  # an old library, or a rate that MP3 has not
        return None
    return packed.getvalue()


def _plain(data: bytes, highest: int) -> bytes:
    """16-bit mono WAV; of a higher rate so many samples are averaged that it comes to `highest` at most."""
    with wave.open(io.BytesIO(data)) as source:
        rate, channels, width = source.getframerate(), source.getnchannels(), source.getsampwidth()
        frames = source.readframes(source.getnframes())
    if width != 2:
        return data
    sound = np.frombuffer(frames, "<i2").reshape(-1, channels).mean(1)
    factor = -(-rate // highest)
    sound = sound[: len(sound) // factor * factor].reshape(-1, factor).mean(1)
    packed = io.BytesIO()
    with wave.open(packed, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(rate // factor)
        target.writeframes(sound.round().astype("<i2").tobytes())
    return packed.getvalue()
