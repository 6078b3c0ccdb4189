"""Between encoder and decoder: what codes, levels, posteriors and bands are, and where gradients pass."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from regenkit import Spec
from regenkit.layers.finite_scalar_quantizer import FiniteScalarQuantizer
from regenkit.layers.gaussian import mean_and_log_scale
from regenkit.layers.quantizer import Quantizer
from regenkit.layers.residual_quantizer import ResidualQuantizer
from regenkit.layers.statistics import of_part
from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field
from regenkit_image.converter.rvq import rvq
from regenkit_image.converter.vae import vae
from regenkit_image.converter.vqgan import vqgan
from regenkit_image.networks.perceptual import pyramid_distance
from regenkit_image.networks.reconstruction import Likelihood
from regenkit_image.networks.standard import Standard

PIXELS = Spec({"pixels": Field(kind="continuous", shape=(8, 8, 1))})
SMALL: dict[str, Any] = {"condition": Spec(), "target": PIXELS, "factor": 2, "width": 8}


def normal(shape: tuple[int, ...], seed: int = 0) -> tf.Tensor:
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def seeds(batch: int, first: int = 0) -> tf.Tensor:
    return tf.stack([tf.fill([batch], first), tf.range(batch)], 1)


def made(quantizer: Any) -> Any:
    quantizer.build(None)
    return quantizer


# --- a codebook -------------------------------------------------------------------------------------------------------


def test_a_code_is_the_nearest_forward_and_not_there_backward() -> None:
    quantizer, z = made(VectorQuantizer(9, 3)), normal((2, 4, 5, 3))
    with tf.GradientTape() as tape:
        tape.watch(z)
        code, indices, off, _ = quantizer(z)
        weighed = tf.reduce_sum(code * normal((2, 4, 5, 3), 1))
    distances = np.linalg.norm(z.numpy()[..., None, :] - quantizer.codebook.numpy(), axis=-1)
    np.testing.assert_array_equal(indices, distances.argmin(-1))
    np.testing.assert_allclose(code, quantizer.codebook.numpy()[distances.argmin(-1)], atol=1e-5)
    np.testing.assert_allclose(off, distances.min(-1) ** 2, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(tape.gradient(weighed, z), normal((2, 4, 5, 3), 1), atol=1e-6)


def test_vectors_that_do_not_count_are_neither_counted_nor_offered() -> None:
    quantizer, z = made(VectorQuantizer(5, 3)), normal((40, 2, 2, 3))
    known = tf.concat([tf.ones([20, 2, 2]), tf.zeros([20, 2, 2])], 0)
    some = quantizer(z, known=known, seeds=seeds(40)).statistics
    first = quantizer(z[:20], seeds=seeds(20)).statistics
    assert float(tf.reduce_sum(some["elected"])) > 0
    for name, value in some.items():
        np.testing.assert_allclose(value, first[name], atol=1e-5)


@pytest.mark.parametrize("batch", [3, 40, 400])
def test_a_dead_code_becomes_a_vector_of_the_batch_however_large_it_is(batch: int) -> None:
    quantizer = made(VectorQuantizer(64, 3))
    quantizer.codebook.assign(np.concatenate([np.zeros((1, 3)), np.full((63, 3), 1e3)]).astype(np.float32))
    revived = set()
    for step in range(12):
        before = quantizer.codebook.numpy()
        z = normal((batch, 2, 3), step)
        found = quantizer(z, seeds=seeds(batch, step))
        quantizer.absorb(found.statistics)
        after = quantizer.codebook.numpy()
        for code in np.flatnonzero((before[:, 0] == 1e3) & (after[:, 0] != 1e3)):
            assert np.abs(after[code] - z.numpy().reshape(-1, 3)).max(1).min() < 1e-5
            revived.add(code)
    assert len(revived) >= 40


# --- the algebra ------------------------------------------------------------------------------------------------------

LEVELS = st.lists(st.integers(3, 9), min_size=1, max_size=4).map(tuple)
QUANTIZERS = {
    "vector": lambda: VectorQuantizer(9, 3),
    "finite scalar": lambda: FiniteScalarQuantizer((8, 5, 3)),
    "residual": lambda: ResidualQuantizer(4, 9, 3, dropout=0.5),
}


@pytest.mark.parametrize("name", QUANTIZERS)
def test_of_every_quantizer_indices_are_its_codes(name: str) -> None:
    quantizer: Quantizer = made(QUANTIZERS[name]())
    z = normal((5, 4, 3, quantizer.dim))
    codes, indices, _, statistics = quantizer(z)
    assert codes.shape == z.shape and not statistics
    assert indices.dtype == tf.int32 and int(tf.reduce_min(indices)) >= 0
    assert int(tf.reduce_max(indices)) < quantizer.codebook_size
    axes = () if quantizer.num_quantizers is None else (quantizer.num_quantizers,)
    assert indices.shape == (5, 4, 3, *axes)
    np.testing.assert_allclose(quantizer.indices_to_codes(indices), codes, atol=1e-5)
    np.testing.assert_array_equal(quantizer.codes_to_indices(z if axes else codes), indices)  # a sum has other parts


@pytest.mark.parametrize("name", ["vector", "finite scalar"])
def test_every_code_is_its_own_nearest(name: str) -> None:
    quantizer: Quantizer = made(QUANTIZERS[name]())
    every = tf.range(quantizer.codebook_size)
    np.testing.assert_array_equal(quantizer.codes_to_indices(quantizer.indices_to_codes(every)), every)
    np.testing.assert_array_equal(quantizer.indices_to_codes(every - 1)[0], quantizer.indices_to_codes(every)[0])


# --- levels -----------------------------------------------------------------------------------------------------------


@given(levels=LEVELS, data=st.data())
def test_levels_and_indices_are_each_others_inverse(levels: tuple[int, ...], data: st.DataObject) -> None:
    quantizer = FiniteScalarQuantizer(levels)
    every = tf.range(quantizer.codebook_size)
    codes = quantizer.indices_to_codes(every)
    np.testing.assert_array_equal(quantizer.codes_to_indices(codes), every)
    z = data.draw(arrays.arrays(np.float32, (4, len(levels)), elements=st.floats(-30, 30, width=32)))
    found = quantizer(tf.constant(z))
    levelled = found.codes.numpy() * quantizer.half
    np.testing.assert_allclose(levelled, levelled.round(), atol=1e-4)
    assert found.indices.numpy().min() >= 0 and found.indices.numpy().max() < len(every)
    np.testing.assert_allclose(tf.gather(codes, found.indices), found.codes, atol=1e-4)


@given(levels=LEVELS)
def test_every_level_can_be_reached_and_nothing_is_the_middle_one(levels: tuple[int, ...]) -> None:
    quantizer = FiniteScalarQuantizer(levels)
    sweep = tf.constant(np.linspace(-9, 9, 4001, dtype=np.float32)[:, None].repeat(len(levels), 1))
    levelled = np.rint(quantizer(sweep).codes * quantizer.half)
    assert [len(set(column)) for column in levelled.T] == list(levels)
    assert (np.diff(levelled, axis=0) >= 0).all()
    np.testing.assert_allclose(quantizer.bound(tf.zeros([1, len(levels)])), 0, atol=1e-5)


def test_rounding_lets_the_gradient_of_its_bound_through() -> None:
    quantizer, z = FiniteScalarQuantizer((8, 5)), normal((7, 2))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(z)
        codes, bound = quantizer(z).codes, quantizer.bound(z) / quantizer.half
    np.testing.assert_allclose(tape.gradient(codes, z), tape.gradient(bound, z))
    assert float(tf.reduce_min(tape.gradient(codes, z))) > 0


# --- several codes a place --------------------------------------------------------------------------------------------


def test_each_code_is_of_what_the_ones_before_it_left_and_an_absent_one_adds_nothing() -> None:
    model = rvq(**SMALL, codebook_size=32, num_quantizers=3)
    y = normal((4, 8, 8, 1))
    rep = {name: value.numpy() for name, value in model.encode({}, {"pixels": y}).items()}
    z, quantizers = model.encoder(y).numpy(), model.bottleneck.quantizer.quantizers
    for name, quantizer in zip(rep, quantizers, strict=True):
        codebook = quantizer.codebook.numpy()
        nearest = np.linalg.norm(z[..., None, :] - codebook, axis=-1).argmin(-1)
        np.testing.assert_array_equal(rep[name], nearest + 1)
        z = z - codebook[nearest]
    first = {**rep, "code2": 0 * rep["code2"], "code3": 0 * rep["code3"]}
    alone = model.decoder(quantizers[0].indices_to_codes(tf.constant(rep["code1"] - 1)))
    np.testing.assert_allclose(model.sample(first, seed=0)["pixels"], np.clip(alone, -1, 1), atol=1e-5)


def test_dropout_keeps_first_codes_alone_and_as_often_as_it_says() -> None:
    quantizer = ResidualQuantizer(4, 8, 2, dropout=0.6)
    kept = np.stack(quantizer.kept(4000, seeds(4000))).T
    assert (np.diff(kept, axis=1) <= 0).all() and kept[:, 0].all()
    share = np.bincount(kept.sum(1).astype(int), minlength=5)[1:] / 4000
    np.testing.assert_allclose(share, [0.15, 0.15, 0.15, 0.55], atol=0.03)
    assert np.stack(quantizer.kept(5, None)).all()


# --- posteriors and densities -----------------------------------------------------------------------------------------


def test_divergence_is_that_of_gaussians_and_free_bits_are_free() -> None:
    tight, free = vae(**SMALL, latent_dim=2), vae(**SMALL, latent_dim=2, free_bits=1e6, beta=1.0)
    batch = {"condition": {}, "target": {"pixels": normal((3, 8, 8, 1))}}
    value, weight = tight.losses(batch, noise=None)["main"]["divergence"]
    mean, log_scale = map(np.asarray, mean_and_log_scale(tight.encoder(batch["target"]["pixels"])))
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
    np.testing.assert_allclose(standard.unnormalize(standard(z)), z, rtol=1e-4, atol=1e-4)


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
    np.testing.assert_allclose(pyramid_distance(one, one), 0, atol=1e-6)
    np.testing.assert_allclose(
        pyramid_distance(one, one + shift), abs(shift), atol=1e-4
    )  # its bands but the last are of edges
    other = normal((2, *size), 1)
    np.testing.assert_allclose(pyramid_distance(one, other), pyramid_distance(other, one), rtol=1e-4)
    assert float(tf.reduce_min(pyramid_distance(one, other))) >= float(
        tf.reduce_min(tf.abs(tf.reduce_mean(one - other)))
    )


def test_the_discriminator_moves_nothing_of_the_generator_and_is_balanced_by_the_last_layer() -> None:
    """The generator's gradient of its adversarial term is what it would be without the short cut."""
    model = vqgan(**SMALL, codebook_size=8, disc_start=0)
    adversary = model.adversary
    adversary.balance.assign(1.0)
    batch = {"condition": {}, "target": {"pixels": normal((3, 8, 8, 1))}, "noise": seeds(3)}
    variables = [each.value for each in model.decoder.trainable_variables]
    with tf.GradientTape(persistent=True) as tape:
        losses = model.losses(batch, noise=batch["noise"])
        value, _ = losses["generator"]["adversarial"]
        rep = model.encoder(batch["target"]["pixels"])
        shown = model.decoder(model.bottleneck.quantizer(rep).codes)
        plain = -tf.reduce_mean(adversary.discriminator(shown), [1, 2])
    np.testing.assert_allclose(value, plain, rtol=1e-4, atol=1e-5)
    for one, other in zip(tape.gradient(value, variables), tape.gradient(plain, variables), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
    last = model.decoder.last.kernel.value
    statistics = of_part("adversary", losses["statistics"])
    np.testing.assert_allclose(statistics["fooled"], tape.gradient(plain, last), rtol=1e-3, atol=1e-5)
    adversary.absorb(statistics)
    norms = [np.linalg.norm(statistics[name]) / 3 for name in ("error", "fooled")]
    np.testing.assert_allclose(adversary.balance.numpy(), adversary.weight * norms[0] / (norms[1] + 1e-4), rtol=1e-4)
    assert set(model.losses(batch, noise=None)) == {"generator"}


@pytest.mark.parametrize("updates", [0, 3])
def test_the_generator_minds_no_discriminator_before_its_start(updates: int) -> None:
    model = vqgan(**SMALL, codebook_size=8, disc_start=3)
    adversary = model.adversary
    batch = {"condition": {}, "target": {"pixels": normal((2, 8, 8, 1))}, "noise": seeds(2)}
    adversary.balance.assign(2.0)
    adversary.updates.assign(updates)
    value, _ = model.losses(batch, noise=batch["noise"])["generator"]["adversarial"]
    assert np.any(value) == (updates == 3)
