"""The loop: every stage of every modality is trained here, on one device or many.

A stage gives the loss of each example. The loop sums it over all replicas, divides by the global weight, clips, makes a
step and averages the weights. Read `fit` from top to bottom.
"""

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from rich.markup import escape

from regenkit.data.batches import as_user_errors, dataset
from regenkit.data.plan import Plan, cut
from regenkit.data.prepare import Prepared
from regenkit.errors import Interrupted, UserError
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.train_settings import TrainSettings
from regenkit.signals import noted
from regenkit.stage import OpenRun, no_run
from regenkit.stages import BEST, Side
from regenkit.training.checkpoints import Checkpoints, save_best
from regenkit.training.log_protocol import TrainingLog
from regenkit.training.perturb import Perturb
from regenkit.training.state import State
from regenkit.training.step import TrainStep
from regenkit.training.synchronize import any_process, broadcast
from regenkit.training.validation import Validation


@final
@dataclass(frozen=True, kw_only=True)
class Job:
    """One stage to train: how it is built, from which fields it learns, and its folder."""

    name: str
    build: Callable[[], Any]
    condition: Side
    target: Side
    settings: TrainSettings
    folder: Path
    trained: bool = False  # `build` gives a trained stage: its first weights may be its best
    perturb: Perturb | None = None  # noise on the condition, in training alone
    open_run: OpenRun = no_run  # for a model that learns from a trained one


