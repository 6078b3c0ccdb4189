"""The clocks of a stage that goes between entries and samples of one axis."""

from fractions import Fraction

from regenkit.quiet import tensorflow as tf
from regenkit.spec import Clock, Spec
from regenkit.stage import Batch


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
