"""Batches of no example, and examples of no step: nothing is learned from them, and nothing is drawn."""

from typing import Any

import numpy as np
import pytest

from regenkit.models.autoencoder import TokenAutoencoder
from regenkit.models.diffusion import Diffusion
from regenkit.models.gaussian import Gaussian
from regenkit.quiet import tensorflow as tf
from regenkit.spec import MASK, Field, Spec, tokens

SMALL: dict[str, Any] = {"width": 16, "depth": 1, "heads": 2}


def test_of_no_example_no_vectors_are_drawn() -> None:
    model = Gaussian(condition=Spec({"code": tokens(3)}), target=Spec({"pose": _vectors(2)}), **SMALL)
    none = {"code": np.zeros((0, 5), np.int32), MASK: np.zeros((0, 5), bool)}
    assert model.sample(none, seed=0)["pose"].shape == (0, 5, 2)


@pytest.mark.parametrize("shape", [(8, 8, 1), (3,)])
def test_of_no_example_no_pictures_are_drawn(shape: tuple[int, ...]) -> None:
    target = Spec({"of": Field(kind="continuous", shape=shape)})
    model = Diffusion(condition=Spec({"label": tokens(2, scalar=True)}), target=target, width=16)
    assert model.sample({"label": np.zeros(0, np.int32)}, seed=0)["of"].shape == (0, *shape)


@pytest.mark.parametrize("hop", [1, 3])
@pytest.mark.parametrize("bottleneck", ["vq", "vae"])
def test_of_no_example_and_of_no_step_there_are_no_codes(hop: int, bottleneck: Any) -> None:
    coder = TokenAutoencoder(
        condition=Spec(), target=Spec({"letter": tokens(3)}), hop=hop, bottleneck=bottleneck, **SMALL
    )
    ((name, field),) = coder.spec.items()
    for examples, entries in ((0, 2), (2, 0)):
        empty = np.zeros(
            [examples, entries, *(size or 0 for size in field.shape[1:])], np.int32 if field.vocabulary else np.float32
        )
        drawn = coder.sample({name: empty, coder.mask: np.zeros((examples, entries), bool)}, seed=0)
        assert drawn["letter"].shape == (examples, entries * hop)
    target = {"letter": tf.zeros([2, 0], tf.int32), MASK: tf.zeros([2, 0], tf.bool)}
    before = [variable.numpy() for variable in coder.variables]
    found = coder.losses({"condition": {}, "target": target}, noise=tf.constant([[1, 2], [1, 3]]))
    if bottleneck == "vq":
        coder.absorb(found["statistics"])
    for value, weight in found["main"].values():
        np.testing.assert_array_equal([value, weight], 0)
    for variable, was in zip(coder.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), was)


def _vectors(size: int) -> Field:
    return Field(kind="continuous", shape=(None, size), hop=1)
