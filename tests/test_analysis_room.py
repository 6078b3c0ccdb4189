"""The analysis room: only the command line opens it, and within it imports go one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOM = "regenkit.analysis"
FLOORS = ("results", "measures", "grid", "findings", "tables", "pages")
"""From the ground up; above them stand the commands, each a file."""


def imported(path: Path) -> Iterator[str]:
    """Names of the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_the_command_line_opens_it() -> None:
    found = []
    for package in (ROOT / "regenkit", ROOT / "plugins"):
        for path in package.rglob("*.py"):
            inside = path.relative_to(ROOT).parts
            if inside[:2] not in (("regenkit", "analysis"), ("regenkit", "cli")):
                found += [f"{path}: {name}" for name in imported(path) if name.startswith(ROOM)]
    assert found == []


def test_imports_within_it_go_one_way() -> None:
    found, seen = [], 0
    for path in (ROOT / "regenkit" / "analysis").rglob("*.py"):
        parts = path.relative_to(ROOT / "regenkit" / "analysis").parts
        mine = FLOORS.index(parts[0]) if len(parts) > 1 else len(FLOORS)
        for name in imported(path):
            if name.startswith(f"{ROOM}."):
                other = name.split(".")[2]
                theirs = FLOORS.index(other) if other in FLOORS else len(FLOORS)
                seen += 1
                found += [f"{path}: {name}"] if theirs > mine else []
            found += [f"{path}: {name}"] if name.startswith("regenkit.cli") else []
    assert found == [] and seen > 100
