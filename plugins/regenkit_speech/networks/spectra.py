"""Two ways to draw spectra of what is said at each entry: their mean, or a path of flow matching from noise."""

import math
from typing import Protocol, final

from regenkit.layers import noise as noises
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit_speech.networks.convnext import Backbone

LEAST = 1e-4
"""The noise that is left at the end of the path (σ of arXiv 2210.02747)."""
JUDGED = (1 / 8, 3 / 8, 5 / 8, 7 / 8)
"""Times at which evaluation looks at every example, as of `regenkit.models.diffusion`."""


class Decoder(Protocol):
    """What is said at each entry, hidden [batch, entries, width] → vectors [batch, entries, size]; known float32
    [batch, entries, 1]."""

    draws: bool  # whether noise decides

    def error(self, target: tf.Tensor, hidden: tf.Tensor, known: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        """[batch, entries]: how far from the target, the mean over its numbers."""
        ...

    def draw(
        self, hidden: tf.Tensor, known: tf.Tensor, seeds: tf.Tensor, temperature: tf.Tensor, steps: tf.Tensor
    ) -> tf.Tensor:  # fmt: skip
        """Vectors, 0 where there is no entry."""
        ...


@final
class Regression(keras.layers.Layer):
    """The mean absolute distance is what it minimises, so that it draws the median."""

    draws = False

    def __init__(self, size: int, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        self.backbone = Backbone(width, width, depth, dropout=dropout)
        self.out = keras.layers.Dense(size, dtype="float32")
        self.backbone.build(None)
        self.out.build((None, None, width))
        self.built = True

    def error(self, target: tf.Tensor, hidden: tf.Tensor, known: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        found = self.out(self.backbone(hidden, known, None, noises.fold_in(seeds, "decoder")))
        return tf.reduce_mean(tf.abs(found - target), -1)

    def draw(
        self, hidden: tf.Tensor, known: tf.Tensor, seeds: tf.Tensor, temperature: tf.Tensor, steps: tf.Tensor
    ) -> tf.Tensor:  # fmt: skip
        return self.out(self.backbone(hidden, known)) * known


@final
class FlowMatching(keras.layers.Layer):
    """Conditional flow matching with straight paths (Lipman et al. 2022, arXiv 2210.02747; for speech Mehta et al.
    2023, Matcha-TTS, arXiv 2309.03199): from noise x₀ to the spectrum x₁ along x₀ + t (x₁ − (1 − σ) x₀)."""

    draws = True

    def __init__(self, size: int, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        self.size = size
        self.backbone = Backbone(size + width, width, depth, dropout=dropout, vector=width)
        self.time = [keras.layers.Dense(width, activation="silu"), keras.layers.Dense(width, activation="silu")]
        self.out = keras.layers.Dense(size, dtype="float32")
        self.waves = width // 2
        self.backbone.build(None)
        self.time[0].build((None, 2 * self.waves))
        self.time[1].build((None, width))
        self.out.build((None, None, width))
        self.built = True

    def error(self, target: tf.Tensor, hidden: tf.Tensor, known: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        """In evaluation the mean over four times, each with a noise of its own that is the same for every example."""
        if seeds is not None:
            time = noises.uniform(noises.fold_in(seeds, "time"), 1)
            return self._error(target, hidden, known, time, seeds, noises.fold_in(seeds, "decoder"))
        count = tf.shape(target)[0]
        each = [
            self._error(target, hidden, known, tf.fill([count, 1], time), tf.tile([[0, number]], [count, 1]), None)
            for number, time in enumerate(JUDGED)
        ]
        return tf.add_n(each) / len(JUDGED)

    def _error(
        self, target: tf.Tensor, hidden: tf.Tensor, known: tf.Tensor, time: tf.Tensor, path: tf.Tensor,
        seeds: tf.Tensor | None,
    ) -> tf.Tensor:  # fmt: skip
        """At a time [batch, 1], from the noise of `path` int32 [batch, 2]; seeds are of the dropout."""
        start = self._noise(noises.fold_in(path, "path"), tf.shape(target)[1])
        place = (1 - (1 - LEAST) * time[:, :, None]) * start + time[:, :, None] * target
        speed = self._speed(place, hidden, known, time, seeds)
        return tf.reduce_mean((speed - (target - (1 - LEAST) * start)) ** 2, -1)

    def draw(
        self, hidden: tf.Tensor, known: tf.Tensor, seeds: tf.Tensor, temperature: tf.Tensor, steps: tf.Tensor
    ) -> tf.Tensor:  # fmt: skip
        start = temperature * self._noise(noises.fold_in(seeds, "path"), tf.shape(hidden)[1])
        return self.follow(start, hidden, known, steps)

    def follow(self, start: tf.Tensor, hidden: tf.Tensor, known: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
        """From noise [batch, entries, size] to vectors, by Euler's method in so many steps. In each of them an entry
        depends on `backbone.reach` entries on each side."""
        count = tf.shape(hidden)[0]
        share = 1.0 / tf.cast(steps, tf.float32)

        def step(number: tf.Tensor, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            time = tf.fill([count, 1], tf.cast(number, tf.float32) * share)
            return number + 1, x + share * self._speed(x, hidden, known, time, None) * known

        start = tf.ensure_shape(start * known, [None, None, self.size])
        return tf.while_loop(lambda number, _: number < steps, step, (tf.constant(0), start), parallel_iterations=1)[1]

    def _speed(
        self, x: tf.Tensor, hidden: tf.Tensor, known: tf.Tensor, time: tf.Tensor, seeds: tf.Tensor | None
    ) -> tf.Tensor:  # fmt: skip
        rates = tf.exp(tf.linspace(0.0, math.log(1000.0), self.waves))
        angle = time * rates[None]
        vector = tf.concat([tf.sin(angle), tf.cos(angle)], 1)
        for layer in self.time:
            vector = layer(vector)
        return self.out(self.backbone(tf.concat([x, hidden], -1), known, vector, seeds))

    def _noise(self, seeds: tf.Tensor, entries: tf.Tensor) -> tf.Tensor:
        """An entry's noise does not depend on how many there are."""
        flat = noises.normal(seeds, entries * self.size)
        return tf.reshape(flat, [-1, entries, self.size])
