"""`dataset.paired_fraction`: what unpaired data are worth, measured by hiding X (arXiv 2301.08846, RQ9).

A fraction of the training pairs keeps X; of the others, the stages that read X see Y alone. Held-out examples stay as
they are, and so do measures of the data themselves.
"""

import hashlib
from dataclasses import replace

import numpy as np

from regenkit.data.prepare import Prepared
from regenkit.stages import Side


def hide(prepared: Prepared, fraction: float) -> Prepared:
    """Hide X in all but `fraction` (0 to 1, at least one) of the training pairs, which then count as unpaired.

    Those that keep it are the first by a hash of their ids: the same every time, and those of a smaller fraction are
    among those of a larger one.
    """
    pairs = prepared.indices("train", paired=True)
    if fraction >= 1 or not len(pairs):
        return prepared
    names = prepared.examples.column("id")
    drawn = sorted(pairs, key=lambda index: hashlib.sha256(str(names[index]).encode()).digest())
    hidden = np.zeros(len(prepared.paired), bool)
    hidden[drawn[max(1, round(fraction * len(drawn))) :]] = True
    return replace(prepared, paired=prepared.paired & ~hidden, hidden=hidden)


def shown(prepared: Prepared) -> Prepared:
    """The same with no X hidden."""
    if prepared.hidden is None:
        return prepared
    return replace(prepared, paired=prepared.paired | prepared.hidden, hidden=None)


def seen(prepared: Prepared, condition: Side) -> Prepared:
    """The data for a stage with this condition. One that does not read X (the renderer) does not need pairs, and learns
    the same for any fraction."""
    return prepared if "x" in condition.source.values() else shown(prepared)
