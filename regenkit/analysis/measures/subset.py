"""Which held-out examples are measured, where not all are."""

import hashlib

from regenkit.data.prepare import Prepared


def subset(prepared: Prepared, split: str, at_most: int | None = None) -> list[int]:
    """Record numbers of the paired examples of a split, in order.

    at_most   so many, evenly by a hash of their ids: runs whose data differ in a few examples choose the same ones but
              for these
    """
    places, names = prepared.places(split, paired=True), prepared.examples.column("id")
    ordered = sorted(places, key=lambda place: hashlib.sha256(f"held out {names[place]}".encode()).digest())
    return sorted(int(place) for place in ordered[:at_most])
