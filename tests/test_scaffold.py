"""`regenkit new`: what it makes is sound as it is made, and a folder or a name that cannot be is refused."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from installed import environment, regenkit

from regenkit import UserError
from regenkit.scaffold import STAND_IN, SUFFIX, TEMPLATE, make


def install(folder: Path, name: str) -> Path:
    """The plugin in `folder`, and its distribution as pip would have installed it there; returns its recipe."""
    make(name, folder / "made")
    text = tomllib.loads((folder / "made" / "pyproject.toml").read_text(encoding="utf-8"))
    project = text["project"]
    info = folder / "made" / f"regenkit_{name}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    entries = "".join(f"{key} = {value}\n" for key, value in project["entry-points"]["regenkit"].items())
    (info / "entry_points.txt").write_text(f"[regenkit]\n{entries}")
    return folder / "made" / "recipes" / f"{name}.yaml"


@pytest.mark.parametrize("name", ["chess", "pen_strokes"])
def test_the_files_are_sound(name: str, tmp_path: Path) -> None:
    files = make(name, tmp_path / "made", description='Of "all" kinds', author="Anna")
    templates = list(TEMPLATE.rglob(f"*{SUFFIX}"))
    assert len(files) == len(templates) >= 10
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert STAND_IN not in text and STAND_IN not in path.name and "DESCRIPTION" not in text
        if path.suffix == ".py":
            assert ast.get_docstring(ast.parse(text))
    project = tomllib.loads((tmp_path / "made" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == f"regenkit-{name}" and project["description"] == "Of 'all' kinds"
    assert project["entry-points"] == {"regenkit": {name: f"regenkit_{name}"}} and "license" not in project


def test_its_python_passes_the_linter(tmp_path: Path) -> None:
    make("chess", tmp_path / "made")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--line-length", "120", "--select", "E,F,UP,B,SIM"]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["Chess", "pen strokes", "1d", "a__b", "_a", "a-b", ""])
def test_a_name_that_cannot_be_one(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a plugin's name has small letters"):
        make(name, tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("kept")
    with pytest.raises(UserError, match="is there already; name an empty or a new folder with --into DIR"):
        make("chess", tmp_path / "mine")
    with pytest.raises(UserError, match="there is a package regenkit_image already"):
        make("image", tmp_path / "made")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "file"]


def test_by_flags_and_by_questions(tmp_path: Path) -> None:
    done = regenkit("new", "chess", "--author", "Anna", folder=tmp_path)
    assert done.returncode == 0 and "pip install -e '.[test]' && pytest" in done.stdout
    assert 'authors = [{name = "Anna"}]' in (tmp_path / "regenkit-chess" / "pyproject.toml").read_text()
    asked = subprocess.run(
        [sys.executable, "-m", "regenkit", "new"], cwd=tmp_path, env=environment(tmp_path), text=True,
        input="knots\nKnots\nOtto\n", capture_output=True, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    made = (tmp_path / "regenkit-knots" / "pyproject.toml").read_text()
    assert 'description = "Knots"' in made and 'name = "Otto"' in made


@pytest.mark.exhaustive(minutes=1)
def test_the_plugin_conforms_as_it_is_made(tmp_path: Path) -> None:
    recipe = install(tmp_path, "chess")
    done = regenkit("plugins", "check", "chess", "--recipe", str(recipe), folder=tmp_path / "made")
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"(\d+) ok, 0 failed, (\d+) skipped", done.stdout)
    assert found and int(found[1]) > 50 and int(found[2]) <= 2, done.stdout


@pytest.mark.exhaustive(minutes=1)
def test_the_recipe_trains_as_it_is_made(tmp_path: Path) -> None:
    recipe = install(tmp_path, "chess")
    home, few = tmp_path / "made", ["--set", "train.steps=4", "--set", "train.warmup_steps=1"]
    own = {"REGENKIT_CACHE": str(tmp_path / "cache")}
    for command in (
        ["check", str(recipe)],
        ["train", str(recipe), "--run", "run", *few],
        ["generate", "run", "--input", "#8a2be2", "--given", "family=purple", "-o", "name.txt"],
        ["convert", "run", "name.txt", "-o", "rep.yaml"],
        ["render", "run", "rep.yaml", "-o", "again.txt"],
    ):
        done = regenkit(*command, folder=home, **own)
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    assert (home / "again.txt").is_file()
