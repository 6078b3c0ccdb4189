"""Which held-out examples are measured, where not all are."""

import hashlib

from regenkit.data.prepare import Prepared


def subset(prepared: Prepared, split: str, at_most: int | None = None) -> list[int]:
    """Record numbers of the paired examples of a split, in order.

    at_most   so many, evenly by a hash of their ids: runs whose data differ in a few examples choose the same ones but
              for these
    """
    indices, names = prepared.indices(split, paired=True), prepared.examples.column("id")
    ordered = sorted(indices, key=lambda index: hashlib.sha256(f"held out {names[index]}".encode()).digest())
    return sorted(int(index) for index in ordered[:at_most])
