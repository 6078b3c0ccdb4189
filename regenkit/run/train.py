"""Train what a recipe asks for: prepare the data, train each stage, write samples."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from regenkit import plugins
from regenkit.cluster import cluster
from regenkit.data.fraction import seen
from regenkit.data.prepare import Prepared
from regenkit.data.skip_report import NO_DATA, commonest
from regenkit.distribute import gathered, is_chief, together, worker_index
from regenkit.errors import Interrupted, UserError
from regenkit.files import write_json
from regenkit.pipeline import Pipeline
from regenkit.pipeline.contract import sign
from regenkit.pipeline.cost import WARNING, cost, costs, listed, longest
from regenkit.pipeline.load import load_run
from regenkit.pipeline.sampling import keep_longest
from regenkit.pipeline.weights import load
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import Recipe
from regenkit.run.folder import folder_for, open_run, untrained
from regenkit.run.origin import DONE, copy_origin, done, hand_out, settings_of, to_all
from regenkit.run.predicted import predicted
from regenkit.run.prepare_distributed import prepare_distributed
from regenkit.run.rep_noise import perturbation
from regenkit.run.samples import sample_stage, write_samples
from regenkit.stages import BEST, STAGES
from regenkit.terminal import terminal
from regenkit.training import train
from regenkit.training.log import RunLog
from regenkit.training.log_protocol import Log


def train_recipe(recipe: Recipe, folder: Path | None, console: Console, stages: Sequence[str] = ()) -> Path:
    """Train the stages of a recipe (or these `stages`) that are not trained yet, and write samples; returns the run
    directory.

    `folder` None takes the newest unfinished run of the same recipe, else a new one; several processes need a name.
    Raises UserError, or Interrupted once everything is saved.
    """
    if folder is None and recipe.train_settings().strategy in ("auto", "multi_worker") and cluster():
        raise UserError("several processes train this run: name its folder, the same one for all, with --run DIR")
    strategy = plugins.host().strategy(recipe)
    folder = folder or folder_for(recipe)
    pipeline = Pipeline(recipe, folder)  # refused before there is a folder
    begins = not (folder / "log.jsonl").exists()
    with working_on(folder, recipe, strategy, console) as log:
        log.say(f"run directory [bold]{escape(str(folder))}[/]")
        pipeline.strategy = tf.distribute.get_strategy()  # samples are few, and the chief's alone
        prepared = prepare_distributed(pipeline, strategy, log.counted)
        _say_data(log, prepared)
        with together(strategy):
            if begins and is_chief(strategy):
                _try_all(pipeline, stages or recipe.stages, prepared, log)
        for stage in stages or recipe.stages:
            train_stage(pipeline, stage, prepared, strategy, log)
            prepared = after(stage, pipeline, prepared, strategy, log)
        with together(strategy):  # a process that ended earlier would look like one that failed
            if is_chief(strategy) and not untrained(folder, recipe):
                write_samples(pipeline, prepared, folder / "samples")
                log.say(f"done; samples are in [bold]{escape(str(folder / 'samples'))}[/]")
    return folder


@contextmanager
def working_on(folder: Path, recipe: Recipe, strategy: Any, console: Console) -> Iterator[RunLog]:
    """Lock a run and log into it. Where there are several processes the chief does; others log into worker-N/ there."""
    index = worker_index(strategy)
    with ExitStack() as stack:
        with together(strategy):
            if not index:
                stack.enter_context(open_run(folder, recipe))
        own = folder / f"worker-{index}" if index else folder
        own.mkdir(parents=True, exist_ok=True)
        try:
            yield stack.enter_context(RunLog(own, terminal(quiet=True) if index else console))
        except tf.errors.OpError as error:
            if not isinstance(error, tf.errors.UnavailableError) and "Collective ops is aborted" not in error.message:
                raise
            raise UserError(
                f"{folder}: another process of this training has gone ({error.message.splitlines()[0]}). What was "
                "saved is kept: start all processes again to go on"
            ) from error


def train_stage(pipeline: Pipeline, stage: str, prepared: Prepared, strategy: Any, log: Log) -> dict[str, Any]:
    """Train one stage of a run unless it is done; returns what `train.fit` found."""
    recipe, kind, folder, chief = pipeline.recipe, STAGES[stage], pipeline.run / stage, is_chief(strategy)
    with together(strategy):
        if pipeline.learned and stage != "converter" and not pipeline.learned.trained:
            raise UserError(
                f"{pipeline.run}: its converter has not been trained, so there is no Y′ yet for the {stage} to "
                "learn from; train it first, by --stage converter, or all without --stage"
            )
        if chief and not done(folder):
            _refuse_untrained(pipeline, stage)
        folder.mkdir(parents=True, exist_ok=True)
        if chief and not done(folder) and not copy_origin(pipeline, stage):
            sign(folder, pipeline.contract(stage))
    result = gathered(strategy, done(folder))[0]
    if result:
        return result
    settings = settings_of(recipe, stage)
    callbacks = plugins.host().callbacks(recipe, stage, log.folder, lambda message: log.warn(escape(message)))
    condition, target = pipeline.sides(stage)
    if chief:
        keep_longest(prepared, condition, target, folder)
    perturb = perturbation(pipeline, prepared, settings.rep_noise, strategy) if settings.rep_noise else None
    learned = seen(prepared, condition)
    if kind.on_predicted:
        learned = predicted(pipeline, prepared, settings.seed, strategy, log)

    def build() -> Any:
        model = pipeline.build(stage)
        if kind.starts_from and chief:  # the others get its state
            load(model, folder.parent / kind.starts_from / BEST)
        return model

    job = train.Job(name=stage, build=build, condition=condition, target=target, settings=settings,
                    folder=log.folder / stage, perturb=perturb, trained=kind.builds_on, open_run=load_run)  # fmt: skip

    def sample(model: Any, step: int) -> None:
        if chief and not kind.parts and (stage != "converter" or recipe.renderer.own_decoder):
            with pipeline.using(kind.stands_for or stage, model):
                sample_stage(pipeline, stage, step, learned)

    try:
        result = train.fit(
            job, learned, strategy, log, callbacks=callbacks, sample=sample if settings.sample_every else None
        )
    except Interrupted:
        gathered(strategy, None)  # wait until all have saved
        raise
    if kind.on_predicted:
        result["on"] = recipe.finetune
    if kind.hands_out and chief:
        hand_out(pipeline, stage)
    if chief:
        write_json(folder / DONE, result)
    return result


def _refuse_untrained(pipeline: Pipeline, stage: str) -> None:
    """Raises UserError where a stage goes on from another one that is not trained yet."""
    for each in (*STAGES[stage].parts, STAGES[stage].starts_from):
        if each in pipeline.recipe.stages and not done(pipeline.run / each):
            raise UserError(
                f"{pipeline.run}: its {each} has not been trained, from which {stage} goes on; train it first, by "
                f"--stage {each}, or all without --stage"
            )


def after(stage: str, pipeline: Pipeline, prepared: Prepared, strategy: Any, log: Log) -> Prepared:
    """The data after a stage is trained: converted again where the stage changed Y′."""
    if STAGES[stage].hands_out:
        pipeline.forget()
    if not (pipeline.learned and STAGES[stage].makes_rep):
        return prepared
    to_all(pipeline, strategy)
    return prepare_distributed(pipeline, strategy, log.counted)


def _try_all(pipeline: Pipeline, stages: Sequence[str], prepared: Prepared, log: Log) -> None:
    """Say what each stage takes. Raises UserError where one cannot be built or does not fit, and warns where the direct
    route is such a one: after others are trained it is too late to choose another."""
    steps = longest(pipeline, prepared)
    for line in listed(pipeline, costs(pipeline, stages, steps), len(prepared.split)):
        (log.warn if line.startswith(WARNING) else log.say)(escape(line.removeprefix(WARNING)))
    if pipeline.recipe.part("direct").run is None:
        try:
            cost(pipeline, "direct", steps)
        except UserError as error:
            log.warn(escape(f"`regenkit evaluate` will refuse this run: {error}"))


def _say_data(log: Log, prepared: Prepared) -> None:
    counts = prepared.counts()
    parts = [f"{split} {count['paired']} paired" + (f" + {count['unpaired']}" if count["unpaired"] else "")
             for split, count in counts.items() if split != "dropped"]  # fmt: skip
    why = "dropped: they share content or a group with a held-out example, or could not be converted"
    dropped = sum(counts["dropped"].values())
    log.say(f"examples: {', '.join(parts)}" + (f"; {dropped} {why}" if dropped else ""))
    if prepared.hidden is not None:
        keep = counts["train"]["paired"]
        pairs = keep + int(prepared.hidden.sum())
        log.say(f"dataset.paired_fraction: {keep} of {pairs} training pairs keep X; of the others only Y is used")
    for what, skipped in prepared.notes.items():
        if skipped:
            (log.say if what == NO_DATA else log.warn)(
                escape(f"{len(skipped)} {what} (`regenkit preview --json` lists all):{commonest(skipped)}")
            )
