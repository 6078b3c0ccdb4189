"""Pictures from a condition by a generative adversarial network.

    generator      noise and condition → picture, residual blocks scaled and shifted by both (AdaGN)
    discriminator  picture → one number; the condition by projection (arXiv 1802.05637), a map at its input

GAN: Goodfellow et al. 2014, arXiv 1406.2661; conditional: arXiv 1411.1784. The discriminator compares: its lead of the
true picture over one drawn for the same condition counts (relativistic pairs: arXiv 1807.00734; against modes left out:
Huang et al. 2025, arXiv 2501.05441). It is held back by a gradient penalty on true and on drawn pictures (R1 and R2:
Mescheder et al. 2018, arXiv 1801.04406, equations 9 and 10), reckoned for a share of the examples, by lot, each weighed
up (lazily, as arXiv 1912.04958 does for every sixteenth batch). So no result depends on how a batch is cut, and nothing
normalises over a batch.

As a renderer, Y′ (a map or a vector) and noise become Y; `reconstruct` adds the L1 of arXiv 1611.07004.
"""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.conditioner import Conditioner, fields_and_masks
from regenkit.layers.pyramid import Downsampler, Mixer, Upsampler, only_field
from regenkit.models.traced_sampler import draw, own_seeds
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import Batch

PENALISED = 0.25
"""The share of examples whose gradient penalty is reckoned."""


