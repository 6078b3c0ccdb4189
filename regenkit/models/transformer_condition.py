"""What a transformer's decoder is told of its condition: at each step, and where it looks things up."""

from collections.abc import Mapping
from typing import NamedTuple, final

from regenkit.layers import noise
from regenkit.layers.attention import blocks, through
from regenkit.layers.copying import Copying, Source, copyable
from regenkit.layers.cross_attention import Held, across
from regenkit.layers.fields import embed, embeddings
from regenkit.layers.guided_attention import off_diagonal
from regenkit.layers.hops import Alongside
from regenkit.layers.memory import MemoryReader
from regenkit.layers.places import Places
from regenkit.layers.positions import sinusoids
from regenkit.models.transformer_lengths import Lengths, along
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit.stage import Batch

POSITIONS = 0.3
"""Size of what tells a step where it stands, beside embeddings of that size."""


class Recalled(NamedTuple):
    """What a decoder finds in the memory: made once an example."""

    held: list[Held]  # by each block
    sources: dict[str, Source]  # of what may be copied, by field of the target
    known: tf.Tensor | None  # bool [batch, entries]: which exist


class States(NamedTuple):
    """A decoder's output for known steps."""

    x: tf.Tensor  # [batch, steps, width]
    steps: Mapping[str, tf.Tensor]  # the true ones, by field
    recalled: Recalled
    weights: list[tf.Tensor]  # of each block, how much each step looks at each entry: [batch, heads, steps, entries]

    def off_diagonal(self, steps: tf.Tensor) -> tf.Tensor:
        """What the first heads lose by not going forward, [batch]; `steps` int32 [batch]."""
        assert self.recalled.known is not None
        each = [off_diagonal(weights[:, 0], self.recalled.known, steps) for weights in self.weights]
        return tf.add_n(each) / len(each)


@final
class TransformerCondition(keras.layers.Layer):
    """The condition of a `Transformer`, by where its fields run.

    places     of a target of fixed shapes; then all fields are told by it
    along      scalars, and fields on the target's axis: summed a step, and read in both directions
    memory     all others, which each block of the decoder looks up
    lead       steps of the decoder before the first of the target
    """

    def __init__(
        self, spec: Spec, target: Mapping[str, Field], lengths: Lengths, initial: keras.initializers.Initializer, *,
        lead: int, width: int, depth: int, heads: int, dropout: float,
    ) -> None:  # fmt: skip
        super().__init__()
        self.spec, self.lengths, self.lead, self.width = spec, lengths, lead, width
        self.places = None
        if lengths.clock is None:
            shapes = sorted({field.shape: None for field in target.values()}, key=bool)  # scalars first
            self.places = Places(spec, shapes, width)
        self.along = Spec() if self.places else along(spec, lengths)
        self.embeddings = embeddings(self.along, width, initial)
        reads = self.places.has_map if self.places else not lengths.drawn
        self.encoder = blocks(width, heads, depth, dropout=dropout) if reads else []
        self.encoder_norm = None if lengths.drawn else keras.layers.LayerNormalization(center=False)
        elsewhere = Spec() if self.places else spec.without(self.along)
        self.memory = MemoryReader(elsewhere, width, heads, depth, dropout=dropout) if elsewhere else None
        self.across = across(width, heads, depth if elsewhere else 0, dropout=dropout)
        self.copying: dict[str, Copying] = {}
        goal = next((field for field in target.values() if field.variable), None)
        self.other_hops = {
            name: Alongside(field, goal, width)
            for name, field in self.along.items()
            if goal and field.variable and spec.clock(name) != lengths.clock
        }

    def build(self, _shape: object = None) -> None:
        for layer in (self.places, *self.encoder, self.encoder_norm, self.memory, *self.across,
                      *self.copying.values()):  # fmt: skip
            if layer is not None:
                layer.build((None, None, self.width))
        self.built = True

    def encode(self, condition: Batch, mask: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        """[batch, steps, width] of what each step of the target is to know; mask bool [batch, steps]."""
        shape = tf.shape(mask)
        if self.encoder_norm is None:
            return self.scalars(condition, shape[0]) + self.positions(self.lead + shape[1])
        if self.places:
            x = self.places(condition, shape[0], noise.fold_in(seeds, "condition"))
        else:
            x = tf.zeros([shape[0], shape[1], self.width], self.compute_dtype)
            for name, field in self.along.items():
                found = embed(self.embeddings[name], field, condition[name], shape)
                if name in self.other_hops:
                    clock = self.spec.clock(name)
                    assert clock
                    found = self.other_hops[name](found, condition[clock.mask], shape[1])
                x += found
            if self.lead:
                x, mask = tf.pad(x, [[0, 0], [1, 0], [0, 0]]), tf.pad(mask, [[0, 0], [1, 0]], constant_values=True)
        return self.encoder_norm(through(self.encoder, x, mask[:, None, :], noise.fold_in(seeds, "encoder")))

    def scalars(self, condition: Batch, batch: tf.Tensor) -> tf.Tensor:
        """[batch, 1, width] of what every step of a drawn length is to know: the condition's scalars."""
        x = tf.zeros([batch, 1, self.width], self.compute_dtype)
        for name, field in self.along.items():
            x += embed(self.embeddings[name], field, condition[name], tf.stack([batch, 1]))
        return x

    def positions(self, steps: tf.Tensor) -> tf.Tensor:
        """[steps, width]: where a step of a drawn length stands."""
        return tf.cast(sinusoids(steps, self.width) * POSITIONS, self.compute_dtype)

    def remember(self, condition: Batch, batch: tf.Tensor, seeds: tf.Tensor | None) -> Recalled:
        """What the decoder reads of the condition's fields on other axes."""
        if self.memory is None:
            return Recalled([], {}, None)
        memory = self.memory(condition, batch, noise.fold_in(seeds, "memory"))
        held = [layer.hold(memory.entries, memory.known) for layer in self.across]
        sources = {name: layer.hold(memory, condition) for name, layer in self.copying.items()}
        return Recalled(held, sources, memory.known)

    def may_copy(self, target: Spec) -> None:
        """Fields of the target whose tokens may be copied. Raises ValueError where none can."""
        if target:
            found = copyable(self.memory.spec if self.memory else Spec(), target)
            self.copying = {name: Copying(sources, target[name], self.width) for name, sources in found.items()}

    def check_monotonic(self) -> None:
        """Raises ValueError where there is not one sequence to go along."""
        clocks = self.memory.spec.clocks if self.memory else ()
        if len(clocks) != 1 or len(self.memory.groups if self.memory else ()) != 1:
            raise ValueError(
                "monotonic: right is a condition whose fields run along one axis other than the target's; "
                f"this has {', '.join(map(str, clocks)) or 'none'}"
            )
