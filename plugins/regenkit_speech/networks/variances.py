"""Numbers and marks beside the spectra (pitch, energy, voiced): predicted an entry, and told to the decoder.

FastSpeech 2's variance adaptor (arXiv 2006.04558): true values in training, predicted ones in drawing.
"""

from typing import final

from regenkit.layers import noise
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import Batch
from regenkit_speech.networks.convnext import Backbone

PITCH = "pitch"
"""In octaves: what a shift in semitones is added to."""


@final
class Variances(keras.layers.Layer):
    """Fields of one number or one token an entry; there may be none."""

    def __init__(self, fields: Spec, width: int, dropout: float) -> None:
        super().__init__()
        self.fields = fields
        self.backbone = Backbone(width, width, 2, kernel=5, dropout=dropout) if fields else None
        self.out = {name: keras.layers.Dense(field.vocabulary or 1, dtype="float32") for name, field in fields.items()}
        self.told = {name: keras.layers.Dense(width, dtype="float32") for name in fields}
        if self.backbone is not None:
            self.backbone.build(None)
        for name, field in fields.items():
            if field.shape != (None,):
                raise ValueError(f"{name} has shape {field.shape}; beside the spectra right is (None,)")
            self.out[name].build((None, None, width))
            self.told[name].build((None, None, field.vocabulary or 1))
        self.built = True

    def taught(
        self, hidden: tf.Tensor, known: tf.Tensor, target: Batch, seeds: tf.Tensor | None
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:  # fmt: skip
        """(hidden with the true values told, the error of each prediction [batch, entries])"""
        if self.backbone is None:
            return hidden, {}
        x = self.backbone(hidden, known, None, noise.fold_in(seeds, "backbone"))
        errors = {}
        for name, field in self.fields.items():
            found = self.out[name](x)
            if field.vocabulary:
                tokens = tf.maximum(target[name] - 1, 0)
                errors[name] = tf.nn.sparse_softmax_cross_entropy_with_logits(tokens, found)
                value = tf.one_hot(tokens, field.vocabulary)
            else:
                value = tf.cast(target[name], tf.float32)[..., None]
                errors[name] = tf.abs(found - value)[..., 0]
            hidden += self.told[name](value)
        return hidden, errors

    def drawn(self, hidden: tf.Tensor, known: tf.Tensor, shift: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """(hidden with the predicted values told, these); the pitch is moved by `shift` semitones"""
        if self.backbone is None:
            return hidden, {}
        x = self.backbone(hidden, known)
        drawn = {}
        for name, field in self.fields.items():
            found = self.out[name](x)
            if field.vocabulary:
                tokens = tf.argmax(found, -1, tf.int32)
                drawn[name] = (tokens + 1) * tf.cast(known[..., 0], tf.int32)
                value = tf.one_hot(tokens, field.vocabulary)
            else:
                value = found + shift / 12.0 if name == PITCH else found
                drawn[name] = (value * known)[..., 0]
            hidden += self.told[name](value)
        return hidden, drawn
