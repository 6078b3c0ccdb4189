"""The arguments of modalities that only the data know (the size of pictures, the classes), kept in the run.

A trained run needs them without the data. A dataset that knows such arguments has `modalities`, the arguments of each:
{"x": {"labels": [...]}, "y": {"size": 28}}.
"""

from pathlib import Path
from typing import Any

from regenkit import plugins
from regenkit.adapter import KnowsModalities, Shares
from regenkit.components import Dataset, Modality
from regenkit.errors import UserError
from regenkit.files import write_json
from regenkit.pipeline.contract import plain
from regenkit.recipe import Recipe
from regenkit.run_files import Maps, read_json
from regenkit.trust import check_data

FILE = "modalities.json"
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
            if known.get(side, {}).get(name) != value:
                raise UserError(
                    f"{folder}: this run was begun with {name} {known.get(side, {}).get(name)}, the dataset now has "
                    f"{value}; start a new run with --run DIR"
                )
    if folder is not None and known and not (folder / FILE).exists():
        write_json(folder / FILE, known)


def _of_dataset(dataset: Any) -> Options:
    found: Options = plain(dataset.modalities if isinstance(dataset, KnowsModalities) else {})
    return found
