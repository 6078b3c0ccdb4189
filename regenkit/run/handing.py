"""Trained weights copied to where they are needed: from a stage of several parts to its parts, and the converter's to
every process.

Files are written beside and renamed, and the result is the same each time. So a run that is killed here does it again.
"""

from typing import Any

from regenkit.distribute import gathered, together
from regenkit.files import beside, write_json
from regenkit.pipeline import Pipeline
from regenkit.pipeline.contract import sign
from regenkit.pipeline.weights import load
from regenkit.run.origin import DONE, done
from regenkit.stages import BEST, STAGES
from regenkit.training.checkpoints import write_weights


def hand_out(pipeline: Pipeline, stage: str) -> None:
    """Give the parts of a trained stage their weights, as the table says. The converter's come first, because the
    contracts of the others name it."""
    assert pipeline.folder is not None
    model = pipeline.build(stage)
    load(model, pipeline.folder / stage / BEST)
    for name in STAGES[stage].hands_out:
        if name not in model.parts:  # a converter by rule
            continue
        folder = pipeline.folder / name
        write_json(folder / DONE, {**done(folder), "together": True})  # first: no mistake for one trained alone
        write_weights(model.parts[name], folder / BEST)
        sign(folder, pipeline.contract(name))
    pipeline.forget()


def to_all(pipeline: Pipeline, strategy: Any) -> None:
    """Copy the trained converter into the run directory of every process; their disks need not be shared."""
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
            write_json(folder / DONE, {})
    pipeline.forget()
