"""What sampling and beam search need of a transformer, and what its decoder knows of the condition."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from regenkit.models.transformer_condition import Recalled, TransformerCondition
from regenkit.models.transformer_lengths import Lengths
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import Batch


class Network(Protocol):
    """See `models.transformer.Transformer`."""

    target: Spec
    depth: int
    places: Any
    has_scalars: bool
    lengths: Lengths
    start: Any
    decoder: Any
    decoder_norm: Any
    told: TransformerCondition

    def sides(self, condition: Batch, guidance: float) -> list[Batch]: ...

    def span(self, name: str, steps: Any) -> tuple[Any, Any]: ...

    def embed(self, steps: Batch) -> tf.Tensor: ...

    def head(self, name: str, x: tf.Tensor, earlier: Mapping[str, tf.Tensor], recalled: Recalled) -> tf.Tensor: ...


class Conditioning(NamedTuple):
    """What the steps of a batch know of their condition, with guidance of the sides one after the other."""

    encoded: tf.Tensor  # [steps, batch, width], or [1, batch, width] of what is the same at all steps
    positions: tf.Tensor  # [steps, 1, width], or nothing where the encoder has said it: [0, 1, width]
    recalled: Recalled

    def at(self, step: tf.Tensor) -> tf.Tensor:
        """[batch, width]."""
        return self.encoded[step] if self.positions.shape[0] == 0 else self.encoded[0] + self.positions[step]


def conditioning(model: Network, condition: Batch, mask: tf.Tensor, guidance: float) -> Conditioning:
    """`mask` bool [batch, steps]: the most steps there may be."""
    batch, steps = tf.unstack(tf.shape(mask))
    sides = model.sides(condition, guidance)
    found = [model.told.remember(side, batch, None) for side in sides]
    recalled = tf.nest.map_structure(lambda *parts: None if parts[0] is None else tf.concat(parts, 0), *found)
    if model.lengths.drawn:
        encoded = [model.told.scalars(side, batch) for side in sides]
        positions = model.told.positions(int(model.has_scalars) + steps)[:, None]
    else:
        encoded = [model.told.encode(side, mask, None) for side in sides]
        positions = tf.zeros([0, 1, 1])
    return Conditioning(tf.transpose(tf.concat(encoded, 0), [1, 0, 2]), positions, recalled)
