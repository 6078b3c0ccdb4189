"""Which clips are held out: as the user's folders or recipe say; of few clips of people, the last by name."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from regenkit.data.split import SPLITS, Split, official
from regenkit.errors import UserError

FEW = 30
"""Clips: of fewer, the last by name are held out, since a draw might hold out none."""
LEAST = 4
"""Clips of which some are held out by name, and people who are kept apart: of fewer, nobody might be left to train."""


def named(files: Sequence[str], dataset: str, path: object) -> dict[str, Split]:
    """By first folder, the split that it names (`regenkit.data.split.official`); empty where they name none. Raises
    UserError where others are beside them."""
    found = official(files)
    others = sorted({file.split("/")[0] for file in files if "/" in file} - set(found))
    if found and others:
        raise UserError(
            f"{dataset}: {path} has the folders {' and '.join(sorted(found))}, which name a split, and beside them "
            f"{', '.join(others)}; right are folders of a split alone, or none"
        )
    return found


def people(files: Sequence[str], folders: Mapping[str, Split]) -> dict[str, str]:
    """By file who is in it: its first folder below those of a split, `folders`; the file itself where it is in none, or
    where there are few folders to learn from."""
    first = {file: "/".join(file.split("/")[: 2 if folders else 1]) for file in files}
    learned = {who for file, who in first.items() if folders.get(file.split("/")[0], "train") == "train"}
    return first if len(learned) >= LEAST else {file: file for file in files}


def splits(
    files: Sequence[str], test: Sequence[str], dataset: str, folders: Mapping[str, Split]
) -> dict[str, Split | None]:
    """By file, its split; None: the core draws. Raises UserError where `test` names none or several, or the folders
    name the split already."""
    if held := sorted(set(folders.values()) & set(SPLITS[1:])):
        if test:
            raise UserError(f"{dataset}: the folders {', '.join(sorted(folders))} name the split, {' and '.join(held)} "
                            "among them: leave test out, or name the folders otherwise")  # fmt: skip
        return {file: folders.get(file.split("/")[0]) for file in files}
    if test:
        chosen, who = {file for name in test for file in _named(name, files, dataset)}, people(files, folders)
        rest = [file for file in files if file not in chosen]
        found: dict[str, Split | None] = dict.fromkeys(files, "test")
        return found | dict.fromkeys(rest, "train") | dict.fromkeys(_of_the_last(rest, chosen, who), "validation")
    if len(files) >= FEW:
        return dict.fromkeys(files)
    found = dict.fromkeys(files, "train")
    if len(files) >= LEAST:
        who, last = people(files, folders), files[-3:]
        known = {who[file] for file in last}
        found |= dict.fromkeys((file for file in files if who[file] in known), "validation")
        found |= dict.fromkeys(last[1:], "test")
    return found


def _of_the_last(rest: Sequence[str], chosen: set[str], who: Mapping[str, str]) -> list[str]:
    """Of the clips that are not `chosen` those of the last person by name of whom no clip is; the last clip alone where
    that leaves nobody of the kind to train on."""
    tested = {who[file] for file in chosen}
    free = [file for file in rest if who[file] not in tested]
    last = [file for file in free if who[file] == who[free[-1]]]
    return last if len(last) < len(free) else list(rest[-1:])


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
