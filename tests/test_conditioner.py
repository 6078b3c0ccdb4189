"""What a condition says reaches a model of grids whole: every pixel of a finer map, every token of a vector."""

from itertools import permutations

import numpy as np
import pytest
from grids import COARSE, LABEL, SIZES, seeds, values

from regenkit.layers.conditioner import Conditioner
from regenkit.layers.resizing import resized
from regenkit.models.cvae import CVAE
from regenkit.models.maskgit import MaskGIT
from regenkit.models.normalizing_flow import NormalizingFlow
from regenkit.models.transformer import Transformer
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec

PICTURE = Spec({"picture": Field(kind="continuous", shape=(12, 8, 1))})


@pytest.mark.parametrize("size", [(3, 2), (5, 3), (12, 2), (1, 1)])
def test_a_coarser_grid_has_the_mean_of_what_lies_in_each_place(size: tuple[int, int]) -> None:
    x = np.random.default_rng(0).normal(size=(2, 12, 8, 3)).astype(np.float32)
    finest = x.repeat(size[0], 1).repeat(size[1], 2)  # so that both sizes divide it
    blocks = finest.reshape(2, size[0], 12, size[1], 8, 3)
    np.testing.assert_allclose(resized(tf.constant(x), size), blocks.mean((2, 4)), atol=1e-6)


def test_a_finer_grid_repeats_or_interpolates_what_there_is() -> None:
    x = np.arange(6, dtype=np.float32).reshape(1, 2, 3, 1)
    np.testing.assert_array_equal(resized(tf.constant(x), (4, 3)), x.repeat(2, 1))
    between = resized(tf.constant(x), (3, 4)).numpy()
    assert between.shape == (1, 3, 4, 1) and x.min() <= between.min() and between.max() <= x.max()
    assert (np.diff(between, axis=1) > 0).all() and (np.diff(between, axis=2) > 0).all()
    flatter = resized(tf.constant(x), (4, 1)).numpy()  # finer along the one axis, coarser along the other
    np.testing.assert_allclose(flatter[0, :, 0, 0], [1, 1, 4, 4])


@pytest.mark.parametrize("kind", [Transformer, MaskGIT])
def test_codes_depend_on_every_pixel_of_a_picture_four_times_as_fine(kind: type) -> None:
    keras.utils.set_random_seed(0)
    model = kind(condition=PICTURE, target=Spec({"code": Field(vocabulary=5, shape=(3, 2))}), width=16, depth=1)
    pixels = tf.Variable(values(PICTURE, 2)["picture"])
    target = {"code": tf.constant(values(model.target, 2)["code"])}
    with tf.GradientTape() as tape:
        ((loss, _),) = model.losses({"condition": {"picture": pixels}, "target": target}, noise=None)["main"].values()
    assert (tape.gradient(loss, pixels).numpy() != 0).all()


def test_codes_of_two_sizes_learn_from_a_map() -> None:
    """The map is brought to the smaller size too, through which a gradient has to pass."""
    keras.utils.set_random_seed(0)
    for condition in (PICTURE, COARSE):
        model = Transformer(condition=condition, target=SIZES, width=16, depth=1)
        batch = {"condition": values(condition, 2), "target": values(SIZES, 2)}
        with tf.GradientTape() as tape:
            terms = model.losses(tf.nest.map_structure(tf.constant, batch), noise=tf.constant(seeds(2)))["main"]
            (top, _), (bottom, _) = terms["top"], terms["bottom"]
        for gradient in tape.gradient([top, bottom], model.trainable_variables):
            assert gradient is not None


@pytest.mark.parametrize(("shape", "grid"), [((3,), None), ((1, 1, 3), (1, 1))])
def test_tokens_beside_one_another_are_told_apart(shape: tuple[int, ...], grid: tuple[int, int] | None) -> None:
    spec = Spec({"code": Field(vocabulary=4, shape=shape)})
    conditioner = Conditioner(spec, 8, grid=grid)
    conditioner.build()
    orders = np.array(list(permutations([1, 2, 4])), np.int32)
    found = conditioner({"code": orders.reshape(-1, *shape)}, batch=6)[1 if grid else 0].numpy().reshape(6, 8)
    apart = np.abs(found[:, None] - found[None]).max(-1)
    assert apart[~np.eye(6, dtype=bool)].min() > 1e-3
    absent = conditioner({"code": np.zeros((1, *shape), np.int32)}, batch=1)[1 if grid else 0].numpy()
    assert np.abs(absent.reshape(8) - found).max(-1).min() > 1e-3


@pytest.mark.parametrize("kind", [CVAE, NormalizingFlow])
@pytest.mark.parametrize("width", [12, 28, 29])
def test_a_width_need_not_be_a_multiple_of_anything(kind: type, width: int) -> None:
    """Groups of eight channels do not come out even of 28, nor of 29 any."""
    pixels = Spec({"pixels": Field(kind="continuous", shape=(4, 4, 2))})
    model = kind(condition=LABEL, target=pixels, width=width, depth=1)
    assert np.isfinite(model.sample(values(LABEL, 2), seed=0)["pixels"]).all()


def test_a_width_in_which_no_sequence_can_be_read_is_named() -> None:
    caption = Spec({"caption": Field(vocabulary=30, shape=(None,))})
    with pytest.raises(ValueError, match=r"caption of the condition is a sequence.*: 18; right is a multiple of 8"):
        NormalizingFlow(condition=caption, target=Spec({"vector": Field(kind="continuous", shape=(4,))}), width=9)
