"""The clocks of stages that draw entries, or go between entries and samples of one axis."""

from fractions import Fraction

from regenkit.quiet import tensorflow as tf
from regenkit.spec import Clock, Spec
from regenkit.stage import Batch

LONGEST = 10_000_000
"""Steps of Y that are drawn at most, unless told otherwise: ten minutes of 16,000 samples a second."""


def coarse(condition: Spec, target: Spec, model: str) -> tuple[Clock, int]:
    """(the clock of the condition, samples of an entry), where the target is one waveform on the same axis.

    Raises ValueError where it is not.
    """
    name, field = next(iter(target.items()), ("", None))
    if len(target) != 1 or field is None or field.shape != (None,) or field.vocabulary:
        raise ValueError(f"{model} draws one waveform, numbers (samples); the target is {target}")
    wave = target.clock(name)
    clocks = [clock for clock in condition.clocks if wave and clock.axis == wave.axis]
    if not clocks or len(set(clocks)) > 1 or wave is None:
        raise ValueError(f"{model} draws a waveform from entries of one hop on its axis; the condition is {condition}")
    ratio = Fraction(clocks[0].hop, wave.hop)
    if ratio.denominator != 1 or ratio < 2:
        raise ValueError(f"{model}: an entry covers {ratio} samples; right is a whole number, of 2 at least")
    return clocks[0], int(ratio)


def known(batch: Batch, clock: Clock) -> tf.Tensor:
    """float32 [batch, entries, 1], 1 where an entry exists."""
    return tf.cast(batch[clock.mask], tf.float32)[..., None]


def vectors_of(target: Spec) -> str:
    """The one field of vectors. Raises ValueError where there is not one, or others are not on its clock."""
    names = [name for name, field in target.items() if len(field.shape) == 2 and field.kind == "continuous"]
    if len(names) != 1 or len(target.clocks) != 1 or any(not field.variable for field in target.values()):
        raise ValueError(f"right is one field of vectors (entries, size), others on its clock; the target is {target}")
    return names[0]
