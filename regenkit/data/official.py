"""The split that a user's folders name: train/…, val/…, test/…."""

from collections.abc import Iterable
from typing import Literal

Split = Literal["train", "validation", "test"]
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
