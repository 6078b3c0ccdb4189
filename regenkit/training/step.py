"""One update, the same on one replica and on many: losses, gradients, their sum, clipping, optimisers, the average.

What a replica computes alone is a *sum* over its examples; what decides is the sum over all replicas divided by the
global weight. So no result depends on how a batch was cut.
"""

from collections.abc import Callable, Mapping
from typing import Any

from regenkit.quiet import tensorflow as tf
from regenkit.recipe.settings import TrainSettings
from regenkit.training import never_empty
from regenkit.training.perturb import Perturb
from regenkit.training.state import State

SUM = tf.distribute.ReduceOp.SUM
SCALE_GROWS_AFTER = 2000  # good steps in a row (Micikevicius et al. 2018, arXiv 1710.03740)


def train_function(
    state: State, strategy: tf.distribute.Strategy, settings: TrainSettings, perturb: Perturb | None = None
) -> Callable:
    """(iterator, steps) → (mean of each term, seconds waited for data, steps skipped), all of it in one graph call.

    Only float16 skips steps: those whose gradient overflowed, which lower the loss scale.
    """
    names = {group: list(variables) for group, variables in state.groups.items()}
    half = settings.precision == "float16"

    def losses_of(part: Mapping[str, Any]) -> tuple[dict, dict]:
        """({(group, term): (value, weight)}, statistics)"""
        if perturb:
            part = {**part, "condition": perturb(part["condition"], part["noise"])}
        losses, statistics = never_empty.losses_of(state.model, part, noise=part["noise"])
        return {(group, term): pair for group, terms in losses.items() for term, pair in terms.items()}, statistics

    def summed(parts: list[dict], which: int) -> dict[tuple[str, str], tf.Tensor]:
        return {key: tf.add_n([tf.reduce_sum(part[key][which]) for part in parts]) for key in parts[0]}

    def gradients_of(batch: tuple[Mapping[str, Any], ...]) -> tuple[dict, dict, dict, tf.Tensor]:
        """Gradients, mean losses and statistics of the parts of this replica's batch, summed over all replicas."""
        replica = tf.distribute.get_replica_context()
        weights: dict[tuple[str, str], tf.Tensor] = {}
        if len(batch) > 1:  # the weight of all parts must be known before the first; the graph keeps no more of this
            weights = replica.all_reduce(SUM, summed([losses_of(part)[0] for part in batch], 1))
        parts: list[dict] = []
        gradients: dict[str, list[tf.Tensor]] = {}
        statistics: dict[str, tf.Tensor] = {}
        for part in batch:
            # one part after the other, so that only one is in memory
            with tf.control_dependencies(tf.nest.flatten(gradients)), \
                 tf.GradientTape(persistent=len(names) > 1) as tape:  # fmt: skip
                flat, found = losses_of(part)
                with tape.stop_recording():
                    weights = weights or replica.all_reduce(SUM, summed([flat], 1))
                totals = {
                    group: tf.add_n([
                        tf.math.divide_no_nan(tf.reduce_sum(value), weights[key])
                        for key, (value, _) in flat.items() if key[0] == group
                    ])
                    for group in names
                }  # fmt: skip
                if half:
                    totals = {group: total * state.loss_scale for group, total in totals.items()}
            for group, variables in names.items():
                slopes = tape.gradient(totals[group], [v.value for v in variables])
                # densify: the norm of undensified IndexedSlices is wrong where an index comes twice
                dense = [tf.zeros_like(variable.value) if slope is None else tf.convert_to_tensor(slope)
                         for slope, variable in zip(slopes, variables, strict=True)]  # fmt: skip
                gradients[group] = [a + b for a, b in zip(gradients[group], dense, strict=True)] if parts else dense
            statistics = {name: statistics[name] + value if parts else value for name, value in found.items()}
            parts.append(flat)
        gradients = replica.all_reduce(SUM, gradients)
        if statistics:
            statistics = replica.all_reduce(SUM, statistics)
        sums = replica.all_reduce(SUM, summed(parts, 0))
        means = {key[1]: tf.math.divide_no_nan(sums[key], weights[key]) for key in sums}
        finite = tf.constant(True)
        if half:  # looked at once reduced, so that every replica decides alike
            gradients = tf.nest.map_structure(lambda gradient: gradient / state.loss_scale, gradients)
            finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(each)) for each in tf.nest.flatten(gradients)])
        return gradients, means, statistics, finite

    def apply(gradients: dict, statistics: dict) -> None:
        for group, variables in names.items():
            clipped = gradients[group]
            if settings.clip_norm:
                clipped, _ = tf.clip_by_global_norm(clipped, settings.clip_norm)
            state.optimizers[group].apply(clipped, variables)
        if statistics:
            state.model.absorb(statistics)
        decay = _ema_decay(state, settings)
        for average, variable in zip(state.average, state.model.variables, strict=True):
            value = tf.convert_to_tensor(variable.value)
            average.assign(value if not value.dtype.is_floating else value + decay * (average - value))

    def first(value: Any) -> Any:
        return tf.nest.map_structure(lambda each: strategy.experimental_local_results(each)[0], value)

    # No autograph: nothing here branches on a tensor, and converting the code would double the wait for the first step.
    @tf.function(autograph=False)
    def update(iterator: Any) -> tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor]:
        began = tf.timestamp()
        with tf.control_dependencies([began]):
            batch = tuple(next(iterator) for _ in range(settings.accumulate))
        with tf.control_dependencies(tf.nest.flatten(batch, expand_composites=True)):
            waited = tf.timestamp() - began
        with tf.control_dependencies([waited]):  # else a single thread may look at the clock when all else is done
            batch = tf.nest.map_structure(tf.identity, batch, expand_composites=True)
        gradients, means, statistics, finite = strategy.run(gradients_of, (batch,))
        if not half:
            strategy.run(apply, (gradients, statistics))
            return first(means), waited, tf.constant(0.0)
        good = first(finite)

        def step() -> tf.Tensor:
            strategy.run(apply, (gradients, statistics))
            return tf.constant(0.0)

        skipped = tf.cond(good, step, lambda: tf.constant(1.0))
        run = tf.where(good, state.good_steps + 1, 0)
        grows = run >= SCALE_GROWS_AFTER
        state.loss_scale.assign(state.loss_scale * tf.where(good, tf.where(grows, 2.0, 1.0), 0.5))
        state.good_steps.assign(tf.where(grows, 0, run))
        return {name: tf.where(good, value, 0.0) for name, value in first(means).items()}, waited, skipped

    @tf.function(autograph=False)
    def train_steps(iterator: Any, steps: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor]:
        # the sums begin at zeros, not at a first update outside of the loop, which would be a second copy of the graph
        shapes = update.get_concrete_function(iterator).structured_outputs
        zeros = tf.nest.map_structure(lambda each: tf.zeros(each.shape, each.dtype), shapes)

        def more(done: tf.Tensor, total: Any) -> tuple[tf.Tensor, Any]:
            return done + 1, tf.nest.map_structure(tf.add, total, update(iterator))

        _, (total, waited, skipped) = tf.while_loop(
            lambda done, _: done < steps, more, (tf.constant(0), zeros), parallel_iterations=1
        )
        taken = tf.cast(steps, tf.float32) - skipped
        return {name: tf.math.divide_no_nan(value, taken) for name, value in total.items()}, waited, skipped

    return train_steps


