"""The arguments of modalities that only the data know (the size of pictures, the classes), kept in the run.

A trained run needs them without the data. A dataset that knows such arguments has `modalities`, the arguments of each:
{"x": {"labels": [...]}, "y": {"size": 28}}.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regenkit import plugins
from regenkit.adapter import KnowsModalities, Shares
from regenkit.components import Dataset, Modality
from regenkit.errors import UserError
from regenkit.files import write_json
from regenkit.plugins.blame import located
from regenkit.recipe import Recipe
from regenkit.run_files import Maps, read_json
from regenkit.trust import check_data

FILE = "modalities.json"
SIDES = ("x", "y")
Options = dict[str, dict[str, Any]]


def modalities_of(recipe: Recipe, folder: Path | None) -> Options:
    """The arguments of X's and Y's modality, by "x" and "y": from the run if it has them, else from the dataset."""
    if folder is not None and (folder / FILE).exists():
        return read_json(Maps, folder, FILE)
    if not isinstance(recipe.dataset.component.load(), KnowsModalities):  # the class: the data may be gone by now
        return {}
    check_data(folder, recipe.dataset.arguments)
    return _of_dataset(recipe.dataset.build())


def check_shared(recipe: Recipe, x: Any, y: Any) -> None:
    """Raises UserError where a component has another value of an argument that X (for `source`) or Y `shares`."""
    for name, part in recipe.parts.items():
        modality = x if name == "source" else y
        for argument in modality.shared if isinstance(modality, Shares) else ():
            right = getattr(modality, argument)
            if (value := part.arguments.get(argument, right)) != right:
                raise UserError(f"{part.where()}: {argument} is {value}, and the data have {right}: "
                                f"write {argument}: {right}")  # fmt: skip


def record_of(data: Dataset, name: str) -> Modality:
    """The modality that a dataset's record names. Raises UserError where there is none."""
    try:
        return plugins.host().find("modality", name, near=data.origin)
    except UserError as error:
        raise UserError(f"{data.title}: its record says x={data.x!r}, y={data.y!r}: {error}") from error


def keep(dataset: Any, known: Options, folder: Path | None) -> None:
    """Write the arguments that are `known` into the run. Raises UserError where the dataset's have changed."""
    for side, options in _of_dataset(dataset).items():
        for name, value in options.items():
            before = known.get(side, {}).get(name)
            if before == value:
                continue
            if folder is None:  # the same data a moment ago
                raise UserError(f"{located(dataset)}: modalities gives {name} {before}, and the second time {value}; "
                                "let it depend on the data alone")  # fmt: skip
            raise UserError(f"{folder}: this run was begun with {name} {before}, the dataset now has {value}; start a "
                            "new run with --run DIR")  # fmt: skip
    if folder is not None and known and not (folder / FILE).exists():
        write_json(folder / FILE, known)


def _of_dataset(dataset: Any) -> Options:
    """What a dataset's `modalities` says, as it is after JSON. Raises UserError where that is no such map."""
    if not isinstance(type(dataset), KnowsModalities):  # of the class: a property that fails must not count as none
        return {}
    found = dataset.modalities
    like = 'right is a map like {"x": {"labels": […]}, "y": {"size": 28}}, each with arguments of that modality'
    if callable(found):
        raise UserError(f"{located(dataset)}: modalities is a method; write @property above it")
    if not isinstance(found, Mapping) or not all(isinstance(each, Mapping) for each in found.values()):
        raise UserError(f"{located(dataset)}: modalities is {_shown(found)}; {like}")
    if unknown := [side for side in found if side not in SIDES]:
        raise UserError(f"{located(dataset)}: modalities has {unknown[0]!r}, and only x and y have modalities; {like}")
    try:
        written: Options = json.loads(json.dumps({side: dict(each) for side, each in found.items()}, default=_path))
    except TypeError as error:
        raise UserError(f"{located(dataset)}: modalities holds {error}, which JSON cannot keep; write texts, numbers, "
                        "lists and maps: list(), int()") from error  # fmt: skip
    return written


def _path(value: Any) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"a {type(value).__name__}")


def _shown(value: Any) -> str:
    return repr(value) if len(repr(value)) < 80 else f"{repr(value)[:80]} …"
