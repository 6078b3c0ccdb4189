"""An autoencoder of pictures: encoder, bottleneck, decoder, and what its error is. A paper's file puts one together."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat

from regenkit.layers import noise as noises
from regenkit.layers.statistics import of_part, prefixed
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Share
from regenkit.spec import Spec
from regenkit.stage import STATISTICS, Batch, Losses
from regenkit_image.networks.adversary import Adversary
from regenkit_image.networks.bottleneck import Bottleneck
from regenkit_image.networks.convolutional import Decoder, Encoder, picture
from regenkit_image.networks.reconstruction import Likelihood, Reconstruction


@final
class Autoencoder(keras.Model):
    """Y → Y′ → Y, learned from Y alone; Y′ is as the bottleneck says.

    target          of one field, of pictures (height, width, channels)
    bottleneck      what of the encoder's vectors is kept, and what keeping it costs
    reconstruction  how far pixels are from what is decoded; None = by a likelihood, and then there is `field_log_prob`
    adversary       judges what is decoded, and is trained against it
    noise           share of the pixels that are hidden from the encoder in training
    """

    version = 1

    def __init__(
        self,
        target: Spec,
        encoder: Encoder,
        bottleneck: Bottleneck,
        decoder: Decoder,
        reconstruction: Reconstruction | None = None,
        adversary: Adversary | None = None,
        *,
        noise: Share = 0.0,
    ) -> None:
        super().__init__()
        self.field, self.shape = picture(target)
        self.encoder, self.bottleneck, self.decoder = encoder, bottleneck, decoder
        self.reconstruction, self.adversary, self.noise = reconstruction or Likelihood(), adversary, noise
        bottleneck.build(None)
        self.spec = bottleneck.spec
        self.built = True
        if isinstance(self.reconstruction, Likelihood):
            self.field_log_prob = self._field_log_prob
        kinds = {name: tf.int32 if field.vocabulary else tf.float32 for name, field in self.spec.items()}
        rep = {name: tf.TensorSpec([None, *field.shape], kinds[name]) for name, field in self.spec.items()}
        pixels = tf.TensorSpec([None, *self.shape])
        self._traced_encode = tf.function(self._encode, [pixels], autograph=False)
        self._traced_decode = tf.function(self.decode, [rep], autograph=False)

    def groups(self) -> dict[str, list]:
        """What each optimiser moves; an adversary has one of its own."""
        own = [each for part in (self.encoder, self.bottleneck, self.decoder) for each in part.trainable_variables]
        if self.adversary is None:
            return {"main": own}
        return {"generator": own, "discriminator": self.adversary.trainable_variables}

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """The reconstruction's terms, and what the bottleneck and the adversary add.

        In evaluation nothing is hidden from the encoder. Beside an adversary the reconstruction alone is judged: what a
        discriminator says is not comparable from step to step.
        """
        pixels = tf.cast(batch["target"][self.field], tf.float32)
        holed = self._with_holes(pixels, noises.fold_in(noise, "hidden pixels"))
        passed = self.bottleneck.compress(self.encoder(holed), noises.fold_in(noise, "bottleneck"))
        if self.adversary is None:
            shown = self.decoder(passed.vectors)
            terms = self.reconstruction.terms(pixels, shown)
            losses: Losses = {"main": terms | self._penalties(passed.penalties, terms)}
            contest: dict[str, tf.Tensor] = {}
        elif noise is None:
            return {"generator": self.reconstruction.terms(pixels, self.decoder(passed.vectors))}
        else:
            shown, terms, fooled, caught, contest = self.adversary.contest(
                pixels, self.decoder, passed.vectors, self.reconstruction
            )
            losses = {
                "generator": {**terms, **self._penalties(passed.penalties, terms), "adversarial": fooled},
                "discriminator": {"hinge": caught},
            }
        if noise is not None:
            losses[STATISTICS] = (
                prefixed("reconstruction", self.reconstruction.statistics(pixels, shown))
                | prefixed("bottleneck", passed.statistics)
                | prefixed("adversary", contest)
            )
        return losses

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """What is learned other than by gradients follows: scales, moments, codebooks, the adversary's weight."""
        self.reconstruction.absorb(of_part("reconstruction", statistics))
        self.bottleneck.absorb(of_part("bottleneck", statistics))
        if self.adversary is not None:
            self.adversary.absorb(of_part("adversary", statistics))

    def encode(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """Y′ of Y."""
        found: dict[str, tf.Tensor] = self._traced_encode(target[self.field])
        return found

    def decode(self, rep: Batch) -> tf.Tensor:
        """The pixels of Y′, float32 [batch, height, width, channels]; of tokens that are absent, see the quantiser."""
        return self.decoder(self.bottleneck.from_rep(rep))

    def sample(
        self, condition: Batch, *, seed: int, temperature: NonNegativeFloat = 1.0, given: Any = None
    ) -> dict[str, np.ndarray]:
        """Y of Y′: the decoder's mean, whatever seed and temperature, since drawn pixels would be it under grain."""
        return {self.field: np.clip(self._traced_decode({name: condition[name] for name in self.spec}), -1.0, 1.0)}

    def _field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log density of the pixels given Y′ in nats, [batch]: of the decoder alone, no evidence lower bound."""
        assert isinstance(self.reconstruction, Likelihood)
        return {self.field: -self.reconstruction.nll(target[self.field], self.decode(condition))[0]}

    def _encode(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        return self.bottleneck.to_rep(self.encoder(pixels))

    def _penalties(self, penalties: Mapping[str, tf.Tensor], terms: Mapping[str, tuple]) -> dict[str, tuple]:
        """Nats weigh as those of the pixels do; what is a mean already weighs 1."""
        _, values = next(iter(terms.values()))
        weight = values if self.bottleneck.in_nats else tf.ones_like(values)
        return {name: (value, weight) for name, value in penalties.items()}

    def _with_holes(self, pixels: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        if seeds is None or not self.noise:
            return pixels
        height, width, _ = self.shape
        kept = tf.cast(noises.uniform(seeds, height * width) >= self.noise, tf.float32)
        return pixels * tf.reshape(kept, [-1, height, width, 1])
