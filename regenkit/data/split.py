"""Train, validation and test: examples that share a group key stay together, and nothing held out is seen in training."""

import hashlib
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

Split = Literal["train", "validation", "test"]
SPLITS: tuple[str, ...] = get_args(Split)
HELD_OUT = 0.1
"""Share of the candidates in the test set, and again in the validation set."""


def components(groups: Sequence[Sequence[str]]) -> np.ndarray:
    """The connected component of each example, where two examples are joined by any group key they share (union-find)."""
    parent = list(range(len(groups)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    first: dict[str, int] = {}
    for place, keys in enumerate(groups):
        for key in keys:
            other = root(first.setdefault(key, place))
            mine = root(place)
            parent[max(mine, other)] = min(mine, other)
    return np.array([root(place) for place in range(len(groups))], np.int64)


def assign(
    ids: Sequence[str],
    groups: Sequence[Sequence[str]],
    fingerprints: Sequence[np.ndarray],
    paired: np.ndarray,
) -> np.ndarray:
    """The split of each example: "train", "validation", "test", or "dropped" (shares a fingerprint with a held-out one).

    Candidates for holding out are the components with a paired example, all of them where nothing is paired. They are
    taken in the order of a hash of their names, each into the first of test and validation with room for it, so that
    adding an example moves few others. A component larger than its whole quota stays in training.
    """
    if not len(ids):
        return np.zeros(0, "U10")
    component = components(groups)
    wanted = paired if paired.any() else np.ones(len(ids), bool)
    members: dict[int, list[int]] = {}
    for place, root in enumerate(component):
        members.setdefault(int(root), []).append(place)
    names = {root: min(ids[place] for place in places) for root, places in members.items()}
    order = sorted(members, key=lambda root: hashlib.sha256(names[root].encode()).digest())
    quota = max(1, round(HELD_OUT * int(wanted.sum())))
    room = {"test": quota, "validation": quota}
    split = np.full(len(ids), "train", "U10")
    for root in order:
        size = int(wanted[members[root]].sum())
        where = next((name for name, left in room.items() if 0 < size <= left), None)
        if where:
            split[members[root]] = where
            room[where] -= size
    held = [fingerprints[place] for place in np.flatnonzero(split != "train")]
    seen = np.unique(np.concatenate(held)) if held else np.zeros(0, np.int64)
    for place in np.flatnonzero(split == "train"):
        if len(fingerprints[place]) and np.isin(fingerprints[place], seen).any():
            split[place] = "dropped"
    # an unpaired member of a held-out group is neither trained on nor scored
    split[(split != "train") & ~wanted] = "dropped"
    return split
