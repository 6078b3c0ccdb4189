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
"""What stands before the first sample that is louder is cut off, and so is what differs by no more from the first."""
STILL = 0.02
"""Seconds that the latter has to last; less may be a wave's crest."""
LATEST = 60.0
"""Seconds after which no begin is sought."""


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
        found = decoding.read(effect.path, rate, max_seconds=LATEST + seconds, seconds=LATEST + seconds)
    except BadSource as error:
        raise BadSource(name, error.reason) from error
    except UserError as error:
        raise BadSource(name, "there is no such file") from error
    samples, cut = _kept(found.samples[_begin(found.samples, rate) :], round(seconds * rate), round(FADE * rate))
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


def _begin(samples: np.ndarray, rate: int) -> int:
    """Silence before a sound need not be zero, since the mean of all was taken away from it, too."""
    first = int(np.argmax(np.abs(samples) > BEGINS))
    moving = int(np.argmax(np.abs(samples - samples[0]) > BEGINS))
    return max(first, moving) if moving >= STILL * rate else first


def _kept(samples: np.ndarray, most: int, fade: int) -> tuple[np.ndarray, bool]:
    """(the sound, faded out where it is longer than `most`; whether it is)"""
    if len(samples) <= most:
        return samples, False
    samples, fade = samples[:most].copy(), min(fade, most)
    samples[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return samples, True
