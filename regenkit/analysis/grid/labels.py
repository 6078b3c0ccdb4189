"""Cells named by what differs between them: of whole sections the keys that differ alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml

RECIPE = "recipe"
"""In place of a setting's key: which of several recipe files."""


def shortened(cells: Sequence[Mapping[str, str]]) -> list[str]:
    """A label a cell, given its settings as written: "width=64", "b x=3" for converter={use: b, x: 3}."""
    columns = [_column(key, [settings[key] for settings in cells], cells[0]) for key in cells[0]]
    return [", ".join(words) for words in zip(*columns, strict=True)]


def tail(key: str, keys: Iterable[str]) -> str:
    """The last part of a key, or as many parts as distinguish it from the others."""
    parts = key.split(".")
    for count in range(1, len(parts)):
        end = ".".join(parts[-count:])
        if not any(other != key and other.endswith(end) for other in keys):
            return end
    return key


def _column(key: str, texts: Sequence[str], keys: Iterable[str]) -> list[str]:
    if key == RECIPE:
        return list(texts)
    values = [yaml.load(text, Loader=yaml.BaseLoader) for text in texts]  # text, lists and maps alone
    leaves = [dict(_leaves(value)) if isinstance(value, dict) else {} for value in values]
    names = list(dict.fromkeys(name for each in leaves for name in each))
    differing = [name for name in names if len({str(each.get(name)) for each in leaves}) > 1]
    prefix = "" if "use" in differing else f"{key} "
    found = []
    for text, each in zip(texts, leaves, strict=True):
        words = [each[name] if name == "use" else f"{name}={each[name]}" for name in differing if name in each]
        found.append(prefix + " ".join(words) if words else f"{tail(key, keys)}={text}")
    return found


def _leaves(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _leaves(inner, f"{path}{name}.")
        else:
            yield f"{path}{name}", f"[{', '.join(map(str, inner))}]" if isinstance(inner, list) else str(inner)
