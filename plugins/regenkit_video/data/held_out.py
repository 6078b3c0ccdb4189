"""Which clips of people are held out: as the user says, or the last by name where there are few."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from regenkit.data.split import Split
from regenkit.errors import UserError

FEW = 30
"""Clips: of fewer, the last by name are held out, since a draw might hold out none."""
LEAST = 4
"""Clips of which some are held out by name, and people who are kept apart: of fewer, nobody might be left to train."""


def people(files: Sequence[str]) -> dict[str, str]:
    """By file who is in it: its first folder; the file itself where it is in none, or where there are few folders."""
    first = {file: file.split("/")[0] for file in files}
    return first if len(set(first.values())) >= LEAST else {file: file for file in files}


def splits(files: Sequence[str], test: Sequence[str], dataset: str) -> dict[str, Split | None]:
    """By file, its split; None: the core draws. Raises UserError where `test` names none or several."""
    if test:
        chosen = {file for name in test for file in _named(name, files, dataset)}
        rest = [file for file in files if file not in chosen]
        found: dict[str, Split | None] = dict.fromkeys(files, "test")
        return found | dict.fromkeys(rest, "train") | dict.fromkeys(rest[-1:], "validation")
    if len(files) >= FEW:
        return dict.fromkeys(files)
    found = dict.fromkeys(files, "train")
    if len(files) >= LEAST:
        who, last = people(files), files[-3:]
        known = {who[file] for file in last}
        found |= dict.fromkeys((file for file in files if who[file] in known), "validation")
        found |= dict.fromkeys(last[1:], "test")
    return found


def _named(name: str, files: Sequence[str], dataset: str) -> list[str]:
    """The clip of a path or of a name that no other has, with or without its suffix; or all clips of a folder."""
    folder = [file for file in files if file.startswith(f"{name.rstrip('/')}/")]
    clips = [file for file in files if name in (file, file.rpartition(".")[0])] or [
        file for file in files if not folder and name in (PurePosixPath(file).name, PurePosixPath(file).stem)
    ]
    if not folder and not clips:
        raise UserError(f"{dataset}: test names {name}, which is not among the {len(files)} clips")
    several = [f"{name}/", *clips] if folder and clips else clips if len(clips) > 1 else []
    if several:
        shown = ", ".join(several[:4]) + (" …" if len(several) > 4 else "")
        raise UserError(f"{dataset}: test names {name}, which may be {shown}: write one of these")
    return folder or clips
