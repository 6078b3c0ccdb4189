"""Trained weights where they are wanted: a joint stage's in the folders of its parts, the converter's in every process.

Files are renamed into place, and what comes of them is the same each time; so a run that is killed here begins again.
"""

import json
from typing import Any

from regenkit.distribute import gathered, together
from regenkit.files import beside, write_json
from regenkit.pipeline import Pipeline
from regenkit.pipeline.contract import sign
from regenkit.training.state import BEST, write_weights


def hand_out(pipeline: Pipeline) -> None:
    """Make the parts of the trained joint stage the run's stages. The converter's come first: the others' contracts
    name it."""
    assert pipeline.folder is not None
    joint = pipeline.build("joint")
    joint.load_weights(pipeline.folder / "joint" / BEST)
    for name, model in joint.stages().items():
        folder = pipeline.folder / name
        done = json.loads((folder / "done.json").read_bytes())
        write_json(folder / "done.json", {**done, "together": True})  # first: never taken for one trained alone
        write_weights(model, folder / BEST)
        sign(folder, pipeline.contract(name))
    pipeline.forget()


def to_all(pipeline: Pipeline, strategy: Any) -> None:
    """The trained converter into the run directory of every process, whose disks need not be shared."""
    assert pipeline.folder is not None
    folder = pipeline.folder / "converter"
    weights = folder / BEST
    mine = weights.read_bytes() if weights.exists() else b""
    theirs = gathered(strategy, mine)[0]
    with together(strategy):
        if mine != theirs:
            folder.mkdir(parents=True, exist_ok=True)
            with beside(weights) as temporary:
                temporary.write_bytes(theirs)
            sign(folder, pipeline.contract("converter"))
            write_json(folder / "done.json", {})
    pipeline.forget()
