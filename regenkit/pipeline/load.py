"""A trained run, opened to be used."""

from pathlib import Path

from regenkit.errors import UserError
from regenkit.pipeline.pipeline import Pipeline
from regenkit.recipe import of_run


def load_run(folder: Path | str) -> Pipeline:
    """The pipeline of a run directory, its stages as trained: `regenkit.load`. Raises UserError where it is none."""
    folder = Path(folder)
    if not (folder / "recipe.yaml").is_file():
        runs = sorted(str(found.parent) for found in Path("runs").glob("*/*/recipe.yaml"))
        known = f"; runs here: {', '.join(runs)}" if runs else ""
        raise UserError(f"{folder}: not a run directory (it has no recipe.yaml){known}")
    return Pipeline(of_run(folder), folder)
