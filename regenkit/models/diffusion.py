"""Diffusion and flow matching over continuous fields of fixed shape: pictures, latents, vectors.

    target      all its fields as one grid (height, breadth, channels), or as one vector, standardised by the moments of
                the data (per channel of a grid, per entry of a vector), which are learned beside the weights
    condition   a vector, with the time, and a map that is added to the grid (`layers.conditioner`)
    network     U-Net or transformer over patches of the grid; residual blocks over a vector
    sampling    a few deterministic steps (`models.diffusion_schedule`), with classifier-free guidance

There is no density: `field_log_prob` is left out. A bound would need a discrete chain of variances, and the likelihood
of the flow an integral that costs more than sampling.
"""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal, final

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.conditioner import Conditioner, absent, fields_and_masks, hide, is_grid
from regenkit.layers.dit import DiT
from regenkit.layers.mlp import MLP
from regenkit.layers.moments import Moments
from regenkit.layers.unet import UNet
from regenkit.models.diffusion_grid import grid_of, patch_of
from regenkit.models.diffusion_schedule import Objective, alpha_sigma, denoised, steps_of, training_target, weight
from regenkit.models.sampling import check_guidance, seeds_of
from regenkit.models.traced import call_traced
from regenkit.models.traced_sampler import nothing
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Share
from regenkit.regularizers.choice import Choice, build
from regenkit.spec import Spec
from regenkit.stage import PRESENT, STATISTICS, Batch, Losses, OpenRun, no_run

JUDGED = (1 / 8, 3 / 8, 5 / 8, 7 / 8)
"""Times at which evaluation looks at every example."""


