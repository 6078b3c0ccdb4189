"""The contract of a stage's weights: what they were trained for. Written as stage.json, compared when they are read."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from regenkit.errors import UserError
from regenkit.files import write_text
from regenkit.run_files import Map, read_json

FILE = "stage.json"


def plain(data: Any) -> Any:
    """The data as they are after JSON."""
    return json.loads(json.dumps(data, default=str))


def sign(folder: Path, contract: dict[str, Any]) -> None:
    write_text(folder / FILE, json.dumps(contract, indent=1))


def check(stage: str, folder: Path, contract: dict[str, Any], usual: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises UserError naming each setting in which a trained stage differs from what this recipe would build.

    usual  by key of the contract (component, converter, source) the defaults of its arguments: an argument that did not
           exist yet when the stage was trained counts as its default
    """
    theirs = read_json(Map, folder.parent, folder.name, FILE)
    for key, known in usual.items():
        if isinstance(part := theirs.get(key), dict):
            theirs[key] = {**plain(dict(known)), **part}
    if differences := list(_differences(theirs, plain(contract))):
        listed = "\n  ".join(differences[:8])
        raise UserError(f"{folder}: this {stage} was trained for another Y′ than the recipe's:\n  {listed}")


def _differences(theirs: Any, ours: Any, path: str = "") -> Iterator[str]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in [*theirs, *(key for key in ours if key not in theirs)]:
            yield from _differences(theirs.get(key), ours.get(key), f"{path}.{key}" if path else key)
    elif theirs != ours:
        yield f"{path}: trained with {theirs!r}, the recipe has {ours!r}"
