"""One update, the same on one replica and on many: read `TrainStep` from top to bottom.

A replica computes only *sums* over its examples. The update uses the sums over all replicas, divided by the global
weight. So no result depends on how a batch was cut.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar, final

from regenkit.quiet import tensorflow as tf
from regenkit.recipe.train_settings import TrainSettings
from regenkit.training.losses import losses_of
from regenkit.training.perturb import Perturb
from regenkit.training.state import State

T = TypeVar("T")
SUM = tf.distribute.ReduceOp.SUM
Part = Mapping[str, Any]
"""A batch as a stage's `losses` takes it, and its "noise". An update takes one, or several that it accumulates."""
Losses = dict[tuple[str, str], tuple[tf.Tensor, tf.Tensor]]
"""By group of variables and term: value and weight, each [examples]."""
VALUE, WEIGHT = 0, 1
Sums = dict[tuple[str, str], tf.Tensor]
Gradients = dict[str, list[tf.Tensor]]
"""By group: a gradient for each of its variables."""
Statistics = dict[str, tf.Tensor]


class Found(NamedTuple):
    """What an update needs from a batch, summed over all replicas and so the same on each."""

    gradients: Gradients
    statistics: Statistics
    means: dict[str, tf.Tensor]  # of each term
    finite: tf.Tensor  # bool: no gradient overflowed; False for float16 alone


class Taken(NamedTuple):
    """What is logged of several updates."""

    means: dict[str, tf.Tensor]  # of each term, over the updates that were not skipped
    waited: tf.Tensor  # seconds for data
    skipped: tf.Tensor  # updates whose gradients overflowed, for float16 alone; float32


