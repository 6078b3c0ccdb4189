"""What a learned converter of pictures is to the pipeline, whatever its network: pixels → Y′, and its decoder back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec

Batch = Mapping[str, tf.Tensor]


class Coder(keras.Model, ABC):
    """One has `field`, the name of Y's pixels, their `shape`, and `spec`, of Y′, and ends its making with `finish`."""

    version = 1
    field: str
    shape: tuple[int, int, int]
    spec: Spec

    @abstractmethod
    def code(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """Y′ of pixels [batch, height, width, channels]."""

    @abstractmethod
    def show(self, rep: Batch) -> tf.Tensor:
        """The pixels of Y′; a token that is absent is as the first, unless said otherwise."""

    def finish(self) -> None:
        """Everything is built; both ways are traced once, for any batch."""
        self.built = True
        kinds = {name: tf.int32 if field.vocabulary else tf.float32 for name, field in self.spec.items()}
        rep = {name: tf.TensorSpec([None, *field.shape], kinds[name]) for name, field in self.spec.items()}
        self.coded = tf.function(self.code, [tf.TensorSpec([None, *self.shape])], autograph=False)
        self.shown = tf.function(self.show, [rep], autograph=False)

    def encode(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """Y′ of Y."""
        found: dict[str, tf.Tensor] = self.coded(target[self.field])
        return found

    def sample(
        self, condition: Batch, *, seed: int, temperature: float = 1.0, given: Any = None
    ) -> dict[str, np.ndarray]:
        """Y of Y′: the decoder's mean, whatever seed and temperature, since drawn pixels would be it under grain."""
        return {self.field: np.clip(self.shown({name: condition[name] for name in self.spec}), -1.0, 1.0)}
