"""What hooks and stages of authors do wrong while a model is trained: where, what, what would be right."""

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from regenkit import UserError, hookimpl, plugins

HERE = re.compile(r"test_author_training\.py, line \d+")

# --- acting hooks -----------------------------------------------------------------------------------------------------


RECIPE: Any = None
"""No hook of these tests looks at it."""


CALLBACK = keras.callbacks.Callback()


class Acts:
    """A plugin whose acting hooks raise, or do not."""

    def __init__(self, raised: BaseException | None) -> None:
        self.raised = raised

    @hookimpl
    def training_callbacks(self) -> list[keras.callbacks.Callback]:
        if self.raised:
            raise self.raised
        return [CALLBACK]

    @hookimpl
    def make_strategy(self, recipe: Any) -> Any:
        if self.raised:
            raise self.raised
        return None


@pytest.mark.parametrize("raised", [SystemExit(0), KeyboardInterrupt(), RuntimeError("no disk")])
def test_a_hook_that_raises_ends_its_plugin_alone(raised: BaseException) -> None:
    host, warned = plugins.Host([Acts(None), Acts(raised), Acts(None)]), list[str]()
    assert host.callbacks(RECIPE, "renderer", Path(), warned.append) == [CALLBACK] * 2
    assert len(warned) == 1 and type(raised).__name__ in warned[0] and HERE.search(warned[0])
    with pytest.raises(UserError, match=f"its make_strategy raised {type(raised).__name__}"):
        host.strategy(RECIPE)


def test_a_user_error_of_a_hook_is_the_user_s() -> None:
    with pytest.raises(UserError, match="full"):
        plugins.Host([Acts(UserError("full"))]).callbacks(RECIPE, "x", Path(), print)


# --- a stage that is trained ------------------------------------------------------------------------------------------


def batch() -> dict[str, Any]:
    mask = np.ones((3, 4), bool)
    return {
        "condition": {"letter": np.ones((3, 4), np.int32), "mask": mask},
        "target": {"high": np.ones((3, 4), np.int32), "mask": mask},
        "noise": np.zeros((3, 2), np.int32),
    }


def stages() -> dict[str, tuple[Any, str]]:
    """What `losses` returns, and what is said of it."""
    ones, number = np.ones(3, np.float32), np.float32(2)
    return {
        "group": ({"mian": {"nll": (ones, ones)}}, "has the group 'mian'; did you mean 'main'?"),
        "no group": ({}, "has nothing for the group 'main'"),
        "float": (
            {"main": {"nll": (ones, 1.0)}},
            "has as weight of main.nll one that is 1.0: each example needs",
        ),
        "mean": ({"main": {"nll": (number, ones)}}, "has as value of main.nll one that is of shape ()"),
        "steps": ({"main": {"nll": (np.ones((3, 4), np.float32), ones)}}, "of shape (3, 4)"),
        "whole numbers": ({"main": {"nll": (ones, np.ones(3, np.int32))}}, "int32; cast it to float32"),
        "no pair": ({"main": {"nll": ones}}, "has no pair (value, weight) as main.nll"),
        "terms": ({"main": (ones, ones)}, "has no terms by name in 'main'"),
        "twice": (
            {"main": {"nll": (ones, ones)}, "judge": {"nll": (ones, ones)}},
            "has the term 'nll' in two groups, 'main' and 'judge'",
        ),
        "a list": ([ones], "is a list"),
    }


@pytest.mark.parametrize("case", stages())
def test_what_losses_returns(case: str) -> None:
    from regenkit.quiet import keras
    from regenkit.training.losses import losses_of

    found, said = stages()[case]

    class Fixed(keras.Model):
        def groups(self) -> dict[str, list]:
            return {"main": [], **({"judge": []} if case == "twice" else {})}

        def losses(self, batch: Any, *, noise: Any) -> Any:
            return found

    with pytest.raises(UserError) as caught:
        losses_of(Fixed(), batch(), noise=np.zeros((3, 2), np.int32))
    assert said in str(caught.value) and HERE.search(str(caught.value))


def test_variables_that_are_made_too_late() -> None:
    from regenkit.quiet import keras
    from regenkit.quiet import tensorflow as tf
    from regenkit.training.losses import losses_of

    class Late(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def losses(self, batch: Any, *, noise: Any) -> Any:
            value = tf.reduce_sum(self.dense(tf.cast(batch["condition"]["letter"], tf.float32)), 1)
            return {"main": {"nll": (value, tf.ones_like(value))}}

    with pytest.raises(UserError, match=r"2 of its variables did not exist before .*Build each layer in __init__"):
        losses_of(Late(), batch(), noise=None)
