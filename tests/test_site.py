"""The documentation is whole: references name everything there is, and pages say only what exists."""

import ast
import dataclasses
import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.text import Text

import regenkit
from regenkit import hookspecs, plugins
from regenkit.adapter import Modality
from regenkit.cli.main import app
from regenkit.recipe import SECTIONS, document
from regenkit.recipe.arguments import parameters
from regenkit.recipe.train_settings import JointSettings, TrainSettings
from website import commands, hook_names, python_names, recipe_keys, words

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
OWN = ("start", "export", "demo", "own_data", "coming_from", "tutorial", "keras", "roles", "index", "troubleshooting")


def rows(page: str, name: str) -> list[str]:
    """The rows of a reference's tables that begin with a name: `window` is one of two sections."""
    found = re.findall(rf"^\| `{re.escape(name)}` \|.*$", page, flags=re.MULTILINE)
    assert found, f"{name} is not on the page"
    return found


def row(page: str, name: str) -> str:
    """The first of them."""
    return rows(page, name)[0]


# --- references -------------------------------------------------------------------------------------------------------


def all_commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    yield name, command
    for inner, each in getattr(command, "commands", {}).items():
        yield from all_commands(each, f"{name} {inner}")


def test_every_command_and_option_is_in_the_reference() -> None:
    page = commands.page()
    found = list(all_commands(typer.main.get_command(app), "regenkit"))
    assert len(found) > 15
    for name, command in found:
        section = page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        assert command.help, f"{name} does not say what it does"
        for each in command.params:
            if each.param_type_name == "option":
                assert all(f"`{way}`" in section for way in each.opts), (name, each.opts)
            assert each.get_help_record(command.make_context(name, [], resilient_parsing=True))[1], (name, each.name)


def test_no_help_loses_words_as_markup() -> None:
    """Typer reads help as markup of rich, in which "[default: 1]" and "[timing]" are styles and are not shown."""
    for name, command in all_commands(typer.main.get_command(app), "regenkit"):
        for text in filter(None, [command.help, *(getattr(each, "help", None) for each in command.params)]):
            assert Text.from_markup(text).plain == text, name


def test_every_key_of_a_recipe_is_in_the_reference() -> None:
    page = recipe_keys.page()
    for name in SECTIONS:
        assert row(page, name).count("|") == 4
    for settings in (TrainSettings, JointSettings):
        for name, field in settings.model_fields.items():
            description = (field.description or "").replace("|", "\\|")
            assert description and any(description in each for each in rows(page, name))


@pytest.fixture(scope="module")
def components() -> str:
    return recipe_keys.components_page()


def test_every_component_is_in_the_reference_with_all_its_arguments(components: str) -> None:
    host, missing = plugins.host(), []
    for role in plugins.ROLES:
        for component, _ in host.all(role):
            head = f"### {component.name} {{ #{role}-{component.name.replace('/', '-')} }}\n"
            assert components.count(head) == 1, head
            section = components.split(head, 1)[1].split("\n### ", 1)[0].split("\n## ", 1)[0]
            assert component.summary and words.plain(component.summary) in section
            if role in ("dataset", "converter", "generator", "renderer"):
                missing += [f"{component.name}: {name}" for name in parameters(component)
                            if f"| `{name}` |" not in section]  # fmt: skip
    assert missing == []


def test_every_public_name_is_documented() -> None:
    page = python_names.page()
    for name in regenkit.__all__:
        assert python_names.documented(name), name
        section = page.split(f"\n## `regenkit.{name}`\n", 1)[1].split("\n## ", 1)[0]
        value = getattr(regenkit, name)
        if (
            callable(value)
            and name not in python_names.SAID
            and not (isinstance(value, type) and issubclass(value, Exception))
        ):
            for each in inspect.signature(value).parameters:
                assert re.search(rf"^    {each}\b", section, flags=re.MULTILINE), (name, each)
    assert {"regenkit.spec", "regenkit.stage", "regenkit.adapter"} <= set(python_names.modules())


