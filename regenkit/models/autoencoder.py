"""A learned Y′ for sequences of tokens: one small code, or one small vector, a step, or for every few steps.

    encoder     all fields of a step of Y, read in both directions → a vector a step, or for `hop` steps together
    bottleneck  "vq": the nearest of a few codes (VQ-VAE, arXiv 1711.00937)
                "vae": a Gaussian a step, held near the normal one (VAE, arXiv 1312.6114; β: Higgins et al. 2017)
    decoder     reads them in both directions; each field of each step is predicted for itself, so that what the fields
                have to do with one another must go through the bottleneck

As a converter it is `soft`, `encode` and `losses`; as a renderer (its own decoder) `sample` and `field_log_prob`.
Optional fields of Y (a key) are known on both sides of the bottleneck.

Where a code covers several steps, the last one may cover fewer than that. So the decoder also says where Y ends within
it: one more class of each step, which counts up to the first step that is none.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal, NamedTuple, final

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.attention import blocks, through
from regenkit.layers.fields import FieldsEmbedding
from regenkit.layers.gaussian import kl_to_standard, mean_and_log_scale, sampled
from regenkit.layers.grouping import fitted, group, ungroup
from regenkit.layers.token_nll import token_nll
from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.models.sampling import seeds_of
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Share
from regenkit.spec import MASK, Field, Spec
from regenkit.stage import STATISTICS, Batch


class Encoded(NamedTuple):
    """Y′ of a batch while something is trained on it."""

    soft: dict[str, tf.Tensor]  # with a gradient: tokens as distributions, straight through; vectors drawn
    hard: dict[str, tf.Tensor]  # as `encode` gives it
    vector: tf.Tensor  # what the decoder reads, [batch, steps, latent_dim]
    penalty: dict[str, tuple[tf.Tensor, tf.Tensor]]  # term → (value, weight), each [batch]
    statistics: dict[str, tf.Tensor]


@final
class TokenAutoencoder(keras.Model):
    """Y → Y′ → Y, learned from Y alone.

    bottleneck         "vq" or "vae"
    hop                steps of Y that one code or vector covers; above 1 Y has one field, and none that is given a step
    codebook_size      of vq: how many codes
    latent_dim         numbers of a step's vector
    commitment_weight  of vq: of the distance of a vector to its code (β of arXiv 1711.00937, equation 3)
    beta               of vae: weight of the divergence
    """

    version = 1

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        bottleneck: Literal["vq", "vae"] = "vq",
        hop: PositiveInt = 1,
        codebook_size: PositiveInt = 16,
        latent_dim: PositiveInt = 8,
        commitment_weight: NonNegativeFloat = 0.25,
        beta: NonNegativeFloat = 0.1,
        width: PositiveInt = 128,
        depth: PositiveInt = 2,
        heads: PositiveInt = 4,
        dropout: Share = 0.1,
    ) -> None:
        super().__init__()
        for name, field in target.items():
            if field.kind != "tokens" or field.hop != 1:
                raise ValueError(f"the autoencoder takes tokens, one a step; {name} is none: use a converter for it")
        if hop > 1 and (len(target) > 1 or any(field.variable for field in condition.values())):
            raise ValueError(
                f"hop={hop} takes a Y of one field, beside scalars; this one has {', '.join(condition | target)}"
            )
        self.condition, self.target, self.bottleneck, self.hop = condition, target, bottleneck, hop
        self.commitment_weight, self.beta, self.width = commitment_weight, beta, width
        code = Field(vocabulary=codebook_size, hop=Fraction(hop))
        latent = Field(kind="continuous", shape=(None, latent_dim), hop=Fraction(hop))
        self.spec = Spec({"code": code} if bottleneck == "vq" else {"latent": latent})
        self.mask = self.spec.clocks[0].mask
        self.read = FieldsEmbedding(condition | target, width)
        self.encoder = blocks(width, heads, depth, dropout=dropout)
        self.encoder_norm = keras.layers.LayerNormalization(center=False)
        self.to_vector = keras.layers.Dense(latent_dim if bottleneck == "vq" else 2 * latent_dim)
        self.quantizer = VectorQuantizer(codebook_size, latent_dim) if bottleneck == "vq" else None
        self.known = FieldsEmbedding(condition, width)
        self.from_vector = keras.layers.Dense(hop * width)
        self.decoder = blocks(width, heads, depth, dropout=dropout)
        self.decoder_norm = keras.layers.LayerNormalization(center=False)
        self.logits = {name: keras.layers.Dense((field.vocabulary or 0) + (hop > 1)) for name, field in target.items()}
        if self.quantizer:
            self.quantizer.build(None)
        for layer in (*self.encoder, self.encoder_norm, *self.decoder, self.decoder_norm, *self.logits.values()):
            layer.build((None, None, width))
        self.to_vector.build((None, None, hop * width))
        self.from_vector.build((None, None, latent_dim))
        self.built = True

    # --- Y → Y′ ------------------------------------------------------------------------------------------------------

    def soft(self, condition: Batch, target: Batch, *, noise: tf.Tensor | None) -> Encoded:
        """Y′ of Y for training; `noise` int32 [batch, 2], None = evaluation."""
        mask = target["mask"]
        x = self.read({**condition, **target}, tf.shape(mask))
        x = through(self.encoder, x, mask[:, None, :], noises.fold_in(noise, "encoder"))
        x = self.encoder_norm(x)
        if self.hop > 1:
            x, mask = group(x * tf.cast(mask, x.dtype)[..., None], self.hop), mask[:, :: self.hop]
        z = tf.cast(self.to_vector(x), tf.float32)
        known = tf.cast(mask, tf.float32)
        weight = tf.reduce_sum(known, 1)
        if self.quantizer is None:
            mean, log_scale = mean_and_log_scale(z)
            kl, drawn = kl_to_standard(mean, log_scale), sampled(mean, log_scale, noises.fold_in(noise, "latent"))
            penalty = {"divergence": (self.beta * tf.reduce_sum(tf.reduce_sum(kl, -1) * known, 1), weight)}
            mean, drawn = mean * known[..., None], drawn * known[..., None]
            return Encoded({"latent": drawn}, {"latent": mean}, drawn, penalty, {})
        found = self.quantizer(z, known=known, seeds=noises.fold_in(noise, "quantizer"))
        penalty = {"commitment": (self.commitment_weight * tf.reduce_sum(found.distance * known, 1), weight)}
        likely = tf.nn.softmax(-self.quantizer.distances(z))
        hot = tf.one_hot(found.indices, self.quantizer.codebook_size)
        soft = (hot + likely - tf.stop_gradient(likely)) * known[..., None]
        hard = tf.where(mask, found.indices + 1, 0)
        return Encoded({"code": soft}, {"code": hard}, found.codes, penalty, found.statistics)

    def encode(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """Y′ of Y: the nearest codes, or the means; 0 after an example's end."""
        return self.soft(condition, target, noise=None).hard

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """Negative log-likelihood in nats of each field given its Y′, and what the bottleneck adds."""
        encoded = self.soft(batch["condition"], batch["target"], noise=noise)
        terms = dict(encoded.penalty)
        mask = batch["target"][MASK][:, :: self.hop]
        for name, (nll, weight) in self._nll(batch["condition"], encoded.vector, mask, batch["target"], noise).items():
            terms[name] = (nll, weight)
        return {"main": terms, **({STATISTICS: encoded.statistics} if encoded.statistics else {})}

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The codebook follows (see `VectorQuantizer`)."""
        assert self.quantizer is not None
        self.quantizer.absorb(statistics)

    # --- Y′ → Y ------------------------------------------------------------------------------------------------------

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log P(field | Y′) in nats, each [batch]; condition: Y′ with the optional fields of Y."""
        found = self._nll(condition, self._vector(condition), condition[self.mask], target, None)
        return {name: -nll for name, (nll, _) in found.items()}

    def sample(
        self,
        condition: Batch,
        *,
        seed: int,
        temperature: NonNegativeFloat = 1.0,
        given: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:
        """Draw Y for every Y′: int32 fields [batch, steps]; temperature 0 takes the likeliest token.

        given   by field: booleans [vocabulary] permit tokens
        """
        mask = tf.constant(condition[self.mask])
        seeds = seeds_of(seed, mask.shape[0])
        found = {}
        for name, logits in self._decode(condition, self._vector(condition), mask, None).items():
            if given and name in given:
                logits = tf.where(np.append(given[name], [True] * (self.hop > 1)), logits, -1e9)
            if temperature:
                noise = noises.gumbel(noises.fold_in(seeds, f"field {name}"), tf.reduce_prod(tf.shape(logits)[1:]))
                logits = logits / temperature + tf.reshape(noise, tf.shape(logits))
            drawn = tf.argmax(logits, -1, output_type=tf.int32) + 1
            ended = tf.cumsum(tf.cast(drawn > (self.target[name].vocabulary or 0), tf.int32), 1) > 0
            drawn = tf.where(tf.repeat(mask, self.hop, 1) & ~ended, drawn, 0)
            found[name] = (fitted(drawn, condition[MASK].shape[1]) if MASK in condition else drawn).numpy()
        if self.hop > 1:  # within the last code
            found[MASK] = next(iter(found.values())) > 0
        return found

    def _vector(self, rep: Batch) -> tf.Tensor:
        if self.quantizer is None:
            return tf.cast(rep["latent"], tf.float32)
        return self.quantizer.indices_to_codes(tf.cast(rep["code"], tf.int32) - 1)

    def _decode(self, condition: Batch, vector: tf.Tensor, mask: tf.Tensor, seeds: tf.Tensor | None) -> dict[str, Any]:
        """Logits [batch, entries · hop, vocabulary, and where hop is above 1 one more: Y has ended]."""
        steps = tf.repeat(mask, self.hop, 1)
        x = ungroup(self.from_vector(vector), self.hop) + self.known(condition, tf.shape(steps))
        x = through(self.decoder, x, steps[:, None, :], noises.fold_in(seeds, "decoder"))
        x = self.decoder_norm(x)
        found = {name: tf.cast(layer(x), tf.float32) for name, layer in self.logits.items()}
        return {name: self._ending(logits, mask) for name, logits in found.items()} if self.hop > 1 else found

    def _ending(self, logits: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Y may end within the last code alone, and not at its first step."""
        last = mask & ~tf.pad(mask[:, 1:], [[0, 0], [0, 1]])
        may = tf.repeat(last, self.hop, 1) & (tf.range(tf.shape(logits)[1]) % self.hop > 0)
        end = tf.where(may, logits[..., -1], -1e9)
        return tf.concat([logits[..., :-1], end[..., None]], -1)

    def _nll(
        self, condition: Batch, vector: tf.Tensor, mask: tf.Tensor, target: Batch, seeds: tf.Tensor | None
    ) -> dict[str, tuple]:
        found = {}
        for name, logits in self._decode(condition, vector, mask, seeds).items():
            tokens = target[name]
            if self.hop > 1:  # up to the first step that is none and belongs to a code; an absent token may be a step
                tokens = fitted(tokens, tf.shape(logits)[1])
                there = tf.cumsum(tf.cast(tokens > 0, tf.int32), 1, reverse=True) > 0
                if MASK in target:
                    there = fitted(target[MASK], tf.shape(logits)[1])
                ends = ~there & tf.pad(there[:, :-1], [[0, 0], [1, 0]]) & tf.repeat(mask, self.hop, 1)
                tokens = tf.where(ends, logits.shape[-1], tokens)
            nll, known = token_nll(logits, tokens)
            found[name] = (tf.reduce_sum(nll, 1), tf.reduce_sum(known, 1))
        return found
