"""`labelled_fraction`: how many training pictures keep their labels; the others are learned from without them."""

import hashlib

import numpy as np

from regenkit.components import Example


def hide(example: Example, fraction: float) -> Example:
    """The example without labels (0 everywhere) unless it is one of `fraction` of the training examples.

    A hash of their ids says which ones keep theirs: the same every time, and those of a smaller fraction are among
    those of a larger one. Held-out examples keep theirs.
    """
    if fraction >= 1 or example.split != "train":
        return example
    place = int.from_bytes(hashlib.sha256(example.id.encode()).digest()[:8], "little") / 2**64
    if place < fraction:
        return example
    y = {name: np.zeros_like(values) for name, values in example.y.items()}
    return Example(id=example.id, x=example.x, y=y, split="train", groups=example.groups,
                   fingerprints=example.fingerprints, meta=example.meta, remarks=example.remarks)  # fmt: skip
