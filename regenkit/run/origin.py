"""How each stage of a run came to its weights: how it was trained, or from where they were copied.

A stage may be taken from another run, be the same as another stage, or get its weights from a stage of several parts.
Files are written beside and renamed, and the result is the same each time. So a run that is killed here does it again.
"""

import math
from pathlib import Path
from typing import Any

from regenkit.distribute import gathered, together
from regenkit.errors import UserError
from regenkit.files import beside, copy, write_json
from regenkit.pipeline import Pipeline
from regenkit.pipeline.building import usual
from regenkit.pipeline.contract import check, sign
from regenkit.pipeline.weights import load
from regenkit.recipe import Recipe
from regenkit.recipe.train_settings import TrainSettings
from regenkit.run_files import Done, Line, read_json, read_lines
from regenkit.stages import BEST, GENERATOR, LONGEST, RENDERER, ROUTE, STAGES
from regenkit.training.checkpoints import write_weights

DONE = "done.json"
"""The results of a stage's training; written last."""


def done(folder: Path) -> dict[str, Any]:
    """The results of a stage's training, by its folder in a run; empty where it is not finished. Raises UserError."""
    if not (folder / DONE).exists():
        return {}
    return dict(read_json(Done, folder.parent, folder.name, DONE))


def training_seconds(folder: Path, stage: str) -> float | None:
    """Seconds of a stage's updates, without validation, samples and checkpoints; None where there is no log. Of a stage
    that was copied, as they were known then. Raises UserError where a file of the run is damaged."""
    found = done(folder / stage)
    if "from" in found:  # of another run, which is not looked at
        return found.get("seconds")
    if not (folder / "log.jsonl").exists():
        return None
    seconds, before = 0.0, 0
    for line in read_lines(Line, folder, "log.jsonl"):
        pace = line.get("steps_per_second")
        if line["stage"] == stage and line["kind"] == "train" and isinstance(pace, int | float) and pace > 0:
            seconds += max(0, line["step"] - before) / pace
            before = line["step"]
    return seconds if math.isfinite(seconds) else None


def taken_from(recipe: Recipe, stage: str) -> Path | None:
    """The run that a stage is taken from; with a generator comes its baseline, where it has been trained."""
    kind = STAGES[stage]
    if kind.parts or kind.starts_from or kind.section not in recipe.parts:
        return None
    run = recipe.part(stage).run
    return run if run is None or not kind.baseline or done(run / stage) else None


def copy_origin(pipeline: Pipeline, stage: str) -> bool:
    """Copy a stage that is not trained here; returns whether it was such a stage."""
    part = pipeline.recipe.part(stage) if not STAGES[stage].parts else None
    if part and part.own_decoder and not part.run and not STAGES[stage].starts_from:
        copy_stage(pipeline.run / "converter", pipeline, stage, {"decoder_of": "converter"})
    elif (
        stage == "direct_half"
        and done(pipeline.run / "direct")
        and pipeline.contract(stage) == pipeline.contract("direct")
    ):
        copy_stage(pipeline.run / "direct", pipeline, stage, {"same_as": "direct"})
    elif other := taken_from(pipeline.recipe, stage):
        if not done(other / stage):
            raise UserError(f"{other}: has no trained {stage} to take")
        check(stage, other / stage, pipeline.contract(stage), usual(pipeline.recipe, stage))
        copy_stage(other / stage, pipeline, stage, {"from": str(other)})
    else:
        return False
    return True


def copy_stage(trained: Path, pipeline: Pipeline, stage: str, origin: dict[str, str]) -> None:
    """Fill the folder of a stage with what was trained elsewhere; done.json, written last, names the source."""
    folder = pipeline.run / stage
    folder.mkdir(parents=True, exist_ok=True)
    sign(folder, pipeline.contract(stage))
    copy(trained / BEST, folder / BEST)
    if (trained / LONGEST).exists():
        copy(trained / LONGEST, folder / LONGEST)
    known: dict[str, Any] = {}
    if "from" in origin:
        known = {"seconds": training_seconds(trained.parent, trained.name), "further": _further(trained)}
    write_json(folder / DONE, {**done(trained), **known, **origin})


def _further(folder: Path) -> int:
    """For how many steps a stage was trained together with others, in its run and in those it was taken from."""
    here = (done(folder.parent / kind.name) for kind in STAGES.values() if folder.name in kind.hands_out)
    return int(done(folder).get("further", 0) + sum(each.get("steps", 0) for each in here))


def settings_of(recipe: Recipe, stage: str) -> TrainSettings:
    """A baseline is trained for as many steps as generator and renderer together, unless the recipe sets it."""
    settings, kind = recipe.train_settings(stage), STAGES[stage]
    if stage == RENDERER and recipe.renderer.untaught:
        return settings.model_copy(update={"steps": 0})
    if not kind.baseline or "steps" in recipe.train.get(kind.settings, {}):
        return settings
    rendered = "converter" if recipe.renderer.own_decoder else RENDERER  # the stage that trained the decoder
    steps = sum(_steps(recipe, each) for each in (GENERATOR, rendered))
    steps += sum(
        recipe.train_settings(each).steps * sum(part in ROUTE for part in STAGES[each].hands_out)
        for each in recipe.stages
    )
    return settings.model_copy(update={"steps": steps})


def _steps(recipe: Recipe, stage: str) -> int:
    """The number of steps that a stage is trained for, or was trained for in the run that it comes from."""
    other = taken_from(recipe, stage)
    if other and (trained := done(other / stage)):
        return int(trained["steps"]) + _further(other / stage)
    return 0 if stage == RENDERER and recipe.renderer.untaught else recipe.train_settings(stage).steps


def hand_out(pipeline: Pipeline, stage: str) -> None:
    """Give the parts of a trained stage their weights, as the table says. The converter's come first, because the
    contracts of the others name it."""
    model = pipeline.build(stage)
    load(model, pipeline.run / stage / BEST)
    for name in STAGES[stage].hands_out:
        if name not in model.parts:  # a converter by rule
            continue
        folder = pipeline.run / name
        write_json(folder / DONE, {**done(folder), "together": True})  # first: no mistake for one trained alone
        write_weights(model.parts[name], folder / BEST)
        sign(folder, pipeline.contract(name))
    pipeline.forget()


def to_all(pipeline: Pipeline, strategy: Any) -> None:
    """Copy the trained converter into the run directory of every process; their disks need not be shared."""
    folder = pipeline.run / "converter"
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
