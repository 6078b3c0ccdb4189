"""A short sound of a class, and the example that is made of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from regenkit.components import Example
from regenkit.data.split import Split
from regenkit.errors import BadSource, UserError
from regenkit_speech.modality import Audio, Recording, decoding

FADE = 0.05
"""Seconds."""
BEGINS = 1e-3
"""What stands before the first sample that is louder is cut off."""


@final
@dataclass(frozen=True, kw_only=True)
class Effect:
    """label is None where the class is not known: the example is unpaired."""

    path: Path
    label: str | None
    labels: Sequence[str]
    group: str = ""
    split: Split | None = None


def example(name: str, effect: Effect, rate: int, seconds: float) -> Example:
    """Raises BadSource where the sound can't be used."""
    try:
        found = decoding.read(effect.path, rate, max_seconds=4 * seconds + 60, seconds=4 * seconds)
    except BadSource as error:
        raise BadSource(name, error.reason) from error
    except UserError as error:
        raise BadSource(name, "there is no such file") from error
    samples, cut = _kept(found.samples, round(seconds * rate), round(FADE * rate))
    remarks = (*found.remarks, *((f"was cut at {seconds:g} seconds",) if cut else ()))
    title = effect.label or name
    recording = Recording(samples=samples, rate=rate, title=title)
    print_ = hashlib.blake2b(np.round(samples * 1024).astype(np.int16).tobytes(), digest_size=12).hexdigest()
    x = None if effect.label is None else {"label": np.array(effect.labels.index(effect.label) + 1, np.int32)}
    return Example(
        id=name, x=x, y=Audio(sample_rate=rate, max_seconds=seconds).encode(recording)[0],
        groups=(f"sound:{print_}", *([effect.group] if effect.group else [])), split=effect.split,
        meta={"title": title}, remarks=remarks,
    )  # fmt: skip


def _kept(samples: np.ndarray, most: int, fade: int) -> tuple[np.ndarray, bool]:
    """(the sound from where it begins, faded out where it is longer than `most`; whether it is)"""
    loud = np.flatnonzero(np.abs(samples) > BEGINS)
    samples = samples[loud[0] if len(loud) else 0 :]
    if len(samples) <= most:
        return samples, False
    samples = samples[:most].copy()
    samples[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return samples, True
