"""Processes that train together: they start from the same state, and stop together.

A single process does nothing here. All processes must call these functions in the same order, or all wait for ever.
"""

import numpy as np

from regenkit.distribute import gathered, worker_count
from regenkit.quiet import tensorflow as tf
from regenkit.training.state import State


def broadcast(state: State, strategy: tf.distribute.Strategy) -> None:
    """Give every process the state of the first one, so that the first one's disk decides where a training goes on."""
    if worker_count(strategy) == 1:
        return
    variables = list(state.named().values())
    held = [np.asarray(variable.numpy()) for variable in variables]
    # float64 holds all of them exactly. Arguments, for as constants they would count to the 2 GB a graph may have
    mine = [tf.constant(value.astype(np.float64)) for value in held]

    @tf.function(autograph=False)
    def of_the_first(values: list[tf.Tensor]) -> list[tf.Tensor]:
        def on_replica() -> list[tf.Tensor]:
            replica = tf.distribute.get_replica_context()
            first = tf.equal(replica.replica_id_in_sync_group, 0)
            # selected, not multiplied: the others' values may be infinite
            chosen = [tf.where(first, value, tf.zeros_like(value)) for value in values]
            return replica.all_reduce(tf.distribute.ReduceOp.SUM, chosen)

        return [strategy.experimental_local_results(each)[0] for each in strategy.run(on_replica)]

    for variable, own, value in zip(variables, held, of_the_first(mine), strict=True):
        variable.assign(value.numpy().astype(own.dtype))


def any_process(flag: bool, strategy: tf.distribute.Strategy) -> bool:
    """Whether the flag is raised in any process."""
    return any(gathered(strategy, flag))
