"""Train, validation and test: what shares a group key stays together, and nothing held out is seen in training."""

import hashlib
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

Split = Literal["train", "validation", "test"]
SPLITS: tuple[str, ...] = get_args(Split)
HELD_OUT = 0.1
"""Share of the candidates in the test set, and again in the validation set."""


def components(groups: Sequence[Sequence[str]]) -> np.ndarray:
    """The connected component of each example; two examples are joined by any group key they share (union-find)."""
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
    """The split of each example: "train", "validation", "test", or "dropped" (shares a fingerprint with one held out).

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
    counts = np.array([len(each) for each in fingerprints])
    owner = np.repeat(np.arange(len(ids)), counts)
    prints = np.concatenate(list(fingerprints)) if counts.sum() else np.zeros(0, np.int64)
    shared = np.isin(prints, np.unique(prints[split[owner] != "train"]))
    split[(split == "train") & (np.bincount(owner[shared], minlength=len(ids)) > 0)] = "dropped"
    # an unpaired member of a held-out group is neither trained on nor scored
    split[(split != "train") & ~wanted] = "dropped"
    return split
