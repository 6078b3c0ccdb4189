"""Y′: a waveform at a coarser time."""

from typing import final

from pydantic import PositiveInt

from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit_speech.converter.from_wave import FromWave, numbers
from regenkit_speech.signal import coarse


@final
class Downsample(FromWave):
    """`coarse`, the waveform at a lower rate, without the frequencies that this can't hold.

    factor  how many times lower
    """

    def __init__(self, *, y: Spec, factor: PositiveInt = 4) -> None:
        if not 2 <= factor <= 64:
            raise ValueError(f"factor {factor}; right is 2 to 64")
        self.factor = factor
        super().__init__(y, {"coarse": numbers(factor)})

    def transform(self, wave: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"coarse": coarse.downsampled(wave, self.factor)}


@final
class Wavelet(FromWave):
    """`approximation`, what Daubechies' wavelet db4 leaves of the waveform.

    levels  how often its time is halved
    """

    version = 2

    def __init__(self, *, y: Spec, levels: PositiveInt = 3) -> None:
        if not 1 <= levels <= 8:
            raise ValueError(f"levels {levels}; right is 1 to 8")
        self.levels = levels
        super().__init__(y, {"approximation": numbers(1 << levels)})

    def transform(self, wave: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"approximation": coarse.approximation(wave, self.levels)}
