"""Batches as a function of (seed, step) alone: the same on one device and on many, and after any interruption."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, final

import numpy as np

from regenkit.data.prepare import Prepared
from regenkit.data.shards import feature_key
from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit.stages import Side

BUCKET = 16
"""Steps are padded to a multiple of this, so that graphs see few lengths."""
WINDOW = 32
"""Batches among which examples are sorted by length, so that little is padded."""


@final
class Plan:
    """Which examples make up batch `step`.

    An epoch has every example once. Where some are paired and some not, the rarer kind is repeated until it makes up
    its share (`paired_share` of an epoch); a fraction of a repeat is drawn at random. Repeats may be anywhere in it.
    """

    def __init__(
        self, prepared: Prepared, *, split: str, batch_size: int, seed: int, paired_share: float | None = None
    ) -> None:
        self.batch_size, self.seed = batch_size, seed
        self._steps = prepared.steps
        self._paired = prepared.places(split, paired=True)
        self._unpaired = prepared.places(split, paired=False)
        pairs, others = len(self._paired), len(self._unpaired)
        if not pairs + others:
            raise UserError(f"the {split} split is empty: the dataset is too small")
        self._repeats = (1.0, 1.0)  # every example as often as any other
        if paired_share is not None and pairs and others:
            ratio = paired_share / max(1e-9, 1.0 - paired_share) * others / pairs
            self._repeats = (0.0, 1.0) if ratio == 0 else (max(1.0, ratio), max(1.0, 1.0 / ratio))
            if paired_share >= 1.0:
                self._repeats = (1.0, 0.0)
        self.batches = max(1, -(-self._epoch_size() // batch_size))

    def _epoch_size(self) -> int:
        return round(self._repeats[0] * len(self._paired)) + round(self._repeats[1] * len(self._unpaired))

    def examples(self, step: int) -> np.ndarray:
        """Record numbers of batch `step` (counted from 0, over all epochs); the last of an epoch may be smaller."""
        return self._epoch(step // self.batches)[step % self.batches]

    @lru_cache(maxsize=2)  # noqa: B019 - a plan lives as long as its training
    def _epoch(self, epoch: int) -> list[np.ndarray]:
        random = np.random.Generator(np.random.Philox(key=[self.seed, epoch]))
        chosen = np.concatenate([
            _repeated(self._paired, self._repeats[0], random),
            _repeated(self._unpaired, self._repeats[1], random),
        ])  # fmt: skip
        chosen = random.permutation(chosen)
        window = WINDOW * self.batch_size
        sorted_within = [
            part[np.argsort(self._steps[part], kind="stable")]
            for part in (chosen[start : start + window] for start in range(0, len(chosen), window))
        ]
        ordered = np.concatenate(sorted_within)
        batches = [ordered[start : start + self.batch_size] for start in range(0, len(ordered), self.batch_size)]
        return [random.permutation(batches[place]) for place in random.permutation(len(batches))]


def _repeated(places: np.ndarray, times: float, random: np.random.Generator) -> np.ndarray:
    whole, count = int(times), round(times * len(places))
    rest = count - whole * len(places)
    return np.concatenate([np.tile(places, whole), random.permutation(places)[:rest]])


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
) -> tf.data.Dataset:
    """Batches `first`…`last` of the plan as {"condition", "target", "noise"}, one element a replica, replicas in order.

    A batch is cut into `replicas` parts of nearly equal size, which may be empty; `mine` are this process's parts, all
    of them if None. An example whose X is hidden is treated as one without X.
    """

    hidden = np.zeros(len(prepared.paired), bool) if prepared.hidden is None else prepared.hidden

    def elements() -> Iterator[tuple[list[bytes], list[bytes], np.ndarray, np.ndarray]]:
        step = first
        while last is None or step < last:
            places = plan.examples(step) if isinstance(plan, Plan) else plan[step]
            noise = np.stack([np.full(len(places), _mixed(seed, step)), np.arange(len(places))], 1).astype(np.int32)
            cuts = [len(places) * replica // replicas for replica in range(replicas + 1)]
            for part in range(replicas) if mine is None else mine:
                start, stop = cuts[part : part + 2]
                chosen = places[start:stop]
                yield (
                    [prepared.examples[place] for place in chosen],
                    [prepared.reps[place] for place in chosen],
                    ~hidden[chosen],
                    noise[start:stop],
                )
            step += 1

    strings = tf.TensorSpec([None], tf.string)
    flags, marks = tf.TensorSpec([None], tf.bool), tf.TensorSpec([None, 2], tf.int32)
    made = tf.data.Dataset.from_generator(elements, output_signature=(strings, strings, flags, marks))
    parse = _Parse(prepared.specs, condition, target)
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


@final
class _Parse:
    """Serialized records → padded fields of condition and target."""

    def __init__(self, specs: Mapping[str, Spec], condition: Side, target: Side) -> None:
        self.specs, self.condition, self.target = specs, condition, target
        wanted = {(side.source[name], name): side.spec[name] for side in (condition, target) for name in side.spec}
        self.features = {
            file: {
                feature_key(source, name): tf.io.FixedLenFeature([], tf.string, "")
                if field.levels
                else tf.io.RaggedFeature(tf.int64 if field.vocabulary else tf.float32)
                for (source, name), field in wanted.items()
                if (source == "rep") == (file == "rep")
            }
            for file in ("example", "rep")
        }
        self.wanted = wanted
        self.ruler = next(
            ((source, name) for (source, name), field in wanted.items()
             if field.hop == 1 and source != "x"), next(((s, n) for (s, n), f in wanted.items() if f.hop == 1), None)
        )  # fmt: skip

    def __call__(self, examples: tf.Tensor, reps: tf.Tensor, has_x: tf.Tensor, noise: tf.Tensor) -> dict[str, Any]:
        ragged: dict[str, Any] = {}
        for file, records in (("example", examples), ("rep", reps)):
            if self.features[file]:
                ragged |= tf.io.parse_example(records, self.features[file])
        for source, name in self.wanted:
            if source == "x":
                key = feature_key(source, name)
                packed = self.wanted[source, name].levels
                ragged[key] = tf.where(has_x, ragged[key], "") if packed else _emptied(ragged[key], has_x)
        batch: dict[str, Any] = {"condition": {}, "target": {}, "noise": noise}
        steps = mask = None
        if self.ruler:
            entries = ragged[feature_key(*self.ruler)].row_lengths() // _inner(self.wanted[self.ruler])
            lengths = tf.cast(entries, tf.int32)
            steps = -(-tf.reduce_max(tf.concat([lengths, [1]], 0)) // BUCKET) * BUCKET
            mask = tf.sequence_mask(lengths, steps)
        for side, name in ((self.condition, "condition"), (self.target, "target")):
            for field_name, field in side.spec.items():
                value = ragged[feature_key(side.source[field_name], field_name)]
                batch[name][field_name] = _dense(value, field, steps)
            if mask is not None:
                batch[name]["mask"] = mask
        return batch


def _emptied(value: tf.RaggedTensor, kept: tf.Tensor) -> tf.RaggedTensor:
    """Make the rows empty that are not kept, as they are for an example without the field."""
    sizes = value.row_lengths()
    values = tf.boolean_mask(value.values, tf.repeat(kept, sizes))
    return tf.RaggedTensor.from_row_lengths(values, sizes * tf.cast(kept, sizes.dtype), validate=False)


def _inner(field: Field) -> int:
    """The number of values in one entry of a field."""
    return math.prod(size for size in field.shape if size is not None)


def _dense(value: Any, field: Field, steps: tf.Tensor | None) -> tf.Tensor:
    kind = tf.int32 if field.vocabulary else tf.float32
    inner = _inner(field)
    if field.levels:
        numbers = tf.cast(tf.io.decode_raw(value, tf.uint8, fixed_length=inner), tf.float32)
        there = tf.cast(tf.strings.length(value) > 0, tf.float32)[:, None]
        return tf.reshape((numbers / ((field.levels - 1) / 2) - 1) * there, [-1, *field.shape])
    if not field.variable:
        flat = value.to_tensor(shape=[None, inner])
        return tf.reshape(tf.cast(flat, kind), [-1, *field.shape])
    longest = tf.reduce_max(tf.concat([value.row_lengths(), [0]], 0)) // inner  # 0 of no rows
    long = tf.cast(steps if field.hop == 1 and steps is not None else longest, tf.int32)
    flat = value.to_tensor(shape=tf.stack([tf.constant(-1, tf.int64), tf.cast(long, tf.int64) * inner]))
    return tf.reshape(
        tf.cast(flat, kind), [tf.shape(flat)[0], *(long if size is None else size for size in field.shape)]
    )
