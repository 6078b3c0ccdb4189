"""Train, validation and test: what shares a group key stays together, and no held-out example is in training.

A user's folders may name the split themselves, train/…, val/…, test/… (`official`), and so may a column of a table
(`stated`).
"""

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import numpy as np

from regenkit.errors import UserError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[str, ...] = get_args(Split)
HELD_OUT = 0.1
"""The test set has this fraction of the candidates, and so has the validation set."""


def components(groups: Iterable[Sequence[str]]) -> np.ndarray:
    """The connected component of each example, named by its first; two are joined by any group key they share.

    Union-find over hashes of the keys. It keeps 8 bytes for an example and 16 for a key, however long the key is.
    """
    parent, hashes, owners = array("q"), array("q"), array("q")
    for index, keys in enumerate(groups):
        parent.append(index)
        for key in keys:
            hashes.frombytes(hashlib.blake2b(key.encode(), digest_size=8).digest())
            owners.append(index)

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    order = np.argsort(hashes, kind="stable") if hashes else np.zeros(0, np.int64)
    sorted_hashes, owner = np.array(hashes)[order], np.array(owners)[order]
    same = np.flatnonzero(sorted_hashes[1:] == sorted_hashes[:-1])
    for one, other in zip(owner[same], owner[same + 1], strict=True):
        first, second = sorted((root(int(one)), root(int(other))))
        parent[second] = first
    return np.fromiter((root(index) for index in range(len(parent))), np.int64, len(parent))


def assign(
    ids: Iterable[str],
    groups: Iterable[Sequence[str]],
    fingerprints: Iterable[np.ndarray],
    paired: np.ndarray,
    own_split: np.ndarray | None = None,
) -> np.ndarray:
    """The split of each example: "train", "validation", "test", or "dropped" (shares a fingerprint with one held out).

    `own_split` is the split that the data have themselves, "" where they have none. What it holds out is held out.
    Examples that share a group with a held-out one, and are not of the same split, are dropped. Where the data's own
    split puts no candidate into validation or test, that split is drawn from the other examples, as follows.

    Candidates for holding out are the components with a paired example, or all of them where no example is paired. They
    are taken in the order of a hash of their names. Each goes into the first of test and validation that has room for
    it, so that adding an example moves few others. A component larger than a whole quota stays in training.

    Where this leaves validation, test or training without a candidate, there are few components. Then the smallest are
    held out whatever their size. Three components are enough; two give training and validation.

    All arguments but `paired` and `own_split` may be iterators over files; the fingerprints are read twice.
    """
    if not len(paired):
        return np.zeros(0, "U10")
    own_split = np.full(len(paired), "") if own_split is None else own_split
    component = components(groups)
    wanted = paired if paired.any() else np.ones(len(paired), bool)
    names: dict[int, str] = {}
    for root, name in zip(map(int, component), ids, strict=True):
        names[root] = min(name, names.get(root, name))
    order = sorted(names, key=lambda root: hashlib.sha256(names[root].encode()).digest())
    own = _own(component, own_split)
    in_own = np.isin(component, list(own))
    sizes = np.bincount(component, wanted & ~in_own).astype(np.int64)
    quota = max(1, round(HELD_OUT * int(sizes.sum())))
    of_component = np.full(len(paired), "train", "U10")
    free = [name for name in ("test", "validation") if not (wanted & (own_split == name)).any()]
    for root, where in {**own, **_in_turn([root for root in order if sizes[root]], sizes, quota, free)}.items():
        of_component[root] = where
    split = of_component[component]
    split[in_own & (own_split != split)] = "dropped"
    held = np.isin(split, ["validation", "test"])
    split[_overlapping(fingerprints, held)] = "dropped"
    # an unpaired member of a held-out group is neither trained on nor scored
    split[held & ~wanted] = "dropped"
    return split


def _own(component: np.ndarray, own_split: np.ndarray) -> dict[int, str]:
    """The components that the data's own split holds out; one that is in several splits goes to the test set."""
    held: dict[int, str] = {}
    for name in ("validation", "test"):
        held |= dict.fromkeys(map(int, np.unique(component[own_split == name])), name)
    return held


def _overlapping(fingerprints: Iterable[np.ndarray], held: np.ndarray) -> np.ndarray:
    """Numbers of the examples that are not held out and share a fingerprint with one that is."""
    kept = array("q")
    for prints, out in zip(fingerprints, held, strict=True):
        if out:
            kept.frombytes(prints.astype(np.int64).tobytes())
    known = np.unique(np.array(kept, np.int64))
    last = len(known) - 1
    found = [
        index
        for index, (prints, out) in enumerate(zip(fingerprints, held, strict=True))
        if last >= 0 and not out and (known[np.minimum(np.searchsorted(known, prints), last)] == prints).any()
    ]
    return np.array(found, np.int64)


def _in_turn(order: list[int], sizes: np.ndarray, quota: int, free: Sequence[str]) -> dict[int, str]:
    """The split of each candidate component that is held out, by quota, taken in `order`; `sizes` by component.

    `free` are the splits to fill, of "test" and "validation".
    """
    room = dict.fromkeys(free, quota)
    held: dict[int, str] = {}
    for root in order:
        where = next((name for name, left in room.items() if sizes[root] <= left), None)
        if where:
            held[root] = where
            room[where] -= int(sizes[root])
    return held if set(held.values()) == set(room) and len(held) < len(order) else _smallest(order, sizes, quota, free)


def _smallest(order: list[int], sizes: np.ndarray, quota: int, free: Sequence[str]) -> dict[int, str]:
    """The same for few components: all but the largest, the smallest first, each to the split that has fewer examples.

    After its first component a split takes only what its quota allows.
    """
    taken = dict.fromkeys(reversed(free), 0)
    held: dict[int, str] = {}
    for root in sorted(order, key=lambda root: sizes[root])[:-1]:
        where = min(taken, key=lambda name: taken[name])
        if not taken[where] or taken[where] + sizes[root] <= quota:
            held[root] = where
            taken[where] += int(sizes[root])
    return held


NAMES: dict[str, Split] = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip


def official(names: Iterable[str]) -> dict[str, Split]:
    """Split by first folder, {} where the folders of these files name none.

    Two different ones do, and "train" alone where it holds folders.
    """
    parts = [name.split("/") for name in names]
    tops = {each[0] for each in parts if len(each) > 1}
    found = {top: NAMES[top.casefold()] for top in tops if top.casefold() in NAMES}
    alone = tops == set(found) and set(found.values()) == {"train"} and any(len(each) > 2 for each in parts)
    return found if len(set(found.values())) > 1 or alone else {}


COLUMN = "split"
"""What a column of a table is called that names the split of its row."""


def stated(cell: str, folder: Split | None) -> Split | None:
    """The split that a cell of the column names, or where it is empty that of the row's folder (or table).

    Raises UserError: the name of none, or of another than the folder's.
    """
    if not cell.strip():
        return folder
    found = NAMES.get(cell.strip().casefold())
    if found is None:
        raise UserError(f"its split is {cell.strip()[:40]!r}; right are train, validation, test, or nothing")
    if folder is not None and found != folder:
        raise UserError(f"its split is {found}, and that of its folder or table is {folder}; right is one of the two")
    return found
