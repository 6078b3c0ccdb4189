"""How long the targets are that a stage learns from, where the stage itself draws their length: its `max_length`."""

from pathlib import Path

import numpy as np

from regenkit.data.lengths import drawn_axes, lengths_of
from regenkit.data.prepare import Prepared
from regenkit.files import write_json
from regenkit.stages import LONGEST, Side

LOOKED_AT = 20_000
"""Training examples whose lengths are read, evenly chosen."""


def keep_longest(prepared: Prepared, condition: Side, target: Side, folder: Path) -> None:
    """Write the most steps of a training target into the stage's folder, unless the condition tells its length."""
    axes = drawn_axes(condition.spec, target.spec)
    file = folder / LONGEST
    if not axes or file.exists():
        return
    places = prepared.places("train")
    steps = 1
    for place in places[np.linspace(0, len(places) - 1, min(LOOKED_AT, len(places))).astype(int)]:
        sides = prepared.example(int(place))[0]
        fields = {name: found[name] for name, side in target.source.items() if (found := sides[side]) is not None}
        lengths = lengths_of(fields, target.spec)
        steps = max(steps, *(lengths.get(axis, 0) for axis in axes))
    write_json(file, {"steps": steps})
