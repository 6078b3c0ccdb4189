"""Pictures or vectors from a condition by a normalising flow: an exact density, and samples in one pass.

    squeeze   2 × 2 places become channels, at each of two or three resolutions
    steps     see layers/coupling.py; each is told the condition's vector, and its map in its own resolution
    split     half of the channels leave, as a Gaussian whose mean and scale the other half and the condition say

RealNVP: Dinh et al. 2017, arXiv 1605.08803; Glow: Kingma and Dhariwal 2018, arXiv 1807.03039. Where the field has
levels (pixels), noise uniform between half-ways to the next ones is added, so that a density is one of numbers and its
nats bound those of the levels (Theis et al. 2016, arXiv 1511.01844, section 3.1).
"""

import math
from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.conditioner import Conditioner
from regenkit.layers.coupling import Step
from regenkit.layers.gaussian import standard_log_prob
from regenkit.layers.pyramid import Mixer, only_field
from regenkit.models.traced_sampler import draw, own_seeds
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import Batch

RESOLUTIONS = 3
LEAST = 4
"""Places a side below which a grid is not squeezed."""


@final
class NormalizingFlow(keras.Model):
    """P(target | condition) over one field (height, width, channels) or (size,).

    width  channels of the couplings' networks
    depth  steps a resolution
    """

    def __init__(self, *, condition: Spec, target: Spec, width: PositiveInt = 64, depth: PositiveInt = 4) -> None:
        super().__init__()
        self.field, shape = only_field(target, "normalizing_flow", (1, 3))
        self.condition, self.target, self.shape, self.size = condition, target, shape, math.prod(shape)
        self.flat, self.levels = len(shape) == 1, target[self.field].levels
        self.grids, vector = _grids(shape), 2 * width
        if self.grids[0][2] < 2:
            raise ValueError(
                f"normalizing_flow: {self.field} {shape} is one number a place, and can't be halved; right are two "
                "channels at least, or an even height and width of 8 or more"
            )
        self.known = Conditioner(condition, vector, grid=None if self.flat else (shape[0], shape[1]))
        self.mixer = Mixer(vector, vector)
        self.steps = [
            [Step(height * breadth, channels, width, vector=vector, flat=self.flat) for _ in range(depth)]
            for height, breadth, channels in self.grids
        ]
        # one map for each resolution, of all that is in the map there
        factors = [shape[0] // height if not self.flat else 1 for height, *_ in self.grids]
        self.maps = [keras.layers.Conv2D(width, each, strides=each) for each in factors] if self.known.has_map else []
        leaving = [channels - channels // 2 for *_, channels in self.grids[:-1]]
        self.priors = [keras.layers.Conv2D(2 * size, 3, padding="same", kernel_initializer="zeros") for size in leaving]
        self.prior = keras.layers.Dense(2 * self.grids[-1][2], kernel_initializer="zeros")
        layers: list[keras.layers.Layer] = [self.known, self.mixer]
        for layer in layers + [step for steps in self.steps for step in steps]:
            layer.build(None)
        for map_ in self.maps:
            map_.build((None, *shape[:2], vector))
        for (*_, channels), layer in zip(self.grids, self.priors, strict=False):
            layer.build((None, None, None, channels // 2))
        self.prior.build((None, vector))
        self.built = True

    # --- the protocol ------------------------------------------------------------------------------------------------

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, dict[str, tuple]]:
        """Negative log-density in nats a number of the target, of examples that weigh 1 each. In evaluation the noise
        between levels is drawn by a seed made of the target itself."""
        target = tf.cast(batch["target"][self.field], tf.float32)
        density = self._log_density(batch["condition"], target, own_seeds(target) if noise is None else noise)
        return {"main": {self.field: (-density / self.size, tf.ones([tf.shape(target)[0]]))}}

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """Log-density in nats, [batch]: exact; of levels, that of the target with noise between them, always the same.

        So −(nats + size · log(2 ⁄ (levels − 1))) bounds what the levels themselves cost, in expectation.
        """
        value = tf.cast(target[self.field], tf.float32)
        return {self.field: self._log_density(condition, value, own_seeds(value))}

    def sample(
        self, condition: Batch, *, seed: int, temperature: NonNegativeFloat = 1.0, given: Any = None
    ) -> dict[str, np.ndarray]:
        """Draw float32 [batch, …]; temperature scales the standard deviations of the Gaussians."""
        return draw(self, condition, seed=seed, temperature=temperature)

    # --- the flow ----------------------------------------------------------------------------------------------------

    def encode(self, condition: Batch, target: tf.Tensor) -> tuple[list[tf.Tensor], tf.Tensor]:
        """(standard normal numbers, one tensor [batch, …] a resolution; the log-determinant [batch]) of float32
        [batch, *shape]."""
        vector, maps = self._known(condition, tf.shape(target)[0])
        x, found, total = target, [], tf.zeros([tf.shape(target)[0]])
        for number, steps in enumerate(self.steps):
            x = self._squeezed(x)
            for step in steps:
                x, determinant = step.forward(x, vector, maps[number])
                total += determinant
            if number < len(self.priors):
                half = x.shape[-1] // 2
                x, leaving = x[..., :half], x[..., half:]
                mean, log_scale = _gaussian(self.priors[number](x))
            else:
                leaving = x
                mean, log_scale = self._last(vector)
            found.append((leaving - mean) * tf.exp(-log_scale))
            total -= _sum(tf.broadcast_to(log_scale, tf.shape(leaving)))
        return found, total

    def decode(self, condition: Batch, noise: list[tf.Tensor]) -> tf.Tensor:
        """The inverse: float32 [batch, *shape]."""
        vector, maps = self._known(condition, tf.shape(noise[0])[0])
        mean, log_scale = self._last(vector)
        x = mean + tf.exp(log_scale) * noise[-1]
        for number in reversed(range(len(self.steps))):
            if number < len(self.priors):
                mean, log_scale = _gaussian(self.priors[number](x))
                x = tf.concat([x, mean + tf.exp(log_scale) * noise[number]], -1)
            for step in reversed(self.steps[number]):
                x = step.inverse(x, vector, maps[number])
            x = tf.nn.depth_to_space(x, 2) if self._squeezes else x
        return x

    def drawn(self, condition: Batch, seeds: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
        noise = []
        for number, (*places, channels) in enumerate(self.grids):
            kept = channels // 2 if number < len(self.priors) else 0
            shape = [channels] if self.flat else [*places, channels - kept]
            normal = noises.normal(noises.fold_in(seeds, "resolution", number), math.prod(shape))
            noise.append(temperature * tf.reshape(normal, [-1, *shape]))
        return self.decode(condition, noise)

    def _log_density(self, condition: Batch, target: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        if self.levels:
            between = noises.uniform(noises.fold_in(seeds, "within a level"), self.size) * 2 - 1
            target += tf.reshape(between, tf.shape(target)) / (self.levels - 1)
        found, total = self.encode(condition, target)
        return tf.add_n([total, *map(standard_log_prob, found)])

    def _known(self, condition: Batch, count: tf.Tensor) -> tuple[tf.Tensor, list]:
        vector, map = self.known(condition, count, None)
        return self.mixer(vector), [layer(map) for layer in self.maps] if self.maps else [None] * len(self.grids)

    def _last(self, vector: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        out = self.prior(tf.nn.silu(vector))
        return _gaussian(out if self.flat else out[:, None, None])

    @property
    def _squeezes(self) -> bool:
        return self.grids[0][:2] != self.shape[:2] and not self.flat

    def _squeezed(self, x: tf.Tensor) -> tf.Tensor:
        return tf.nn.space_to_depth(x, 2) if self._squeezes else x


def _grids(shape: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """(height, breadth, channels) of the steps at each resolution; a vector is a grid of one place."""
    if len(shape) == 1:
        return [(1, 1, shape[0])]
    height, breadth, channels = shape
    found: list[tuple[int, int, int]] = []
    while not height % 2 and not breadth % 2 and min(height, breadth) >= 2 * LEAST and len(found) < RESOLUTIONS:
        height, breadth, channels = height // 2, breadth // 2, 4 * (found[-1][2] // 2 if found else channels)
        found.append((height, breadth, channels))
    return found or [(height, breadth, channels)]


def _gaussian(out: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and logarithm of the standard deviation."""
    mean, log_scale = tf.split(tf.cast(out, tf.float32), 2, -1)
    return mean, 3.0 * tf.tanh(log_scale / 3.0)


def _sum(x: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(x, list(range(1, x.shape.rank)))
