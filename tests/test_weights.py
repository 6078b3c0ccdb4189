"""Weights are named by their values, not by what a process called its layers."""

from pathlib import Path

import numpy as np
import pytest

from regenkit.errors import UserError
from regenkit.pipeline.weights import digest, load
from regenkit.quiet import keras

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15, NumPy 2


class Stack(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.parts = [keras.layers.Dense(3), keras.layers.Dense(3)]
        for layer in self.parts:
            layer.build((None, 3))
        self.built = True


def test_a_name_depends_on_values_alone(tmp_path: Path) -> None:
    one, other = Stack(), Stack()  # whose layers are called after what was made before
    other.set_weights(one.get_weights())
    one.save_weights(tmp_path / "one.weights.h5")
    other.save_weights(tmp_path / "other.weights.h5")
    assert (tmp_path / "one.weights.h5").read_bytes() != (tmp_path / "other.weights.h5").read_bytes()
    assert digest(tmp_path / "one.weights.h5") == digest(tmp_path / "other.weights.h5")
    other.set_weights([value + (place == 0) * 1e-6 for place, value in enumerate(one.get_weights())])
    assert any(np.any(a != b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))
    other.save_weights(tmp_path / "third.weights.h5")
    assert digest(tmp_path / "third.weights.h5") != digest(tmp_path / "one.weights.h5")


@pytest.mark.parametrize("damage", ["another stage", "cut", "empty", "absent"])
def test_weights_that_do_not_fit_are_refused_by_name(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "best.weights.h5"
    stack = Stack()
    if damage == "another stage":
        layer = keras.layers.Embedding(4, 3)
        layer.build(None)
        other = keras.Sequential([layer])
        other.build((None,))
        other.save_weights(file)
    elif damage != "absent":
        stack.save_weights(file)
        file.write_bytes(file.read_bytes()[: 0 if damage == "empty" else 3000])
    with pytest.raises(UserError, match=r"best\.weights\.h5: these are not the weights of a Stack .* Train the stage"):
        load(stack, file)
