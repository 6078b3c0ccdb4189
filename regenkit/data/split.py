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

    Where that leaves validation, test or training without a candidate, the components are few: then the smallest are
    held out whatever their size, and three of them suffice. Two are for training and validation.
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
    sizes = {root: int(wanted[members[root]].sum()) for root in order}
    quota = max(1, round(HELD_OUT * sum(sizes.values())))
    held = _in_turn({root: size for root, size in sizes.items() if size}, quota)
    split = np.full(len(ids), "train", "U10")
    for root, where in held.items():
        split[members[root]] = where
    counts = np.array([len(each) for each in fingerprints])
    owner = np.repeat(np.arange(len(ids)), counts)
    prints = np.concatenate(list(fingerprints)) if counts.sum() else np.zeros(0, np.int64)
    shared = np.isin(prints, np.unique(prints[split[owner] != "train"]))
    split[(split == "train") & (np.bincount(owner[shared], minlength=len(ids)) > 0)] = "dropped"
    # an unpaired member of a held-out group is neither trained on nor scored
    split[(split != "train") & ~wanted] = "dropped"
    return split


def _in_turn(sizes: dict[int, int], quota: int) -> dict[int, str]:
    """Where the candidate components that are held out go, by quota; `sizes` in the order in which they are taken."""
    room = {"test": quota, "validation": quota}
    held: dict[int, str] = {}
    for root, size in sizes.items():
        where = next((name for name, left in room.items() if size <= left), None)
        if where:
            held[root] = where
            room[where] -= size
    return held if set(held.values()) == set(room) and len(held) < len(sizes) else _smallest(sizes, quota)


def _smallest(sizes: dict[int, int], quota: int) -> dict[int, str]:
    """The same for few components: all but the largest, smallest first, to whichever of the two holds less.

    Beyond its first component each takes only what its quota allows.
    """
    taken = {"validation": 0, "test": 0}
    held: dict[int, str] = {}
    for root in sorted(sizes, key=lambda root: sizes[root])[:-1]:
        where = min(taken, key=lambda name: taken[name])
        if not taken[where] or taken[where] + sizes[root] <= quota:
            held[root] = where
            taken[where] += sizes[root]
    return held