@final
class TrainStep:
    """Call it with a distributed iterator and a number of updates, which it makes in one graph call.

    perturb   the noise on the condition
    """

    def __init__(
        self, state: State, strategy: tf.distribute.Strategy, settings: TrainSettings, perturb: Perturb | None = None
    ) -> None:
        self.state, self.strategy, self.settings, self.perturb = state, strategy, settings, perturb
        self.groups = {group: list(variables) for group, variables in state.groups.items()}
        self.loss_scale = state.loss_scale if settings.precision == "float16" else None
        # No autograph: nothing here branches on a tensor, and converting the code would double the time to the first
        # step.
        self._one = tf.function(self._update, autograph=False)
        self.traced = tf.function(self._updates, autograph=False)

    def __call__(self, iterator: Any, count: tf.Tensor) -> Taken:
        found: Taken = self.traced(iterator, count)
        return found

    # --- in every replica --------------------------------------------------------------------------------------------

    def _losses(self, part: Part) -> tuple[Losses, Statistics]:
        if self.perturb:
            part = {**part, "condition": self.perturb(part["condition"], part["noise"])}
        losses, statistics = losses_of(self.state.model, part, noise=part["noise"])
        return {(group, term): pair for group, terms in losses.items() for term, pair in terms.items()}, statistics

    def _gradients_of_part(self, part: Part, weights: Sums) -> tuple[Gradients, Losses, Statistics, Sums]:
        """Gradients of this replica's part of the mean losses; and weights, where they were not known before."""
        with tf.GradientTape(persistent=len(self.groups) > 1) as tape:
            losses, statistics = self._losses(part)
            with tape.stop_recording():
                weights = weights or _all_reduce(_sums([losses], WEIGHT))
            totals = {group: self._total(group, losses, weights) for group in self.groups}
        gradients = {}
        for group, variables in self.groups.items():
            slopes = tape.gradient(totals[group], [variable.value for variable in variables])
            # densify: the norm of undensified IndexedSlices is wrong where an index comes twice
            gradients[group] = [tf.zeros_like(variable.value) if slope is None else tf.convert_to_tensor(slope)
                                for slope, variable in zip(slopes, variables, strict=True)]  # fmt: skip
        return gradients, losses, statistics, weights

    def _total(self, group: str, losses: Losses, weights: Sums) -> tf.Tensor:
        """The loss that the variables of a group minimise."""
        terms = [
            tf.math.divide_no_nan(tf.reduce_sum(value), weights[key])
            for key, (value, _) in losses.items()
            if key[0] == group
        ]
        total = tf.add_n(terms)
        return total * self.loss_scale.value if self.loss_scale else total

    def _gradients(self, batch: tuple[Part, ...]) -> Found:
        """The gradients over all parts of the batch and all replicas."""
        weights: Sums = {}
        if len(batch) > 1:  # the weight of all parts must be known before the first part
            weights = _all_reduce(_sums([self._losses(part)[0] for part in batch], WEIGHT))
        parts: list[Losses] = []
        gradients: Gradients = {}
        statistics: Statistics = {}
        for part in batch:
            # one part after the other, so that only one is in memory
            with tf.control_dependencies(tf.nest.flatten(gradients)):
                slopes, losses, found, weights = self._gradients_of_part(part, weights)
            gradients = _added(gradients, slopes)
            statistics = _added(statistics, found)
            parts.append(losses)
        return self._reduced(gradients, statistics, parts, weights)

    def _reduced(self, gradients: Gradients, statistics: Statistics, parts: list[Losses], weights: Sums) -> Found:
        gradients = _all_reduce(gradients)
        statistics = _all_reduce(statistics) if statistics else {}
        sums = _all_reduce(_sums(parts, VALUE))
        means = {term: tf.math.divide_no_nan(total, weights[group, term]) for (group, term), total in sums.items()}
        finite = tf.constant(True)
        if self.loss_scale:
            gradients, finite = self.loss_scale.unscaled(gradients)
        return Found(gradients, statistics, means, finite)

    def _apply(self, gradients: Gradients, statistics: Statistics) -> None:
        for group, variables in self.groups.items():
            clipped = gradients[group]
            if self.settings.clip_norm:
                clipped, _ = tf.clip_by_global_norm(clipped, self.settings.clip_norm)
            self.state.optimizers[group].apply(clipped, variables)
        if statistics:
            self.state.model.absorb(statistics)
        self._move_average()

    def _move_average(self) -> None:
        """The decay grows towards `ema` as (1 + t) / (10 + t), so that the first weights are soon forgotten."""
        steps = tf.cast(next(iter(self.state.optimizers.values())).iterations, tf.float32)
        decay = tf.minimum(self.settings.ema, (1.0 + steps) / (10.0 + steps))
        for average, variable in zip(self.state.average, self.state.model.variables, strict=True):
            value = tf.convert_to_tensor(variable.value)
            average.assign(value + decay * (average - value) if value.dtype.is_floating else value)

    # --- over the replicas -------------------------------------------------------------------------------------------

    def _update(self, iterator: Any) -> Taken:
        batch, waited = self._next(iterator)
        found = self.strategy.run(self._gradients, (batch,))
        means, arguments = self._first(found.means), (found.gradients, found.statistics)
        if self.loss_scale is None:
            self.strategy.run(self._apply, arguments)
            return Taken(means, waited, tf.constant(0.0))
        good = self._first(found.finite)

        def apply() -> tf.Tensor:
            self.strategy.run(self._apply, arguments)
            return tf.constant(0.0)

        skipped = tf.cond(good, apply, lambda: tf.constant(1.0))
        self.loss_scale.update(good)
        return Taken({term: tf.where(good, mean, 0.0) for term, mean in means.items()}, waited, skipped)

    def _next(self, iterator: Any) -> tuple[tuple[Part, ...], tf.Tensor]:
        """(the parts of the next batch, seconds waited for them)"""
        began = tf.timestamp()
        with tf.control_dependencies([began]):
            batch = tuple(next(iterator) for _ in range(self.settings.accumulate))
        with tf.control_dependencies(tf.nest.flatten(batch, expand_composites=True)):
            waited = tf.timestamp() - began
        with tf.control_dependencies([waited]):  # else a single thread may look at the clock when all else is done
            return tf.nest.map_structure(tf.identity, batch, expand_composites=True), waited

    def _first(self, value: T) -> T:
        """The value on one replica of what is the same on each."""
        found: T = tf.nest.map_structure(lambda each: self.strategy.experimental_local_results(each)[0], value)
        return found

    def _updates(self, iterator: Any, count: tf.Tensor) -> Taken:
        # the sums begin at zeros, not at a first update outside of the loop, which would be a second copy of the graph
        shapes = self._one.get_concrete_function(iterator).structured_outputs
        zeros = tf.nest.map_structure(lambda each: tf.zeros(each.shape, each.dtype), shapes)

        def another(done: tf.Tensor, total: Taken) -> tuple[tf.Tensor, Taken]:
            return done + 1, tf.nest.map_structure(tf.add, total, self._one(iterator))

        start = (tf.constant(0), zeros)
        _, total = tf.while_loop(lambda done, _: done < count, another, start, parallel_iterations=1)
        taken = tf.cast(count, tf.float32) - total.skipped
        means = {term: tf.math.divide_no_nan(value, taken) for term, value in total.means.items()}
        return Taken(means, total.waited, total.skipped)


def _all_reduce(values: T) -> T:
    """Summed over the replicas."""
    found: T = tf.distribute.get_replica_context().all_reduce(SUM, values)
    return found


def _sums(parts: list[Losses], of: int) -> Sums:
    """Over all parts, of VALUE or WEIGHT."""
    return {key: tf.add_n([tf.reduce_sum(part[key][of]) for part in parts]) for key in parts[0]}


def _added(total: dict, values: dict) -> dict:
    """The sum of two nested dicts of one structure; `total` is empty at first."""
    return tf.nest.map_structure(tf.add, total, values) if total else values
