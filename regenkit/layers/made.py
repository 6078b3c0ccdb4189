"""Autoregressive flows over vectors: y_i = (x_i + m_i) exp(s_i), where m_i and s_i depend on x before i alone.

Both come of one pass of a masked network (MADE: Germain et al. 2015, arXiv 1502.03509), so x → y is fast and has a
triangular Jacobian; y → x goes number by number. Where data are x, the flow is a density (masked autoregressive flow:
Papamakarios et al. 2017, arXiv 1705.07057); where they are y, it is a posterior that is drawn from in one pass (inverse
autoregressive flow: Kingma et al. 2016, arXiv 1606.04934). All of it is computed in float32, whatever the policy.
"""

from itertools import pairwise
from typing import final

import numpy as np

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

STEEPEST = 2.0
"""A step scales by exp(±2) at most, so that its inverse is well conditioned."""


@final
class Made(keras.layers.Layer):
    """x [batch, size] → (m, s), each [batch, size]; both are 0 at first.

    width    of a hidden layer
    depth    hidden layers
    context  size of a vector that everything may depend on; 0 = there is none
    """

    def __init__(self, size: int, *, width: int, depth: int, context: int = 0) -> None:
        super().__init__(dtype="float32")
        self.size, self.width, self.context = size, width, context
        told = int(context > 0)
        places, hidden = np.arange(size), np.arange(width) * (size - 1 + told) // width - told
        degrees = [places] + [hidden] * depth
        # a hidden unit of degree d sees places 0…d, and is seen by what is said of the places after d; one of degree −1
        # sees the context alone, so that the first place is told of it too
        self.masks = [np.float32(inner[:, None] <= outer) for inner, outer in pairwise(degrees)]
        self.masks.append(np.float32(degrees[-1][:, None] < np.tile(places, 2)))

    def build(self, _shape: object = None) -> None:
        def weight(name: str, shape: tuple[int, ...], initial: str) -> keras.Variable:
            return self.add_weight(name=name, shape=shape, initializer=initial)

        last = len(self.masks) - 1
        self.kernels = [weight(f"kernel{number}", mask.shape, "zeros" if number == last else "he_normal")
                        for number, mask in enumerate(self.masks)]  # fmt: skip
        self.biases = [weight(f"bias{number}", mask.shape[1:], "zeros") for number, mask in enumerate(self.masks)]
        if self.context:
            self.from_context = weight("from_context", (self.context, self.width), "glorot_uniform")
        self.built = True

    def call(self, x: tf.Tensor, context: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        """`context` [batch, size], where the layer was made for one."""
        extra = tf.matmul(tf.cast(context, tf.float32), self.from_context) if self.context else 0.0
        for number, (kernel, bias, mask) in enumerate(zip(self.kernels, self.biases, self.masks, strict=True)):
            x = tf.matmul(tf.nn.silu(x) if number else x, kernel * mask) + bias + (0.0 if number else extra)
        shift, slope = tf.split(x, 2, -1)
        return shift, STEEPEST * tf.tanh(slope / STEEPEST)


@final
class AutoregressiveFlow(keras.layers.Layer):
    """`forward` and `inverse` are each other's inverses; after each step the order of the numbers is reversed.

    A new one does nothing else. width, depth and context are those of each step's `Made`.
    """

    def __init__(self, size: int, *, steps: int, width: int, depth: int, context: int = 0) -> None:
        super().__init__(dtype="float32")
        self.size = size
        self.steps = [Made(size, width=width, depth=depth, context=context) for _ in range(steps)]

    def build(self, _shape: object = None) -> None:
        for step in self.steps:
            step.build()
        self.built = True

    def forward(self, x: tf.Tensor, context: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        """(y [batch, size], logarithm of the determinant of dy/dx [batch]) of float32 [batch, size]."""
        total = tf.zeros(tf.shape(x)[:1])
        for step in self.steps:
            shift, slope = step(x, context)
            x = tf.reverse((x + shift) * tf.exp(slope), [1])
            total += tf.reduce_sum(slope, 1)
        return x, total

    def inverse(self, y: tf.Tensor, context: tf.Tensor | None = None) -> tf.Tensor:
        """x of y: a step takes `size` passes, since the first i numbers are right after i of them."""
        for step in reversed(self.steps):
            y = tf.reverse(y, [1])

            def better(number: tf.Tensor, x: tf.Tensor, step: Made = step, y: tf.Tensor = y) -> tuple:
                shift, slope = step(x, context)
                return number + 1, y * tf.exp(-slope) - shift

            start = (tf.constant(0), tf.zeros_like(y))
            y = tf.while_loop(lambda number, _: number < self.size, better, start, parallel_iterations=1)[1]
        return y
