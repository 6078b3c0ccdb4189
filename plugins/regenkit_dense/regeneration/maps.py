"""Predicted maps as a module reads them, and controls that take from them what they say of the picture."""

import math
from collections.abc import Mapping

from regenkit.layers import noise as noises
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec

POSITIVE = ("depth", "disparity")


def check(condition: Spec, picture: str, shape: tuple[int, int, int]) -> None:
    """Raises ValueError where a condition is not a picture and maps of its size."""
    right = "as an auxiliary stage it rebuilds the picture that X is, from maps of the picture's size as Y′"
    if picture not in condition:
        raise ValueError(f"it reads {', '.join(condition)} and no {picture}; {right}")
    maps = condition.without((picture,))
    if not maps:
        raise ValueError(f"Y′ has no map; {right}")
    for name, field in maps.items():
        if field.shape[:2] != shape[:2] or len(field.shape) != (2 if field.vocabulary else 3):
            raise ValueError(f"{name} of Y′ has the shape {field.shape}, and the picture {shape}; {right}")


def channels(spec: Spec) -> int:
    """Numbers a pixel of all maps together."""
    return sum(field.vocabulary or int(field.shape[-1] or 1) for field in spec.values())


def joined(values: Mapping[str, tf.Tensor], spec: Spec) -> tf.Tensor:
    """float32 [batch, height, width, channels]: of classes the distribution, of depths the logarithm of 1 + depth."""
    parts = []
    for name, field in spec.items():
        value = tf.convert_to_tensor(values[name])
        if field.vocabulary and not value.dtype.is_floating:
            value = tf.one_hot(value - 1, field.vocabulary)
        value = tf.cast(value, tf.float32)
        parts.append(tf.math.log1p(tf.maximum(value, 0.0)) if name in POSITIVE else value)
    return tf.concat(parts, -1)


def gated(maps: tf.Tensor, share: tf.Tensor | float) -> tf.Tensor:
    """The same, of whose gradient a `share` passes: 0 is none, so that the maps learn nothing from what reads them."""
    return tf.stop_gradient(maps) + share * (maps - tf.stop_gradient(maps))


def shuffled(maps: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """The same numbers at other places of the same picture, by lot: they say how much there is of each, not where."""
    shape = maps.shape[1:]
    places = math.prod(shape[:2])
    order = tf.argsort(noises.uniform(noises.fold_in(seeds, "shuffle"), places), axis=1)
    flat = tf.gather(tf.reshape(maps, [-1, places, shape[2]]), order, batch_dims=1)
    return tf.reshape(flat, [-1, *shape])
