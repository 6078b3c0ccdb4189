"""Every block of every page is run by a test, or is held against what there is: commands, options, recipes, files."""

import ast
import importlib.metadata
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from regenkit import UserError
from regenkit.cli.main import app
from regenkit.recipe import SECTIONS, read
from regenkit.recipe.shipped import shipped

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
PYTHON_IS_RUN = {
    "authoring.md": "test_docs.py installs it as a plugin and prepares its data",
    "hooks.md": "test_docs.py registers each as a plugin",
    "keras.md": "test_site_runs.py trains it in both roles",
    "tutorial.md": "is docs/example, which test_site_runs.py installs, tests and trains",
}
NEEDS = {
    "README.md": "a run of lyric2melody, as the notebook has, where the same lines are run",
    "dense.md": "the middle of a module: the names that the page says are imported",
    "diffusion_autoencoder.md": "a run of an hour; its calls are in test_diffusion_autoencoder.py",
    "evaluating.md": "a report; test_report.py reads one",
    "export.md": "an export; test_export.py makes and opens one",
    "testing_plugins.md": "an installed plugin; test_scaffold.py runs the same in one",
    "vlae.md": "a run of an hour; its calls are in test_vlae.py",
}
"""Python that is not run from the page, and what it needs; its syntax and its imports from regenkit are checked."""
NO_COMMANDS = {
    ("authoring.md", "__init__.py     hooks only"): "the files of a plugin",
    ("authoring.md", "sample(condition"): "a signature",
    ("authoring.md", "losses(batch"): "a signature",
    ("clocks.md", "length      steps of"): "two options, explained",
    ("dense.md", "mine/images/train"): "a folder",
    ("design.md", "X "): "a drawing",
    ("limits.md", "$ regenkit check"): "commands and what they said",
    ("testing_plugins.md", "failed  converter"): "what a check said",
    ("distributed.md", "#!/bin/bash"): "a script for SLURM",
    ("distributed.md", "apiVersion"): "a manifest for Kubernetes",
}
"""Blocks that are neither commands nor a recipe, by page and beginning."""
OWN = re.compile(
    r"acme|glyphs|gru|mine|NAME|RECIPE|recipe|pixels|codes|latents|lyric2vectors|^(mel|linear|mfcc|codec)$"
)
"""Names of recipes that a reader has, and the repository has not."""


@dataclass(frozen=True)
class Block:
    page: str
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text.strip().splitlines()[0][:50]}"


def blocks_of(path: Path) -> list[Block]:
    """The blocks of a page, fenced and indented; those within a list item belong to the item."""
    found: list[Block] = []
    text = path.read_text(encoding="utf-8")
    fence = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
    found += [Block(path.name, match[1], match[2]) for match in fence.finditer(text)]
    for part in re.split(r"\n(?=\S)", "\n" + fence.sub("", text)):
        head, _, rest = part.lstrip("\n").partition("\n\n")
        if head and rest.startswith("    ") and not head.startswith(("- ", "1. ")):
            found.append(Block(path.name, "", "\n".join(line[4:] for line in rest.rstrip().split("\n"))))
    return found


BLOCKS = [block for path in PAGES for block in blocks_of(path)]
SHELL = [
    block for block in BLOCKS if block.language in ("", "bash", "yaml")
    and not any(block.page == page and block.text.lstrip().startswith(begin) for page, begin in NO_COMMANDS)
]  # fmt: skip
PYTHON = [block for block in BLOCKS if block.language == "python" and not block.text.startswith("--8<--")]


def is_recipe(text: str) -> bool:
    return re.match(r"#|\w+:", text) is not None and text.split(":")[0].split("\n")[-1] in SECTIONS


def lines() -> list[tuple[str, str]]:
    """(page, line) of each command; a line that ends with a backslash goes on."""
    return [
        (block.page, line.strip())
        for block in SHELL if block.language in ("", "bash") and not is_recipe(block.text)
        for line in re.sub(r"\\\n\s*", " ", block.text).split("\n") if line.strip() and not line.startswith("#")
    ]  # fmt: skip


LINES = lines()


def test_blocks_are_found() -> None:
    assert len(BLOCKS) > 100 and len(LINES) > 120 and len(PYTHON) > 15
    unknown = {block.language for block in BLOCKS} - {"", "bash", "python", "toml", "yaml"}
    assert unknown == set(), "what holds such blocks against anything?"
    for page, begin in NO_COMMANDS:
        assert any(block.page == page and block.text.lstrip().startswith(begin) for block in BLOCKS), (page, begin)


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "line"), LINES, ids=[f"{page} {line[:60]}" for page, line in LINES])
def test_a_command_is_one_that_there_is(page: str, line: str) -> None:
    """Nothing is run. A command that is none of regenkit's names files, extras and targets that there are."""
    parts = shlex.split(line.replace("…", " "), comments=True)
    for command in split(parts):
        check(page, command)


