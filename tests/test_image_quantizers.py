"""Between encoder and decoder: what codes, levels, posteriors and bands are, and where gradients pass."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from regenkit import Spec
from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field
from regenkit_image.autoencoders import Rvq, Vae, VqGan
from regenkit_image.autoencoders.adversary import pyramid
from regenkit_image.autoencoders.fsq import Levels
from regenkit_image.autoencoders.likelihood import Likelihood
from regenkit_image.autoencoders.standard import Standard

PIXELS = Spec({"pixels": Field(kind="continuous", shape=(8, 8, 1))})
SMALL: dict[str, Any] = {"condition": Spec(), "target": PIXELS, "factor": 2, "channels": 8}


def normal(shape: tuple[int, ...], seed: int = 0) -> tf.Tensor:
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def seeds(batch: int, first: int = 0) -> tf.Tensor:
    return tf.stack([tf.fill([batch], first), tf.range(batch)], 1)


def quantizer(codes: int, width: int) -> VectorQuantizer:
    made = VectorQuantizer(codes, width)
    made.build(None)
    return made


# --- a codebook -------------------------------------------------------------------------------------------------------


def test_a_code_is_the_nearest_forward_and_not_there_backward() -> None:
    book, z = quantizer(9, 3), normal((2, 4, 5, 3))
    with tf.GradientTape() as tape:
        tape.watch(z)
        chosen, code, off = book.through(z)
        weighed = tf.reduce_sum(code * normal((2, 4, 5, 3), 1))
    distances = np.linalg.norm(z.numpy()[..., None, :] - book.book.numpy(), axis=-1)
    np.testing.assert_array_equal(chosen, distances.argmin(-1))
    np.testing.assert_allclose(code, book.book.numpy()[distances.argmin(-1)], atol=1e-5)
    np.testing.assert_allclose(off, distances.min(-1) ** 2, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(tape.gradient(weighed, z), normal((2, 4, 5, 3), 1), atol=1e-6)


def test_vectors_that_do_not_count_are_neither_counted_nor_offered() -> None:
    book, z = quantizer(5, 3), normal((40, 2, 2, 3))
    chosen = book(z)
    known = tf.concat([tf.ones([20, 2, 2]), tf.zeros([20, 2, 2])], 0)
    some, first = book.statistics(z, chosen, known, seeds(40)), book.statistics(z[:20], chosen[:20], None, seeds(20))
    assert float(tf.reduce_sum(some["elected"])) > 0
    for name, value in some.items():
        np.testing.assert_allclose(value, first[name], atol=1e-5)


# --- levels -----------------------------------------------------------------------------------------------------------

LEVELS = st.lists(st.integers(3, 9), min_size=1, max_size=4).map(tuple)


@given(levels=LEVELS, data=st.data())
def test_levels_and_tokens_are_each_others_inverse(levels: tuple[int, ...], data: st.DataObject) -> None:
    quantised = Levels(levels)
    every = tf.range(1, int(np.prod(levels)) + 1)
    of_tokens = quantised.of_tokens(every)
    np.testing.assert_array_equal(quantised.tokens(of_tokens), every)
    z = data.draw(arrays.arrays(np.float32, (4, len(levels)), elements=st.floats(-30, 30, width=32)))
    rounded = quantised.rounded(tf.constant(z)).numpy()
    np.testing.assert_allclose(rounded, rounded.round(), atol=1e-4)
    tokens = quantised.tokens(tf.constant(rounded)).numpy()
    assert tokens.min() >= 1 and tokens.max() <= len(every)
    np.testing.assert_allclose(tf.gather(of_tokens, tokens - 1), rounded, atol=1e-4)


@given(levels=LEVELS)
def test_every_level_can_be_reached_and_nothing_is_the_middle_one(levels: tuple[int, ...]) -> None:
    quantised = Levels(levels)
    sweep = tf.constant(np.linspace(-9, 9, 4001, dtype=np.float32)[:, None].repeat(len(levels), 1))
    rounded = np.rint(quantised.rounded(sweep))
    assert [len(set(column)) for column in rounded.T] == list(levels)
    assert (np.diff(rounded, axis=0) >= 0).all()
    np.testing.assert_allclose(quantised.bound(tf.zeros([1, len(levels)])), 0, atol=1e-5)


def test_rounding_lets_the_gradient_of_its_bound_through() -> None:
    quantised, z = Levels((8, 5)), normal((7, 2))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(z)
        rounded, bound = quantised.rounded(z), quantised.bound(z)
    np.testing.assert_allclose(tape.gradient(rounded, z), tape.gradient(bound, z))
    assert float(tf.reduce_min(tape.gradient(rounded, z))) > 0


# --- several codes a place --------------------------------------------------------------------------------------------


def test_each_code_is_of_what_the_ones_before_it_left_and_an_absent_one_adds_nothing() -> None:
    model = Rvq(**SMALL, codes=32, quantizers=3)
    y = normal((4, 8, 8, 1))
    rep = {name: value.numpy() for name, value in model.encode({}, {"pixels": y}).items()}
    z = model.encoder(y).numpy()
    for name, quantizer in zip(rep, model.quantizers, strict=True):
        book = quantizer.book.numpy()
        nearest = np.linalg.norm(z[..., None, :] - book, axis=-1).argmin(-1)
        np.testing.assert_array_equal(rep[name], nearest + 1)
        z = z - book[nearest]
    first = {**rep, "code2": 0 * rep["code2"], "code3": 0 * rep["code3"]}
    alone = model.decoder(model.quantizers[0].vectors(tf.constant(rep["code1"] - 1)))
    np.testing.assert_allclose(model.sample(first, seed=0)["pixels"], np.clip(alone, -1, 1), atol=1e-5)


def test_dropout_keeps_first_codes_alone_and_as_often_as_it_says() -> None:
    model = Rvq(**SMALL, codes=8, quantizers=4, dropout=0.6)
    kept = np.stack(model._kept(tf.zeros([4000, 1]), seeds(4000))).T
    assert (np.diff(kept, axis=1) <= 0).all() and kept[:, 0].all()
    share = np.bincount(kept.sum(1).astype(int), minlength=5)[1:] / 4000
    np.testing.assert_allclose(share, [0.15, 0.15, 0.15, 0.55], atol=0.03)
    assert np.stack(model._kept(tf.zeros([5, 1]), None)).all()


# --- posteriors and densities -----------------------------------------------------------------------------------------


def test_divergence_is_that_of_gaussians_and_free_bits_are_free() -> None:
    tight, free = Vae(**SMALL, size=2), Vae(**SMALL, size=2, free_bits=1e6, beta=1.0)
    batch = {"condition": {}, "target": {"pixels": normal((3, 8, 8, 1))}}
    value, weight = tight.losses(batch, noise=None)["main"]["divergence"]
    mean, log_scale = (each.numpy() for each in tight.posterior(batch["target"]["pixels"]))
    expected = 0.5 * (mean**2 + np.exp(2 * log_scale) - 1 - 2 * log_scale)
    np.testing.assert_allclose(value, expected.sum((1, 2, 3)), rtol=1e-4)
    np.testing.assert_array_equal(weight, [64.0] * 3)
    with tf.GradientTape() as tape:
        value, _ = free.losses(batch, noise=None)["main"]["divergence"]
    np.testing.assert_array_equal(value, [2e6] * 3)  # two channels
    slopes = tape.gradient(value, [each.value for each in free.trainable_variables], unconnected_gradients="zero")
    assert all(not np.any(slope) for slope in slopes)


def test_latents_are_brought_to_mean_0_and_variance_1_and_back() -> None:
    standard = Standard(2)
    random = np.random.default_rng(0)
    for _ in range(500):
        z = tf.constant(random.normal([3, -40], [0.1, 7], (16, 2, 3, 2)), tf.float32)
        standard.absorb(standard.statistics(z, tf.constant([0.03, 0.0])))
    found = standard(z).numpy()
    np.testing.assert_allclose(found.mean((0, 1, 2)), 0, atol=0.4)
    np.testing.assert_allclose(found.std((0, 1, 2)), [0.5, 1], atol=0.2)  # half of its variance is the posterior's
    np.testing.assert_allclose(standard.back(standard(z)), z, rtol=1e-4, atol=1e-4)


def test_the_scale_of_the_density_is_that_of_the_errors() -> None:
    likelihood = Likelihood()
    mean = tf.zeros([32, 4, 4, 1])
    assert float(likelihood.variance) == 1
    for seed in range(200):
        likelihood.absorb(likelihood.statistics(0.3 * normal((32, 4, 4, 1), seed), mean))
    np.testing.assert_allclose(likelihood.variance, 0.09, rtol=0.1)
    empty = likelihood.statistics(tf.zeros([0, 4, 4, 1]), tf.zeros([0, 4, 4, 1]))
    assert {name: float(value) for name, value in empty.items()} == {"squares": 0, "pictures": 0}


# --- the eye ----------------------------------------------------------------------------------------------------------


@given(shift=st.floats(-1, 1), size=st.sampled_from([(8, 8, 1), (28, 28, 1), (16, 24, 3), (9, 9, 1)]))
def test_a_pyramid_sees_brightness_once_and_edges_wherever_they_are(shift: float, size: tuple[int, ...]) -> None:
    one = normal((2, *size))
    np.testing.assert_allclose(pyramid(one, one), 0, atol=1e-6)
    np.testing.assert_allclose(pyramid(one, one + shift), abs(shift), atol=1e-4)  # its bands but the last are of edges
    other = normal((2, *size), 1)
    np.testing.assert_allclose(pyramid(one, other), pyramid(other, one), rtol=1e-4)
    assert float(tf.reduce_min(pyramid(one, other))) >= float(tf.reduce_min(tf.abs(tf.reduce_mean(one - other))))


def test_the_discriminator_moves_nothing_of_the_generator_and_is_balanced_by_the_last_layer() -> None:
    """The generator's gradient of its adversarial term is what it would be without the short cut."""
    model = VqGan(**SMALL, codes=8, disc_start=0)
    model.balance.assign(1.0)
    batch = {"condition": {}, "target": {"pixels": normal((3, 8, 8, 1))}, "noise": seeds(3)}
    variables = [each.value for each in model.decoder.trainable_variables]
    with tf.GradientTape(persistent=True) as tape:
        losses = model.losses(batch, noise=batch["noise"])
        value, _ = losses["generator"]["adversarial"]
        rep = model.encoder(batch["target"]["pixels"])
        shown = model.decoder(model.quantizer.through(rep)[1])
        plain = -tf.reduce_mean(model.discriminator(shown), [1, 2])
    np.testing.assert_allclose(value, plain, rtol=1e-4, atol=1e-5)
    for one, other in zip(tape.gradient(value, variables), tape.gradient(plain, variables), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
    last = model.decoder.last.kernel.value
    statistics = losses["statistics"]
    np.testing.assert_allclose(statistics["fooled"], tape.gradient(plain, last), rtol=1e-3, atol=1e-5)
    model.absorb(statistics)
    norms = [np.linalg.norm(statistics[name]) / 3 for name in ("error", "fooled")]
    np.testing.assert_allclose(model.balance.numpy(), model.share * norms[0] / (norms[1] + 1e-4), rtol=1e-4)
    assert set(model.losses(batch, noise=None)) == {"generator"}


@pytest.mark.parametrize("updates", [0, 3])
def test_the_generator_minds_no_discriminator_before_its_start(updates: int) -> None:
    model = VqGan(**SMALL, codes=8, disc_start=3)
    batch = {"condition": {}, "target": {"pixels": normal((2, 8, 8, 1))}, "noise": seeds(2)}
    model.balance.assign(2.0)
    model.updates.assign(updates)
    value, _ = model.losses(batch, noise=batch["noise"])["generator"]["adversarial"]
    assert np.any(value) == (updates == 3)
