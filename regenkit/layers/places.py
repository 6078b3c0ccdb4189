"""The places of one or more grids as one sequence in raster order, and what a condition says at each.

A place is told by a learned vector for each axis (its row, its column), as in iGPT (Chen et al. 2020) and many since.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import final

from regenkit.layers.conditioner import Conditioner
from regenkit.layers.fields import embeddings, normal
from regenkit.layers.resizing import resized
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec


@final
class Places(keras.layers.Layer):
    """Fields of a condition [batch, …] → [batch, places, width].

    shapes   of the grids, one after the other, of any number of axes, no two alike; () is one place, for scalars
    spans    where each begins and ends in the sequence of `total` places
    has_map  whether the condition says different things at different places

    A condition that is a grid itself is brought to the size of each grid of two axes; without one it is refused.
    """

    def __init__(self, condition: Spec, shapes: Sequence[tuple[int | None, ...]], width: int) -> None:
        super().__init__()
        self.shapes, self.width = [tuple(int(size or 0) for size in shape) for shape in shapes], width
        ends = [0, *itertools.accumulate(math.prod(shape) for shape in self.shapes)]
        self.spans, self.total = dict(zip(shapes, itertools.pairwise(ends), strict=True)), ends[-1]
        largest = max((shape for shape in self.shapes if len(shape) == 2), key=math.prod, default=None)
        self.conditioner = Conditioner(condition, width, grid=(largest[0], largest[1]) if largest else None)
        self.has_map = self.conditioner.has_map
        self.axes = [
            [self.add_weight(name=f"grid{number}_axis{axis}", shape=(size, width), initializer=normal())
             for axis, size in enumerate(shape)]
            for number, shape in enumerate(self.shapes)
        ]  # fmt: skip

    def build(self, _shape: object = None) -> None:
        self.conditioner.build()
        self.built = True

    def call(
        self, condition: Mapping[str, tf.Tensor], batch: tf.Tensor, seeds: tf.Tensor | None = None
    ) -> tf.Tensor:  # fmt: skip
        """`batch`: how many examples; `seeds` as of `Block`."""
        vector, plane = self.conditioner(condition, batch, seeds)
        found = []
        for shape, axes in zip(self.shapes, self.axes, strict=True):
            x = tf.zeros([*shape, self.width], self.compute_dtype)
            for axis, table in enumerate(axes):
                rows = [size if other == axis else 1 for other, size in enumerate(shape)]
                x += tf.cast(tf.reshape(table, [*rows, self.width]), x.dtype)
            x = tf.reshape(x, [1, -1, self.width]) + vector[:, None]
            if plane is not None and len(shape) == 2:
                x += tf.reshape(tf.cast(resized(plane, (shape[0], shape[1])), x.dtype), tf.shape(x))
            found.append(x)
        return tf.concat(found, 1)


def own_embeddings(spec: Spec, width: int) -> dict[str, keras.layers.Layer]:
    """`fields.embeddings`, each begun otherwise: the levels of a quantiser are not to be taken for one another."""
    return {name: embeddings(Spec({name: field}), width, normal())[name] for name, field in spec.items()}
