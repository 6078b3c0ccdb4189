"""Stages that are copied into a run and not trained in it: those of another run, and those that would be the same."""

from pathlib import Path
from typing import Any

from regenkit.components import Renderer
from regenkit.errors import UserError
from regenkit.files import copy, write_json
from regenkit.pipeline import Pipeline
from regenkit.pipeline.building import usual
from regenkit.pipeline.contract import check, sign
from regenkit.recipe import Recipe
from regenkit.recipe.settings import TrainSettings
from regenkit.run.timing import training_seconds
from regenkit.run_files import Done, read_json
from regenkit.stages import BEST, GENERATOR, LONGEST, RENDERER, ROUTE, STAGES

DONE = "done.json"
"""The results of a stage's training; written last."""


def done(folder: Path) -> dict[str, Any]:
    """The results of a stage's training, by its folder in a run; empty where it is not finished. Raises UserError."""
    if not (folder / DONE).exists():
        return {}
    return dict(read_json(Done, folder.parent, folder.name, DONE))


def taken_from(recipe: Recipe, stage: str) -> Path | None:
    """The run that a stage is taken from; with a generator comes its baseline, where it has been trained."""
    kind = STAGES[stage]
    if kind.parts or kind.starts_from or kind.section not in recipe.parts:
        return None
    run = recipe.part(stage).run
    return run if run is None or not kind.baseline or done(run / stage) else None


def copy_origin(pipeline: Pipeline, stage: str) -> bool:
    """Copy a stage that is not trained here; returns whether it was such a stage."""
    assert pipeline.folder is not None
    part = pipeline.recipe.part(stage) if not STAGES[stage].parts else None
    if part and part.own_decoder and not part.run and not STAGES[stage].starts_from:
        copy_stage(pipeline.folder / "converter", pipeline, stage, {"decoder_of": "converter"})
    elif stage == "direct_half" and _same(pipeline, "direct", stage):
        copy_stage(pipeline.folder / "direct", pipeline, stage, {"same_as": "direct"})
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
    assert pipeline.folder is not None
    folder = pipeline.folder / stage
    folder.mkdir(parents=True, exist_ok=True)
    sign(folder, pipeline.contract(stage))
    copy(trained / BEST, folder / BEST)
    if (trained / LONGEST).exists():
        copy(trained / LONGEST, folder / LONGEST)
    seconds = {"seconds": training_seconds(trained.parent, trained.name)} if "from" in origin else {}
    write_json(folder / DONE, {**done(trained), **seconds, **origin})


def _same(pipeline: Pipeline, trained: str, stage: str) -> bool:
    """Whether a trained stage would be the same as this one."""
    assert pipeline.folder is not None
    return bool(done(pipeline.folder / trained)) and pipeline.contract(stage) == pipeline.contract(trained)


def settings_of(recipe: Recipe, stage: str) -> TrainSettings:
    """A baseline is trained for as many steps as generator and renderer together, unless the recipe sets it."""
    settings, kind = recipe.train_settings(stage), STAGES[stage]
    if _untaught(recipe, stage):
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
    trained = done(other / stage) if other else {}
    if trained:
        return int(trained["steps"])
    return 0 if _untaught(recipe, stage) else recipe.train_settings(stage).steps


def _untaught(recipe: Recipe, stage: str) -> bool:
    """Whether a stage is a renderer that has nothing to learn."""
    component = recipe.part(stage).component if stage == RENDERER else None
    return isinstance(component, Renderer) and not component.trained
