"""How long a target is: as its condition says, within what its condition leaves open, or as the model draws it.

Where the condition has fields on the target's axis, they say it: exactly, or, where their entries cover several steps
of the target, up to the last entry, which may be covered in part. Elsewhere they say nothing. Whatever is left open,
the model draws: before each step, given the past, whether the target is over.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, final

import numpy as np

from regenkit.layers.hops import clocks_of, window
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec, tokens

GOES_ON, OVER = 1, 2
EVENT = tokens(("it goes on", "it is over"))
"""What is decided before a step, as if it were a field."""
FAR = 1 << 30


class Bounds(NamedTuple):
    """Steps that a target may have, int32 [batch]: at least `least`, at most `most`."""

    least: tf.Tensor
    most: tf.Tensor


@final
class Lengths:
    """What two specs say of lengths.

    clock   of the target; None where it is of fixed shapes
    drawn   the condition says nothing
    ends    the condition leaves something open, so that the end is an event
    """

    def __init__(self, condition: Spec, target: Spec) -> None:
        if len(target.clocks) > 1:
            listed = ", ".join(f"{name} along {target.clock(name)}" for name in target if target[name].variable)
            raise ValueError(f"the transformer draws fields of one clock; these are on several ({listed}): use ladder")
        self.clock = target.clocks[0] if target.clocks else None
        self.along = clocks_of(condition, self.clock.axis) if self.clock else ()
        self.drawn = self.clock is not None and not self.along
        self.ends = self.clock is not None and all(self.clock.hop % own.hop for own in self.along)

    def bounds(self, condition: Mapping[str, tf.Tensor]) -> Bounds:
        """By the condition, where it says something."""
        assert self.clock is not None and self.along
        least, most = [], []
        for own in self.along:
            entries = tf.reduce_sum(tf.cast(condition[own.mask], tf.int32), 1)
            fewest, largest = window(entries, own, self.clock)
            least.append(fewest)
            most.append(largest)
        return Bounds(tf.reduce_max(tf.stack(least), 0), tf.reduce_min(tf.stack(most), 0))

    def check(self, length: int | None) -> None:
        """Raises ValueError where a length is asked for that the condition says."""
        if length is not None and not self.drawn:
            raise ValueError(f"length={length}: here the condition says how long the target is; leave it out")

    def asked(
        self, condition: Mapping[str, tf.Tensor], batch: int, length: int | None, max_length: int | None
    ) -> Bounds:  # fmt: skip
        """Those of a target that is to be drawn; `length` and `max_length` as of `Transformer.sample`."""
        if not self.drawn:
            return self.bounds(condition)
        if length is None and max_length is None:
            raise ValueError("the condition does not say how long the target is: say length=… or max_length=…")
        most = max_length if length is None else length
        return Bounds(tf.fill([batch], length or 0), tf.fill([batch], most))

    def known(self, condition: Mapping[str, tf.Tensor], mask: tf.Tensor) -> Bounds:
        """The same of a target whose steps are known, by its mask bool [batch, steps]. An absent condition, of no
        entries, says nothing: the end is then what it is."""
        steps = tf.reduce_sum(tf.cast(mask, tf.int32), 1)
        if self.drawn:
            return Bounds(tf.zeros_like(steps), tf.fill(tf.shape(steps), FAR))
        least, most = self.bounds(condition)
        absent = most == 0
        return Bounds(tf.where(absent, steps, least), tf.where(absent, steps, most))

    def room(self, condition: Mapping[str, tf.Tensor], mask: tf.Tensor) -> tf.Tensor:
        """The mask of all steps that are, or whose absence is decided, of a target whose steps are known."""
        size = tf.shape(mask)[1]
        if self.drawn:
            return tf.ones([tf.shape(mask)[0], size + 1], tf.bool)
        most = self.known(condition, mask).most
        return tf.sequence_mask(most, tf.maximum(size, tf.reduce_max(tf.concat([most, [0]], 0))))


def decisions(bounds: Bounds, mask: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """What is decided before each of `size` steps of a known target, tokens of `EVENT`; 0 where nothing is open."""
    steps = tf.reduce_sum(tf.cast(mask, tf.int32), 1)[:, None]
    at = tf.range(size)[None]
    open_ = (at >= bounds.least[:, None]) & (at < bounds.most[:, None]) & (at <= steps)
    return tf.where(open_, tf.where(at == steps, OVER, GOES_ON), 0)


def with_given(bounds: Bounds, given: Mapping[str, Any], target: Spec) -> Bounds:
    """A target goes on at least as long as tokens are given. Raises ValueError where it may not."""
    least = bounds.least
    for name, value in given.items():
        if name in target and target[name].variable and np.asarray(value).dtype != bool:
            there = np.asarray(value) != 0
            last = np.where(there.any(1), there.shape[1] - there[:, ::-1].argmax(1), 0).astype(np.int32)
            if (last > bounds.most.numpy()).any():
                raise ValueError(f"given {name!r} has a token at step {last.max()}, after the last step there may be")
            least = tf.maximum(least, last)
    return Bounds(least, bounds.most)


def along(condition: Spec, lengths: Lengths) -> Spec:
    """The fields of a condition that each step of a target is told: scalars, and those on the target's axis."""
    return Spec(
        (name, field) for name, field in condition.items() if field.scalar or condition.clock(name) in lengths.along
    )
