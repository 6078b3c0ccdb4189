"""Between encoder and decoder: a grid of vectors → Y′ → the vectors that a decoder reads."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple, final

from regenkit.layers.gaussian import kl_to_standard, mean_and_log_scale, sampled
from regenkit.layers.quantizer import Quantizer
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit_image.networks.standard import Standard

Grid = tuple[int, int]


class Passed(NamedTuple):
    """What a bottleneck lets through in training."""

    vectors: tf.Tensor  # float32 [batch, height, width, size], with a gradient
    penalties: dict[str, tf.Tensor]  # what it costs, each [batch]
    statistics: dict[str, tf.Tensor]  # for `absorb`


class Bottleneck(keras.layers.Layer, ABC):
    """One has `spec`, of Y′. Vectors z are the encoder's, float32 [batch, height, width, size]."""

    spec: Spec
    in_nats = False
    """Whether penalties are nats, which add to those of a likelihood; else they are means."""

    @abstractmethod
    def compress(self, z: tf.Tensor, seeds: tf.Tensor | None) -> Passed:
        """For training; `seeds` int32 [batch, 2], None = evaluation."""

    @abstractmethod
    def to_rep(self, z: tf.Tensor) -> dict[str, tf.Tensor]:
        """Y′ of vectors."""

    @abstractmethod
    def from_rep(self, rep: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """What the decoder reads of Y′."""

    @abstractmethod
    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        """Learn from sums of `Passed.statistics` over the whole batch."""


@final
class Vectors(Bottleneck):
    """None: Y′ is `latent`, the vectors, of mean 0 and variance 1 in each channel."""

    def __init__(self, grid: Grid, latent_dim: int) -> None:
        super().__init__()
        self.spec = Spec({"latent": Field(kind="continuous", shape=(*grid, latent_dim))})
        self.standard = Standard(latent_dim)

    def compress(self, z: tf.Tensor, seeds: tf.Tensor | None) -> Passed:
        return Passed(z, {}, self.standard.statistics(z))

    def to_rep(self, z: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"latent": self.standard(z)}

    def from_rep(self, rep: Mapping[str, tf.Tensor]) -> tf.Tensor:
        return self.standard.unnormalize(rep["latent"])

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        self.standard.absorb(statistics)


@final
class Gaussian(Bottleneck):
    """A Gaussian held near the standard normal one; the encoder gives mean and log standard deviation of each number.

    Y′ is `latent`, the mean, scaled so that what is drawn from all Gaussians has mean 0 and variance 1 in each channel.

    beta       weight of the divergence
    free_bits  nats of each channel of a picture that cost nothing
    """

    in_nats = True

    def __init__(self, grid: Grid, latent_dim: int, *, beta: float, free_bits: float) -> None:
        super().__init__()
        self.spec = Spec({"latent": Field(kind="continuous", shape=(*grid, latent_dim))})
        self.standard, self.beta, self.free_bits = Standard(latent_dim), beta, free_bits

    def compress(self, z: tf.Tensor, seeds: tf.Tensor | None) -> Passed:
        """In evaluation the mean is decoded."""
        mean, log_scale = mean_and_log_scale(z)
        divergence = tf.reduce_sum(kl_to_standard(mean, log_scale), [1, 2])
        divergence = tf.reduce_sum(tf.maximum(divergence, self.free_bits), -1)
        statistics = self.standard.statistics(mean, tf.exp(2 * log_scale))
        drawn = sampled(mean, log_scale, seeds)
        return Passed(drawn, {"divergence": self.beta * divergence}, statistics)

    def to_rep(self, z: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"latent": self.standard(mean_and_log_scale(z)[0])}

    def from_rep(self, rep: Mapping[str, tf.Tensor]) -> tf.Tensor:
        return self.standard.unnormalize(rep["latent"])

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        self.standard.absorb(statistics)


@final
class Codes(Bottleneck):
    """Codes of a quantiser, which is built here. Y′ is `code`, tokens of the grid; of several quantisers `code1` ….

    commitment_weight  of the mean squared distance of vectors to their codes, where the quantiser has one
    """

    def __init__(self, grid: Grid, quantizer: Quantizer, commitment_weight: float = 0.0) -> None:
        super().__init__()
        several = quantizer.num_quantizers
        names = ["code"] if several is None else [f"code{number}" for number in range(1, several + 1)]
        self.spec = Spec({name: Field(vocabulary=quantizer.codebook_size, shape=grid) for name in names})
        self.quantizer, self.commitment_weight = quantizer, commitment_weight
        quantizer.build(None)

    def compress(self, z: tf.Tensor, seeds: tf.Tensor | None) -> Passed:
        found = self.quantizer(z, seeds=seeds)
        penalties = {} if found.distance is None else {"commitment": commitment(found.distance, self.quantizer.dim)}
        penalties = {name: self.commitment_weight * value for name, value in penalties.items()}
        return Passed(found.codes, penalties, found.statistics)

    def to_rep(self, z: tf.Tensor) -> dict[str, tf.Tensor]:
        indices = self.quantizer(z).indices
        each = [indices] if self.quantizer.num_quantizers is None else tf.unstack(indices, axis=-1)
        return {name: 1 + number for name, number in zip(self.spec, each, strict=True)}

    def from_rep(self, rep: Mapping[str, tf.Tensor]) -> tf.Tensor:
        each = [rep[name] - 1 for name in self.spec]
        return self.quantizer.indices_to_codes(each[0] if self.quantizer.num_quantizers is None else tf.stack(each, -1))

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        self.quantizer.absorb(statistics)


def commitment(distance: tf.Tensor, dim: int) -> tf.Tensor:
    """Mean squared difference of vectors and codes, [batch], of their squared distances [batch, height, width]."""
    return tf.reduce_mean(distance, [1, 2]) / dim
