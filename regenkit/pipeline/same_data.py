"""A run goes on with the data that it was begun with.

Other examples have another split, so that a stage would be measured on what it had learned from; and Y′ that was drawn
for an example (`finetune`) would lie beside another one.
"""

from pathlib import Path

from typing_extensions import TypedDict

from regenkit.data.prepare import Prepared
from regenkit.errors import UserError
from regenkit.files import write_json
from regenkit.run_files import Count, read_json
from regenkit.stages import STAGES

FILE = "data.json"


class Known(TypedDict):
    """What a run keeps of its data: how many examples there are, and their name (`Prepared.name`)."""

    examples: Count
    name: str


def as_begun(prepared: Prepared, folder: Path | None) -> Prepared:
    """`prepared`, where these are the data of the run in `folder`; they become its data where no stage was begun. A run
    from before, which keeps nothing of its data, goes on with any. Raises UserError."""
    if folder is None or not folder.is_dir():
        return prepared
    here = Known(examples=len(prepared.split), name=prepared.name)
    if not any((folder / stage).exists() for stage in STAGES):
        write_json(folder / FILE, here)
    elif (folder / FILE).exists() and (known := read_json(Known, folder, FILE)) != here:
        raise UserError(
            f"{folder}: its data are not those that it was begun with: {known['examples']} examples then, "
            f"{here['examples']} now, or their names, lengths or splits are others. What it learned from may be held "
            "out now. Put the data back as they were, or train a new run with --run DIR"
        )
    return prepared