def split(parts: list[str]) -> list[list[str]]:
    """The commands of a line that are joined by &&, without variables that are set before them."""
    found: list[list[str]] = [[]]
    for part in parts:
        if part == "&&":
            found.append([])
        elif found[-1] or not re.match(r"[A-Z_]+=", part):
            found[-1].append(part)
    return [command for command in found if command]


def check(page: str, parts: list[str]) -> None:
    program, *rest = parts
    if program == "regenkit":
        check_regenkit(page, rest)
    elif program == "pip" or parts[:3] == ["python", "-m", "pip"]:
        for extras in re.findall(r"\[([\w,]+)\]", " ".join(rest)):
            own = importlib.metadata.metadata("regenkit").get_all("Provides-Extra") or []
            assert set(extras.split(",")) <= {*own, "test"}, (page, parts)
    elif program == "make":
        targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert set(rest) <= set(targets), (page, parts)
    elif program in ("python", "pytest"):
        for part in rest:
            if re.fullmatch(r"(benchmarks|tests|recipes)/\S+", part):
                assert (ROOT / part.split("::")[0]).exists(), (page, part)
        if program == "python" and rest[:2] == ["-m", "regenkit"]:
            check_regenkit(page, rest[2:])
    elif program.startswith(".ci/"):
        assert (ROOT / program).exists(), (page, program)
    else:
        assert program in ("find", "cd", "export", ".", "srun", "apt-get"), f"{page}: what is {program!r}?"


def check_regenkit(page: str, parts: list[str]) -> None:
    """The command line parses as it does when it is run: options are there, their values of the right kind."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("regenkit", [], resilient_parsing=True)
    while parts and hasattr(command, "get_command") and (found := command.get_command(context, parts[0])):
        command = found
        context = command.make_context(parts[0], [], parent=context, resilient_parsing=True)
        parts = parts[1:]
    if getattr(command, "commands", None):
        assert not parts or parts[0].startswith("--"), f"{page}: there is no such command: {parts}"
        return
    if "--help" in parts:
        return
    before = {each: each.callback for each in command.params}
    try:
        for each in command.params:
            each.callback = None  # --json would redirect the output of this process
        said = command.make_context(context.info_name, list(parts), parent=context.parent).params
    finally:
        for each, callback in before.items():
            each.callback = callback
    named = said.get("recipe") or said.get("recipes") or []
    for recipe in named if isinstance(named, list) else [named]:
        check_recipe(page, str(recipe), said.get("settings") or [])


def check_recipe(page: str, name: str, settings: list[str]) -> None:
    """A recipe that is named comes with regenkit, and has what is set in it."""
    stem = Path(name).stem
    if OWN.search(stem) or "{" in name:
        return
    assert stem in shipped(), f"{page}: there is no recipe {name}"
    read(stem, settings)


# --- recipes ----------------------------------------------------------------------------------------------------------

RECIPES = [block for block in SHELL if block.language in ("", "yaml") and is_recipe(block.text)]
BASE = {
    "dataset": {"use": "image/fashion_mnist"},
    "converter": {"use": "identity"},
    "generator": {"use": "transformer"},
    "renderer": {"use": "transformer"},
}


@pytest.mark.parametrize("block", RECIPES, ids=str)
def test_a_recipe_or_a_part_of_one_is_valid(block: Block, tmp_path: Path) -> None:
    """Where a section stands twice, each is an example for itself."""
    for number, part in enumerate(re.split(r"\n(?=\w+:)", block.text)):
        written = yaml.safe_load(part)
        if not written or block.page in PYTHON_IS_RUN:  # whose recipes are run with the rest
            continue
        if "acme" in part or "glyphs" in part or "from: runs/" in part:
            assert set(written) <= set(SECTIONS)
            continue
        path = tmp_path / f"{number}.yaml"
        base = yaml.safe_dump({name: section for name, section in BASE.items() if name not in written})
        path.write_text(base + part, encoding="utf-8")
        try:
            read(path)
        except UserError as error:
            raise AssertionError(f"{block.page}: {part}\n{error}") from error


def test_toml_is_an_entry_point() -> None:
    for block in BLOCKS:
        if block.language == "toml" and not block.text.startswith("--8<--"):
            assert "[project.entry-points.regenkit]" in block.text


# --- Python -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_is_run_or_says_what_it_needs(block: Block) -> None:
    tree = ast.parse(block.text)
    if block.page in PYTHON_IS_RUN:
        return
    if block.page not in NEEDS:
        exec(compile(tree, block.page, "exec"), {})
        return
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("regenkit"):
            module = __import__(str(node.module), fromlist=names)
            assert [name for name in names if not hasattr(module, name)] == []


def test_what_is_said_to_be_run_or_to_need_something_is_there() -> None:
    pages = {block.page for block in BLOCKS if block.language == "python"}
    assert {*PYTHON_IS_RUN, *NEEDS} <= pages
    for reason in (*PYTHON_IS_RUN.values(), *NEEDS.values()):
        for name in re.findall(r"test_\w+\.py", reason):
            assert (ROOT / "tests" / name).exists()