def _ema_decay(state: State, settings: TrainSettings) -> tf.Tensor:
    """Grows towards `ema` as (1 + t) / (10 + t), so that the average is not held back by the first weights."""
    steps = tf.cast(next(iter(state.optimizers.values())).iterations, tf.float32)
    return tf.minimum(settings.ema, (1.0 + steps) / (10.0 + steps))


def evaluate_function(state: State, strategy: tf.distribute.Strategy) -> Callable[[Any, int], dict[str, float]]:
    """(distributed dataset, its batches) → mean loss of each term, weights reduced over all of it."""

    def replica_losses(batch: Mapping[str, Any]) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        sums = {
            term: (tf.reduce_sum(value), tf.reduce_sum(weight))
            for terms in never_empty.losses_of(state.model, batch, noise=None)[0].values()
            for term, (value, weight) in terms.items()
        }  # fmt: skip
        return tf.distribute.get_replica_context().all_reduce(SUM, sums)

    @tf.function(autograph=False)
    def one(iterator: Any) -> Any:
        # taken from the iterator inside, where its lengths are unknown, so that no length is traced anew
        found = strategy.run(replica_losses, (next(iterator),))
        return tf.nest.map_structure(lambda each: strategy.experimental_local_results(each)[0], found)

    def evaluate(batches: Any, count: int) -> dict[str, float]:
        sums: dict[str, list[float]] = {}
        iterator = iter(batches)
        for _ in range(count):
            for term, pair in one(iterator).items():
                for place, value in enumerate(pair):
                    sums.setdefault(term, [0.0, 0.0])[place] += float(value)
        return {term: value / max(weight, 1e-9) for term, (value, weight) in sums.items()}

    return evaluate
