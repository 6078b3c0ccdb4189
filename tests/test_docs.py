"""The documentation says what the code does: every hook is in it with its arguments, and its examples run."""

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

from regenkit import hookspecs, plugins

HOOKS = (Path(__file__).parents[1] / "docs" / "hooks.md").read_text(encoding="utf-8")
SPECS = {name: function for name, function in vars(hookspecs).items() if hasattr(function, "regenkit_spec")}
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", HOOKS, flags=re.MULTILINE | re.DOTALL)


def test_the_specs_are_found() -> None:
    assert {hook for hook, _ in plugins.ROLES.values()} < set(SPECS)


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_is_documented_with_its_arguments(name: str) -> None:
    arguments = ", ".join(inspect.signature(SPECS[name]).parameters)
    assert f"\n## {name}({arguments})\n" in HOOKS


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_is_one_sentence(name: str) -> None:
    text = inspect.getdoc(SPECS[name]) or ""
    assert "\n" not in text and text.endswith(".")


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_has_an_example_that_a_host_accepts(name: str) -> None:
    (example,) = [example for example in EXAMPLES if f"def {name}(" in example]
    module = ModuleType(f"example_{name}")
    exec(compile(example, "docs/hooks.md", "exec"), vars(module))
    before, after = plugins.Host(), plugins.Host([module])
    for role, (hook, _) in plugins.ROLES.items():
        assert len(after.all(role)) == len(before.all(role)) + (hook == name)


def test_the_files_named_in_where_to_change_what_exist() -> None:
    root = Path(__file__).parents[1]
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.split("## Where to change what", 1)[1]
    named = re.findall(r"`((?:regenkit|plugins)/[^`]*)`", table)
    assert len(named) >= 15
    assert [path for path in named if not (root / path).exists()] == []
