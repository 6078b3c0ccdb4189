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
from regenkit.scaffold.make import SHAPES, STAND_IN, SUFFIX, TEMPLATE, make, templates


def install(folder: Path, name: str, shape: str = "sequence") -> Path:
    """The plugin in `folder`, and its distribution as pip would have installed it there; returns its recipe."""
    make(name, folder / "made", shape=shape)
    text = tomllib.loads((folder / "made" / "pyproject.toml").read_text(encoding="utf-8"))
    project = text["project"]
    info = folder / "made" / f"regenkit_{name}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    entries = "".join(f"{key} = {value}\n" for key, value in project["entry-points"]["regenkit"].items())
    (info / "entry_points.txt").write_text(f"[regenkit]\n{entries}")
    return folder / "made" / "recipes" / f"{name}.yaml"


def test_every_template_is_of_a_shape() -> None:
    used = {path for shape in SHAPES for path in templates(shape).values()}
    assert used == set(TEMPLATE.rglob(f"*{SUFFIX}"))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["chess", "pen_strokes"])
def test_the_files_are_sound(name: str, shape: str, tmp_path: Path) -> None:
    files = make(name, tmp_path / "made", shape=shape, description='Of "all" kinds', author="Anna")
    assert len(files) == len(templates(shape)) >= 10
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert STAND_IN not in text and STAND_IN not in path.name and not re.search("DESCRIPTION|AUTHOR|AN_INPUT", text)
        if path.suffix == ".py":
            assert ast.get_docstring(ast.parse(text))
    project = tomllib.loads((tmp_path / "made" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == f"regenkit-{name}" and project["description"] == "Of 'all' kinds"
    assert project["entry-points"] == {"regenkit": {name: f"regenkit_{name}"}} and "license" not in project


def test_words_of_the_template_may_be_in_a_description(tmp_path: Path) -> None:
    make("chess", tmp_path / "made", description="The AUTHOR's acme", author="AN_INPUT")
    project = tomllib.loads((tmp_path / "made" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["description"] == "The AUTHOR's acme" and project["authors"] == [{"name": "AN_INPUT"}]


@pytest.mark.parametrize("shape", SHAPES)
def test_its_python_passes_the_linter(shape: str, tmp_path: Path) -> None:
    make("chess", tmp_path / "made", shape=shape)
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
    with pytest.raises(UserError, match="'gird' is no shape of Y; did you mean 'grid'"):
        make("chess", tmp_path / "made", shape="gird")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "file"]


def test_by_flags_and_by_questions(tmp_path: Path) -> None:
    done = regenkit("new", "chess", "--author", "Anna", folder=tmp_path)
    assert done.returncode == 0 and "pip install -e '.[test]' && pytest" in done.stdout
    assert 'authors = [{name = "Anna"}]' in (tmp_path / "regenkit-chess" / "pyproject.toml").read_text()
    asked = subprocess.run(
        [sys.executable, "-m", "regenkit", "new"], cwd=tmp_path, env=environment(tmp_path), text=True,
        input="knots\ngrid\nKnots\nOtto\n", capture_output=True, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    made = (tmp_path / "regenkit-knots" / "pyproject.toml").read_text()
    assert 'description = "Knots"' in made and 'name = "Otto"' in made
    assert (tmp_path / "regenkit-knots" / "regenkit_knots" / "drawing.py").is_file()
    assert regenkit("new", "tiles", "--shape", "grid", folder=tmp_path).returncode == 0
    assert (tmp_path / "regenkit-tiles" / "regenkit_tiles" / "drawing.py").is_file()


def test_its_data_are_as_many_as_the_record_says(tmp_path: Path) -> None:
    make("chess", tmp_path)
    said = re.search(r'size="(\d+) named', (tmp_path / "regenkit_chess" / "__init__.py").read_text())
    code = "from regenkit import Example; from regenkit_chess.data import Colours; all = Colours(); " \
        "print(sum(isinstance(each, Example) for name in all.sources() for each in all.read(name)))"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert said and done.stdout.strip() == said[1], done.stderr


@pytest.mark.parametrize("into", ["file/below", "/proc/chess", "dangling", "n" * 300])
def test_a_folder_that_cannot_be_made(into: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(UserError, match=rf"{into[-5:]}: cannot be written \("):
        make("chess", tmp_path / into)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "file"]


def test_a_plugin_is_whole_or_not_there(tmp_path: Path) -> None:
    """The second file that is written is too large for what the system allows, as where the disk is full."""
    code = "import resource; from pathlib import Path; from regenkit.scaffold.make import make; " \
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)); make('chess', Path({!r}))"  # fmt: skip
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        done = subprocess.run(
            [sys.executable, "-c", code.format(str(tmp_path / name))], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1 and "perceptron.py: cannot be written (File too large)" in done.stderr, done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]
    assert make("chess", tmp_path / "empty")


def test_what_to_do_next_may_be_pasted(tmp_path: Path) -> None:
    done = regenkit("new", "chess", "--into", "my plugins/chess", folder=tmp_path)
    assert "cd 'my plugins/chess' && pip install" in done.stdout


@pytest.mark.exhaustive(minutes=1)
@pytest.mark.parametrize(
    ("shape", "skipped"),
    [
        ("sequence", ["what a model may draw can be written", "what a person types becomes its value"]),
        ("grid", ["what a model may draw can be written", "what a person types becomes its value",
                  "probabilities add up to one"]),
    ],
)  # fmt: skip
def test_the_plugin_conforms_as_it_is_made(shape: str, skipped: list[str], tmp_path: Path) -> None:
    recipe = install(tmp_path, "chess", shape)
    done = regenkit("plugins", "check", "chess", "--recipe", str(recipe), folder=tmp_path / "made")
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"(\d+) ok, 0 failed, (\d+) skipped", done.stdout)
    assert found and int(found[1]) > 50 and int(found[2]) == len(skipped), done.stdout
    assert re.findall(r"^skipped .*?: (.*?): ", done.stdout, re.MULTILINE) == skipped


@pytest.mark.exhaustive(minutes=1)
@pytest.mark.parametrize(
    ("shape", "given", "own"),
    [("sequence", ["--given", "family=purple"], "deep sky blue\n"), ("grid", [], "..-++#..\n" * 8)],
)
def test_the_recipe_trains_as_it_is_made(shape: str, given: list[str], own: str, tmp_path: Path) -> None:
    recipe = install(tmp_path, "chess", shape)
    home, few = tmp_path / "made", ["--set", "train.steps=4", "--set", "train.warmup_steps=1"]
    cache = {"REGENKIT_CACHE": str(tmp_path / "cache")}
    (home / "own.txt").write_text(own)
    (home / "empty.txt").write_text("\n")
    for command in (
        ["check", str(recipe)],
        ["train", str(recipe), "--run", "run", *few],
        ["generate", "run", "--input", SHAPES[shape], *given, "-o", "drawn.txt"],
        ["convert", "run", "own.txt", "-o", "rep.yaml"],
        ["render", "run", "rep.yaml", "-o", "again.txt"],
    ):
        done = regenkit(*command, folder=home, **cache)
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    assert (home / "drawn.txt").is_file() and (home / "again.txt").is_file()
    done = regenkit("convert", "run", "empty.txt", "-o", "none.yaml", folder=home, **cache)
    assert done.returncode == 2 and done.stderr.startswith("error empty.txt: "), done.stderr
