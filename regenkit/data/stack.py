"""Single examples ↔ one padded batch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from regenkit.data.lengths import Lengths, lengths_of
from regenkit.spec import Clock, Fields, Spec


def stack(
    examples: Sequence[Mapping[str, np.ndarray]],
    spec: Spec,
    lengths: Sequence[Lengths] | None = None,
    clocks: Sequence[Clock] | None = None,
) -> Fields:
    """Fields [batch, …] padded with 0, and the mask of each clock, bool [batch, entries].

    lengths   steps of each example by axis; of an axis that is not named, and by default, as its fields say
    clocks    those that get a mask; by default those of the spec

    A field that an example lacks is absent (0) in it.
    """
    steps = [{**lengths_of(example, spec), **(lengths[index] if lengths else {})}
             for index, example in enumerate(examples)]  # fmt: skip
    batch, longest = Fields(), dict[Clock, int]()
    for clock in dict.fromkeys([*spec.clocks, *(clocks or ())]):
        entries = np.array([clock.entries(each.get(clock.axis, 0)) for each in steps], np.int64)
        longest[clock] = max(1, int(entries.max(initial=1)))
        if clocks is None or clock in clocks:
            batch[clock.mask] = np.arange(longest[clock])[None] < entries[:, None]
    for name, field in spec.items():
        own = spec.clock(name)
        shape = tuple((longest[own] if own else 0) if size is None else size for size in field.shape)
        out = np.zeros((len(examples), *shape), np.int32 if field.vocabulary else np.float32)
        for index, example in enumerate(examples):
            if name in example:
                value = np.asarray(example[name])
                where: tuple[Any, ...] = (index, *(slice(0, size) for size in value.shape))
                out[where] = value
        batch[name] = out
    return batch


def unstack(batch: Mapping[str, np.ndarray], spec: Spec, lengths: Sequence[Lengths]) -> list[Fields]:
    """The inverse: each example's fields, cut to its length, as the masks in the batch say.

    lengths   of each example by axis, for clocks without a mask
    """
    return [
        {name: _cut(np.asarray(batch[name][index]), batch, spec.clock(name), index, known)
         for name in spec if name in batch}
        for index, known in enumerate(lengths)
    ]  # fmt: skip


def _cut(
    value: np.ndarray, batch: Mapping[str, np.ndarray], clock: Clock | None, index: int, known: Lengths
) -> np.ndarray:
    if clock is None:
        return value
    if clock.mask in batch:
        return value[: int(np.asarray(batch[clock.mask][index]).sum())]
    return value[: clock.entries(known[clock.axis])]
