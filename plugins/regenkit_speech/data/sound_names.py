"""Which file of sound a row of a table means."""

import os
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import final

NO_SOUND = "a transcript without its sound file"
USUAL = ("", "wavs", "clips")
"""Folders in which the sounds of a table are, from its own on: beside it, LJSpeech's and Common Voice's."""
Parts = tuple[str, ...]


@final
class SoundNames:
    """The sounds below a folder, by names that start there."""

    def __init__(self, root: Path, names: list[str]) -> None:
        self.roots = (str(root.absolute()), str(root.resolve()))
        self.by_end: dict[str, list[Parts]] = defaultdict(list)
        for name in names:
            parts = PurePosixPath(name).parts
            self.by_end[parts[-1]].append(parts)
            if (stem := PurePosixPath(name).stem) != parts[-1]:
                self.by_end[stem].append(parts)

    def find(self, file: str, folder: str) -> tuple[str | None, str]:
        """(the one sound that is called so in a table of `folder`, why there is none)

        Its suffix may be missing. A file in none of the usual places is sought in all folders, those below the table
        first; the folders that a row names have to be those of the file.
        """
        if not file:
            return None, NO_SOUND
        own, wanted = PurePosixPath(folder).parts, _parts(file)
        if os.path.isabs(file):
            below = self._below(file)
            if below is not None:
                return _one([each for each in self._called(below) if len(each) == len(below)], below)
            return _one(self._moved(wanted, own), wanted)
        for place in USUAL:
            usual = _parts(f"{folder}/{place}/{file}")
            if found := [each for each in self._called(usual) if len(each) == len(usual)]:
                return _one(found, usual)
        found = self._called(tuple(part for part in wanted if part != ".."))
        nearest = [each for each in found if each[: len(own)] == own] or [each for each in found if each == wanted]
        return _one(nearest or found, wanted)

    def _below(self, file: str) -> Parts | None:
        """An absolute path from the folder on; None where it is not below it."""
        for root in self.roots:
            for path in (os.path.normpath(file), os.path.realpath(file)):
                if path.startswith(f"{root}/"):
                    return _parts(path[len(root) + 1 :])
        return None

    def _called(self, wanted: Parts) -> list[Parts]:
        """Those whose names end so, with a suffix or without."""
        return [each for each in self.by_end.get(wanted[-1], []) if _ends(each[:-1], wanted[:-1])] if wanted else []

    def _moved(self, wanted: Parts, own: Parts) -> list[Parts]:
        """Those that an absolute path of another place may mean: all their folders, from this folder or the table's on,
        are the last of it. Of them those with the most."""
        fitting: dict[Parts, int] = {}
        for each in self._called(wanted[-1:]):
            for begin in (0, len(own) if each[: len(own)] == own else 0):
                if _ends(wanted[:-1], each[begin:-1]):
                    fitting[each] = max(fitting.get(each, 0), len(each) - begin)
        return [each for each, length in fitting.items() if length == max(fitting.values())]


def _one(found: list[Parts], wanted: Parts) -> tuple[str | None, str]:
    exact = [each for each in found if each[-1] == wanted[-1]] or found
    if len(exact) == 1:
        return "/".join(exact[0]), ""
    return None, f"several sounds are called so: {', '.join('/'.join(each) for each in exact)}" if exact else NO_SOUND


def _parts(file: str) -> Parts:
    return tuple(part for part in os.path.normpath(file).split("/") if part not in ("", "."))


def _ends(name: Parts, end: Parts) -> bool:
    return len(end) <= len(name) and name[len(name) - len(end) :] == end
