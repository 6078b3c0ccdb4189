"""A file of sound → one Recording at the rate that is wanted, checked and cleaned.

The resampler is soxr's (quality HQ: 100 dB), or tensorflow-io's where that loads; channels are averaged; a constant
offset (DC) is taken away.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.errors import BadSource, UserError
from regenkit_speech.formats import READS
from regenkit_speech.modality.blocks import Opened, opened
from regenkit_speech.modality.recording import Recording
from regenkit_speech.signal import tfio

SILENT = 1e-4
"""Below this peak there is nothing to hear: −80 dB."""
OFFSET = 0.01
CLIPPED, CLIPPED_SHARE = 0.999, 1e-3
LARGEST = 1 << 20
"""Samples, nearly, that are resampled at a time: a block of a file that states 1 Hz would be a thousand times more."""
OVERSHOOT = 1.25
"""What a lossy codec and a resampler may add to a loud sample; it is no fault of the recording."""


def read(
    path: str | Path, rate: int, *, max_seconds: float, start: float = 0.0, seconds: float | None = None
) -> Recording:
    """The sound of a file at `rate`, from the second `start` on and `seconds` long (None: to its end).

    No more is decoded than is wanted. Raises UserError where there is no such file or its kind is not read, BadSource
    where it is damaged, cut off, silent, has what is no number, or is longer than `max_seconds`.
    """
    path = Path(path)
    if path.suffix.lower() not in READS:
        raise UserError(f"{path}: sound is read from {', '.join(READS)}, not {path.suffix or 'without a suffix'!r}")
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'there is no such file'}")
    source = opened(path, start)
    samples, clipped = _resampled(source, rate, round(min(seconds or np.inf, max_seconds + 1) * rate))
    if seconds is None and len(samples) > max_seconds * rate:
        raise BadSource(path, f"is longer than {max_seconds:g} seconds")
    samples, remarks = cleaned(path, samples)
    remarks = (*source.remarks, *remarks, *(("is clipped",) if clipped > CLIPPED_SHARE else ()))
    return Recording(samples=samples, rate=rate, title=path.stem, remarks=remarks)


def resampled(samples: np.ndarray, old: int, new: int) -> np.ndarray:
    """float32 [n] at another rate."""
    if old == new or not len(samples):
        return samples
    if tfio.loaded() is not None:
        return tfio.resampled(samples, old, new)
    import soxr

    return np.asarray(soxr.resample(samples, old, new, quality="HQ"), np.float32)


def cleaned(path: str | Path, samples: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """(samples without an offset, at most of full scale; what is to be said of them). Raises BadSource."""
    if not len(samples):
        raise BadSource(path, "holds no samples")
    if not np.isfinite(samples).all():
        raise BadSource(path, "holds samples that are no finite numbers")
    remarks: list[str] = []
    offset = float(samples.mean())
    if abs(offset) > OFFSET:
        remarks.append("has a constant offset, which was taken away")
    samples = samples - np.float32(offset)
    loudest = float(np.abs(samples).max())
    if loudest < SILENT:
        raise BadSource(path, "is silent")
    if loudest > 1.0:
        samples = samples / np.float32(loudest)
    if loudest > OVERSHOOT:
        remarks.append("was louder than full scale, and was made softer")
    return samples, tuple(remarks)


def _resampled(source: Opened, rate: int, most: int) -> tuple[np.ndarray, float]:
    """(mono, at most `most` samples, where decoding stops; the share of samples at full scale)"""
    whole = source.rate == rate or tfio.loaded() is not None  # then it is resampled at the end, at once
    enough = most if source.rate == rate else math.ceil((most + 1) * source.rate / rate)
    stream = None if whole else _stream(source.rate, rate)
    parts: list[np.ndarray] = []
    count = seen = full = 0
    step = max(1, LARGEST * source.rate // rate)
    for block in (each[at : at + step] for each in source.blocks for at in range(0, len(each), step)):
        seen, full = seen + block.size, full + int(((np.abs(block) >= CLIPPED) & (np.abs(block) <= 1.0)).sum())
        mono = block.mean(1, dtype=np.float32)
        part = mono if stream is None else stream.resample_chunk(mono)
        parts.append(part)
        count += len(part)
        if count >= (enough if whole else most):
            break
    else:
        if stream is not None:
            parts.append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
    found = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if whole:
        found = resampled(found[:enough], source.rate, rate)
    return np.asarray(found[:most], np.float32), full / max(seen, 1)


def _stream(old: int, new: int) -> Any:
    import soxr

    return soxr.ResampleStream(old, new, 1, dtype="float32", quality="HQ")
