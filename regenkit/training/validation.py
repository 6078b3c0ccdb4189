"""The mean loss over held-out examples, the same for any number of replicas."""

from collections.abc import Mapping
from typing import Any, final

from regenkit.quiet import tensorflow as tf
from regenkit.training.losses import losses_of
from regenkit.training.state import State

Sums = dict[str, tuple[tf.Tensor, tf.Tensor]]
"""By term: the sum of its values and of its weights, scalars."""


@final
class Validation:
    """Call it to get the mean of each term over all `count` batches of a distributed dataset."""

    def __init__(self, state: State, strategy: tf.distribute.Strategy, batches: Any, count: int) -> None:
        self.state, self.strategy, self.batches, self.count = state, strategy, batches, count
        self._traced = tf.function(self._next_batch, autograph=False)

    def __call__(self) -> dict[str, float]:
        totals: dict[str, list[float]] = {}
        iterator = iter(self.batches)
        try:
            for _ in range(self.count):
                for term, pair in self._traced(iterator).items():
                    total = totals.setdefault(term, [0.0, 0.0])
                    for index, value in enumerate(pair):
                        total[index] += float(value)
        finally:
            del iterator  # as in `train.fit`
        return {term: value / max(weight, 1e-9) for term, (value, weight) in totals.items()}

    def _next_batch(self, iterator: Any) -> Sums:
        # taken from the iterator inside, where its lengths are unknown, so that no length is traced again
        sums = self.strategy.run(self._on_replica, (next(iterator),))
        return tf.nest.map_structure(lambda each: self.strategy.experimental_local_results(each)[0], sums)

    def _on_replica(self, batch: Mapping[str, Any]) -> Sums:
        losses, _ = losses_of(self.state.model, batch, noise=None)
        sums = {
            term: (tf.reduce_sum(value), tf.reduce_sum(weight))
            for terms in losses.values()
            for term, (value, weight) in terms.items()
        }
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, sums)
