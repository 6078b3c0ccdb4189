"""A variational lossy autoencoder of pictures: one vector as Y′, which holds what a window of pixels does not tell.

Chen et al. 2017, arXiv 1611.02731. The decoder sees z and, of the picture, a small window before each pixel (`masked`):
p(x | z) = Π p(x_i | z, window of i). What can be told from the window is told from there, for in z it would cost
−log p(z) + log q(z | x); so z keeps what is global, and texture is drawn anew. The wider the window, the less z holds.
An autoregressive flow as prior (section 3.2) is as good as one as posterior (arXiv 1606.04934), and its decoder deeper.

Levels of pixels are discrete, so all likelihoods are probabilities, in nats: of pictures cut to `levels`.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal, final

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.gaussian import clipped_log_scale, standard_log_prob
from regenkit.layers.made import AutoregressiveFlow
from regenkit.layers.pyramid import Downsampler, Upsampler
from regenkit.models.sampling import seeds_of
from regenkit.models.traced_sampler import own_seeds
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit.stage import STATISTICS, Batch, Losses
from regenkit_image.networks.convolutional import picture
from regenkit_image.networks.masked import Masked, levelled, shown
from regenkit_image.networks.standard import Standard

ROWS = 256
"""Samples that are weighed at once."""
RISES, FALLS, SLACK, LEAST = 1.1, 0.9, 1.05, 1e-3
"""Of soft free bits: what γ is multiplied by in a step, above how many times λ it rises, and its least value."""


@final
class Vlae(keras.Model):
    """Y → Y′ → Y. Y′ is `latent`, float32 (latent_dim,): the posterior's mean (of an `iaf` posterior, what its flow
    makes of it), scaled so that what is drawn from all pictures' posteriors has mean 0 and variance 1 in each number.

    It is z and not ε, of which the prior's flow makes z: ε is nearer to a Gaussian, but in z the decoder has met noise
    of the posterior's size, while an error in one number of ε moves all numbers of z after it; and z is had from ε
    number by number. The length of the code, KL(q ‖ p), is that of both. Any generator of vectors draws it:
    `diffusion`, `cvae`, `normalizing_flow`.

    latent_dim      numbers of Y′
    window          what the decoder sees of pixels before: [A, B], A wide, an odd number, and B rows above, with the
                    (A − 1) / 2 pixels to the left; 0 = none, a factorised decoder
    colourless      the window sees grey, so that z must tell colour; of pictures in colour
    levels          of a pixel, as the decoder knows it: 2 = pictures cut at mid-grey, black and white
    prior           of z: the standard normal distribution, or an autoregressive flow of it
    posterior       a Gaussian, or one through an inverse autoregressive flow
    free_bits       λ in nats a value of the picture: a divergence of the whole picture below λ · values costs nothing.
                    Picture by picture, since nothing may mix a batch; arXiv 1606.04934 has each number's mean over one
    soft_free_bits  the same λ, softly: the divergence is weighed by γ ≤ 1, which is multiplied by 1.1 after a batch
                    whose mean divergence is above 1.05 λ, and by 0.9 after one that is below λ
    width           channels of the networks at half the picture's resolution
    pixel_width     of the network that says a pixel
    flow_steps, flow_width, flow_depth   of a flow: steps, and the layers of each; the paper's are 4, 640 and 3
    """

    version = 1

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        latent_dim: PositiveInt = 32,
        window: tuple[int, int] | Literal[0] = (5, 2),
        colourless: bool = False,
        levels: Literal[2, 4, 8, 16, 32, 64, 128, 256] = 16,
        prior: Literal["gaussian", "flow"] = "flow",
        posterior: Literal["gaussian", "iaf"] = "gaussian",
        free_bits: NonNegativeFloat = 0.0,
        soft_free_bits: NonNegativeFloat = 0.0,
        width: PositiveInt = 16,
        pixel_width: PositiveInt = 32,
        flow_steps: PositiveInt = 4,
        flow_width: PositiveInt = 128,
        flow_depth: PositiveInt = 1,
    ) -> None:
        super().__init__()
        self.field, self.shape = picture(target, 1)
        self.values = float(math.prod(self.shape))
        _check_window(window, self.shape, colourless)
        if free_bits and soft_free_bits:
            raise ValueError(f"free_bits is {free_bits}, soft_free_bits {soft_free_bits}; one of them should be 0")
        self.latent_dim, self.levels, self.free_bits, self.soft_free_bits = (
            latent_dim,
            levels,
            free_bits,
            soft_free_bits,
        )
        self.log_cell = math.log(_cell(target[self.field].levels, levels))
        self.spec = Spec({"latent": Field(kind="continuous", shape=(latent_dim,))})
        vector, flow = 8 * width, {"steps": flow_steps, "width": flow_width, "depth": flow_depth}
        self.encoder = Downsampler(self.shape, width)
        self.context = flow_width if posterior == "iaf" else 0
        self.head = keras.layers.Dense(2 * latent_dim + self.context)
        self.posterior = AutoregressiveFlow(latent_dim, context=self.context, **flow) if posterior == "iaf" else None
        self.prior = AutoregressiveFlow(latent_dim, **flow) if prior == "flow" else None
        self.lift = keras.layers.Dense(vector, activation="silu")
        self.decoder = Upsampler((*self.shape[:2], pixel_width), width, vector=vector)
        self.pixels = Masked(
            self.shape, window=window or (1, 0), levels=levels, width=pixel_width, colourless=colourless
        )
        self.standard = Standard(latent_dim)
        for layer in (self.encoder, self.decoder, self.pixels, self.prior, self.posterior):
            if layer:
                layer.build(None)
        self.head.build((None, math.prod(self.encoder.out_shape)))
        self.lift.build((None, latent_dim))
        self.gamma = self.add_weight(name="gamma", shape=(), initializer="ones", trainable=False)
        self.built = True
        seeds, number = tf.TensorSpec([None, 2], tf.int32), tf.TensorSpec([], tf.int32)
        latent, pixels = tf.TensorSpec([None, latent_dim]), tf.TensorSpec([None, *self.shape])
        self.coded = tf.function(self._code, [pixels], autograph=False)
        self.painted = tf.function(self._paint, [latent, seeds, tf.TensorSpec([])], autograph=False)
        self.imagined = tf.function(self._imagine, [seeds, tf.TensorSpec([])], autograph=False)
        self.weighed = tf.function(self._weigh, [pixels, seeds, number], autograph=False)

    # --- the protocol ------------------------------------------------------------------------------------------------

    def encode(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """Y′ of Y."""
        return {"latent": self.coded(target[self.field])}

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """−log P of the levels and the divergence in nats, by values, of one z drawn from the posterior.

        The divergence is log q(z | x) − log p(z) of that z, for every prior and posterior. In evaluation the seed of z
        is made of the picture, nothing is free and γ is 1: what is judged is the bound of −log P(x), the best weights'.
        """
        level = levelled(batch["target"][self.field], self.levels)
        seeds = own_seeds(shown(level, self.levels)) if noise is None else noise
        z, log_q = self._draw(*self._encoded(level), noises.normal(noises.fold_in(seeds, "posterior"), self.latent_dim))
        nll = -self.pixels.log_prob(self._features(z), self.pixels.local(shown(level, self.levels)), level)
        divergence = log_q - self._log_prior(z)
        values = tf.fill(tf.shape(nll), self.values)
        if noise is None:
            return {"main": {"pixels": (nll, values), "divergence": (divergence, values)}}
        cost = divergence  # of one z, which may be below 0: only what is free is cut
        if self.free_bits:
            cost = tf.maximum(cost, self.free_bits * self.values)
        cost *= tf.convert_to_tensor(self.gamma)
        known = tf.stop_gradient(z)[:, None, None]
        statistics = {**self.standard.statistics(known), "divergence": tf.reduce_sum(tf.stop_gradient(divergence))}
        return {"main": {"pixels": (nll, values), "divergence": (cost, values)}, STATISTICS: statistics}

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The latents' moments follow, and γ, where free bits are soft."""
        self.standard.absorb(statistics)
        if self.soft_free_bits:
            share = statistics["divergence"] / (statistics["latents"] * self.values * self.soft_free_bits)
            gamma = tf.convert_to_tensor(self.gamma)
            gamma *= tf.where(share > SLACK, RISES, tf.where(share < 1, FALLS, 1.0))
            self.gamma.assign(tf.clip_by_value(gamma, LEAST, 1.0))

    def sample(
        self, condition: Batch, *, seed: int, temperature: NonNegativeFloat = 1.0, given: Any = None
    ) -> dict[str, np.ndarray]:
        """Y of Y′, drawn pixel after pixel; temperature divides the logits, 0 takes the likeliest each time."""
        latent = tf.convert_to_tensor(condition["latent"])
        if not latent.shape[0]:  # convolutions of none have a wrong shape (see `training.losses`)
            return {self.field: np.zeros([0, *self.shape], np.float32)}
        drawn = self.painted(latent, seeds_of(seed, latent.shape[0]), tf.constant(temperature, tf.float32))
        return {self.field: drawn.numpy()}

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log density of the pixels given Y′ in nats, [batch]: `log_prob`, evenly spread over each level's cell."""
        found = self.log_prob(condition, target[self.field])
        return {self.field: found - self.values * self.log_cell}

    # --- likelihoods of levels ---------------------------------------------------------------------------------------

    def log_prob(self, rep: Batch, pixels: tf.Tensor) -> tf.Tensor:
        """log P(x | Y′) in nats, [batch], of the levels x of pixels [batch, height, width, channels]."""
        level = levelled(pixels, self.levels)
        features = self._features(self._back(rep["latent"]))
        return self.pixels.log_prob(features, self.pixels.local(shown(level, self.levels)), level)

    def log_evidence(self, pixels: np.ndarray, *, samples: int = 4096, seed: int = 0) -> np.ndarray:
        """An estimate of log P(x) in nats, float32 [pictures], of the levels x of pixels [pictures, height, width,
        channels]: log of the mean of p(x, z) / q(z | x) over `samples` of q. In expectation a lower bound, that rises
        with them (Burda et al. 2016, arXiv 1509.00519). Its memory does not grow with either.
        """
        if samples < 1:
            raise ValueError(f"samples is {samples}; right is a number from 1 on")
        pixels, seeds, group = np.asarray(pixels, np.float32), seeds_of(seed, len(pixels)), max(1, ROWS // samples)
        starts = range(0, len(pixels), group)
        parts = [self.weighed(pixels[start : start + group], seeds[start : start + group], samples) for start in starts]
        return np.concatenate([np.zeros(0, np.float32), *(part.numpy() for part in parts)])

    def imagine(self, count: int, *, seed: int, temperature: NonNegativeFloat = 1.0) -> dict[str, np.ndarray]:
        """Y′ of no X, drawn from the prior; temperature scales the standard deviation of ε."""
        latent = self.imagined(seeds_of(seed, count), tf.constant(temperature, tf.float32))
        return {"latent": latent.numpy()}

    # --- the networks ------------------------------------------------------------------------------------------------

    def _encoded(self, level: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Mean and logarithm of the standard deviation of the posterior's Gaussian, and the context of its flow."""
        x = tf.nn.silu(self.encoder(tf.cast(shown(level, self.levels), self.compute_dtype)))
        x = tf.cast(self.head(tf.reshape(x, [tf.shape(x)[0], math.prod(self.encoder.out_shape)])), tf.float32)
        mean, log_scale, context = tf.split(x, [self.latent_dim, self.latent_dim, self.context], -1)
        return mean, clipped_log_scale(log_scale), context

    def _draw(
        self, mean: tf.Tensor, log_scale: tf.Tensor, context: tf.Tensor, normal: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """z of standard normal numbers, [rows, size], and log q(z | x), [rows]."""
        z, log_q = mean + tf.exp(log_scale) * normal, standard_log_prob(normal) - tf.reduce_sum(log_scale, -1)
        if self.posterior:
            z, determinant = self.posterior.forward(z, context)
            log_q -= determinant
        return z, log_q

    def _log_prior(self, z: tf.Tensor) -> tf.Tensor:
        if not self.prior:
            return standard_log_prob(z)
        epsilon, determinant = self.prior.forward(z)
        return standard_log_prob(epsilon) + determinant

    def _features(self, z: tf.Tensor) -> tf.Tensor:
        """What a pixel is told of z, [rows, height, width, self.pixels.width]."""
        return self.decoder(self.lift(z))

    def _back(self, latent: tf.Tensor) -> tf.Tensor:
        return self.standard.unnormalize(tf.cast(latent, tf.float32))

    def _code(self, pixels: tf.Tensor) -> tf.Tensor:
        mean, log_scale, context = self._encoded(levelled(pixels, self.levels))
        return self.standard(self._draw(mean, log_scale, context, tf.zeros_like(mean))[0])

    def _paint(self, latent: tf.Tensor, seeds: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
        level = self.pixels.drawn(self._features(self._back(latent)), noises.fold_in(seeds, "pixels"), temperature)
        return shown(level, self.levels)

    def _imagine(self, seeds: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
        epsilon = temperature * noises.normal(noises.fold_in(seeds, "prior"), self.latent_dim)
        return self.standard(self.prior.inverse(epsilon) if self.prior else epsilon)

    def _weigh(self, pixels: tf.Tensor, seeds: tf.Tensor, samples: tf.Tensor) -> tf.Tensor:
        """See `log_evidence`: of pictures few enough that min(samples, ROWS) of each are weighed at once."""
        level = levelled(pixels, self.levels)
        local, gaussian = self.pixels.local(shown(level, self.levels)), self._encoded(level)
        batch, chunk = tf.shape(pixels)[0], tf.minimum(samples, ROWS)

        def more(done: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            number = tf.range(done, done + chunk)
            normal = noises.normal(noises.fold_in(seeds, "weighed", number), self.latent_dim)
            normal = tf.reshape(normal, [chunk * batch, self.latent_dim])
            mean, log_scale, context = (tf.tile(each, [chunk, 1]) for each in gaussian)
            z, log_q = self._draw(mean, log_scale, context, normal)
            features = tf.reshape(self._features(z), [chunk, batch, *self.shape[:2], self.pixels.width])
            log_weight = tf.reshape(self._log_prior(z) - log_q, [chunk, batch])
            log_weight += self.pixels.log_prob(features, local, level)
            log_weight = tf.where((number < samples)[:, None], log_weight, -np.inf)
            return done + chunk, tf.reduce_logsumexp(tf.concat([total[None], log_weight], 0), 0)

        start = (tf.constant(0), tf.fill([batch], -np.inf))
        total = tf.while_loop(lambda done, _: done < samples, more, start, parallel_iterations=1)[1]
        return total - tf.math.log(tf.cast(samples, tf.float32))


def _cell(theirs: int | None, levels: int) -> float:
    """How wide a level is, of what lies between −1 and 1; of pixels that have levels themselves, a whole number of
    those, which are 2 / (theirs − 1) wide."""
    if theirs and theirs % levels:
        raise ValueError(f"levels is {levels}, and the pictures have {theirs}; right is a number that divides it")
    return 2 / levels * (theirs / (theirs - 1) if theirs else 1)


def _check_window(window: tuple[int, int] | Literal[0], shape: tuple[int, int, int], colourless: bool) -> None:
    if window:
        wide, high = window
        if wide < 1 or wide % 2 == 0 or high < 0 or (wide, high) == (1, 0):
            right = "right are 0, or [A, B] of a pixel at least: A wide, an odd number, and B rows above"
            raise ValueError(f"window is [{wide}, {high}]; {right}")
        if wide >= 2 * shape[1] or high >= shape[0]:
            raise ValueError(f"window is [{wide}, {high}], and pictures are {shape[0]} × {shape[1]}: it reaches beyond")
    if colourless and (shape[2] == 1 or not window):
        why = "pictures have one channel" if shape[2] == 1 else "there is no window"
        raise ValueError(f"colourless hides colours from the window, but {why}; leave it out")
