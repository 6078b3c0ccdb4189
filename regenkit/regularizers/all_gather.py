"""The rows of all replicas in one table, through which gradients find back."""

from regenkit.quiet import tensorflow as tf

SUM = tf.distribute.ReduceOp.SUM


def gathered(rows: tf.Tensor, most: int) -> tf.Tensor:
    """[all rows, size] in the order of the replicas, from this replica's [rows, size], of which there may be none.

    most   all rows there may be: in a loop of steps a collective operation keeps the shape that it had first

    Every replica puts its rows at their place in a table of zeros, and the tables are added up: `all_gather` fails on
    CPUs. The gradient of that sum is the sum over replicas of the table's gradients. So where each replica takes its
    share of one common value, those of its rows are of the whole value.
    """
    replica = tf.distribute.get_replica_context()
    if replica.num_replicas_in_sync == 1:
        return rows
    mine = tf.one_hot(replica.replica_id_in_sync_group, replica.num_replicas_in_sync, dtype=tf.int32)
    counts = replica.all_reduce(SUM, mine * tf.shape(rows)[0])
    before = tf.reduce_sum(tf.math.cumsum(counts, exclusive=True) * mine)
    room = most - before - tf.shape(rows)[0]
    return replica.all_reduce(SUM, tf.pad(rows, [[before, room], [0, 0]]))[: tf.reduce_sum(counts)]
