"""Trained weights where they are wanted: a stage of several's in its parts, the converter's in every process.

Files are renamed into place, and what comes of them is the same each time; so a run that is killed here begins again.
"""

from typing import Any

from regenkit.distribute import gathered, together
from regenkit.files import beside, write_json
from regenkit.pipeline import Pipeline
from regenkit.pipeline.contract import sign
from regenkit.run.origin import DONE, done
from regenkit.stages import STAGES
from regenkit.training.checkpoints import BEST, write_weights


def hand_out(pipeline: Pipeline, stage: str) -> None:
    """Give parts of a trained stage of several their weights, as the table says. The converter's come first: the
    others' contracts name it."""
    assert pipeline.folder is not None
    model = pipeline.build(stage)
    model.load_weights(pipeline.folder / stage / BEST)
    for name in STAGES[stage].hands_out:
        if name not in model.parts:  # a converter that is a rule
            continue
        folder = pipeline.folder / name
        write_json(folder / DONE, {**done(folder), "together": True})  # first: never taken for one trained alone
        write_weights(model.parts[name], folder / BEST)
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
            write_json(folder / DONE, {})
    pipeline.forget()