@final
class Diffusion(keras.Model):
    """P(target | condition) over continuous fields.

    objective          "velocity", "epsilon", "flow" or "clean" (see `models.diffusion_schedule`). After a minute on one
                       core velocity and flow draw garments equally well; of velocity's input the variance is 1 at all
                       times. "auto" is velocity, but clean where a patch holds more than half as many numbers as
                       `width`: noise has no fewer dimensions than its patch, and would not pass through the network
    network            "unet" or "dit" for a grid, "mlp" for vectors; "auto" takes unet or mlp
    width              channels at full resolution; of dit and mlp everywhere
    depth              blocks: of unet at each resolution, down and up; 0 = 1 of unet, 4 of the others
    patch              places a side that are read as one; 0 = the least that leaves 16 a side or fewer
    condition_dropout  how often the whole condition is hidden in training, without which there is no guidance
    regularizer        of the representation: {use: NAME, …}, see `regularizers.choice`; it is not judged
    """

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        objective: Literal["auto", "velocity", "epsilon", "flow", "clean"] = "auto",
        network: Literal["auto", "unet", "dit", "mlp"] = "auto",
        width: PositiveInt = 64,
        depth: NonNegativeInt = 0,
        patch: NonNegativeInt = 0,
        condition_dropout: Share = 0.1,
        regularizer: Choice | None = None,
    ) -> None:
        super().__init__()
        _check(target, width)
        self.condition, self.target = condition, target
        self.condition_dropout, self.width = condition_dropout, width
        grids = {field.shape[:2] for field in target.values() if is_grid(field)}
        self.grid = grid_of(grids.pop()) if len(grids) == 1 and all(map(is_grid, target.values())) else None
        if network != "auto" and (network == "mlp") != (self.grid is None):
            raise ValueError(f"network {network!r}: {'grids want unet or dit' if self.grid else 'vectors want mlp'}")
        depth = depth or (1 if self.grid and network != "dit" else 4)
        self.entries = {name: math.prod(size or 1 for size in field.shape[2 if self.grid else 0:])
                        for name, field in target.items()}  # fmt: skip
        channels = sum(self.entries.values())
        self.moments = Moments(channels)
        self.moments.build()
        self.time = [keras.layers.Dense(width, activation="silu"), keras.layers.Dense(width)]
        self.shape: tuple[int, ...]
        self.network: UNet | DiT | MLP
        self.from_map: keras.layers.Layer | None = None
        if self.grid is None:
            if patch > 1:
                raise ValueError(f"patch {patch}: vectors have no places that could be read as one; leave it out")
            self.patch, self.shape = 1, (channels,)
            self.conditioner = Conditioner(condition, width)
            self.stem = keras.layers.Dense(width)
            self.stem.build((None, channels))
            self.network = MLP(channels, width=width, depth=depth, vector=width)
        else:
            self.patch, self.shape = patch or patch_of(self.grid), (*self.grid, channels)
            if self.grid[0] % self.patch or self.grid[1] % self.patch:
                raise ValueError(f"patch {self.patch} must divide both sides of {self.grid[0]} × {self.grid[1]}")
            inner = (self.grid[0] // self.patch, self.grid[1] // self.patch)
            maps = [grid_of(field.shape) for field in condition.values() if is_grid(field)]
            finer = any(map_[axis] > inner[axis] for map_ in maps for axis in (0, 1))
            self.conditioner = Conditioner(condition, width, grid=self.grid if finer else inner)
            self.stem = keras.layers.Conv2D(width, 3, padding="same")
            self.stem.build((None, None, None, channels * self.patch**2))
            size = self.patch if finer else 1
            if self.conditioner.has_map:
                self.from_map = keras.layers.Conv2D(width, size, strides=size)
                self.from_map.build((None, None, None, width))
            kind = DiT if network == "dit" else UNet
            self.network = kind(inner, channels * self.patch**2, width=width, depth=depth, vector=width)
        noisy = self.patch > 1 and channels * self.patch**2 > width // 2
        self.objective: Objective = objective if objective != "auto" else "clean" if noisy else "velocity"
        self.network.build()
        self.conditioner.build()
        for layer, size in zip(self.time, (2 * (width // 2), width), strict=True):
            layer.build((None, size))
        self.regularizer = build(regularizer, self.network.blocks) if regularizer else None
        self.built = True

    def begin_training(self, batch_size: int, open_run: OpenRun = no_run) -> None:
        """Make what the regulariser needs, last, so that all other weights begin as they do without it."""
        if self.regularizer:
            grid, size = self.network.blocks[self.regularizer.block - 1]
            self.regularizer.begin_training(grid, size, self.target, batch_size, open_run)

    # --- the protocol ------------------------------------------------------------------------------------------------

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """Mean squared error an example of what the network says, in units of the data's standard deviation, weighed.

        `noise` int32 [batch, 2] draws the time, the noise, and what is hidden; None = evaluation: the mean over four
        times, each with a noise of its own that is the same for every example.
        """
        raw = self.joined(batch["target"])
        count, clean, size = tf.shape(raw)[0], self.moments.standard(raw), math.prod(self.shape)
        condition = hide(batch["condition"], self.condition, noise, self.condition_dropout)
        vector, map_ = self.conditioner(condition, count, noises.fold_in(noise, "condition"))
        times = 1
        if noise is None:
            times = len(JUDGED)
            time = tf.tile(tf.constant(JUDGED), [count])
            seeds = tf.stack([tf.zeros([times], tf.int32), tf.range(times)], 1)
            epsilon = tf.tile(noises.normal(noises.fold_in(seeds, "epsilon"), size), [count, 1])
            clean, vector = tf.repeat(clean, times, 0), tf.repeat(vector, times, 0)
            map_ = None if map_ is None else tf.repeat(map_, times, 0)
        else:
            time = noises.uniform(noises.fold_in(noise, "time"), 1)[:, 0]
            epsilon = noises.normal(noises.fold_in(noise, "epsilon"), size)
        epsilon = tf.reshape(epsilon, [-1, *self.shape])
        alpha, sigma = (self._wide(scale) for scale in alpha_sigma(self.objective, time))
        prediction, inner = self.predict_noisy(alpha * clean + sigma * epsilon, time, vector, map_)
        error = (
            weight(self.objective, sigma)
            * (prediction - training_target(self.objective, clean, epsilon, alpha, sigma)) ** 2
        )
        error = tf.reduce_mean(tf.reshape(error, [count, times * size]), 1)
        terms = {"error": error}
        if self.regularizer and noise is not None:
            seen, present = inner[self.regularizer.block - 1], batch.get(PRESENT, tf.ones_like(error))
            terms |= self.regularizer.terms(seen, batch["target"], present)
        losses: dict[str, Any] = {"main": {name: (value, tf.ones_like(error)) for name, value in terms.items()}}
        return losses if noise is None else {**losses, STATISTICS: self.moments.statistics(raw)}

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The moments follow the data (see `Moments`)."""
        self.moments.absorb(statistics)

    def sample(
        self, condition: Batch, *, seed: int, temperature: NonNegativeFloat = 1.0, guidance: NonNegativeFloat = 1.0,
        steps: PositiveInt = 30, given: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """Draw float32 fields of the target's shapes for every example of the batch.

        temperature      scales the noise that is begun from; 0 gives one typical answer, often a blurred one
        guidance         how far to go beyond the condition (classifier-free guidance, arXiv 2207.12598); 1 = no further
        steps            of the solver
        given            nothing can be given
        """
        self.check_sampling(guidance=guidance)
        if given:
            raise ValueError(f"given {', '.join(given)}: diffusion draws all its fields, nothing can be given")
        inputs = {
            name: tf.convert_to_tensor(value) for name, value in fields_and_masks(condition, self.condition).items()
        }
        if not inputs:
            raise ValueError("a condition without fields does not say how many examples to draw")
        count = int(next(iter(inputs.values())).shape[0])
        if not count:
            return nothing(self.target)
        tables = tuple(map(tf.constant, steps_of(self.objective, steps)))
        guided = guidance != 1
        drawn = call_traced(
            self, partial(self._draw, guided), inputs, seeds_of(seed, count), tables, tf.constant(guidance, tf.float32),
            tf.constant(temperature, tf.float32), key=(guided, *inputs),
        )  # fmt: skip
        return {name: value.numpy() for name, value in drawn.items()}

    def features(self, target: Batch, seeds: tf.Tensor, time: tf.Tensor) -> list[tf.Tensor]:
        """See `stage.ShowsFeatures`."""
        count = tf.shape(seeds)[0]
        nothing = {
            name: tf.zeros([count, *(size or 1 for size in field.shape)], tf.int32 if field.vocabulary else tf.float32)
            for name, field in self.condition.items()
        }
        vector, map_ = self.conditioner(nothing, count)
        alpha, sigma = alpha_sigma(self.objective, time)
        noise = tf.reshape(noises.normal(noises.fold_in(seeds, "features"), math.prod(self.shape)), [-1, *self.shape])
        x = alpha * self.moments.standard(self.joined(target)) + sigma * noise
        _, inner = self.predict_noisy(x, tf.fill([count], time), vector, map_)
        return [tf.reduce_mean(tf.cast(each, tf.float32), 1) for each in inner]

    def check_sampling(self, *, guidance: float = 1.0, **_: Any) -> None:
        check_guidance(guidance, self.condition_dropout)

    # --- the network -------------------------------------------------------------------------------------------------

    def predict_noisy(
        self, x: tf.Tensor, time: tf.Tensor, vector: tf.Tensor, map_: tf.Tensor | None
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """(what the network says of x_t, the inner features of each block [batch, places, size]).

        x               float32 [batch, *shape], standardised; time [batch]
        vector, map_    of the conditioner
        """
        x = self.stem(tf.nn.space_to_depth(x, self.patch) if self.patch > 1 else x)
        if self.from_map:
            x += self.from_map(map_)
        prediction, inner = self.network(x, vector + self._time(time))
        prediction = tf.cast(prediction, tf.float32)
        return (tf.nn.depth_to_space(prediction, self.patch) if self.patch > 1 else prediction), inner

    def _time(self, time: tf.Tensor) -> tf.Tensor:
        """[batch, width]: waves of the time, a quarter of one to 32 from noise to data, through two layers."""
        rate = tf.constant(2 * math.pi * np.geomspace(0.25, 32.0, self.width // 2), tf.float32)
        angle = time[:, None] * rate
        x = tf.concat([tf.sin(angle), tf.cos(angle)], -1)
        for layer in self.time:
            x = layer(x)
        return x

    def _draw(
        self, guided: bool, condition: Batch, seeds: tf.Tensor, tables: tuple[tf.Tensor, ...], guidance: tf.Tensor,
        temperature: tf.Tensor,
    ) -> dict[str, tf.Tensor]:  # fmt: skip
        count = tf.shape(seeds)[0]
        vector, map_ = self.conditioner(condition, count)
        if guided:
            nothing, blank = self.conditioner(absent(condition, self.condition), count)
            vector, map_ = tf.concat([vector, nothing], 0), None if map_ is None else tf.concat([map_, blank], 0)
        times, keep, take, ahead = tables

        def one(step: tf.Tensor, x: tf.Tensor, before: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            rows = tf.concat([x, x], 0) if guided else x
            prediction, _ = self.predict_noisy(rows, tf.fill([tf.shape(rows)[0]], times[step]), vector, map_)
            if guided:
                prediction, free = tf.split(prediction, 2, 0)
                prediction = free + guidance * (prediction - free)
            alpha, sigma = alpha_sigma(self.objective, times[step])
            clean = denoised(self.objective, x, prediction, alpha, sigma)
            x = keep[step] * x + take[step] * (clean + ahead[step] * (clean - before))
            return step + 1, x, clean

        normal = noises.normal(noises.fold_in(seeds, "start"), math.prod(self.shape))
        x = temperature * tf.reshape(normal, [-1, *self.shape])
        start = (tf.constant(0), x, tf.zeros_like(x))
        x = tf.while_loop(lambda step, *_: step < tf.size(times), one, start, parallel_iterations=1)[1]
        return self._parted(self.moments.unnormalize(x))

    # --- fields as one array -----------------------------------------------------------------------------------------

    def joined(self, target: Batch) -> tf.Tensor:
        """The target's fields as one, float32 [batch, *shape]."""
        parts = []
        for name, size in self.entries.items():
            parts.append(tf.reshape(tf.cast(target[name], tf.float32), [-1, *self.shape[:-1], size]))
        return tf.concat(parts, -1)

    def _parted(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        parts = tf.split(x, list(self.entries.values()), -1)
        return {name: tf.reshape(part, [-1, *field.shape])
                for (name, field), part in zip(self.target.items(), parts, strict=True)}  # fmt: skip

    def _wide(self, value: tf.Tensor) -> tf.Tensor:
        return tf.reshape(value, [-1] + [1] * len(self.shape))


def _check(target: Spec, width: int) -> None:
    if not target:
        raise ValueError("nothing to predict: the target spec has no fields that the condition lacks")
    for name, field in target.items():
        if field.kind != "continuous" or field.variable:
            kind = "has no fixed shape" if field.variable else f"is {field.kind}"
            use = "transformer" if field.kind == "tokens" else "gaussian, where it is a vector a step"
            raise ValueError(f"diffusion predicts numbers of a fixed shape; {name} {kind}: use {use}")
    if width % 8:
        raise ValueError(f"width is {width}; right is a multiple of 8")
