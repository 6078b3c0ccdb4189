"""A trained run, opened to be used."""

from pathlib import Path

from regenkit.errors import UserError
from regenkit.pipeline.packed import HUB, from_hub, unpacked
from regenkit.pipeline.pipeline import Pipeline
from regenkit.recipe import of_run
from regenkit.run_files import check_whole


def load_run(folder: Path | str) -> Pipeline:
    """A trained run, to generate with: `regenkit.load`.

    folder  a run directory; an export of one (`regenkit export RUN -o run.zip`); or `hf://OWNER/NAME`, a model of the
            Hugging Face hub that is such an export, where huggingface_hub is installed

    Raises UserError where it is none of them, or cannot be read.
    """
    if str(folder).startswith(HUB):
        folder = from_hub(str(folder))
    folder = Path(folder)
    if folder.is_file():
        if folder.suffix != ".zip":
            raise UserError(f"{folder}: is a file; right are a run directory and an export of one, which is a .zip")
        folder = unpacked(folder)
    if not (folder / "recipe.yaml").is_file():
        runs = sorted(str(found.parent) for found in Path("runs").glob("*/*/recipe.yaml"))
        known = f"; runs here: {', '.join(runs)}" if runs else ""
        raise UserError(f"{folder}: not a run directory (it has no recipe.yaml){known}")
    check_whole(folder)
    return Pipeline(of_run(folder), folder)
