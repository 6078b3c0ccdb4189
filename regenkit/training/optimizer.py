"""The optimiser of a stage, and its learning rate over the steps."""

from typing import Any

from regenkit.quiet import keras
from regenkit.recipe.train_settings import TrainSettings


def optimizer(settings: TrainSettings, variables: list) -> keras.optimizers.Optimizer:
    made = keras.optimizers.AdamW(
        learning_rate=learning_rate(settings),
        weight_decay=settings.weight_decay,
        beta_1=settings.beta_1,
        beta_2=0.98,
        epsilon=1e-8,
    )
    made.exclude_from_weight_decay(var_list=[variable for variable in variables if len(variable.shape) < 2])
    # The loop reduces gradients itself, so that it can clip their global norm; Keras would reduce them a second time.
    made._all_reduce_sum_gradients = lambda grads_and_vars: grads_and_vars
    made.build(variables)
    return made


def learning_rate(settings: TrainSettings) -> Any:
    """From 0 in a straight line to the learning rate; then constant, or down to a hundredth along half a cosine."""
    rate, warmup = settings.learning_rate, min(settings.warmup_steps, settings.steps - 1)
    decay = keras.optimizers.schedules
    if settings.schedule == "constant":
        return decay.PolynomialDecay(0.0, warmup, rate) if warmup > 0 else rate
    if warmup <= 0:
        return decay.CosineDecay(rate, max(1, settings.steps), alpha=0.01)
    return decay.CosineDecay(0.0, settings.steps - warmup, alpha=0.01, warmup_target=rate, warmup_steps=warmup)
