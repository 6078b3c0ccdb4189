"""The loop: every stage of every modality is trained here, on one device or many.

A stage says what each example loses; the loop sums that over all replicas, divides by the global weight, clips, steps
and averages. Read `fit` from top to bottom.
"""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from regenkit.data.batches import Plan, Side, as_user_errors, dataset
from regenkit.data.prepare import Prepared
from regenkit.errors import UserError
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.runlog import RunLog
from regenkit.settings import TrainSettings
from regenkit.state import BEST, Checkpoints, State

SUM = tf.distribute.ReduceOp.SUM
VALIDATION_SEED = 0


class Interrupted(Exception):
    """A signal asked the training to stop; its state has been saved."""


@final
@dataclass(frozen=True, kw_only=True)
class Job:
    """One stage to be trained: what to build, from which fields, into which folder."""

    name: str
    build: Callable[[], Any]
    condition: Side
    target: Side
    settings: TrainSettings
    folder: Path


def fit(
    job: Job,
    prepared: Prepared,
    strategy: tf.distribute.Strategy,
    log: RunLog,
    *,
    callbacks: list[keras.callbacks.Callback] | None = None,
    sample: Callable[[Any, int], None] | None = None,
) -> dict[str, Any]:
    """Train one stage until its steps are done, it stops improving, or a signal comes (Interrupted, state saved).

    Goes on from the newest checkpoint in `job.folder`. `sample(model, step)` is called with averaged weights every
    `sample_every` steps. Returns {"steps", "best_step", "validation", "parameters"}; the best averaged weights lie in
    best.weights.h5.
    """
    settings = job.settings
    job.folder.mkdir(parents=True, exist_ok=True)

    # --- model, optimisers, and where they stood -----------------------------------------------------------------
    with strategy.scope():
        keras.utils.set_random_seed(settings.seed)
        state = State(job.build(), settings)
        keras_callbacks = _callbacks(callbacks or [], state.model, settings)
    checkpoints = Checkpoints(state, job.folder, settings.keep)
    for damaged in checkpoints.restore():
        log.warn(f"{job.name}: passed over a damaged checkpoint, {damaged}")
    step = int(state.step.numpy())
    log.begin(job.name, step, settings.steps, sum(math.prod(v.shape) for v in state.model.trainable_variables))

    # --- data ------------------------------------------------------------------------------------------------------
    plan = Plan(prepared, split="train", batch_size=settings.batch_size * settings.accumulate, seed=settings.seed,
                paired_share=settings.paired_share if prepared.paired.any() else 0.0)  # fmt: skip
    batches = iter(_distributed(strategy, prepared, plan, job, first=step, parts=settings.accumulate))
    held_out = _held_out(prepared, settings)

    # --- the loop --------------------------------------------------------------------------------------------------
    train_steps = _train_function(state, strategy, settings)
    evaluate = _evaluate_function(state, strategy)
    with _signals() as asked_to_stop, as_user_errors():
        while step < settings.steps and not state.stopped.numpy():
            until = min(step + settings.steps_per_call, settings.steps, *_next(step, settings, sample))
            began = time.perf_counter()
            means = train_steps(batches, tf.constant(until - step))
            losses = {name: float(value) for name, value in means.items()}
            taken, step = until - step, until
            state.step.assign(step)
            if not math.isfinite(sum(losses.values())):
                bad = ", ".join(f"{name} {value}" for name, value in losses.items() if not math.isfinite(value))
                raise UserError(_not_finite(job, step, taken, f"the loss is not finite ({bad})"))
            log.step(job.name, step, losses, taken / (time.perf_counter() - began))
            keras_callbacks.on_train_batch_end(step - 1, losses)

            if step % settings.validate_every == 0 or step == settings.steps:
                with state.averaged():
                    validation = evaluate(_distributed(strategy, prepared, held_out, job, first=0), len(held_out))
                total = sum(validation.values())
                log.validation(job.name, step, validation)
                keras_callbacks.on_epoch_end(step // settings.validate_every, {**losses, "val_loss": total})
                if total < state.best.numpy():
                    state.best.assign(total)
                    state.best_step.assign(step)
                    checkpoints.save_best()
                patience = settings.patience
                waited = (step - int(state.best_step.numpy())) // settings.validate_every
                state.stopped.assign(state.model.stop_training or (patience is not None and waited >= patience))
            if sample and step % settings.sample_every == 0:
                with state.averaged():
                    sample(state.model, step)
            if step % settings.checkpoint_every == 0 or step == settings.steps or asked_to_stop.is_set():
                if not state.finite():
                    raise UserError(_not_finite(job, step, taken, "weights became infinite or NaN"))
                checkpoints.save()
            if asked_to_stop.is_set():
                raise Interrupted
    keras_callbacks.on_train_end()
    if not (job.folder / BEST).exists():  # no steps at all
        checkpoints.save_best()
    return {
        "steps": step,
        "best_step": int(state.best_step.numpy()),
        "validation": float(state.best.numpy()),
        "parameters": int(sum(math.prod(variable.shape) for variable in state.model.trainable_variables)),
    }


def _next(step: int, settings: TrainSettings, sample: Any) -> Iterator[int]:
    """The next steps at which something happens, so that no graph call runs past one."""
    for every in (settings.validate_every, settings.checkpoint_every, settings.sample_every if sample else 0):
        if every:
            yield (step // every + 1) * every


def _train_function(state: State, strategy: tf.distribute.Strategy, settings: TrainSettings) -> Callable:
    """(iterator, steps) → mean loss of each term over these steps, everything in one graph call."""
    names = {group: list(variables) for group, variables in state.groups.items()}

    def losses_of(part: Mapping[str, Any]) -> dict[tuple[str, str], tuple[tf.Tensor, tf.Tensor]]:
        losses = state.model.losses(part, noise=part["noise"])
        return {(group, term): pair for group, terms in losses.items() for term, pair in terms.items()}

    def summed(parts: list[dict], which: int) -> dict[tuple[str, str], tf.Tensor]:
        return {key: tf.add_n([tf.reduce_sum(part[key][which]) for part in parts]) for key in parts[0]}

    def replica_step(batch: tuple[Mapping[str, Any], ...]) -> dict[str, tf.Tensor]:
        """One update from the parts of this replica's batch: one, or as many as are accumulated."""
        replica = tf.distribute.get_replica_context()
        weights: dict[tuple[str, str], tf.Tensor] = {}
        if len(batch) > 1:  # the weight of all parts must be known before the first; the graph keeps no more of this
            weights = replica.all_reduce(SUM, summed([losses_of(part) for part in batch], 1))
        parts: list[dict] = []
        gradients: dict[str, list[tf.Tensor]] = {}
        for part in batch:
            # one part after the other, so that only one is in memory
            with tf.control_dependencies(tf.nest.flatten(gradients)), \
                 tf.GradientTape(persistent=len(names) > 1) as tape:  # fmt: skip
                flat = losses_of(part)
                with tape.stop_recording():
                    weights = weights or replica.all_reduce(SUM, summed([flat], 1))
                totals = {
                    group: tf.add_n([
                        tf.math.divide_no_nan(tf.reduce_sum(value), weights[key])
                        for key, (value, _) in flat.items() if key[0] == group
                    ])
                    for group in names
                }  # fmt: skip
            for group, variables in names.items():
                found = tape.gradient(totals[group], [v.value for v in variables])
                # densify: the norm of undensified IndexedSlices is wrong where an index comes twice
                dense = [tf.zeros_like(variable.value) if gradient is None else tf.convert_to_tensor(gradient)
                         for gradient, variable in zip(found, variables, strict=True)]  # fmt: skip
                gradients[group] = [a + b for a, b in zip(gradients[group], dense, strict=True)] if parts else dense
            parts.append(flat)
        gradients = replica.all_reduce(SUM, gradients)
        for group, variables in names.items():
            clipped = gradients[group]
            if settings.clip_norm:
                clipped, _ = tf.clip_by_global_norm(clipped, settings.clip_norm)
            state.optimizers[group].apply(clipped, variables)
        decay = _ema_decay(state, settings)
        for average, variable in zip(state.average, state.model.variables, strict=True):
            value = tf.convert_to_tensor(variable.value)
            average.assign(value if not value.dtype.is_floating else value + decay * (average - value))
        sums = replica.all_reduce(SUM, summed(parts, 0))
        return {key[1]: tf.math.divide_no_nan(sums[key], weights[key]) for key in sums}

    # No autograph: nothing here branches on a tensor, and converting the code would double the wait for the first step.
    @tf.function(autograph=False)
    def update(iterator: Any) -> dict[str, tf.Tensor]:
        batch = tuple(next(iterator) for _ in range(settings.accumulate))
        per_replica = strategy.run(replica_step, (batch,))
        return {name: strategy.experimental_local_results(value)[0] for name, value in per_replica.items()}

    @tf.function(autograph=False)
    def train_steps(iterator: Any, steps: tf.Tensor) -> dict[str, tf.Tensor]:
        def more(done: tf.Tensor, total: dict[str, tf.Tensor]) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
            return done + 1, {name: total[name] + value for name, value in update(iterator).items()}

        first = (tf.constant(1), update(iterator))
        _, total = tf.while_loop(lambda done, _: done < steps, more, first, parallel_iterations=1)
        return {name: value / tf.cast(steps, tf.float32) for name, value in total.items()}

    return train_steps


def _ema_decay(state: State, settings: TrainSettings) -> tf.Tensor:
    """Grows towards `ema` as (1 + t) / (10 + t), so that the average is not held back by the first weights."""
    steps = tf.cast(next(iter(state.optimizers.values())).iterations, tf.float32)
    return tf.minimum(settings.ema, (1.0 + steps) / (10.0 + steps))


def _evaluate_function(state: State, strategy: tf.distribute.Strategy) -> Callable[[Any, int], dict[str, float]]:
    """(distributed dataset, its batches) → mean loss of each term, weights reduced over all of it."""

    def replica_losses(batch: Mapping[str, Any]) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        return {
            term: (tf.reduce_sum(value), tf.reduce_sum(weight))
            for terms in state.model.losses(batch, noise=None).values()
            for term, (value, weight) in terms.items()
        }

    @tf.function(autograph=False)
    def one(iterator: Any) -> Any:
        # taken from the iterator inside, where its lengths are unknown, so that no length is traced anew
        return strategy.run(replica_losses, (next(iterator),))

    def evaluate(batches: Any, count: int) -> dict[str, float]:
        sums: dict[str, list[float]] = {}
        iterator = iter(batches)
        for _ in range(count):
            for term, pair in one(iterator).items():
                for place, value in enumerate(pair):
                    sums.setdefault(term, [0.0, 0.0])[place] += float(strategy.reduce(SUM, value, axis=None))
        return {term: value / max(weight, 1e-9) for term, (value, weight) in sums.items()}

    return evaluate


def _distributed(
    strategy: tf.distribute.Strategy, prepared: Prepared, plan: Any, job: Job, *, first: int, parts: int = 1
) -> Any:
    """The plan's batches, each cut evenly into `parts` elements for every replica."""
    pieces = strategy.num_replicas_in_sync * parts

    def local(context: tf.distribute.InputContext) -> tf.data.Dataset:
        share = pieces // context.num_input_pipelines
        mine = slice(context.input_pipeline_id * share, (context.input_pipeline_id + 1) * share)
        last = None if isinstance(plan, Plan) else len(plan)
        return dataset(prepared, plan, job.condition, job.target, first=first, last=last, replicas=pieces,
                       mine=mine, seed=job.settings.seed)  # fmt: skip

    return strategy.distribute_datasets_from_function(local)


def _held_out(prepared: Prepared, settings: TrainSettings) -> list:
    """Validation batches: the paired examples, or all where nothing is paired; a batch is of one length or near it."""
    places = prepared.places("validation", paired=True if prepared.paired.any() else None)
    if not len(places):
        raise UserError(
            "the validation split is empty: the dataset is too small (it needs about ten groups of examples)"
        )
    places = places[prepared.steps[places].argsort(kind="stable")]
    size = 2 * settings.batch_size
    return [places[start : start + size] for start in range(0, len(places), size)]


def _callbacks(callbacks: list, model: Any, settings: TrainSettings) -> keras.callbacks.CallbackList:
    model.stop_training = False
    found = keras.callbacks.CallbackList(callbacks, add_history=False, model=model, epochs=1, steps=settings.steps)
    found.on_train_begin()
    return found


def _not_finite(job: Job, step: int, taken: int, what: str) -> str:
    return (
        f"{job.name}: {what} between steps {step - taken} and {step}. The last good checkpoint in {job.folder} is "
        f"kept; lower train.learning_rate or train.clip_norm in the recipe and train anew"
    )


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """An event set by Ctrl-C or SIGTERM, so that the step under way is finished and saved."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {number: signal.signal(number, lambda *_: asked.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