@final
class GAN(keras.Model):
    """P(target | condition) by its samples alone, over one field (height, width, channels).

    width         channels of the finest resolution; coarser ones have twice, then four times as many
    depth         blocks a resolution of the generator
    latent_dim    numbers of noise
    penalty       weight of the gradient penalty (γ of equations 9 and 10)
    energy_score  weight of the energy score: two pictures of one condition are to differ as true ones do
    reconstruct   weight of the mean absolute distance to the true picture, where the condition says much of it
    """

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        width: PositiveInt = 32,
        depth: NonNegativeInt = 1,
        latent_dim: PositiveInt = 64,
        penalty: NonNegativeFloat = 0.2,
        energy_score: NonNegativeFloat = 10.0,
        reconstruct: NonNegativeFloat = 0.0,
    ) -> None:
        super().__init__()
        self.field, shape = only_field(target, "gan")
        self.condition, self.target, self.shape = condition, target, shape
        self.latent_dim, self.penalty, self.energy_score, self.reconstruct = (
            latent_dim,
            penalty,
            energy_score,
            reconstruct,
        )
        vector = 4 * width
        self.known, self.judged = (Conditioner(condition, vector, grid=(shape[0], shape[1])) for _ in range(2))
        maps = vector if self.known.has_map else 0
        self.mixer = Mixer(vector, vector, extra=latent_dim)
        self.generator = Upsampler(shape, width, vector=vector, map=maps, depth=depth)
        self.features = Downsampler(shape, width, block=Plain, map=maps)
        size = self.features.out_shape[-1]
        self.projection = Mixer(vector, size)
        self.verdict = keras.layers.Dense(1)
        for layer in (self.known, self.judged, self.mixer, self.generator, self.features, self.projection):
            layer.build(None)
        self.verdict.build((None, size))
        self.built = True

    # --- the protocol ------------------------------------------------------------------------------------------------

    def groups(self) -> dict[str, list]:
        """An optimiser for each of the two."""
        sides = {
            "generator": (self.known, self.mixer, self.generator),
            "discriminator": (self.judged, self.features, self.projection, self.verdict),
        }
        return {
            name: [each for layer in layers for each in layer.trainable_variables] for name, layers in sides.items()
        }

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, dict[str, tuple]]:
        """Losses of both by the discriminator's lead, the gradient penalty, the reconstruction; an example weighs 1.

        Evaluation has one term, by which the best weights are chosen: the energy score (Gneiting and Raftery 2007, A
        strictly proper scoring rule, section 4.3) of two pictures drawn, ‖a − y‖ ⁄ 2 + ‖b − y‖ ⁄ 2 − ‖a − b‖ ⁄ 2, as a
        root mean square over the picture's numbers. It has its least mean where samples are as the truth is.
        """
        condition, real = batch["condition"], tf.cast(batch["target"][self.field], tf.float32)
        count = tf.shape(real)[0]
        one = tf.ones([count])
        if noise is None:
            seeds = (noises.fold_in(own_seeds(real), "sample", number) for number in range(2))
            a, b = (self.drawn(condition, own, tf.constant(1.0)) for own in seeds)
            score = energy(a, b, real)
            return {"generator": {"energy": (score, one)}}
        fake = self.drawn(condition, noises.fold_in(noise, "fake"), tf.constant(1.0))
        lead = self._judge(condition, real) - self._judge(condition, fake)
        generator = {"adversarial": (tf.nn.softplus(lead), one)}
        if self.energy_score:
            other = self.drawn(condition, noises.fold_in(noise, "other fake"), tf.constant(1.0))
            generator["energy"] = (self.energy_score * energy(fake, other, real), one)
        if self.reconstruct:
            generator["distance"] = (self.reconstruct * _mean(tf.abs(fake - real)), one)
        penalty = self._gradient_penalty(condition, (real, tf.stop_gradient(fake)), noise)
        discriminator = {"d_loss": (tf.nn.softplus(-lead), one), "penalty": (penalty, one)}
        return {"generator": generator, "discriminator": discriminator}

    def sample(
        self, condition: Batch, *, seed: int, temperature: NonNegativeFloat = 1.0, given: Any = None
    ) -> dict[str, np.ndarray]:
        """Draw float32 [batch, height, width, channels]; temperature scales the noise."""
        return draw(self, condition, seed=seed, temperature=temperature)

    # --- the networks ------------------------------------------------------------------------------------------------

    def drawn(self, condition: Batch, seeds: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
        """Pictures, float32, of seeds int32 [batch, 2]."""
        vector, map = self.known(condition, tf.shape(seeds)[0], None)
        normal = temperature * noises.normal(noises.fold_in(seeds, "latent"), self.latent_dim)
        picture = tf.cast(self.generator(self.mixer(vector, normal), map), tf.float32)
        return tf.tanh(picture) if self.target[self.field].levels else picture

    def _judge(self, condition: Batch, picture: tf.Tensor) -> tf.Tensor:
        """[batch], large where it is thought true."""
        vector, map = self.judged(condition, tf.shape(picture)[0], None)
        x = tf.nn.silu(self.features(picture, map))
        # in float32: a sum of float16 may stop after 2048 places
        x = tf.cast(tf.reduce_sum(tf.cast(x, tf.float32), [1, 2]), x.dtype)
        agreed = tf.reduce_sum(x * self.projection(vector), -1)
        return tf.cast(self.verdict(x)[:, 0] + agreed, tf.float32)

    def _gradient_penalty(self, condition: Batch, pictures: tuple[tf.Tensor, tf.Tensor], seeds: tf.Tensor) -> tf.Tensor:
        """γ ⁄ 2 (‖∇D(y)‖² + ‖∇D(fake)‖²) of the examples drawn, over their share; 0 of the others."""
        count = tf.shape(seeds)[0]
        # the first is looked at whatever its lot is, and perhaps not counted: convolutions want one at least
        counts = noises.uniform(noises.fold_in(seeds, "penalised"), 1)[:, 0] < PENALISED
        chosen = tf.where(counts | (tf.range(count) == 0))
        known = {name: tf.tile(tf.gather_nd(value, chosen), [2] + [1] * (value.shape.rank - 1))
                 for name, value in fields_and_masks(condition, self.condition).items()}  # fmt: skip
        picture = tf.concat([tf.gather_nd(each, chosen) for each in pictures], 0)
        with tf.GradientTape() as tape:
            tape.watch(picture)
            total = tf.reduce_sum(self._judge(known, picture))
        slope = tf.add_n(tf.split(tf.reduce_sum(tape.gradient(total, picture) ** 2, [1, 2, 3]), 2))
        found = tf.scatter_nd(chosen, 0.5 * self.penalty / PENALISED * slope, tf.cast([count], tf.int64))
        return tf.where(counts, found, 0.0)


def _mean(x: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(x, [1, 2, 3])


def energy(a: tf.Tensor, b: tf.Tensor, true: tf.Tensor) -> tf.Tensor:
    """The energy score, [batch], of two samples of the same condition as `true`, each [batch, height, width, channels];
    distances are root mean squares. Less is better."""
    return 0.5 * (_distance(a, true) + _distance(b, true) - _distance(a, b))


def _distance(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    return tf.sqrt(_mean((one - other) ** 2) + 1e-8)  # or its slope at 0 were infinite


@final
class Plain(keras.layers.Layer):
    """A residual block without normalisation: a discriminator needs brightness and contrast."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = (keras.layers.Conv2D(channels, 3, padding="same") for _ in range(2))

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.first.build(shape)
        self.second.build(shape)
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return (x + self.second(tf.nn.silu(self.first(tf.nn.silu(x))))) / 2**0.5
