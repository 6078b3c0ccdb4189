"""A run goes on with the data that it was begun with, and says so where they have changed since."""

from pathlib import Path

import letters
import pytest
import runs
from rich.console import Console

from regenkit.data.prepare import Prepared
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline
from regenkit.recipe import load
from regenkit.run.folder import open_run
from regenkit.run.train import train_recipe

RECIPE = letters.RECIPE.replace("toy/data, count: 60", "toy/listed, file: names").replace("steps: 6", "steps: 1")
FIRST, LATER = range(60), range(30, 90)


def written(numbers: range) -> Prepared:
    """The data of the run once these numbers are in the file."""
    Path("names").write_text(" ".join(map(str, numbers)))
    return Pipeline(load("toy.yaml"), Path("run")).prepare(lambda *_: None)


def test_a_run_goes_on_with_the_data_that_it_was_begun_with(tmp_path: Path) -> None:
    with runs.at_home(tmp_path, runs.Stopper("")):
        Path("toy.yaml").write_text(RECIPE)
        Path("run").mkdir()
        later = written(LATER)
        first = written(FIRST)  # nothing has learned from the others yet
        Path("run/generator").mkdir()

        learned = set(first.examples.column("id")[first.split == "train"])
        held = set(later.examples.column("id")[later.split == "validation"])
        assert learned & held  # these have been learned from, and would choose the best weights
        with pytest.raises(UserError, match=r"run: its data are not .* 60 examples then, 60 now"):
            written(LATER)
        with pytest.raises(UserError, match=r"run: its data are not .*or train a new run"):
            train_recipe(load("toy.yaml"), Path("run"), Console(quiet=True))
        with pytest.raises(UserError, match="60 examples then, 61 now"):
            written(range(61))
        assert written(FIRST).name == first.name

        Path("run/data.json").unlink()  # as in runs from before
        assert written(LATER).name == later.name
        assert not Path("run/data.json").exists()


def test_a_recipe_that_a_user_keeps_in_the_folder_is_not_overwritten(tmp_path: Path) -> None:
    with runs.at_home(tmp_path, runs.Stopper("")):
        Path("songs").mkdir()
        mine = Path("songs/recipe.yaml")
        mine.write_text(f"# what I try\n{RECIPE}")
        with pytest.raises(UserError, match=r"^songs/recipe.yaml: is there already, and is no run's; .*--run DIR"):
            train_recipe(load(mine), Path("songs"), Console(quiet=True))
        assert mine.read_text() == f"# what I try\n{RECIPE}"

        recipe = load(mine)
        with open_run(Path("run"), recipe):
            written = Path("run/recipe.yaml").read_text()
        Path("run/environment.json").unlink()  # as where a process is killed between the two files
        with open_run(Path("run"), recipe):
            assert Path("run/environment.json").exists() and Path("run/recipe.yaml").read_text() == written
