"""Single examples ↔ one padded batch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from regenkit.spec import Fields, Spec


def stack(examples: Sequence[Mapping[str, np.ndarray]], spec: Spec, lengths: Sequence[int] | None) -> Fields:
    """Fields [batch, ...] padded with 0, and "mask" bool [batch, max(lengths)] over the steps of Y, if there are any.

    A field that an example lacks is absent (0) in it.
    """
    longest, batch = 0, Fields()
    if lengths is not None:
        longest = max(lengths, default=1)
        batch["mask"] = np.arange(longest)[None] < np.array(lengths)[:, None]
    for name, field in spec.items():
        rows = max(
            (len(example[name]) for example in examples if name in example and np.ndim(example[name])), default=0
        )
        shape = tuple((longest if field.hop == 1 else rows) if size is None else size for size in field.shape)
        out = np.zeros((len(examples), *shape), np.int32 if field.vocabulary else np.float32)
        for place, example in enumerate(examples):
            if name in example:
                value = np.asarray(example[name])
                where: tuple[Any, ...] = (place, *(slice(0, size) for size in value.shape))
                out[where] = value
        batch[name] = out
    return batch


def unstack(batch: Mapping[str, np.ndarray], spec: Spec, lengths: Sequence[int | None]) -> list[Fields]:
    """The inverse: each example's fields cut to its length, where it has one."""
    return [
        {
            name: np.asarray(batch[name][place])[:length] if spec[name].hop == 1 else np.asarray(batch[name][place])
            for name in spec
            if name in batch
        }
        for place, length in enumerate(lengths)
    ]
