"""Which held-out examples are measured, where not all are."""

import hashlib

from regenkit.data.prepare import Prepared


def chosen(prepared: Prepared, split: str, most: int | None = None) -> list[int]:
    """Places of the paired examples of a split, in order; at most so many, evenly by a hash of their ids: runs whose
    data differ in a few examples choose the same but for these."""
    places, names = prepared.places(split, paired=True), prepared.examples.column("id")
    ordered = sorted(places, key=lambda place: hashlib.sha256(f"held out {names[place]}".encode()).digest())
    return sorted(int(place) for place in ordered[:most])
