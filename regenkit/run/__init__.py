"""A run directory filled stage by stage, by one process or several.

runs/lyric2melody/1/
  recipe.yaml  environment.json  log.jsonl  tensorboard/
  generator/ renderer/     checkpoints/, best.weights.h5, stage.json (the contract of Y′), done.json
  finetune/                the same of a renderer trained further, and reps/, the predicted Y′ it is trained on
  samples/                 held-out inputs as the trained stages render them
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from regenkit import distribute, plugins
from regenkit.data.aside import summary
from regenkit.data.fraction import seen
from regenkit.data.prepare import Prepared
from regenkit.distribute import gathered, is_chief, together, worker_index
from regenkit.errors import Interrupted, UserError
from regenkit.files import copy, write_json
from regenkit.pipeline import Pipeline
from regenkit.pipeline.contract import check, sign
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import Recipe
from regenkit.recipe import load as load_recipe
from regenkit.recipe.settings import TrainSettings
from regenkit.recipe.stages import ROUTE, stages_of
from regenkit.run.alike import prepare_alike
from regenkit.run.folder import folder_for, open_run, untrained
from regenkit.run.handing import hand_out, to_all
from regenkit.run.predicted import predicted
from regenkit.run.rep_noise import perturbation
from regenkit.run.samples import sample_stage, write_samples
from regenkit.training import train
from regenkit.training.runlog import RunLog
from regenkit.training.state import BEST


def train_recipe(recipe: Recipe, folder: Path | None, console: Console, stages: Sequence[str] = ()) -> Path:
    """Train what is not yet trained of a recipe (or of its `stages`) and leave samples; returns the run directory.

    `folder` None takes the newest unfinished run of the same recipe, else a new one; several processes are told which.
    Raises UserError, or Interrupted once everything is saved.
    """
    if folder is None and recipe.train_settings().strategy in ("auto", "multi_worker") and distribute.cluster():
        raise UserError("several processes train this run: name its folder, the same one for all, with --run DIR")
    strategy = plugins.host().hook.make_strategy(recipe=recipe)
    folder = folder or folder_for(recipe)
    pipeline = Pipeline(recipe, folder)  # refused before there is a folder
    begins = not (folder / "log.jsonl").exists()
    with working_on(folder, recipe, strategy, console) as log:
        log.say(f"run directory [bold]{folder}[/]")
        pipeline.strategy = tf.distribute.get_strategy()  # samples are few, and the chief's alone
        prepared = prepare_alike(pipeline, strategy, log.counted)
        _say_data(log, prepared)
        if begins and is_chief(strategy):
            _try_direct(pipeline, log)
        for stage in stages or stages_of(recipe):
            train_stage(pipeline, stage, prepared, strategy, log)
            prepared = after(stage, pipeline, prepared, strategy, log)
        with together(strategy):  # a process that ended earlier would be taken for one that broke down
            if is_chief(strategy) and not untrained(folder, recipe):
                write_samples(pipeline, prepared, folder / "samples")
                log.say(f"done; samples are in [bold]{folder / 'samples'}[/]")
    return folder


@contextmanager
def working_on(folder: Path, recipe: Recipe, strategy: Any, console: Console) -> Iterator[RunLog]:
    """Hold a run and log what is done to it. Of several processes the chief does; others log into worker-N/ there."""
    index = worker_index(strategy)
    with ExitStack() as stack:
        with together(strategy):
            if not index:
                stack.enter_context(open_run(folder, recipe))
        own = folder / f"worker-{index}" if index else folder
        own.mkdir(parents=True, exist_ok=True)
        try:
            yield stack.enter_context(RunLog(own, Console(quiet=True) if index else console))
        except tf.errors.OpError as error:
            if not isinstance(error, tf.errors.UnavailableError) and "Collective ops is aborted" not in error.message:
                raise
            raise UserError(
                f"{folder}: another process of this training has gone ({error.message.splitlines()[0]}). What was "
                "saved is kept: start all processes again to go on"
            ) from error


def train_stage(pipeline: Pipeline, stage: str, prepared: Prepared, strategy: Any, log: RunLog) -> dict[str, Any]:
    """Train one stage of a run unless it is done; returns what `train.fit` found."""
    assert pipeline.folder is not None
    recipe, folder, chief = pipeline.recipe, pipeline.folder / stage, is_chief(strategy)
    done = folder / "done.json"
    with together(strategy):
        if pipeline.learned and stage != "converter" and not pipeline.converter.trained:
            raise UserError(
                f"{pipeline.folder}: its converter has not been trained, so there is no Y′ yet for the {stage} to "
                "learn from; train it first, by --stage converter, or all without --stage"
            )
        folder.mkdir(parents=True, exist_ok=True)
        if chief and not done.exists():
            if stage == "renderer" and recipe.renderer.own_decoder:
                copy_stage(folder.parent / "converter", pipeline, stage, {"decoder_of": "converter"})
            elif stage == "direct_half" and _is_direct(pipeline):
                copy_stage(folder.parent / "direct", pipeline, stage, {"same_as": "direct"})
            elif other := taken_from(recipe, stage):
                _take(pipeline, stage, other)
            else:
                sign(folder, pipeline.contract(stage))
    result = gathered(strategy, json.loads(done.read_bytes()) if done.exists() else {})[0]
    if result:
        return result
    settings = settings_of(recipe, stage)
    hook = plugins.host().hook
    callbacks = [each for found in hook.training_callbacks(recipe=recipe, stage=stage, run_dir=log.folder)
                 for each in found or ()]  # fmt: skip
    condition, target = pipeline.sides(stage)
    perturb = perturbation(pipeline, prepared, settings.rep_noise, strategy) if settings.rep_noise else None
    tuned = stage == "finetune"
    learned = seen(prepared, condition)
    if tuned:
        learned = predicted(pipeline, prepared, settings.seed, strategy, log)

    def build() -> Any:
        model = pipeline.build(stage)
        if tuned and chief:  # whose state all others get
            model.load_weights(folder.parent / "renderer" / BEST)
        return model

    job = train.Job(name=stage, build=build, condition=condition, target=target, settings=settings,
                    folder=log.folder / stage, perturb=perturb, trained=stage in ("finetune", "joint"))  # fmt: skip

    def sample(model: Any, step: int) -> None:
        if chief and stage != "joint" and (stage != "converter" or recipe.renderer.own_decoder):
            with pipeline.using("renderer" if tuned else stage, model):
                sample_stage(pipeline, stage, step, learned)

    try:
        result = train.fit(
            job, learned, strategy, log, callbacks=callbacks, sample=sample if settings.sample_every else None
        )
    except Interrupted:
        gathered(strategy, None)  # let all have saved
        raise
    if tuned:
        result["on"] = recipe.finetune
    if stage == "joint" and chief:
        hand_out(pipeline)
    if chief:
        write_json(done, result)
    return result


def after(stage: str, pipeline: Pipeline, prepared: Prepared, strategy: Any, log: RunLog) -> Prepared:
    """The data as they are once a stage is trained: converted anew where it made Y′ another one."""
    if not (pipeline.learned and stage in ("converter", "joint")):
        return prepared
    to_all(pipeline, strategy)
    return prepare_alike(pipeline, strategy, log.counted)


def load_run(folder: Path | str) -> Pipeline:
    """The pipeline of a run directory, its stages as trained: `regenkit.load`. Raises UserError where it is none."""
    folder = Path(folder)
    path = folder / "recipe.yaml"
    if not path.exists():
        runs = sorted(str(found.parent) for found in Path("runs").glob("*/*/recipe.yaml"))
        known = f"; runs here: {', '.join(runs)}" if runs else ""
        raise UserError(f"{folder}: not a run directory (it has no recipe.yaml){known}")
    return Pipeline(load_recipe(path), folder)


def settings_of(recipe: Recipe, stage: str) -> TrainSettings:
    """A direct baseline is trained for as many steps as generator and renderer together, unless the recipe says."""
    if stage not in ("direct", "direct_half"):
        return recipe.train_settings(stage)
    settings = recipe.train_settings("direct")
    if "steps" in recipe.train.get("direct", {}):
        return settings
    rendered = "converter" if recipe.renderer.own_decoder else "renderer"  # the stage that taught the decoder
    steps = sum(_steps(recipe, each) for each in ("generator", rendered))
    if recipe.joint:  # an update of both
        steps += len(ROUTE) * recipe.train_settings("joint").steps
    return settings.model_copy(update={"steps": steps})


def _steps(recipe: Recipe, stage: str) -> int:
    """For how many a stage is trained, or was where it comes from."""
    other = taken_from(recipe, stage)
    if other and (done := other / stage / "done.json").exists():
        return int(json.loads(done.read_bytes())["steps"])
    return recipe.train_settings(stage).steps


def taken_from(recipe: Recipe, stage: str) -> Path | None:
    """The run that a stage is taken from; with a generator comes its direct baseline, where it has been trained."""
    if stage == "direct" and recipe.direct is None and (run := recipe.generator.run):
        return run if (run / stage / "done.json").exists() else None
    return recipe.section(stage).run if stage in ("converter", *ROUTE) else None


def _is_direct(pipeline: Pipeline) -> bool:
    """Whether the smaller baseline is the trained one over again, which is small enough."""
    assert pipeline.folder is not None
    trained = (pipeline.folder / "direct" / "done.json").exists()
    return trained and pipeline.contract("direct_half") == pipeline.contract("direct")


def _take(pipeline: Pipeline, stage: str, other: Path) -> None:
    """A stage of another run: checked against this Y′, then copied."""
    if not (other / stage / "done.json").exists():
        raise UserError(f"{other}: has no trained {stage} to take")
    check(stage, other / stage, pipeline.contract(stage))
    copy_stage(other / stage, pipeline, stage, {"from": str(other)})


def copy_stage(trained: Path, pipeline: Pipeline, stage: str, origin: dict[str, str]) -> None:
    """The folder of a stage, filled with what was trained elsewhere; done.json, the last, says where."""
    assert pipeline.folder is not None
    folder = pipeline.folder / stage
    folder.mkdir(parents=True, exist_ok=True)
    sign(folder, pipeline.contract(stage))
    copy(trained / BEST, folder / BEST)
    result = json.loads((trained / "done.json").read_bytes())
    write_json(folder / "done.json", {**result, **origin})


def _try_direct(pipeline: Pipeline, log: RunLog) -> None:
    """Warn where the direct route can't be built: after training it would be too late to say another."""
    if pipeline.recipe.direct:
        try:
            with tf.device("CPU:0"):
                pipeline.build("direct")
        except UserError as error:
            log.warn(f"`regenkit evaluate` will refuse this run: {error}")


def _say_data(log: RunLog, prepared: Prepared) -> None:
    counts = prepared.counts()
    parts = [f"{split} {count['paired']} paired" + (f" + {count['unpaired']}" if count["unpaired"] else "")
             for split, count in counts.items() if split != "dropped"]  # fmt: skip
    dropped = sum(counts["dropped"].values())
    log.say(
        f"examples: {', '.join(parts)}; {dropped} dropped: they hold a part of a held-out one, go with one, or could "
        "not be converted"
    )
    if prepared.hidden is not None:
        keep = counts["train"]["paired"]
        pairs = keep + int(prepared.hidden.sum())
        log.say(f"dataset.paired_fraction: {keep} of {pairs} training pairs keep X; the others teach Y alone")
    for what, aside in (("left out", prepared.skipped), ("read, but not all of it", prepared.remarks)):
        if aside:
            log.warn(escape(f"{len(aside)} {what}: {summary(aside)}; `regenkit preview --json` lists all"))
