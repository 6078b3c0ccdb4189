"""Pixels that see a window and no more, drawn as they are judged; flows that go by their triangles."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regenkit.layers import noise as noises
from regenkit.layers.made import AutoregressiveFlow
from regenkit.quiet import tensorflow as tf
from regenkit_image.modality.picture import Picture, encode, levels
from regenkit_image.networks.masked import Masked, levelled, shown

WINDOWS = st.tuples(st.sampled_from([1, 3, 5]), st.integers(0, 3)).filter(lambda window: window != (1, 0))


def roused(layer: Any, spread: float = 0.7) -> Any:
    """The layer, built, with weights under which everything depends on everything it may depend on."""
    random = np.random.default_rng(0)
    layer.build(None)
    for variable in layer.trainable_variables:
        variable.assign(random.normal(0, spread / max(1, variable.shape[-1]) ** 0.25, variable.shape))
    return layer


def normal(*shape: int, seed: int = 0) -> tf.Tensor:
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


# --- the window -------------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(
    window=WINDOWS,
    channels=st.sampled_from([1, 3]),
    grey=st.booleans(),
    row=st.integers(0, 4),
    column=st.integers(0, 5),
)
def test_a_pixel_depends_on_its_window_on_all_of_it_and_on_nothing_else(
    window: tuple[int, int], channels: int, grey: bool, row: int, column: int
) -> None:
    layer = roused(Masked((5, 6, channels), window=window, levels=4, width=8, colourless=grey and channels == 3))
    pixels = normal(1, 5, 6, channels)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        said = layer.logits(normal(1, 5, 6, 8, seed=1), layer.local(pixels))
        told = tf.reduce_sum(said[0, row, column] * normal(channels, 4, seed=2))
    slope = np.abs(tape.gradient(told, pixels)[0]).sum(-1) > 0
    wide, high = window
    rows, columns = np.mgrid[:5, :6]
    above = (rows < row) & (rows >= row - high) & (np.abs(columns - column) <= wide // 2)
    beside = (rows == row) & (columns < column) & (columns >= column - wide // 2)
    np.testing.assert_array_equal(slope, above | beside)


def test_a_colourless_window_sees_no_colour() -> None:
    pixels = normal(2, 5, 6, 3)
    grey = tf.repeat(tf.reduce_mean(pixels, -1, keepdims=True), 3, -1)
    for colourless in (True, False):
        layer = roused(Masked((5, 6, 3), window=(3, 1), levels=2, width=8, colourless=colourless))
        same = np.allclose(layer.local(pixels), layer.local(grey), atol=1e-5)
        assert same == colourless


@pytest.mark.parametrize("count", [2, 16, 256])
def test_levels_are_cells_of_one_width_and_come_back(count: int) -> None:
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    level = levelled(encode(Picture(pixels=every))[0]["pixels"], count).numpy()
    np.testing.assert_array_equal(level, np.arange(256).reshape(16, 16, 1) * count // 256)
    np.testing.assert_array_equal(levelled(shown(level, count), count), level)
    ends = levels(shown(tf.constant([0, count - 1]), count).numpy())
    np.testing.assert_array_equal(ends, [0, 255])


@pytest.mark.parametrize(("window", "temperature"), [((1, 0), 0.6), ((5, 2), 0.6), ((3, 0), 0.0)])
def test_a_pixel_is_drawn_by_the_logits_that_it_is_judged_by(window: tuple[int, int], temperature: float) -> None:
    """So a picture that was drawn, given all at once, is drawn again by the same noise, at every place."""
    layer = roused(Masked((3, 4, 3), window=window, levels=4, width=8))
    features, seeds = normal(6, 3, 4, 8, seed=1), tf.stack([tf.fill([6], 5), tf.range(6)], 1)
    level = layer.drawn(features, seeds, tf.constant(temperature))
    said = layer.logits(features, layer.local(shown(level, 4)))
    gumbel = tf.transpose(noises.gumbel(noises.fold_in(seeds, "pixel", tf.range(12)), 3 * 4), [1, 0, 2])
    again = tf.argmax(said / max(temperature, 1e-6) + (temperature > 0) * tf.reshape(gumbel, said.shape), -1)
    np.testing.assert_array_equal(level, again)
    assert len(np.unique(level)) > 1
    judged = tf.gather(tf.nn.log_softmax(said), level, batch_dims=4)
    log_prob = layer.log_prob(features, layer.local(shown(level, 4)), level)
    np.testing.assert_allclose(log_prob, tf.reduce_sum(judged, [1, 2, 3]), rtol=1e-5)
    alone = layer.drawn(features[2:3], seeds[2:3], tf.constant(temperature))
    np.testing.assert_array_equal(alone[0], level[2])


# --- flows ------------------------------------------------------------------------------------------------------------


@settings(max_examples=6)
@given(size=st.integers(1, 4), steps=st.integers(1, 3), depth=st.integers(1, 2), told=st.booleans())
def test_a_flow_is_inverted_and_its_determinant_is_that_of_its_jacobian(
    size: int, steps: int, depth: int, told: bool
) -> None:
    flow = roused(AutoregressiveFlow(size, steps=steps, width=7, depth=depth, context=3 * told), 0.5)
    x, context = normal(4, size), normal(4, 3, seed=1) if told else None
    with tf.GradientTape() as tape:
        tape.watch(x)
        y, determinant = flow.forward(x, context)
    jacobian = tape.batch_jacobian(y, x)
    np.testing.assert_allclose(determinant, np.linalg.slogdet(jacobian)[1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(flow.inverse(y, context), x, atol=1e-5)
    if steps == 1:  # triangular; the order is reversed after a step
        assert not np.triu(np.asarray(jacobian)[:, ::-1], 1).any()
        assert size == 1 or np.abs(np.asarray(jacobian)[:, ::-1][:, 1:, 0]).min() > 0
    if told:
        assert np.abs(flow.forward(x, context + 1.0)[0] - y).max() > 1e-4


def test_a_new_flow_changes_nothing_but_the_order() -> None:
    flow = AutoregressiveFlow(5, steps=3, width=8, depth=2)
    flow.build()
    x = normal(2, 5)
    y, determinant = flow.forward(x)
    np.testing.assert_array_equal(y, tf.reverse(x, [1]))
    np.testing.assert_array_equal(determinant, [0, 0])
