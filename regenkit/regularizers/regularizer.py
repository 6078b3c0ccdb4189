"""What a regulariser is to the model whose activations it sees."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import OpenRun, no_run


class Regularizer(ABC):
    """Made with a recipe's options, it has no variables. `block`: whose activations it sees, counted from 1."""

    block: int

    @abstractmethod
    def begin_training(
        self, grid: tuple[int, int], size: int, target: Spec, batch_size: int, open_run: OpenRun = no_run
    ) -> None:
        """Make what training alone needs: variables, a teacher. Raises UserError.

        grid, size    the block gives so many numbers at each place
        batch_size    examples of a batch over all replicas, at most
        """

    @abstractmethod
    def terms(self, inner: tf.Tensor, target: Mapping[str, tf.Tensor], present: tf.Tensor) -> dict[str, tf.Tensor]:
        """What it adds to the loss of each example, weighted: {name: float32 [batch]}.

        inner     activations [batch, places, size]
        target    the clean fields
        present   float32 [batch]: 0 of an example that stands in for none (see `training.losses`)
        """
