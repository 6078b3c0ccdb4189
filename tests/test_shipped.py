"""The recipes that come with regenkit, by name, in a folder that has none of them."""

import json
from pathlib import Path

import pytest
from test_cli import ROOT, regenkit

from regenkit import UserError
from regenkit.recipe import read
from regenkit.recipe.shipped import about, located, shipped

NAMES = sorted(path.stem for path in (ROOT / "recipes").glob("*.yaml"))


def test_every_recipe_of_the_repository_is_found() -> None:
    assert len(NAMES) >= 14 and list(shipped()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_says_what_it_is_and_what_it_costs(name: str) -> None:
    said = about(shipped()[name])
    assert said.summary.endswith((".", ":")) and said.cost and said.figures, said
    assert read(name).path == shipped()[name]


def test_a_file_goes_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lyric2melody").write_text("mine")
    assert located("lyric2melody") == Path("lyric2melody")
    assert located("lyric2melody.yaml") == Path("lyric2melody.yaml")  # a file that is not there is not guessed


def test_a_folder_does_not_hide_a_recipe_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lyric2melody").mkdir()
    Path("mine").mkdir()
    assert located("lyric2melody") == shipped()["lyric2melody"]
    with pytest.raises(UserError, match="mine: Is a directory"):
        read("mine")


def test_a_name_that_is_nearly_right_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no recipe of that name comes with regenkit; did you mean 'lyric2melody'"):
        read("lyrics2melody")


@pytest.mark.exhaustive(minutes=0.5)
def test_a_recipe_is_listed_copied_and_trained_by_name_in_an_empty_folder(tmp_path: Path) -> None:
    listed = json.loads(regenkit("recipes", "--json", cwd=tmp_path).stdout)
    assert {each["name"]: each["x_to_y"] for each in listed}["lyric2melody"] == "lyrics → melody"
    regenkit("recipes", "copy", "lyric2melody", cwd=tmp_path)
    assert (tmp_path / "lyric2melody.yaml").read_bytes() == shipped()["lyric2melody"].read_bytes()
    again = regenkit("recipes", "copy", "lyric2melody", cwd=tmp_path, expect=2)
    assert "lyric2melody.yaml: is there already" in again.stderr
    small = ["dataset.paired=[bach]", "dataset.unpaired=[]", "dataset.limit=30", "train.sample_every=0",
             *(f"train.{stage}.steps=2" for stage in ("generator", "renderer")),
             "generator.rungs=[{use: transformer, width: 8, depth: 1, heads: 2}]", "renderer.width=8"]  # fmt: skip
    options = [part for each in small for part in ("--set", each)]
    regenkit("train", "lyric2melody", *options, cwd=tmp_path)
    assert (tmp_path / "runs/lyric2melody/1/samples/done").exists()


@pytest.mark.exhaustive(minutes=0.1)
def test_the_version_is_said() -> None:
    from importlib.metadata import version

    import regenkit as package

    said = regenkit("--version", cwd=ROOT).stdout
    assert said == f"regenkit {version('regenkit')}\n" == f"regenkit {package.__version__}\n"
