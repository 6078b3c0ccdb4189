"""Imports go one way: no circle of files, none of folders, and none that runs back up. Those within functions and those
for types alone count as well.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "regenkit": ROOT / "regenkit",
    **{path.name: path for path in (ROOT / "plugins").iterdir() if path.is_dir()},
}
FLOORS = (
    ("digest", "errors", "harmless", "nearest", "plain_yaml", "ranges", "redirect", "signals", "tree"),
    ("spec", "files", "limits", "origin", "plugin_code", "quiet", "run_files", "terminal"),
    ("stages", "given", "rep_text", "cache", "cluster", "record_checks", "forget"),
    ("trust",),
    ("stage", "sources", "identity"),
    ("components", "layers"),
    ("adapter",),
    ("hookspecs", "distribute", "extras", "conform"),
    ("builtin",),
    ("plugins",),
    ("data",),
    ("recipe",),
    ("regularizers",),
    ("models", "training"),
    ("pipeline",),
    ("run", "doctor"),
    ("analysis", "demo", "testing", "scaffold"),
    ("cli",),
    ("__main__", "__init__"),
)
"""The rooms of regenkit, from the bottom up: each may import what stands on a floor below it."""


def modules() -> dict[str, Path]:
    """Every module of the project by its dotted name."""
    found = {}
    for package, folder in PACKAGES.items():
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join((package, *(parts[:-1] if parts[-1] == "__init__" else parts)))] = path
    return found


def imports(name: str, path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The project's own modules that a module names in an import statement, wherever that stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        named: list[str] = []
        if isinstance(node, ast.Import):
            named = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            named = [f"{node.module}.{each.name}" for each in node.names]
        for each in named:
            while each and each not in known:
                each = each.rpartition(".")[0]
            if each and each != name:
                yield each


GRAPH = {name: set(imports(name, path, modules())) for name, path in modules().items()}


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """One circle, if there is any."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph.get(name, ())):
            if found := walk(other, [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := walk(name, []))), [])


def room(module: str) -> str:
    """ "regenkit.data.shards" → "data"; a plugin is a room of its own."""
    package, _, rest = module.partition(".")
    return (rest.split(".")[0] or "__init__") if package == "regenkit" else package


def test_no_circle_of_files() -> None:
    graph = {
        name: {other for other in found if other != "regenkit" and name != "regenkit"} for name, found in GRAPH.items()
    }
    assert circle(graph) == []


def test_no_circle_of_folders() -> None:
    rooms: dict[str, set[str]] = {}
    for name, found in GRAPH.items():
        rooms.setdefault(room(name), set()).update({room(other) for other in found} - {room(name), "__init__"})
    del rooms["__init__"]
    assert circle(rooms) == []


def test_nothing_imports_a_floor_above_its_own() -> None:
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    rooms = {room(name) for name in GRAPH if name.startswith("regenkit.") or name == "regenkit"}
    assert rooms == set(floor), "a new room needs its floor"
    up = [
        f"{name} → {other}"
        for name, found in GRAPH.items()
        for other in found
        if room(name) in floor and room(other) in floor and room(name) != room(other)
        if floor[room(other)] >= floor[room(name)] and name != "regenkit"
    ]
    assert up == []


def test_plugins_do_not_import_one_another_nor_the_rooms_above_the_models() -> None:
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    for name, found in GRAPH.items():
        if room(name) in floor:
            continue
        others = {room(other) for other in found} - {room(name), "__init__"}
        assert all(each in floor and floor[each] <= floor["models"] for each in others), (name, others)


@pytest.mark.parametrize(
    ("graph", "found"),
    [({"a": {"b"}, "b": {"c"}, "c": set()}, []), ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, ["b", "c", "b"])],
)
def test_a_circle_is_found(graph: dict[str, set[str]], found: list[str]) -> None:
    assert circle(graph) == found
