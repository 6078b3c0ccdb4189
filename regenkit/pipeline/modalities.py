"""What a dataset says of its modalities (the size of its pictures, its classes), kept in the run.

A trained run must know it without the data. A dataset that has something to say has `modalities`, the options of each:
{"x": {"labels": [...]}, "y": {"size": 28}}.
"""

import json
from pathlib import Path
from typing import Any

from regenkit.errors import UserError
from regenkit.files import write_json
from regenkit.pipeline.contract import plain
from regenkit.recipe import Recipe

FILE = "modalities.json"
Options = dict[str, dict[str, Any]]


def modalities_of(recipe: Recipe, folder: Path | None) -> Options:
    """The options of X's and Y's modality, by "x" and "y": as the run has them, else as the dataset says."""
    if folder is not None and (folder / FILE).exists():
        found: Options = json.loads((folder / FILE).read_bytes())
        return found
    built = hasattr(recipe.dataset.component.load(), "modalities")  # else it need not be here any more
    return _said(recipe.dataset.build()) if built else {}


def keep(dataset: Any, known: Options, folder: Path | None) -> None:
    """Write what is `known` into the run. Raises UserError where the dataset says otherwise by now."""
    for side, options in _said(dataset).items():
        for name, value in options.items():
            if known.get(side, {}).get(name) != value:
                raise UserError(
                    f"{folder}: this run was begun with {name} {known.get(side, {}).get(name)}, the dataset now has "
                    f"{value}; start a new run with --run DIR"
                )
    if folder is not None and known and not (folder / FILE).exists():
        write_json(folder / FILE, known)


def _said(dataset: Any) -> Options:
    found: Options = plain(getattr(dataset, "modalities", {}))
    return found