def fit(
    job: Job,
    prepared: Prepared,
    strategy: tf.distribute.Strategy,
    log: TrainingLog,
    *,
    callbacks: list[keras.callbacks.Callback] | None = None,
    sample: Callable[[Any, int], None] | None = None,
) -> dict[str, Any]:
    """Train one stage until its steps are done, it stops improving, or a signal comes (Interrupted, state saved).

    Goes on from the newest checkpoint in `job.folder`. `sample(model, step)` is called with averaged weights every
    `sample_every` steps. Returns {"steps", "best_step", "validation", "parameters"}; the best averaged weights are in
    best.weights.h5.
    """
    settings = job.settings
    job.folder.mkdir(parents=True, exist_ok=True)

    # --- model, optimisers, and where they stood -----------------------------------------------------------------
    with strategy.scope(), computing_in(settings.precision):
        keras.utils.set_random_seed(settings.seed)
        model = job.build()
        try:
            state = State(model, settings, job.open_run)
        except UserError as error:
            raise UserError(f"{job.name}: {error}") from error
        keras_callbacks = _callbacks(callbacks or [], state.model, settings)
    checkpoints = Checkpoints(state, job.folder / "checkpoints", settings.keep)
    for damaged in checkpoints.restore():
        log.warn(escape(f"{job.name}: passed over a damaged checkpoint, {damaged}"))
    broadcast(state, strategy)
    step = int(state.step.numpy())
    log.begin(job.name, step, settings.steps, state.parameters)

    # --- data ------------------------------------------------------------------------------------------------------
    plan = Plan(prepared, split="train", batch_size=settings.batch_size * settings.accumulate, seed=settings.seed,
                paired_share=settings.paired_share if prepared.paired.any() else 0.0,
                batch_steps=settings.batch_steps, parts=settings.accumulate)  # fmt: skip
    batches = [iter(_distributed(strategy, prepared, plan, job, first=step, parts=settings.accumulate))]
    held_out = _held_out(prepared, settings)
    validated = _distributed(strategy, prepared, held_out, job, first=0)

    # --- the loop --------------------------------------------------------------------------------------------------
    train_step = TrainStep(state, strategy, settings, job.perturb)
    validation = Validation(state, strategy, validated, len(held_out))

    def validate() -> float:
        """The validation loss of the averaged weights, which are kept where none before was lower."""
        with state.averaged():
            losses = validation()
        total = sum(losses.values())
        log.validation(job.name, step, losses)
        if not math.isfinite(total):
            log.warn(f"{job.name}: the validation loss of step {step} is not finite ({_infinite(losses)}); its weights "
                     "are not kept as the best")  # fmt: skip
        if total < state.best.numpy():
            state.best.assign(total)
            state.best_step.assign(step)
            save_best(state, job.folder)
        return total

    with noted(signal.SIGINT, signal.SIGTERM) as asked, as_user_errors(), closing(checkpoints), _let_go(batches):
        if job.trained and not step:
            validate()
        while step < settings.steps and not state.stopped.numpy():
            until = min(step + settings.steps_per_call, settings.steps, *_next(step, settings, sample))
            began = time.perf_counter()
            means, waited, skipped = train_step(batches[0], tf.constant(until - step))
            taken, step = until - step, until
            # of no update that was made there is no mean
            losses = {name: float(value) for name, value in means.items()} if int(skipped) < taken else {}
            state.step.assign(step)
            seconds = time.perf_counter() - began
            if not math.isfinite(sum(losses.values())):
                raise UserError(_not_finite(job, step, taken, f"the loss is not finite ({_infinite(losses)})"))
            if state.loss_scale.exhausted():
                raise UserError(_not_finite(job, step, taken, "gradients overflow float16 at every loss scale"))
            log.step(job.name, step, losses, taken / seconds, float(waited) / seconds, int(skipped))
            keras_callbacks.on_train_batch_end(step - 1, losses)

            if step % settings.validate_every == 0 or step == settings.steps:
                total = validate()
                keras_callbacks.on_epoch_end(step // settings.validate_every, {**losses, "val_loss": total})
                patience = settings.patience
                idle = (step - int(state.best_step.numpy())) // settings.validate_every
                asked_to_end = any_process(bool(state.model.stop_training), strategy)
                state.stopped.assign(asked_to_end or (patience is not None and idle >= patience))
            if sample and step % settings.sample_every == 0:
                with state.averaged():
                    sample(state.model, step)
            stop = any_process(asked.is_set(), strategy)
            ended = step == settings.steps or bool(state.stopped.numpy())
            if step % settings.checkpoint_every == 0 or ended or stop:
                if not state.finite():
                    raise UserError(_not_finite(job, step, taken, "weights became infinite or NaN"))
                checkpoints.save()
            if stop:
                raise Interrupted
    keras_callbacks.on_train_end()
    if not (job.folder / BEST).exists():  # no steps at all, or no finite validation loss
        save_best(state, job.folder)
    return {
        "steps": step,
        "best_step": int(state.best_step.numpy()) if math.isfinite(state.best.numpy()) else step,
        "validation": float(state.best.numpy()),
        "parameters": int(state.parameters),
    }


@contextmanager
def _let_go(iterators: list) -> Iterator[None]:
    """Afterwards the iterators are deleted, also where an exception still holds the frame that made them. The end of
    Python is too late: the thread that reads ahead then waits for Python, and Python waits for the thread."""
    try:
        yield
    finally:
        iterators.clear()


def _next(step: int, settings: TrainSettings, sample: Any) -> Iterator[int]:
    """The next steps at which something is due, so that no graph call runs past one."""
    for every in (settings.validate_every, settings.checkpoint_every, settings.sample_every if sample else 0):
        if every:
            yield (step // every + 1) * every


def _distributed(
    strategy: tf.distribute.Strategy, prepared: Prepared, plan: Any, job: Job, *, first: int, parts: int = 1
) -> Any:
    """The plan's batches, each cut evenly into `parts` elements for every replica."""
    replicas = strategy.num_replicas_in_sync

    def local(context: tf.distribute.InputContext) -> tf.data.Dataset:
        share = replicas // context.num_input_pipelines
        start = context.input_pipeline_id * share
        mine = [part * replicas + replica for part in range(parts) for replica in range(start, start + share)]
        last = None if isinstance(plan, Plan) else len(plan)
        return dataset(prepared, plan, job.condition, job.target, first=first, last=last, replicas=replicas * parts,
                       mine=mine, seed=job.settings.seed, window=job.settings.window)  # fmt: skip

    return strategy.distribute_datasets_from_function(local)


def _held_out(prepared: Prepared, settings: TrainSettings) -> list:
    """Validation batches: the paired examples, or all where none is paired. Lengths within a batch are similar.

    Of whole examples; where the training has a window, of the window in the middle of each.
    """
    indices = prepared.indices("validation", paired=True if prepared.paired.any() else None)
    if not len(indices):
        raise UserError(
            "the validation split is empty: the dataset is too small (it needs about ten groups of examples)"
        )
    indices = indices[prepared.steps[indices].argsort(kind="stable")]
    return cut(indices, prepared.steps, 2 * settings.batch_size, settings.batch_steps)


def _callbacks(callbacks: list, model: Any, settings: TrainSettings) -> keras.callbacks.CallbackList:
    model.stop_training = False
    found = keras.callbacks.CallbackList(callbacks, add_history=False, model=model, epochs=1, steps=settings.steps)
    found.on_train_begin()
    return found


def _infinite(losses: dict[str, float]) -> str:
    return ", ".join(f"{name} {value}" for name, value in losses.items() if not math.isfinite(value))


def _not_finite(job: Job, step: int, taken: int, what: str) -> str:
    return (
        f"{job.name}: {what} between steps {step - taken} and {step}. The last good checkpoint in {job.folder} is "
        f"kept; lower train.learning_rate or train.clip_norm in the recipe and train again"
    )


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Models that are built within compute in this precision; their weights are float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision if precision == "float32" else f"mixed_{precision}")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
