"""What workers on several machines must agree on: the state they start from, and when to stop.

With one worker both are free. Every worker must call these, in the same order, or all wait for ever.
"""

from typing import Any

import numpy as np

from regenkit.quiet import tensorflow as tf
from regenkit.state import State

SUM = tf.distribute.ReduceOp.SUM


def workers(strategy: tf.distribute.Strategy) -> int:
    """How many processes train together."""
    spec = strategy.cluster_resolver and strategy.cluster_resolver.cluster_spec()
    return sum(spec.num_tasks(job) for job in spec.jobs if job in ("chief", "worker")) if spec else 1


def share(state: State, strategy: tf.distribute.Strategy) -> None:
    """Give every worker the chief's state, so that only the chief's disk decides where a training goes on."""
    if workers(strategy) < 2:
        return
    variables = list(state.named().values())
    kinds = [tf.float32 if variable.dtype == tf.float32 else tf.float64 for variable in map(_plain, variables)]
    held = [tf.cast(_plain(variable), kind) for variable, kind in zip(variables, kinds, strict=True)]
    for variable, value in zip(variables, _of_first(held, strategy), strict=True):
        variable.assign(np.asarray(value).astype(_plain(variable).dtype.as_numpy_dtype))


def any_of(flags: list[bool], strategy: tf.distribute.Strategy) -> list[bool]:
    """For each flag, whether it is raised on any worker."""
    if workers(strategy) < 2 or not flags:
        return flags
    raised = tf.cast(tf.constant(flags), tf.float32)
    return [bool(value) for value in np.asarray(_summed(raised, strategy)) > 0]


def _plain(variable: Any) -> tf.Tensor:
    return tf.convert_to_tensor(variable.numpy() if hasattr(variable, "numpy") else variable)


def _of_first(values: list[tf.Tensor], strategy: tf.distribute.Strategy) -> list[tf.Tensor]:
    """The values of the first replica of all."""

    @tf.function(autograph=False)
    def shared() -> list[tf.Tensor]:
        def on_replica() -> list[tf.Tensor]:
            replica = tf.distribute.get_replica_context()
            first = tf.equal(replica.replica_id_in_sync_group, 0)
            # chosen, not multiplied: what the others hold may be infinite
            return replica.all_reduce(SUM, [tf.where(first, value, tf.zeros_like(value)) for value in values])

        return [strategy.experimental_local_results(each)[0] for each in strategy.run(on_replica)]

    return shared()


def _summed(value: tf.Tensor, strategy: tf.distribute.Strategy) -> tf.Tensor:
    @tf.function(autograph=False)
    def summed(value: tf.Tensor) -> tf.Tensor:
        found = strategy.run(lambda each: tf.distribute.get_replica_context().all_reduce(SUM, each), (value,))
        return strategy.experimental_local_results(found)[0]

    return summed(value)
