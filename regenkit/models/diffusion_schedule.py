"""From data to noise and back: x_t = α_t x_0 + σ_t ε, what a network is to predict of it, and the steps of a sampler.

    epsilon   ε, on the cosine path α = cos(πt/2), σ = sin(πt/2)        Ho et al. 2020, arXiv 2006.11239; 2102.09672
    velocity  αε − σx_0, on the same path                               Salimans and Ho 2022, arXiv 2202.00512
    flow      ε − x_0, on the straight path α = 1 − t, σ = t            Lipman et al. 2022, arXiv 2210.02747; 2209.03003
    clean     x_0, on the cosine path, judged as velocity is            Li and He 2025, arXiv 2511.13720

t = 0 is data, t = 1 noise. The sampler is deterministic. Of first order it is DDIM (arXiv 2010.02502), which on the
straight path is Euler's method; each step but the first and the last also looks at the one before, which makes it
DPM-Solver++ (2M) (Lu et al. 2022, arXiv 2211.01095) at no further cost.
"""

import math
from typing import Literal, NamedTuple

import numpy as np

from regenkit.quiet import tensorflow as tf

Objective = Literal["epsilon", "velocity", "flow", "clean"]
FIRST = {"epsilon": 0.99, "velocity": 1.0, "flow": 1.0, "clean": 1.0}
"""Where sampling begins: ε says nothing of x_0 where α = 0."""
LEAST = 0.05
"""Of σ, where an error in x_0 is taken for one in the velocity, which is 1 / σ as large."""


def alpha_sigma(objective: Objective, time: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """α and σ at these times, of their shape."""
    if objective == "flow":
        return 1.0 - time, time
    return tf.cos(0.5 * math.pi * time), tf.sin(0.5 * math.pi * time)


def training_target(
    objective: Objective, clean: tf.Tensor, noise: tf.Tensor, alpha: tf.Tensor, sigma: tf.Tensor
) -> tf.Tensor:
    """What the network should predict from α clean + σ noise."""
    if objective == "flow":
        return noise - clean
    return {"epsilon": noise, "clean": clean, "velocity": alpha * noise - sigma * clean}[objective]


def weight(objective: Objective, sigma: tf.Tensor) -> tf.Tensor:
    """The weight of the squared error of a prediction."""
    return tf.maximum(sigma, LEAST) ** -2 if objective == "clean" else tf.ones_like(sigma)


def denoised(
    objective: Objective, x: tf.Tensor, prediction: tf.Tensor, alpha: tf.Tensor, sigma: tf.Tensor
) -> tf.Tensor:
    """x_0, from x_t and what the network predicts from it."""
    if objective == "clean":
        return prediction
    if objective == "epsilon":
        return (x - sigma * prediction) / alpha
    return (x if objective == "flow" else alpha * x) - sigma * prediction


class Steps(NamedTuple):
    """Tables of the sampler, float32 [steps]: x ← keep x + take ((1 + ahead) x_0 − ahead x_0 of the step before)."""

    time: np.ndarray
    keep: np.ndarray
    take: np.ndarray
    ahead: np.ndarray


def steps_of(objective: Objective, count: int) -> Steps:
    """`count` even steps in t from noise to data."""
    time = np.linspace(FIRST[objective], 0.0, count + 1)
    alpha, sigma = (np.asarray(scale, np.float64) for scale in alpha_sigma(objective, tf.constant(time)))
    keep = sigma[1:] / sigma[:-1]
    take = alpha[1:] - alpha[:-1] * keep
    with np.errstate(divide="ignore"):
        growth = np.diff(np.log(np.maximum(alpha, 0.0)) - np.log(np.maximum(sigma, 0.0)))  # of the log of α / σ
    ahead = np.zeros(count)
    ahead[1:-1] = growth[1:-1] / (2 * growth[:-2])
    return Steps(*(table.astype(np.float32) for table in (time[:-1], keep, take, ahead)))
