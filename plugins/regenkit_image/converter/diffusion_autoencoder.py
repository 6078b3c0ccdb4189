"""A diffusion autoencoder of pictures: one vector as Y′, and a decoder that draws what the vector leaves open.

Preechakul et al. 2022, arXiv 2111.15640: an encoder makes a vector of the picture (z_sem, "semantic"), and a diffusion
model that hears it, learned together with it and by its own loss alone, makes a picture of the vector and of noise x_T.
The same deterministic steps the other way (DDIM inversion, section 3.3) give the noise that a picture would have come
from, so that vector and noise together are the whole picture. What learns X → Y′ learns the vector standardised
(section 4).

Differences: the decoder's objective is velocity (`models.diffusion_schedule`), not ε; a dense layer reads the encoder's
last grid place by place, where the paper averages over many places; vector and time are added before they scale and
shift, where the paper has a scale of its own for either.
"""

import math
from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.models.diffusion import Diffusion
from regenkit.models.sampling import seeds_of
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit.stage import STATISTICS, Batch, Losses
from regenkit_image.networks.convolutional import Encoder, Factor, grid, picture
from regenkit_image.networks.standard import Standard

STEPS = 30
PLACE = 16
"""Numbers of a place of the encoder's last grid."""


@final
class DiffusionAutoencoder(keras.Model):
    """Y → Y′ → Y. Y′ is `semantic`, float32 (latent_dim,), of mean 0 and variance 1 a number.

    It is no `Autoencoder`, whose decoder shows one picture of a Y′: this one draws.

    latent_dim     numbers of the vector; at most `width`, through which the decoder hears them
    factor         how much smaller the encoder's last grid is than the picture
    encoder_width  channels of the encoder at half the picture's resolution
    width          channels of the decoder at full resolution; at least twice the numbers of its patch (`Diffusion`), or
                   noise does not pass through: of 28 × 28 grey pictures these are 4, of 64 × 64 in colour 48
    depth          residual blocks at each resolution, of the encoder and of the decoder, down and up
    """

    version = 1

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        latent_dim: PositiveInt = 32,
        factor: Factor = 4,
        encoder_width: PositiveInt = 32,
        width: PositiveInt = 48,
        depth: NonNegativeInt = 1,
    ) -> None:
        super().__init__()
        self.field, self.shape = picture(target, factor)
        if latent_dim > width:
            raise ValueError(
                f"latent_dim {latent_dim}; right are 1 to {width}, the decoder's width, through which it hears Y′"
            )
        self.spec = Spec({"semantic": Field(kind="continuous", shape=(latent_dim,))})
        self.decoder = Diffusion(condition=self.spec, target=target, width=width, depth=depth, condition_dropout=0.0)
        if self.decoder.objective != "velocity":  # along which `walk` goes
            numbers = self.shape[2] * self.decoder.patch**2
            raise ValueError(f"width {width}; the noise of a patch, {numbers} numbers, is to pass through the decoder: "
                             f"right is {2 * numbers} or more")  # fmt: skip
        self.encoder = Encoder(self.shape[2], PLACE, factor=factor, width=encoder_width, depth=depth)
        self.last, self.standard = keras.layers.Dense(latent_dim), Standard(latent_dim)
        self.last.build((None, PLACE * math.prod(grid(self.shape, factor))))
        self.built = True
        pixels, vector = tf.TensorSpec([None, *self.shape]), tf.TensorSpec([None, latent_dim])
        self.coded = tf.function(self.code, [pixels], autograph=False)
        self.walked = tf.function(self.walk, [pixels, vector, tf.TensorSpec([None])], autograph=False)

    # --- the protocol ------------------------------------------------------------------------------------------------

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """The decoder's error (`Diffusion.losses`), whose gradient teaches the encoder as well.

        Judged, in evaluation, is the same error at four times, under noise that is always the same.
        """
        z = self.vector(batch["target"][self.field])
        losses = self.decoder.losses({**batch, "condition": {"semantic": z}}, noise=noise)
        if noise is not None:
            losses[STATISTICS] |= self.standard.statistics(z[:, None, None])
        return losses

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The moments of pixels and of vectors follow."""
        self.decoder.absorb(statistics)
        self.standard.absorb(statistics)

    def encode(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """Y′ of Y."""
        return {"semantic": self.coded(target[self.field])}

    def sample(
        self,
        condition: Batch,
        *,
        seed: int,
        temperature: NonNegativeFloat = 1.0,
        steps: PositiveInt = STEPS,
        given: Any = None,
    ) -> dict[str, np.ndarray]:
        """Y of Y′, from −1 to 1: decoded from x_T that the seed draws. There is no density (see `models.diffusion`).

        temperature  scales x_T; 0 gives one typical picture, often a blurred one
        steps        of the solver
        """
        seeds = seeds_of(seed, len(condition["semantic"]))
        normal = noises.normal(noises.fold_in(seeds, "start"), math.prod(self.shape))
        noise = temperature * tf.reshape(normal, [-1, *self.shape])
        return {self.field: self.decode(condition["semantic"], noise, steps)}

    # --- pictures as vector and noise --------------------------------------------------------------------------------

    def decode(self, semantic: Any, noise: Any, steps: int = STEPS) -> np.ndarray:
        """Pixels float32 [batch, height, width, channels] in [−1, 1] of Y′ and of x_T, of pixels' shape."""
        found = self._along(noise, semantic, np.linspace(1.0, 0.0, 1 + steps))
        return np.clip(self.decoder.moments.unnormalize(found), -1.0, 1.0)

    def invert(self, pixels: Any, semantic: Any, steps: int = STEPS) -> np.ndarray:
        """x_T, float32 of pixels' shape, from which `decode` with this Y′ gives these pixels back, nearly.

        The way back goes by slopes that are not those of the way there; the more steps, the nearer.
        """
        clean = self.decoder.moments.standard(np.asarray(pixels, np.float32))
        return self._along(clean, semantic, np.linspace(0.0, 1.0, 1 + steps)).numpy()

    def _along(self, x: Any, semantic: Any, times: np.ndarray) -> tf.Tensor:
        if not len(semantic):  # convolutions of none have a wrong shape (see `training.losses`)
            return tf.zeros([0, *self.shape])
        return self.walked(*(tf.cast(each, tf.float32) for each in (x, semantic, times)))

    # --- the networks ------------------------------------------------------------------------------------------------

    def vector(self, pixels: tf.Tensor) -> tf.Tensor:
        """What the decoder hears, float32 [batch, latent_dim], of pixels [batch, height, width, channels]."""
        x = self.encoder(pixels)
        return tf.cast(self.last(tf.reshape(x, [-1, math.prod(x.shape[1:])])), tf.float32)

    def code(self, pixels: tf.Tensor) -> tf.Tensor:
        """The same, standardised: Y′."""
        return self.standard(self.vector(pixels))

    def walk(self, x: tf.Tensor, semantic: tf.Tensor, times: tf.Tensor) -> tf.Tensor:
        """x at the last of some even times, from x at the first: from noise (1) to data (0), or the other way.

        With φ = πt/2, velocity is dx/dφ, and a step of DDIM is a rotation of x and velocity by the step's angle
        (Salimans and Ho 2022, arXiv 2202.00512, appendix D), which is defined at both ends. Half of what the velocity
        was off the one before, turned to here, is added to it, which makes the step one of second order.
        """
        angle = 0.5 * math.pi * (times[1] - times[0])
        cosine, sine = tf.cos(angle), tf.sin(angle)
        count = tf.shape(x)[0]
        vector, _ = self.decoder.conditioner({"semantic": self.standard.unnormalize(semantic)}, count)

        def one(step: tf.Tensor, x: tf.Tensor, expected: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            velocity, _ = self.decoder.predict_noisy(x, tf.fill([count], times[step]), vector, None)
            more = tf.where(step > 0, 0.5, 0.0) * (velocity - expected)
            return step + 1, cosine * x + sine * (velocity + more), cosine * velocity - sine * x

        start = (tf.constant(0), x, tf.zeros_like(x))
        return tf.while_loop(lambda step, *_: step < tf.size(times) - 1, one, start, parallel_iterations=1)[1]
