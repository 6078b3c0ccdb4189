"""An autoencoder of clips: encoder, quantiser, decoder, and a Gaussian around what is decoded.

The Gaussian has one scale, under which the frames are likeliest (the "optimal σ-VAE" of Rybkin et al. 2021, arXiv
2006.13202); it is a running mean of the errors of earlier batches, since a batch must not decide on its own density.
"""

import math
from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat

from regenkit.layers import noise as noises
from regenkit.layers.gaussian import nll_of_squares
from regenkit.layers.quantizer import Quantizer
from regenkit.layers.statistics import of_part, prefixed
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit.stage import STATISTICS, Batch
from regenkit_video.networks.convolutional import Decoder, Encoder, Grid, clip

DECAY = 0.95
LEAST = (1 / 255) ** 2
"""Of the variance: half the distance of two levels, squared, or what is rebuilt perfectly had an infinite density."""


@final
class Autoencoder(keras.Model):
    """Y → Y′ → Y, learned from Y alone. Y′ is `code`, tokens (time, height, width).

    commitment_weight  of the mean squared distance of vectors to their codes, where the quantiser has one
    """

    version = 1

    def __init__(
        self, target: Spec, grid: Grid, encoder: Encoder, quantizer: Quantizer, decoder: Decoder,
        commitment_weight: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.field, self.shape = clip(target)
        self.values = float(math.prod(self.shape))
        self.encoder, self.quantizer, self.decoder = encoder, quantizer, decoder
        self.commitment_weight = commitment_weight
        quantizer.build(None)
        self.spec = Spec({"code": Field(vocabulary=quantizer.codebook_size, shape=grid)})
        self.squares = self.add_weight(name="squares", shape=(), initializer="zeros", trainable=False)
        self.count = self.add_weight(name="count", shape=(), initializer="zeros", trainable=False)
        self.built = True
        self._traced_encode = tf.function(self._encode, [tf.TensorSpec([None, *self.shape])], autograph=False)
        self._traced_decode = tf.function(self._decode, [tf.TensorSpec([None, *grid], tf.int32)], autograph=False)

    @property
    def variance(self) -> tf.Tensor:
        """Of a value; 1 before the first batch."""
        squares, count = tf.convert_to_tensor(self.squares), tf.convert_to_tensor(self.count)
        return tf.where(count > 0, tf.maximum(squares / tf.maximum(count, 1e-6), LEAST), 1.0)

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """Nats of the frames, and what the quantiser asks of the encoder; the weight is the number of values."""
        frames = tf.cast(batch["target"][self.field], tf.float32)
        found = self.quantizer(self.encoder(frames), seeds=noises.fold_in(noise, "quantizer"))
        squares = self._squares(frames, self.decoder(found.codes))
        values = tf.fill(tf.shape(squares), self.values)
        terms = {"frames": (nll_of_squares(squares, values, self.variance), values)}
        if found.distance is not None:
            commitment = tf.reduce_mean(found.distance, [1, 2, 3]) / self.quantizer.dim
            terms["commitment"] = (self.commitment_weight * commitment, tf.ones_like(commitment))
        losses: dict[str, Any] = {"main": terms}
        if noise is not None:
            own = {
                "squares": tf.stop_gradient(tf.reduce_sum(squares)) / self.values,
                "clips": tf.cast(tf.shape(frames)[0], tf.float32),
            }
            losses[STATISTICS] = own | prefixed("quantizer", found.statistics)
        return losses

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The scale and the codebook follow."""
        for kept, name in ((self.squares, "squares"), (self.count, "clips")):
            kept.assign(DECAY * kept + (1 - DECAY) * statistics[name])
        self.quantizer.absorb(of_part("quantizer", statistics))

    def encode(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """Y′ of Y."""
        return {"code": self._traced_encode(target[self.field])}

    def sample(
        self, condition: Batch, *, seed: int, temperature: NonNegativeFloat = 1.0, given: Any = None
    ) -> dict[str, np.ndarray]:
        """Y of Y′: the decoder's mean, whatever seed and temperature, since drawn values would be it under grain."""
        return {self.field: np.clip(self._traced_decode(condition["code"]), -1.0, 1.0)}

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log density of the frames given Y′ in nats, [batch]."""
        frames = tf.cast(target[self.field], tf.float32)
        squares = self._squares(frames, self._decode(condition["code"]))
        return {self.field: -nll_of_squares(squares, self.values, self.variance)}

    def _encode(self, frames: tf.Tensor) -> tf.Tensor:
        return 1 + self.quantizer(self.encoder(frames)).indices

    def _decode(self, code: tf.Tensor) -> tf.Tensor:
        return self.decoder(self.quantizer.indices_to_codes(code - 1))

    def _squares(self, frames: tf.Tensor, shown: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(tf.math.squared_difference(frames, shown), [1, 2, 3, 4])
