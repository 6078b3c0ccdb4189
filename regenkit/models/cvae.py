"""Pictures or vectors from a condition by a conditional variational auto-encoder.

    prior      p(z | condition), a Gaussian
    posterior  q(z | condition, target), a Gaussian, used in training and to judge
    decoder    p(target | z, condition), a Gaussian of one standard deviation in all places

Sohn et al. 2015, Learning structured output representation using deep conditional generative models. The decoder's
variance is the mean square error, as it maximises the likelihood (Rybkin et al. 2020, arXiv 2006.13202), followed by a
moving average; so nothing is to be tuned between the two terms. β: Higgins et al. 2017. Free bits: Kingma et al. 2016,
arXiv 1606.04934, section C.8, here for every example by itself, because nothing may mix the examples of a batch.
"""

import math
from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.conditioner import Conditioner
from regenkit.layers.gaussian import kl_divergence, mean_and_log_scale, nll_of_squares, sampled
from regenkit.layers.pyramid import Downsampler, Mixer, Upsampler, only_field
from regenkit.models.traced_sampler import draw, own_seeds
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import STATISTICS, Batch

DECAY = 0.98
"""Of the moving average of the decoder's variance."""
LEAST_VARIANCE = 1e-5


@final
class CVAE(keras.Model):
    """P(target | condition) over one field (height, width, channels) or (size,).

    width       channels of the finest resolution; coarser ones have twice, then four times as many
    depth       blocks a resolution of the decoder
    latent_dim  numbers of z
    beta        weight of the divergence
    free_bits   nats of divergence of each number of z that cost nothing in training
    """

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        width: PositiveInt = 32,
        depth: NonNegativeInt = 1,
        latent_dim: PositiveInt = 32,
        beta: NonNegativeFloat = 1.0,
        free_bits: NonNegativeFloat = 0.0,
    ) -> None:
        super().__init__()
        self.field, shape = only_field(target, "cvae", (1, 3))
        self.condition, self.target, self.shape, self.size = condition, target, shape, math.prod(shape)
        self.latent_dim, self.beta, self.free_bits, self.flat = latent_dim, beta, free_bits, len(shape) == 1
        vector = 4 * width
        self.known = Conditioner(condition, vector, grid=None if self.flat else (shape[0], shape[1]))
        maps = vector if self.known.has_map else 0
        if self.flat:
            self.encoder: keras.layers.Layer = _layers(self.size, vector, vector)
            self.decoder: keras.layers.Layer = _layers(vector, vector, self.size)
            features = vector
        else:
            self.encoder = Downsampler(shape, width, map=maps)
            self.decoder = Upsampler(shape, width, vector=vector, map=maps, depth=depth)
            features = math.prod(self.encoder.out_shape)
        self.prior, self.posterior = Mixer(vector, vector, extra=maps), Mixer(vector, vector, extra=maps + features)
        self.mixer = Mixer(vector, vector, extra=latent_dim)
        # both begin as the standard normal distribution
        self.prior_out, self.posterior_out = (keras.layers.Dense(2 * latent_dim, kernel_initializer="zeros")
                                              for _ in range(2))  # fmt: skip
        for layer in (self.known, self.encoder, self.decoder, self.prior, self.posterior, self.mixer):
            if not layer.built:
                layer.build(None)
        for layer in (self.prior_out, self.posterior_out):
            layer.build((None, vector))
        self.variance = self.add_weight(name="variance", shape=(), initializer="ones", trainable=False)
        self.built = True

    # --- the protocol ------------------------------------------------------------------------------------------------

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """−log p(target | z) and the divergence KL(q ‖ p), in nats a number of the target; each example weighs 1.

        In evaluation z is drawn by a seed made of the target itself, and there are no free bits: with β = 1, the sum
        by which the best weights are chosen is the bound of `field_log_prob`.
        """
        target = tf.cast(batch["target"][self.field], tf.float32)
        one = tf.ones([tf.shape(target)[0]])
        error, divergence = self._bound(batch["condition"], target, own_seeds(target) if noise is None else noise)
        if noise is not None:
            divergence = tf.maximum(divergence, self.free_bits)
        terms = {
            "reconstruct": (self._nll(error) / self.size, one),
            "divergence": (self.beta * tf.reduce_sum(divergence, 1) / self.size, one),
        }
        if noise is None:
            return {"main": terms}
        summed = {"error": tf.reduce_sum(tf.stop_gradient(error)) / self.size, "count": tf.reduce_sum(one)}
        return {"main": terms, STATISTICS: summed}

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The variance follows the mean square error."""
        error = tf.math.divide_no_nan(statistics["error"], statistics["count"])
        self.variance.assign(tf.maximum(DECAY * self.variance + (1 - DECAY) * error, LEAST_VARIANCE))

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """A lower bound of the log-density in nats, [batch] (the ELBO, by one draw of z, always the same one)."""
        value = tf.cast(target[self.field], tf.float32)
        error, divergence = self._bound(condition, value, own_seeds(value))
        return {self.field: -self._nll(error) - tf.reduce_sum(divergence, 1)}

    def sample(
        self, condition: Batch, *, seed: int, temperature: NonNegativeFloat = 1.0, given: Any = None
    ) -> dict[str, np.ndarray]:
        """Draw z, and return the mean of the target given it, float32 [batch, …]; temperature scales the standard
        deviation of z."""
        return draw(self, condition, seed=seed, temperature=temperature)

    # --- the networks ------------------------------------------------------------------------------------------------

    def drawn(self, condition: Batch, seeds: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
        vector, map = self.known(condition, tf.shape(seeds)[0], None)
        mean, log_scale = self._gaussian(self.prior, self.prior_out, vector, map)
        normal = noises.normal(noises.fold_in(seeds, "latent"), self.latent_dim)
        return self._decode(vector, map, mean + temperature * tf.exp(log_scale) * normal)

    def _bound(self, condition: Batch, target: tf.Tensor, seeds: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Square error of the target given a z of q, [batch], and KL(q ‖ p) of each number of z."""
        count = tf.shape(target)[0]
        vector, map = self.known(condition, count, None)
        x = self.encoder(target) if self.flat else self.encoder(target, map)
        x = tf.nn.silu(tf.reshape(x, [count, math.prod(x.shape[1:])]))
        mean, log_scale = self._gaussian(self.posterior, self.posterior_out, vector, map, x)
        prior_mean, prior_log_scale = self._gaussian(self.prior, self.prior_out, vector, map)
        divergence = kl_divergence(mean, log_scale, prior_mean, prior_log_scale)
        found = self._decode(vector, map, sampled(mean, log_scale, noises.fold_in(seeds, "latent")))
        return tf.reduce_sum(tf.reshape((found - target) ** 2, [count, self.size]), 1), divergence

    def _gaussian(
        self, mixer: Mixer, out: keras.layers.Layer, vector: tf.Tensor, map: tf.Tensor | None, *more: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and logarithm of the standard deviation of z, float32 [batch, latent_dim]."""
        # in float32: a sum of float16 may stop after 2048 places
        seen = () if map is None else (tf.reduce_mean(tf.cast(map, tf.float32), [1, 2]),)
        return mean_and_log_scale(out(tf.nn.silu(mixer(vector, *seen, *more))))

    def _decode(self, vector: tf.Tensor, map: tf.Tensor | None, z: tf.Tensor) -> tf.Tensor:
        mixed = self.mixer(vector, z)
        return tf.cast(self.decoder(mixed) if self.flat else self.decoder(mixed, map), tf.float32)

    def _nll(self, error: tf.Tensor) -> tf.Tensor:
        return nll_of_squares(error, self.size, tf.convert_to_tensor(self.variance))


def _layers(inner: int, width: int, out: int) -> keras.Sequential:
    layers = [keras.layers.Dense(width, activation="silu"), keras.layers.Dense(width, activation="silu")]
    return keras.Sequential([keras.Input((inner,)), *layers, keras.layers.Dense(out)])
