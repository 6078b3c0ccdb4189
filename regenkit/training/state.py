"""The whole state of a training between two steps: variables, optimisers, moving average, step, early stopping."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, final

import numpy as np

from regenkit.quiet import tensorflow as tf
from regenkit.recipe.train_settings import TrainSettings
from regenkit.stage import HasGroups, OpenRun, PreparesTraining, no_run
from regenkit.training.loss_scale import LossScale
from regenkit.training.optimizer import optimizer


@final
class State:
    """Made inside the strategy's scope. Nothing but what a checkpoint holds decides how training goes on."""

    def __init__(self, model: Any, settings: TrainSettings, open_run: OpenRun = no_run) -> None:
        self.model = model
        self.parameters = sum(math.prod(variable.shape) for variable in model.trainable_variables)
        if isinstance(model, PreparesTraining):  # what it makes is trained, but not needed to draw
            model.begin_training(settings.batch_size, open_run)
        own = isinstance(model, HasGroups)
        self.groups: Mapping[str, list] = model.groups() if own else {"main": model.trainable_variables}
        self.optimizers = {name: optimizer(settings, variables) for name, variables in self.groups.items()}
        self.average = [
            tf.Variable(
                variable.value, trainable=False, dtype=variable.dtype,
                aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
                synchronization=tf.VariableSynchronization.ON_WRITE,
            )
            for variable in model.variables
        ]  # fmt: skip
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.best = tf.Variable(np.inf, dtype=tf.float64, trainable=False)
        self.best_step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.stopped = tf.Variable(False, trainable=False)
        self.loss_scale = LossScale()  # for float16 alone

    def named(self) -> dict[str, Any]:
        """All that a checkpoint holds. Numbered, because Keras's names depend on what was built before."""
        parts = {"model": self.model.variables, "average": self.average}
        parts |= {f"optimizer/{name}": optimizer.variables for name, optimizer in self.optimizers.items()}
        numbered = {f"{part}/{number}": each for part, group in parts.items() for number, each in enumerate(group)}
        scalars = {name: getattr(self, name) for name in ("step", "best", "best_step", "stopped")}
        scale = {"loss_scale": self.loss_scale.value, "good_steps": self.loss_scale.good_steps}
        return {**numbered, **scalars, **scale}

    def finite(self) -> bool:
        """Whether no weight is infinite or NaN."""
        return all(np.isfinite(variable.numpy()).all() for variable in self.model.variables)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Within, the model's variables hold their moving averages."""
        kept = [variable.numpy() for variable in self.model.variables]
        for variable, average in zip(self.model.variables, self.average, strict=True):
            variable.assign(average.numpy())
        try:
            yield
        finally:
            for variable, value in zip(self.model.variables, kept, strict=True):
                variable.assign(value)
