"""Batches as a function of (seed, step) alone: the same on one device and on many, and after any interruption."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from regenkit.data.parse import Parse
from regenkit.data.plan import Plan
from regenkit.data.prepare import Prepared
from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf
from regenkit.stages import Side

MIDDLE = 0.5
"""Where the window of an example lies whenever it is not drawn."""


def dataset(
    prepared: Prepared,
    plan: Sequence[np.ndarray] | Plan,
    condition: Side,
    target: Side,
    *,
    first: int = 0,
    last: int | None = None,
    replicas: int = 1,
    mine: Sequence[int] | None = None,
    seed: int = 0,
    window: int | None = None,
) -> tf.data.Dataset:
    """Batches `first`…`last` of the plan as {"condition", "target", "noise"}, one element a replica, replicas in order.

    A batch is cut into `replicas` parts of nearly equal size, which may be empty; `mine` are this process's parts, all
    of them if None. An example whose X is hidden is treated as one without X.

    window   of each example so many entries of the coarsest clock of Y: by a `Plan` any of them, drawn by the seed, the
             step and its place in the batch; by batches that are given always the middle
    """

    hidden = np.zeros(len(prepared.paired), bool) if prepared.hidden is None else prepared.hidden

    def elements() -> Iterator[tuple[list[bytes], list[bytes], np.ndarray, np.ndarray, np.ndarray]]:
        step = first
        while last is None or step < last:
            drawn = isinstance(plan, Plan)
            indices = plan.examples(step) if isinstance(plan, Plan) else plan[step]
            size = len(indices)
            noise = np.stack([np.full(size, _mixed(seed, step)), np.arange(size)], 1).astype(np.int32)
            where = _windows(seed, step, size) if window and drawn else np.full(size, MIDDLE, np.float32)
            cuts = [size * replica // replicas for replica in range(replicas + 1)]
            for part in range(replicas) if mine is None else mine:
                start, stop = cuts[part : part + 2]
                chosen = indices[start:stop]
                yield (
                    [prepared.examples[index] for index in chosen],
                    [prepared.reps[index] for index in chosen],
                    ~hidden[chosen],
                    noise[start:stop],
                    where[start:stop],
                )
            step += 1

    strings = tf.TensorSpec([None], tf.string)
    flags, marks = tf.TensorSpec([None], tf.bool), tf.TensorSpec([None, 2], tf.int32)
    signature = (strings, strings, flags, marks, tf.TensorSpec([None], tf.float32))
    made = tf.data.Dataset.from_generator(elements, output_signature=signature)
    parse = Parse(prepared.specs, condition, target, window)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    options.deterministic = True
    return (
        made.map(tf.autograph.experimental.do_not_convert(parse), num_parallel_calls=2)
        .prefetch(4)
        .with_options(options)
    )


@contextmanager
def as_user_errors() -> Iterator[None]:
    """Within, a UserError that the reading of records raised is raised as itself, not wrapped by tf.data."""
    try:
        yield
    except tf.errors.OpError as error:
        if found := re.search(rf"{UserError.__name__}: (.*)", error.message):
            raise UserError(found[1]) from error
        raise


def _mixed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0] >> 1)


def _windows(seed: int, step: int, count: int) -> np.ndarray:
    """float32 [count], even in 0…1."""
    return np.random.Generator(np.random.Philox(key=[seed, step])).random(count, np.float32)
