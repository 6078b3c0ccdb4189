"""The reference of the hooks, from `regenkit.hookspecs` and the records; each example is that of docs/hooks.md."""

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from regenkit import hookspecs
from regenkit.plugins import ROLES
from website import words

GUIDE = Path(__file__).parents[1] / "docs" / "hooks.md"


def hooks() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, function in vars(hookspecs).items():
        if hasattr(function, "regenkit_spec"):
            yield name, function


def page() -> str:
    examples = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    records = {hook: record for hook, record in ROLES.values()}
    found = [
        "# Hooks\n",
        "How a plugin is packaged, and when its hooks are called: [Plugin hooks](../hooks.md). This page is made from "
        "the code.\n",
        words.table(("hook", ""), ((f"[`{name}`](#{name})", inspect.getdoc(each) or "") for name, each in hooks())),
    ]  # fmt: skip
    for name, function in hooks():
        found += [f"## {name}\n", f"    {name}({', '.join(inspect.signature(function).parameters)})\n"]
        found.append(f"{inspect.getdoc(function)}\n")
        if name in records:
            found += [f"It yields `regenkit.{records[name].__name__}`:\n", _fields(records[name])]
        found += ["```python", *(each for each in examples if f"def {name}(" in each), "```\n"]
    return "\n".join(found)


def _fields(record: type) -> str:
    rows = []
    for each in dataclasses.fields(record):
        needed = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        rows.append((f"`{each.name}`", str(each.type), "required" if needed else f"`{each.default!r}`"))
    return words.table(("field", "type", "default"), rows)
