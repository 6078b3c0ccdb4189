"""Which picture a row of a table means: people write its name otherwise than their disk has it."""

import posixpath
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import final


def _written(name: str) -> str:
    """In composed form, with "/" between folders: macOS stores é as e and an accent, Windows writes \\."""
    return posixpath.normpath(unicodedata.normalize("NFC", name).replace("\\", "/"))


def _without_suffix(name: str) -> str:
    return name.rpartition(".")[0]


def _base(name: str) -> str:
    return name.rpartition("/")[2]


@final
class Pictures:
    """Pictures by the names that may be meant by."""

    def __init__(self, names: Iterable[str]) -> None:
        written = {name: _written(name) for name in names}
        self._exact = set(written)
        self._written = _index(written, lambda name: name)
        self._any_case = _index(written, str.casefold)
        self._stem = _index(written, _without_suffix)
        self._any_stem = _index(written, lambda name: _without_suffix(name).casefold())
        self._base = _index(written, lambda name: _base(name).casefold())
        self._base_stem = _index(written, lambda name: _without_suffix(_base(name)).casefold())

    def find(self, name: str, folder: str) -> list[str]:
        """The pictures that `name` means in a table of `folder` ("" or "a/b/"); [] where it is of none, or of several.

        Without a suffix it means all that differ in that alone; without a folder the only one so called.
        """
        for full in dict.fromkeys((folder + name, name)):
            if full in self._exact:
                return [full]
            meant = _written(full)
            for found in (self._written.get(meant, []), self._any_case.get(meant.casefold(), [])):
                if len(found) == 1:
                    return found
            if alike := self._stem.get(meant) or self._any_stem.get(meant.casefold()):
                return alike
        alone = self._base.get(_written(name).casefold(), [])
        return alone if len(alone) == 1 else []

    def nearest(self, name: str) -> str:
        """What to say beside a name that none is found for."""
        base = _base(_written(name)).casefold()
        near = self._base.get(base) or self._base_stem.get(_without_suffix(base)) or self._base_stem.get(base)
        if not near:
            return ""
        return f"; nearest is '{near[0]}'" if len(near) == 1 else f"; nearest are '{near[0]}' and '{near[1]}'"


def _index(written: dict[str, str], key: Callable[[str], str]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, one in written.items():
        found[key(one)].append(name)
    return found
