"""Representation alignment, REPA (Yu et al. 2024, arXiv 2410.06940): inside, the student is to say what a teacher sees.

The student sees the noisy target, the teacher the clean one. The teacher is a converter: its Y′ is what is to be said.
"""

from collections.abc import Mapping
from typing import Annotated, Any, final

from pydantic import AfterValidator, NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.regularizers import teacher as teachers
from regenkit.regularizers.regularizer import Regularizer
from regenkit.spec import Spec
from regenkit.stage import OpenRun, no_run

LAYERS = 3


@final
class Repa(keras.layers.Layer, Regularizer):
    """−weight · mean over places of cos(the teacher's vector, MLP(the activations there)), of each example alone.

    Teacher and MLP exist in training alone. The teacher is frozen and in no checkpoint; the MLP is trained.

    teacher   a converter with `encode`: {use: NAME, …}, or a trained run's: {from: RUN}
    width     of the MLP, which has three layers and SiLU between them
    block     whose activations, counted from 1; 0 = at a quarter of the depth
    """

    def __init__(
        self,
        *,
        teacher: Annotated[dict[str, Any], AfterValidator(teachers.checked)],
        weight: NonNegativeFloat = 0.5,
        width: PositiveInt = 256,
        block: NonNegativeInt = 0,
    ) -> None:
        super().__init__()
        self.weight, self.width, self.block = weight, width, block
        self.choice = dict(teacher)
        self.built = True

    def begin_training(
        self, grid: tuple[int, int], size: int, target: Spec, batch_size: int, open_run: OpenRun = no_run
    ) -> None:
        """Raises UserError where there is no such teacher, or it reads something else than the target."""
        # where Keras does not look: its variables are not the student's
        self.__dict__["teacher"] = teacher = teachers.Teacher(self.choice, grid, target, open_run)
        sizes = [size, *[self.width] * (LAYERS - 1), teacher.size]
        self.layers = [
            keras.layers.Dense(after, activation="silu" if number < LAYERS - 1 else None)
            for number, after in enumerate(sizes[1:])
        ]
        for layer, before in zip(self.layers, sizes, strict=False):
            layer.build((None, None, before))

    def terms(self, inner: tf.Tensor, target: Mapping[str, tf.Tensor], present: tf.Tensor) -> dict[str, tf.Tensor]:
        seen = tf.stop_gradient(self.__dict__["teacher"](target))
        x = inner
        for layer in self.layers:
            x = layer(x)
        said, seen = tf.math.l2_normalize(tf.cast(x, tf.float32), -1), tf.math.l2_normalize(seen, -1)
        return {"repa": -self.weight * tf.reduce_mean(tf.reduce_sum(said * seen, -1), 1)}
