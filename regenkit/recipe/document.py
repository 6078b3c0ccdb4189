"""A recipe's text as plain data, with the position of each of its keys.

Only what a recipe needs of YAML: maps, lists, strings, numbers, true, false and null. No tags (they build objects), no
anchors and aliases (a few lines of them unfold to gigabytes), no key twice. Scalars follow YAML 1.2's core schema, so
`3e-4` is a number, and `on`, `no` and `12:30` are text.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, final

import yaml

from regenkit import plain_yaml
from regenkit.errors import UserError
from regenkit.nearest import nearest
from regenkit.recipe.shipped import shipped

LARGEST, DEEPEST = 50_000, 20
"""Bytes of a file (which take a second to read), and maps or lists within each other."""
_TOO_DEEP = f"more than {DEEPEST} maps or lists within each other"

KeyPath = tuple[str | int, ...]


class Where(Protocol):
    """The position of a key path in the recipe: `file:line:column: key.path`."""

    def __call__(self, *path: str | int, key: bool = False) -> str: ...


@final
@dataclass
class Document:
    """The data of a recipe, and by key path the position of each key and each value."""

    name: str
    data: dict[str, Any]
    keys: dict[KeyPath, str] = field(default_factory=dict)
    values: dict[KeyPath, str] = field(default_factory=dict)

    def where(self, *path: str | int, key: bool = False) -> str:
        """`file:line:column: key.path` of a value, or of its key; of the map around it where the text lacks it."""
        while path and path not in self.values:
            path = path[:-1]
        if not path:
            return self.name
        place = self.keys.get(path) if key else None
        return f"{place or self.values[path]}: {_dotted(path)}"

    def override(self, setting: str) -> None:
        """Apply `key.path=value` of the command line; the value is YAML. Raises UserError."""
        place = f"--set {_on_one_line(setting)}"
        dotted, equals, text = setting.partition("=")
        path = tuple(_whole(part.strip(), place) for part in dotted.split("."))
        if not (equals and text.strip() and all(path)):
            raise UserError(f"{place}: write KEY=VALUE, as in renderer.depth=4 or evaluate=[music/pitch_overlap]")
        if len(path) > DEEPEST:
            raise UserError(f"{place}: {_TOO_DEEP}")
        inner = self.data
        for depth, part in enumerate(path[:-1], start=1):
            self.keys.setdefault(path[:depth], place)
            self.values.setdefault(path[:depth], place)
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise UserError(f"{place}: {_dotted(path[:depth])} is not a map, it is {shown(inner)}")
        for places in (self.keys, self.values):
            for known in [known for known in places if known[: len(path)] == path]:
                del places[known]
        node = _compose(text, lambda mark: place, len(path))
        self.keys[path] = place
        inner[path[-1]] = _Builder(self, lambda mark: place).build(node, path)


def read(path: Path) -> Document:
    """The recipe file at `path`. Raises UserError, with line and column, where it is not a map in plain YAML."""
    text = _text(path)

    def locate(mark: yaml.Mark | None) -> str:
        return f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)

    for number, line in enumerate(text.splitlines(), start=1):
        column = len(line) - len(line.lstrip(" "))
        if line[column : column + 1] == "\t":
            raise UserError(f"{path}:{number}:{column + 1}: a tab; indent with spaces")
    node = _compose(text, locate)
    if not isinstance(node, yaml.MappingNode):
        what = "a list" if isinstance(node, yaml.SequenceNode) else f"the text {shown(node.value)}"
        raise UserError(f"{locate(node.start_mark)}: a recipe is a map (dataset: …, converter: …), not {what}")
    document = Document(str(path), {})
    document.data = _Builder(document, locate).build(node, ())
    return document


def value(text: str, place: str) -> Any:
    """What a recipe would understand by `text`, written at `place`. Raises UserError."""
    place = _on_one_line(place)
    return _Builder(Document(place, {}), lambda mark: place).build(_compose(text, lambda mark: place), ())


def dump(data: dict[str, Any]) -> str:
    """Plain data as the text of a recipe: `read` finds the same in it."""
    return plain_yaml.dump(data, sort_keys=False, width=120)


def shown(value: Any) -> str:
    """A value as an error message shows it, in few characters."""
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        siblings = [sibling.name for sibling in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        hint = f"; {path.stem!r} alone is the recipe that comes with regenkit" if path.stem in shipped() else ""
        if guess := nearest(path.name, siblings):
            hint = f"; did you mean {str(path.with_name(guess))!r}?"
        raise UserError(f"{path}: there is no such file{hint}") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    if len(data) > LARGEST:
        raise UserError(f"{path}: larger than {LARGEST // 1000} kB; this is no recipe")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UserError(f"{path}:{line}: not UTF-8 text; is this a binary file?") from None
    if not text.strip():
        raise UserError(f"{path}: the file is empty; a recipe names a dataset, a converter, a generator and a renderer")
    return text


def _compose(text: str, locate: Any, depth: int = 0) -> yaml.Node:
    """Nodes of the one document in `text`, `depth` maps within others; `locate` turns a mark into a position."""
    try:
        for event in yaml.parse(text, Loader=plain_yaml.Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            fault = _forbidden(event, depth)
            if fault:
                raise UserError(f"{locate(event.start_mark)}: {fault}")
        node: yaml.Node | None = yaml.compose(text, Loader=plain_yaml.Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "'\\t'" in (error.problem or ""):
            raise UserError(f"{locate(mark)}: a tab; write spaces") from None
        message = ", ".join(part for part in (error.context, error.problem) if part)
        raise UserError(f"{locate(mark)}: not YAML: {message}") from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        mark = yaml.Mark("", error.position, before.count("\n"), len(before) - before.rfind("\n") - 1, None, 0)
        raise UserError(f"{locate(mark)}: a control character; is this a binary file?") from None
    except (ValueError, OverflowError) as error:  # an escape beyond Unicode, a version of 5,000 digits
        raise UserError(f"{locate(None)}: not YAML: {error}") from None
    if node is None:
        raise UserError(f"{locate(None)}: there is nothing in it but comments")
    return node


def _forbidden(event: Any, depth: int) -> str:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        return "anchors (&) and aliases (*) are not part of a recipe; quote the text if it begins with & or *"
    if getattr(event, "tag", None) is not None:
        return "tags (!) are not part of a recipe; quote the text if it begins with !"
    return _TOO_DEEP if depth > DEEPEST else ""


def _dotted(path: KeyPath) -> str:
    return _on_one_line(".".join(map(str, path)))


def _on_one_line(text: str) -> str:
    """Text in which everything is escaped that a terminal would not show, or would take for a command."""
    return text if text.isprintable() else repr(text)[1:-1]


def _whole(text: str, place: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise UserError(f"{place}: half a surrogate pair is not text")
    return text


@final
class _Builder:
    """Turns nodes into data, and records in `document` the position of each."""

    def __init__(self, document: Document, locate: Any) -> None:
        self.document, self.locate = document, locate

    def build(self, node: yaml.Node, path: KeyPath) -> Any:
        if path:
            self.document.values[path] = self.locate(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _items(self, node: yaml.MappingNode, path: KeyPath) -> Iterator[tuple[str, Any]]:
        seen: dict[str, str] = {}
        for key_node, value_node in node.value:
            place = self.locate(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                raise UserError(f"{place}: a key must be plain text")
            key = self._text(key_node)
            inner = (*path, key)
            if key in seen:
                raise UserError(f"{place}: {_dotted(inner)}: this key is here twice; the first is at {seen[key]}")
            seen[key] = self.document.keys[inner] = place
            yield key, self.build(value_node, inner)

    def _scalar(self, node: yaml.Node) -> Any:
        kind, text = node.tag.rpartition(":")[2], self._text(node)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind in ("int", "float"):
            try:
                return int(text) if kind == "int" else float(text)
            except ValueError:  # thousands of digits
                raise UserError(f"{self.locate(node.start_mark)}: this number is too long") from None
        return text

    def _text(self, node: yaml.Node) -> str:
        return _whole(str(node.value), self.locate(node.start_mark))
