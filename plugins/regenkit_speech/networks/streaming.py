"""A waveform in chunks that joined are the whole: each chunk is rendered with what it depends on, on both sides."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from regenkit.spec import Clock, Spec
from regenkit.stage import Batch

Render = Callable[[Batch, int], Any]
"""(fields of some entries, which entry of the whole is their first) → waveforms [batch, entries × ratio]."""


def chunks(
    render: Render, condition: Batch, spec: Spec, clock: Clock, *, ratio: int, reach: int, chunk: int
) -> Iterator[np.ndarray]:  # fmt: skip
    """Waveforms float32 [batch, ≤ chunk × ratio], one after the other.

    reach  entries on each side that a sample depends on: how far it looks ahead
    chunk  entries of a chunk; memory is that of chunk + 2 × reach entries
    """
    entries = int(np.shape(condition[clock.mask])[1])
    along = [clock.mask, *(name for name in spec if spec.clock(name) == clock)]
    for start in range(0, entries, chunk):
        stop = min(start + chunk, entries)
        first, last = max(0, start - reach), min(entries, stop + reach)
        part = {name: condition[name][:, first:last] if name in along else condition[name] for name in (*along, *spec)}
        wave = np.asarray(render(part, first))
        yield wave[:, (start - first) * ratio : (stop - first) * ratio]
