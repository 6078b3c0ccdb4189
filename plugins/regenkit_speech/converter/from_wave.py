"""What converters of waveforms by rule have in common: one graph for examples of any length, alone or in batches."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Fields, Spec
from regenkit_speech.modality.audio import WAVE

BATCH_SAMPLES = 1 << 21
"""Samples that are converted at once, padding included."""


class FromWave(ABC):
    """A map of the waveform that is known without training; optional fields of Y (who speaks) pass it by.

    y       the spec of Y: float32 [samples] as the field `wave`
    fields  what the map makes
    """

    version = 1

    def __init__(self, y: Spec, fields: Mapping[str, Field]) -> None:
        if WAVE not in y or y[WAVE].shape != (None,):
            raise ValueError(f"Y has {', '.join(f'{name} {field.shape}' for name, field in y.items()) or 'no fields'}; "
                             f"right is {WAVE} (samples)")  # fmt: skip
        self.given_spec, self.own = y.only(optional=True), Spec(fields)
        self.spec = self.given_spec | self.own
        self._graph: Any = None

    @abstractmethod
    def transform(self, wave: tf.Tensor) -> dict[str, tf.Tensor]:
        """Fields [batch, entries, …] of waveforms float32 [batch, samples]."""

    def __getstate__(self) -> dict[str, Any]:
        """Without the graph, for other processes."""
        return {**self.__dict__, "_graph": None}

    def convert(self, y: Fields) -> Fields:
        return self.convert_all([y])[0]

    def convert_all(self, ys: Sequence[Fields]) -> list[Fields]:
        """The Y′ of each Y, in batches of examples that are alike long."""
        if self._graph is None:
            self._graph = tf.function(self._each, [tf.TensorSpec([None, None], tf.float32)], autograph=False)
        found: list[Fields] = [{} for _ in ys]
        order = sorted(range(len(ys)), key=lambda place: len(ys[place][WAVE]))
        while order:
            longest = max(1, len(ys[order[-1]][WAVE]))
            count = max(1, min(len(order), BATCH_SAMPLES // longest))
            chosen, order = order[-count:], order[:-count]
            waves = np.zeros((count, longest), np.float32)
            for row, place in enumerate(chosen):
                waves[row, : len(ys[place][WAVE])] = ys[place][WAVE]
            made = {name: value.numpy() for name, value in self._graph(tf.constant(waves)).items()}
            for row, place in enumerate(chosen):
                found[place] = self._one(ys[place], {name: value[row] for name, value in made.items()})
        return found

    def _each(self, waves: tf.Tensor) -> dict[str, tf.Tensor]:
        """`transform`, of one wave after the other: what it works on then stays in the processor's cache."""
        kinds = {name: value.dtype for name, value in self.transform(waves[:1]).items()}  # dropped from the graph

        def one(wave: tf.Tensor) -> dict[str, tf.Tensor]:
            return {name: value[0] for name, value in self.transform(wave[None]).items()}

        return tf.map_fn(one, waves, fn_output_signature=kinds, parallel_iterations=1)

    def _one(self, y: Fields, padded: Fields) -> Fields:
        steps = len(y[WAVE])
        cut = {name: value[: -(-steps // (self.own[name].hop or Fraction(1)))] for name, value in padded.items()}
        return {**{name: y[name] for name in self.given_spec}, **cut}


def vectors(size: int, hop_length: int) -> Field:
    """A vector for every `hop_length` samples."""
    return Field(kind="continuous", shape=(None, size), hop=Fraction(hop_length))


def numbers(hop_length: int) -> Field:
    """A number for every `hop_length` samples."""
    return Field(kind="continuous", shape=(None,), hop=Fraction(hop_length))
