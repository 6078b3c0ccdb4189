"""The fields of one step in their order, each given the decoder's output and the ones before it."""

from collections.abc import Mapping
from typing import final

from regenkit.layers.fields import embeddings
from regenkit.models.transformer_lengths import EVENT
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import END, Spec


@final
class TransformerHeads(keras.layers.Layer):
    """ends  whether the end is one of them: the first, `END`"""

    def __init__(self, target: Spec, width: int, initial: keras.initializers.Initializer, *, ends: bool) -> None:
        super().__init__()
        self.target, self.width = target, width
        self.step_embeddings = embeddings(Spec(list(target.items())[:-1]), width, initial)
        self.hidden = {name: keras.layers.Dense(width, activation="silu") for name in target}
        self.logits = {name: keras.layers.Dense(field.vocabulary) for name, field in target.items()}
        self.end = keras.layers.Dense(EVENT.vocabulary) if ends else None

    def build(self, _shape: object = None) -> None:
        for layer in (*self.hidden.values(), *self.logits.values(), *([self.end] if self.end else [])):
            layer.build((None, None, self.width))
        self.built = True

    def seen(self, x: tf.Tensor, earlier: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """The decoder's output `x` [..., width] with the step's `earlier` fields."""
        for before, tokens in earlier.items():
            x += self.step_embeddings[before](tokens)
        return x

    def of(self, name: str, x: tf.Tensor) -> tf.Tensor:
        """Logits float32 [..., vocabulary] of what is `seen`."""
        if self.end is not None and name == END:
            return tf.cast(self.end(x), tf.float32)
        return tf.cast(self.logits[name](x + self.hidden[name](x)), tf.float32)


def check_target(target: Spec) -> None:
    """Raises ValueError where a transformer cannot draw it."""
    if not target:
        raise ValueError("nothing to predict: the target spec has no fields that the condition lacks")
    for name, field in target.items():
        if field.kind != "tokens":
            use = "gaussian, where it is a vector a step" if field.variable else "diffusion"
            raise ValueError(f"the transformer predicts tokens; {name} is {field.kind}: use {use}")
    if len({field.variable for field in target.values() if not field.scalar}) > 1:
        raise ValueError("the transformer draws sequences or grids of fixed shapes; this target has both")
