"""Weights unlike those of a new model, of which many draw every token alike, whatever they read."""

from typing import Any

import numpy as np

SPREAD = 0.3
"""The standard deviation of what is added to each weight."""


def spread(model: Any) -> None:
    """Add noise to the weights of a model that learns; the same noise each time."""
    random = np.random.default_rng(0)
    for variable in getattr(model, "trainable_variables", ()):
        variable.assign_add(random.normal(0, SPREAD, variable.shape))
