"""Records → padded fields of a condition and a target, with a mask for each clock."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, final

from regenkit.data.lengths import clocks_in_condition
from regenkit.data.shards import feature_key
from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Y_AXIS, Clock, Field, Spec
from regenkit.stages import Side

BUCKET = 16
"""Steps are padded to a multiple of this, so that graphs see few lengths."""


@final
class Parse:
    """Serialized records → {"condition", "target", "noise"}.

    window   cut every example to so many entries of the coarsest clock of Y, aligned at all hops; None = whole examples
    """

    def __init__(self, specs: Mapping[str, Spec], condition: Side, target: Side, window: int | None = None) -> None:
        self.specs, self.condition, self.target, self.window = specs, condition, target, window
        self.wanted: dict[tuple[str, str], Field] = {}
        self.clocks: dict[tuple[str, str], Clock | None] = {}
        for side in (condition, target):
            for name, field in side.spec.items():
                self.wanted[side.source[name], name] = field
                self.clocks[side.source[name], name] = side.spec.clock(name)
        self.coarsest = _coarsest(self.clocks, window) if window else None
        self.features = {
            file: {
                feature_key(source, name): tf.io.FixedLenFeature([], tf.string, "")
                if field.levels
                else tf.io.RaggedFeature(tf.int64 if field.vocabulary else tf.float32)
                for (source, name), field in self.wanted.items()
                if (source == "rep") == (file == "rep")
            }
            for file in ("example", "rep")
        }

    def __call__(
        self, examples: tf.Tensor, reps: tf.Tensor, has_x: tf.Tensor, noise: tf.Tensor, place: tf.Tensor
    ) -> dict[str, Any]:
        """`has_x` bool [batch]; `noise` int32 [batch, 2]; `place` float32 [batch], where in an example its window lies,
        from 0 to 1."""
        values: dict[str, Any] = {}
        for file, records in (("example", examples), ("rep", reps)):
            if self.features[file]:
                values |= tf.io.parse_example(records, self.features[file])
        for source, name in self.wanted:
            if source == "x":
                key = feature_key(source, name)
                packed = self.wanted[source, name].levels
                values[key] = tf.where(has_x, values[key], "") if packed else _emptied(values[key], has_x)
        if self.coarsest:
            values |= self._window(values, self.coarsest, place)
        entries = self._entries(values)
        padded = _padded(entries)
        batch: dict[str, Any] = {"condition": {}, "target": {}, "noise": noise}
        masks = {clock: tf.sequence_mask(entries[clock], padded[clock]) for clock in entries}
        for side, name in ((self.condition, "condition"), (self.target, "target")):
            for field_name, field in side.spec.items():
                value = values[feature_key(side.source[field_name], field_name)]
                clock = side.spec.clock(field_name)
                batch[name][field_name] = _dense(value, field, padded[clock] if clock else None)
        known = clocks_in_condition(self.condition.spec, self.target.spec)
        for name, clocks in (("condition", known), ("target", self.target.spec.clocks)):
            batch[name] |= {clock.mask: masks[clock] for clock in clocks}
        return batch

    def _entries(self, values: Mapping[str, Any]) -> dict[Clock, tf.Tensor]:
        """int32 [batch] by clock: as a field of Y or Y′ says where there is one, because X may be absent."""
        found: dict[Clock, tf.Tensor] = {}
        for (source, name), clock in sorted(self.clocks.items(), key=lambda item: item[0][0] == "x"):
            if clock is not None and clock not in found:
                rows = values[feature_key(source, name)].row_lengths() // _inner(self.wanted[source, name])
                found[clock] = tf.cast(rows, tf.int32)
        return found

    def _window(self, values: Mapping[str, Any], coarsest: Clock, place: tf.Tensor) -> dict[str, Any]:
        """The fields that run along Y, cut to the window."""
        assert self.window
        free = tf.cast(tf.maximum(self._entries(values)[coarsest] - self.window, 0) + 1, tf.float32)
        first = tf.cast(tf.minimum(tf.floor(place * free), free - 1), tf.int64)
        found = {}
        for (source, name), clock in self.clocks.items():
            if clock is None or clock.axis != Y_AXIS:
                continue
            inner = _inner(self.wanted[source, name]) * int(coarsest.hop / clock.hop)
            value = values[feature_key(source, name)]
            splits = tf.cast(value.row_splits, tf.int64)
            starts, ends = tf.minimum(splits[:-1] + first * inner, splits[1:]), splits[1:]
            kept = tf.ragged.range(starts, tf.minimum(starts + self.window * inner, ends))
            found[feature_key(source, name)] = kept.with_flat_values(tf.gather(value.flat_values, kept.flat_values))
        return found


def _coarsest(clocks: Mapping[tuple[str, str], Clock | None], window: int) -> Clock:
    """The clock of Y whose entries a window counts. Raises UserError where windows cannot be cut."""
    along = {clock: name for (_, name), clock in clocks.items() if clock and clock.axis == Y_AXIS}
    if not along:
        raise UserError(f"train: window {window}: no field of this stage runs along Y, so nothing can be cut")
    coarsest = max(along, key=lambda clock: clock.hop)
    for clock, name in along.items():
        if (coarsest.hop / clock.hop).denominator != 1:
            raise UserError(f"train: window {window}: the hop {coarsest.hop} of {along[coarsest]} is no multiple of "
                            f"the hop {clock.hop} of {name}, so windows cannot be cut at both")  # fmt: skip
    return coarsest


def _padded(entries: Mapping[Clock, tf.Tensor]) -> dict[Clock, tf.Tensor]:
    """int32 by clock: the entries of a batch, so that the clocks of one axis cover the same steps."""
    found: dict[Clock, tf.Tensor] = {}
    for axis in {clock.axis: None for clock in entries}:
        clocks = [clock for clock in entries if clock.axis == axis]
        finest = min(clock.hop for clock in clocks)
        ratios = {clock: clock.hop / finest for clock in clocks}
        unit = math.lcm(BUCKET, *(ratio.numerator for ratio in ratios.values()))
        longest = {clock: tf.reduce_max(tf.concat([entries[clock], [1]], 0)) for clock in clocks}
        steps = tf.reduce_max(tf.stack([_times(longest[clock], ratio) for clock, ratio in ratios.items()]))
        whole = -(-steps // unit) * unit
        found |= {clock: whole * ratio.denominator // ratio.numerator for clock, ratio in ratios.items()}
    return found


def _times(entries: tf.Tensor, ratio: Fraction) -> tf.Tensor:
    return -(-entries * ratio.numerator // ratio.denominator)


def _emptied(value: tf.RaggedTensor, kept: tf.Tensor) -> tf.RaggedTensor:
    """Make the rows empty that are not kept, as they are for an example without the field."""
    sizes = value.row_lengths()
    values = tf.boolean_mask(value.values, tf.repeat(kept, sizes))
    return tf.RaggedTensor.from_row_lengths(values, sizes * tf.cast(kept, sizes.dtype), validate=False)


def _inner(field: Field) -> int:
    """The number of values in one entry of a field."""
    return math.prod(size for size in field.shape if size is not None)


def _dense(value: Any, field: Field, entries: tf.Tensor | None) -> tf.Tensor:
    kind = tf.int32 if field.vocabulary else tf.float32
    inner = _inner(field)
    if field.levels:
        numbers = tf.cast(tf.io.decode_raw(value, tf.uint8, fixed_length=inner), tf.float32)
        there = tf.cast(tf.strings.length(value) > 0, tf.float32)[:, None]
        return tf.reshape((numbers / ((field.levels - 1) / 2) - 1) * there, [-1, *field.shape])
    if entries is None:
        flat = value.to_tensor(shape=[None, inner])
        return tf.reshape(tf.cast(flat, kind), [-1, *field.shape])
    flat = value.to_tensor(shape=tf.stack([tf.constant(-1, tf.int64), tf.cast(entries, tf.int64) * inner]))
    return tf.reshape(
        tf.cast(flat, kind), [tf.shape(flat)[0], *(entries if size is None else size for size in field.shape)]
    )
