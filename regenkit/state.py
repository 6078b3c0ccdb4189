"""Everything a training is, between two steps: variables, optimisers, moving average, position, early-stop state."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.settings import TrainSettings

BEST = "best.weights.h5"


@final
class State:
    """Made inside the strategy's scope. What a checkpoint holds, and nothing else, decides how training goes on."""

    def __init__(self, model: Any, settings: TrainSettings) -> None:
        self.model = model
        self.groups: Mapping[str, list] = getattr(model, "groups", lambda: {"main": model.trainable_variables})()
        self.optimizers = {name: _optimizer(settings, variables) for name, variables in self.groups.items()}
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
        self.checkpoint = tf.train.Checkpoint(
            model=model, optimizers=dict(self.optimizers), average=self.average, step=self.step, best=self.best,
            best_step=self.best_step, stopped=self.stopped,
        )  # fmt: skip

    def variables(self) -> list[Any]:
        """All that a checkpoint holds."""
        optimizers = [variable for optimizer in self.optimizers.values() for variable in optimizer.variables]
        return [*self.model.variables, *optimizers, *self.average, self.step, self.best, self.best_step, self.stopped]

    def finite(self) -> bool:
        """No weight is infinite or NaN, as after a gradient that was."""
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


def _optimizer(settings: TrainSettings, variables: list) -> keras.optimizers.Optimizer:
    optimizer = keras.optimizers.AdamW(
        learning_rate=_schedule(settings), weight_decay=settings.weight_decay, beta_2=0.98, epsilon=1e-8
    )
    optimizer.exclude_from_weight_decay(var_list=[variable for variable in variables if len(variable.shape) < 2])
    # The loop reduces gradients itself, so that it can clip their global norm; Keras would reduce them a second time.
    optimizer._all_reduce_sum_gradients = lambda grads_and_vars: grads_and_vars
    optimizer.build(variables)
    return optimizer


def _schedule(settings: TrainSettings) -> Any:
    """From 0 in a straight line to the learning rate; then constant, or down to a hundredth along half a cosine."""
    rate, warmup = settings.learning_rate, min(settings.warmup_steps, settings.steps - 1)
    decay = keras.optimizers.schedules
    if settings.schedule == "constant":
        return decay.PolynomialDecay(0.0, warmup, rate) if warmup > 0 else rate
    if warmup <= 0:
        return decay.CosineDecay(rate, max(1, settings.steps), alpha=0.01)
    return decay.CosineDecay(0.0, settings.steps - warmup, alpha=0.01, warmup_target=rate, warmup_steps=warmup)


@final
class Checkpoints:
    """The last k states of a training and its best weights, in one folder; each is whole or absent."""

    def __init__(self, state: State, folder: Path, keep: int) -> None:
        self.state, self.folder = state, folder
        self._manager = tf.train.CheckpointManager(state.checkpoint, str(folder / "checkpoints"), max_to_keep=keep)

    def save(self) -> None:
        self._manager.save(checkpoint_number=int(self.state.step.numpy()))

    def restore(self) -> list[str]:
        """Restore the newest whole checkpoint, if any; returns the damaged ones that were passed over, with reasons."""
        fresh = [(variable, variable.numpy()) for variable in self.state.variables()]
        damaged: list[str] = []
        for path in reversed(self._manager.checkpoints):
            try:
                self.state.checkpoint.restore(path).assert_existing_objects_matched()
                return damaged
            except Exception as error:  # of what is damaged TensorFlow raises OpError, IndexError, ValueError …
                damaged.append(f"{path}: {str(error).splitlines()[0]}")
        if damaged:  # one may have been restored in part
            for variable, value in fresh:
                variable.assign(value)
        return damaged

    def save_best(self) -> None:
        """Write the averaged weights to the file BEST."""
        with self.state.averaged():
            write_weights(self.state.model, self.folder / BEST)


def write_weights(model: keras.Model, path: Path) -> None:
    """Keras's own weights file, renamed into place once whole."""
    temporary = path.with_name(f".{os.getpid()}.weights.h5")
    model.save_weights(temporary)
    os.replace(temporary, path)
