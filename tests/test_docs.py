"""The documentation says what the code does: every hook is in it with its arguments, and its examples run."""

import inspect
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import installed
import pytest

from regenkit import hookspecs, plugins

ROOT = Path(__file__).parents[1]
HOOKS = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
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


NAMED = re.compile(r"`((?:regenkit|plugins)/[^`]*)`")


def test_the_files_named_in_where_to_change_what_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = NAMED.findall(text.split("## Where to change what", 1)[1])
    assert len(named) >= 15
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_what_to_read_first_can_be_read_in_an_evening() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## What to read first", 1)[1]
    named = NAMED.findall(text.split("\n1. ", 1)[1].split("\n## ", 1)[0])
    (stated,) = (int(each.replace(",", "")) for each in re.findall(r"about ([\d,]+) lines", text))
    lines = sum(len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in named)
    assert len(named) >= 12 and abs(lines - stated) < 100 and stated < 3500, lines


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))])
def test_the_files_that_a_page_names_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"\b((?:regenkit|plugins|docs|recipes|benchmarks|tests)/[\w./]+\.(?:py|md|yaml|json))\b", text)
    places = (ROOT, ROOT / "docs" / "example")  # the tutorial names the files of its package
    assert [path for path in named if not any((place / path).exists() for place in places) and "acme" not in path] == []


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))])
def test_no_line_of_a_paragraph_is_taken_for_a_list_or_a_heading(page: str) -> None:
    """A number and a full stop, or a mark, at the beginning of a line that goes on with a sentence."""
    mark = re.compile(r" {0,3}(\d+[.)]|[-+*]|#{1,6}) ")
    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    paragraphs = [each.split("\n") for each in re.split(r"\n\s*\n", text) if not mark.match(each) and each[:4].strip()]
    assert [line for _, *more in paragraphs for line in more if mark.match(line)] == []


def test_the_plugin_of_the_authors_page_prepares_its_data(tmp_path: Path) -> None:
    """Every block that names its file in the first line is that file."""
    text = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 8
    for name, content in blocks:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    info = tmp_path / "acme-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1\n", encoding="utf-8")
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["name"] and project["tool"]["setuptools"]["packages"] == ["regenkit_acme"]
    entries = "".join(f"{name} = {value}\n" for name, value in project["project"]["entry-points"]["regenkit"].items())
    (info / "entry_points.txt").write_text(f"[regenkit]\n{entries}", encoding="utf-8")
    subprocess.run([sys.executable, "draw.py"], cwd=tmp_path, check=True)
    folder = tmp_path / "glyphs"
    (folder / "L-bad.txt").write_text("#\n", encoding="utf-8")

    def regenkit(*arguments: str) -> subprocess.CompletedProcess[str]:
        return installed.regenkit(*arguments, folder=tmp_path, REGENKIT_CACHE=str(tmp_path / "cache"))

    records = regenkit("plugins", "check", "acme", "--only", ": the ")  # which the page tells its reader to run
    assert records.returncode == 0 and "0 failed" in records.stdout, records.stdout + records.stderr
    done = regenkit("preview", "glyphs.yaml", "--json", "--count", "1")
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert sum(sum(counts.values()) for counts in seen["classes"]["x/label"].values()) == 50
    assert [name for name, _ in seen["skipped"]] == ["L-bad.txt"]
    assert "black: [" in seen["shown"][0]["rep"]
