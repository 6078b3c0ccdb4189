"""tensorflow-io's operations on sound, where they load: TensorFlow 2.16 or 2.17 and the extra `tfio`.

Elsewhere, and with REGENKIT_TFIO=off, soundfile, PyAV, soxr and tf.signal do the same. REGENKIT_TFIO=on refuses to go
on without them. How far the two differ is in `tests/test_speech_tfio.py`.
"""

import math
import os
import warnings
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.errors import UserError

SWITCH = "REGENKIT_TFIO"
DECODED = {("WAV", "PCM_U8"), ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "FLOAT"), ("FLAC", "PCM_16"),
           ("FLAC", "PCM_24"), ("OGG", "VORBIS")}  # fmt: skip
"""Formats and subtypes, as libsndfile names them, that it decodes as libsndfile does. WAV of 32-bit integers it takes
for floats; MP3 is FFmpeg's in any case."""
FULL_SCALE = {"uint8": 2.0**7, "int16": 2.0**15, "int32": 2.0**31, "float32": 1.0}
TAPS = 64
"""Of its resampler's filter, at the lower of the two rates."""


def loaded() -> Any:
    """The package, or None where it is not to be used. Raises UserError where it has to be and can't be."""
    switch = os.environ.get(SWITCH, "auto")
    if switch not in ("auto", "on", "off"):
        raise UserError(f"{SWITCH}={switch}; right are auto, on and off")
    if switch == "off":
        return None
    package, reason = _imported()
    if package is None and switch == "on":
        raise UserError(f"{SWITCH}=on: tensorflow-io does not load ({reason}). It needs TensorFlow 2.16 or 2.17, and "
                        "Python below 3.13: pip install 'regenkit[tfio,speech]'")  # fmt: skip
    return package


@lru_cache(maxsize=1)
def _imported() -> tuple[Any, str]:
    """(the package or None, why it is None)"""
    if find_spec("tensorflow_io") is None:
        return None, "it is not installed"
    from regenkit.quiet import stderr_aside
    from regenkit.quiet import tensorflow as tf

    try:
        with stderr_aside(), warnings.catch_warnings(action="ignore"):
            import tensorflow_io

            tensorflow_io.audio.decode_wav  # noqa: B018 # its native part is loaded when it is first looked at
            tensorflow_io.audio.resample(tf.zeros([8, 1]), 2, 1)
    except (ImportError, NotImplementedError, AttributeError, tf.errors.OpError) as error:
        return None, str(error).splitlines()[0][:200]
    return tensorflow_io, ""


def decoded(path: Path, first: int, block: int) -> Iterator[np.ndarray]:
    """Blocks float32 [samples, channels] of a file of DECODED, from the sample `first` on.

    Raises tf.errors.OpError where the file is damaged.
    """
    sound = loaded().audio.AudioIOTensor(str(path))
    frames = int(sound.shape[0])
    for start in range(first, frames, block):
        found = sound[start : min(start + block, frames)].numpy()
        middle = 128.0 if found.dtype == np.uint8 else 0.0
        yield ((found.astype(np.float64) - middle) / FULL_SCALE[found.dtype.name]).astype(np.float32)


def resampled(samples: np.ndarray, old: int, new: int) -> np.ndarray:
    """float32 [n] at another rate, [n × new / old].

    Its filter delays by half its length. Zeros are put before the samples so that the delay is a whole number of
    samples of both rates, and as many are left out.
    """
    ratio = Fraction(old, new)
    half = (((TAPS * max(old, new) // new - 1) & ~7) + 8) // 2
    periods = math.ceil(half / ratio.numerator)
    count = math.floor(len(samples) / ratio + Fraction(1, 2))
    padded = np.pad(samples, (periods * ratio.numerator - half, 2 * half + ratio.numerator))
    found = _resampler(old, new)(padded[:, None]).numpy()[:, 0]
    first = periods * ratio.denominator
    return np.ascontiguousarray(found[first : first + count])


@lru_cache(maxsize=16)
def _resampler(old: int, new: int) -> Any:
    """Traced once for all lengths."""
    from regenkit.quiet import tensorflow as tf

    package = loaded()
    return tf.function(
        lambda samples: package.audio.resample(samples, old, new), [tf.TensorSpec([None, 1])], autograph=False
    )