@pytest.mark.parametrize("module", ["regenkit.stage", "regenkit.adapter", "regenkit.spec"])
def test_everything_that_authors_meet_has_a_docstring(module: str) -> None:
    __import__(module)
    tree = ast.parse(Path(sys.modules[module].__file__ or "").read_text(encoding="utf-8"))
    classes = [each for each in tree.body if isinstance(each, ast.ClassDef) and not each.name.startswith("_")]
    assert len(classes) > 2
    for each in classes:
        members = [member for member in each.body if isinstance(member, ast.FunctionDef) and member.name[0] != "_"]
        assert ast.get_docstring(each) or any(map(ast.get_docstring, members)), each.name


def test_every_hook_and_field_of_a_record_is_in_the_reference() -> None:
    page = hook_names.page()
    named = [name for name, each in vars(hookspecs).items() if hasattr(each, "regenkit_spec")]
    for name in named:
        section = page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        assert f"def {name}(" in section
        record = {hook: record for hook, record in plugins.ROLES.values()}.get(name)
        for each in dataclasses.fields(record) if record else ():
            assert f"| `{each.name}` |" in section


def test_columns_of_a_docstring_become_a_list() -> None:
    text = "What.\n\nkind    of what\n        it is\nsize, depth  numbers\n\nThe end."
    assert words.columns(text) == "What.\n\n- `kind`: of what\n  it is\n- `size`, `depth`: numbers\n\nThe end."
    assert words.described(text) == {"kind": "of what it is", "size": "numbers", "depth": "numbers"}
    assert words.columns(Modality.__doc__ or "") == Modality.__doc__  # what has no columns is left as it is


# --- what pages say ---------------------------------------------------------------------------------------------------


def blocks(path: Path, *languages: str) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return re.findall(rf"^```(?:{'|'.join(languages)})\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def own_pages() -> list[Path]:
    return [ROOT / "docs" / f"{name}.md" for name in OWN]


@pytest.mark.parametrize("path", own_pages(), ids=lambda path: path.stem)
def test_python_and_yaml_of_a_page_are_whole(path: Path) -> None:
    for block in blocks(path, "python"):
        if not block.startswith("--8<--"):
            compile(block, path.name, "exec")
    for included in re.findall(r'^--8<-- "(.*)"$', path.read_text(encoding="utf-8"), flags=re.MULTILINE):
        assert (ROOT / included).is_file()


def test_inline_recipes_of_pages_are_yaml() -> None:
    found = [
        (path, text)
        for path in own_pages()
        for text in re.findall(
            r"`((?:dataset|converter|generator|renderer|train): \{[^`]*\})`", path.read_text("utf-8")
        )
    ]
    assert len(found) > 8
    for path, text in found:
        if "…" not in text:
            section, _, rest = text.partition(": ")
            value = document.value(rest, path.name)
            if "use" in value and value["use"] not in ("NAME", "converter") and "acme" not in value["use"]:
                plugins.host().find(section, value["use"])


def test_every_message_of_troubleshooting_is_one_that_is_said() -> None:
    sources = " ".join(path.read_text(encoding="utf-8") for folder in ("regenkit", "plugins")
                       for path in (ROOT / folder).rglob("*.py"))  # fmt: skip
    joined = re.sub(r"\"\s*\n?\s*f?\"", "", sources)  # texts that are written over several lines
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    messages = re.findall(r"^### `(.*)`$", page, flags=re.MULTILINE)
    assert len(messages) > 20
    plain = {
        "no generator is named": "is named {name!r}",
        "cannot be written (No space left on device)": "cannot be written (",
    }
    assert [each for each in messages if plain.get(each, each) not in joined] == []


def test_the_notebook_is_whole_and_has_no_output() -> None:
    cells = json.loads((ROOT / "docs/start.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert len(code) >= 5 and all(cell.get("outputs", []) == [] for cell in cells)
    for each in code:
        compile(each, "start.ipynb", "exec")
