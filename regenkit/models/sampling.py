"""What models that draw tokens share: seeds, the tail that is cut, guidance, and which tokens may be drawn."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from regenkit.layers import noise
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec


def filtered(logits: tf.Tensor, top_k: int, top_p: float) -> tf.Tensor:
    """Logits with all but the `top_k` likeliest, and all past the nucleus of mass `top_p`, at −1e9.

    Nucleus: Holtzman et al. 2020, arXiv 1904.09751. The likeliest token always stays.
    """
    if top_k and top_k < logits.shape[-1]:
        logits = tf.where(logits < tf.math.top_k(logits, top_k).values[..., -1:], -1e9, logits)
    if top_p < 1.0:
        ordered = tf.sort(logits, direction="DESCENDING")
        before = tf.cumsum(tf.nn.softmax(ordered), axis=-1, exclusive=True)
        least = tf.reduce_min(tf.where(before < max(top_p, 1e-9), ordered, np.inf), axis=-1, keepdims=True)
        logits = tf.where(logits < least, -1e9, logits)
    return logits


def check_guidance(guidance: float, condition_dropout: float) -> None:
    """Raises ValueError where a model cannot be guided: it has never met an absent condition."""
    if guidance != 1 and not condition_dropout:
        raise ValueError(f"guidance {guidance} compares with an absent condition: the model must be trained "
                         "with a condition_dropout above 0")  # fmt: skip


def guided(logits: tf.Tensor, guidance: float) -> tf.Tensor:
    """Classifier-free guidance (arXiv 2207.12598) of logits whose second half of a batch is the first one without its
    condition; with guidance 1 there is no second half."""
    if guidance == 1:
        return logits
    informed, blind = tf.split(logits, 2)
    return blind + guidance * (informed - blind)


def step_noise(seeds: tf.Tensor, name: str, steps: tf.Tensor, field: Field) -> tf.Tensor:
    """The Gumbel noise that draws a token field at these steps, float32 [steps, batch, vocabulary]."""
    return noise.gumbel(noise.fold_in(seeds, f"field {name}", steps), field.vocabulary or 0)


def seeds_of(seed: int, batch: int) -> tf.Tensor:
    """A seed an example, int32 [batch, 2], from one of any size."""
    folded = (seed ^ seed >> 31) & 0x7FFFFFFF
    return tf.stack([tf.fill([batch], folded), tf.range(batch)], axis=1)


def permitted(
    target: Spec, given: Mapping[str, Any], batch: int, spans: Mapping[str, tuple[int, int]], steps: int
) -> dict[str, tf.Tensor]:
    """Which tokens each step may take, bool [batch, steps, vocabulary], for the fields of `given`; spans by field."""
    allowed = {}
    for name, value in given.items():
        if name not in target:
            raise ValueError(f"given {name!r} is not a field of the target: {', '.join(target)}")
        vocabulary, value = target[name].vocabulary or 0, np.asarray(value)
        found = np.full((batch, steps, vocabulary), True)
        first, end = spans[name]
        if value.dtype == bool:
            value = np.broadcast_to(value, (batch, end - first, vocabulary)) if value.ndim == 1 else value
            value = value.reshape(batch, -1, vocabulary)
        else:
            value = value.reshape(batch, -1)
            if value.size and not (value.min() >= 0 and value.max() <= vocabulary):
                raise ValueError(f"given {name!r} holds {value.min()}…{value.max()}, its tokens are 1…{vocabulary}")
            value = (value[..., None] == np.arange(1, vocabulary + 1)) | (value == 0)[..., None]
        if value.shape[1] > end - first:
            raise ValueError(f"given {name!r} has {value.shape[1]} steps, where there are at most {end - first}")
        found[:, first : first + value.shape[1]] = value
        if not found.any(-1).all():
            raise ValueError(f"given {name!r} permits no token at some step")
        allowed[name] = tf.constant(found)
    return allowed
