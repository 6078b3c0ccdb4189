"""Dispersive Loss (Wang and He 2025, arXiv 2506.09027): a contrastive loss without positives.

The activations of a batch's examples are pushed apart. There is no teacher, and nothing to be learned beside.
"""

from collections.abc import Mapping
from typing import Literal, final

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat

from regenkit.quiet import tensorflow as tf
from regenkit.regularizers.all_gather import gathered
from regenkit.regularizers.regularizer import Regularizer
from regenkit.spec import Spec
from regenkit.stage import OpenRun, no_run

Form = Literal["infonce_l2", "infonce_cosine", "hinge", "covariance"]


@final
class Dispersive(Regularizer):
    """weight · L of a batch; h_i are an example's activations of one block, flattened to d numbers; E over all i and j,
    with i = j:

        infonce_l2       log E exp(−‖h_i − h_j‖² / dτ)
        infonce_cosine   log E exp(−(1 − cos(h_i, h_j)) / τ)
        hinge            E max(0, τ − ‖h_i − h_j‖² / d)²
        covariance       Σ_{m≠n} Cov(h)²_mn / d (VICReg, arXiv 2105.04906, equation 4; its covariance is a sum over n
                         examples divided by n − 1, here by n)

    Where a step's batch is cut into several (`train.accumulate`), L is of each of them; over replicas it is of all.

    temperature   τ; of hinge the distance beyond which nothing is pushed
    block         whose activations, counted from 1; 0 = at a quarter of the depth
    """

    def __init__(
        self,
        *,
        form: Form = "infonce_l2",
        weight: NonNegativeFloat = 0.5,
        temperature: PositiveFloat = 0.5,
        block: NonNegativeInt = 0,
    ) -> None:
        self.form, self.weight, self.temperature, self.block = form, weight, temperature, block
        self.most = 0

    def begin_training(
        self, grid: tuple[int, int], size: int, target: Spec, batch_size: int, open_run: OpenRun = no_run
    ) -> None:
        self.most = batch_size

    def terms(self, inner: tf.Tensor, target: Mapping[str, tf.Tensor], present: tf.Tensor) -> dict[str, tf.Tensor]:
        """The common value, for each example: a replica's share of it is that of its examples."""
        rows = tf.reshape(tf.cast(inner, tf.float32), [-1, inner.shape[1] * inner.shape[2]])
        rows = gathered(tf.boolean_mask(rows, present > 0), self.most)
        # a part of a batch that was cut may have no example on any replica, and its slope must not be NaN
        rows = tf.pad(rows, [[0, tf.cast(tf.equal(tf.shape(rows)[0], 0), tf.int32)], [0, 0]])
        value = dispersion(self.form, rows, self.temperature)
        return {"dispersive": self.weight * tf.fill([tf.shape(inner)[0]], value)}


def dispersion(form: Form, rows: tf.Tensor, temperature: float) -> tf.Tensor:
    """L of float32 rows [examples, d], by their inner products: no form costs more than examples² · d."""
    size = float(rows.shape[1])
    if form == "infonce_cosine":
        rows = tf.math.l2_normalize(rows, 1)
        return _log_mean_exp((tf.matmul(rows, rows, transpose_b=True) - 1.0) / temperature)
    rows = rows - tf.reduce_mean(rows, 0)  # changes no distance, and rounds less
    inner = tf.matmul(rows, rows, transpose_b=True)
    if form == "covariance":  # ‖HᵀH‖² = ‖HHᵀ‖², which is small
        count = tf.cast(tf.shape(rows)[0], tf.float32)
        variance = tf.reduce_mean(rows**2, 0)
        return (tf.reduce_sum((inner / count) ** 2) - tf.reduce_sum(variance**2)) / size
    squares = tf.linalg.diag_part(inner)
    apart = (squares[:, None] + squares[None] - 2.0 * inner) / size
    if form == "hinge":
        return tf.reduce_mean(tf.nn.relu(temperature - apart) ** 2)
    return _log_mean_exp(-apart / temperature)


def _log_mean_exp(x: tf.Tensor) -> tf.Tensor:
    return tf.reduce_logsumexp(x) - tf.math.log(tf.cast(tf.size(x), tf.float32))
