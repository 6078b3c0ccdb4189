"""A learned Y′: what an auto-encoder's codes and vectors are, and that Y comes back from them."""

from typing import Any

import numpy as np
import pytest
from toy_job import Y, prepared, train

from regenkit.data.stack import stack
from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.models.autoencoder import TokenAutoencoder
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.sampling import options_of
from regenkit.stages import Side

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
KNOWN, NOTES = Y.only(optional=True), Y.only(optional=False)


def autoencoder(bottleneck: str, **options: Any) -> TokenAutoencoder:
    options = {"codebook_size": 8, "latent_dim": 4, "width": 16, "depth": 1, "heads": 2, "dropout": 0.0, **options}
    return TokenAutoencoder(condition=KNOWN, target=NOTES, bottleneck=bottleneck, **options)


def batch() -> dict[str, Any]:
    """Six held-out examples of several lengths."""
    data = prepared()
    ys = [data.example(int(index))[0]["y"] for index in data.indices("validation")[:6]]
    return stack(ys, Y)


@pytest.fixture(
    scope="module", params=[pytest.param(each, marks=pytest.mark.exhaustive(minutes=0.3)) for each in ("vq", "vae")]
)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TokenAutoencoder:
    model, _ = train(
        tmp_path_factory.mktemp(request.param), build=lambda: autoencoder(request.param), steps=400, batch_size=16,
        learning_rate=1e-2, accumulate=1, checkpoint_every=400, validate_every=400, sample_every=0, steps_per_call=50,
        between=(Side(spec=KNOWN, source={"mode": "y"}), Side(spec=NOTES, source={"high": "y", "low": "y"})),
    )  # fmt: skip
    return model


def test_y_comes_back_from_its_codes_and_is_absent_after_its_end(trained: TokenAutoencoder) -> None:
    examples = batch()
    rep = {name: np.asarray(value) for name, value in trained.encode(examples, examples).items()}
    assert set(rep) == set(trained.spec)
    for value in rep.values():
        assert not value[~examples["mask"]].any()
    known = {"mode": examples["mode"], "mask": examples["mask"], **rep}
    drawn = trained.sample(known, seed=0, temperature=0.0)
    agree = (drawn["high"] == examples["high"])[examples["mask"]].mean()
    assert agree > 0.75, agree  # one note of seven by chance; eight codes can tell all
    log_prob = trained.field_log_prob(known, examples)
    assert np.exp(float(tf.reduce_sum(log_prob["high"])) / examples["mask"].sum()) > 0.5
    again = trained.sample(known, seed=0, temperature=0.0)
    assert all((again[name] == drawn[name]).all() for name in drawn)


def test_of_the_usual_options_it_takes_those_it_has() -> None:
    assert set(options_of(autoencoder("vq"))) == {"temperature"}  # `top_p` is said to whichever stage has it


def test_padding_changes_nothing(trained: TokenAutoencoder) -> None:
    examples = batch()
    longer = {name: np.pad(value, [(0, 0), (0, 7)]) if value.ndim == 2 else value for name, value in examples.items()}
    short, long = trained.encode(examples, examples), trained.encode(longer, longer)
    for name in trained.spec:
        np.testing.assert_allclose(short[name], long[name][:, : examples["mask"].shape[1]], atol=1e-5)


def test_codes_are_all_used(trained: TokenAutoencoder) -> None:
    if trained.quantizer is None:
        return
    data = prepared()
    ys = [data.example(int(index))[0]["y"] for index in data.indices("train")]
    examples = stack(ys, Y)
    codes = np.asarray(trained.encode(examples, examples)["code"])
    assert len(set(codes[codes > 0])) >= 7


@pytest.mark.exhaustive(minutes=0.2)
def test_a_dead_code_is_moved_onto_a_vector() -> None:
    quantizer = VectorQuantizer(4, 2)
    quantizer.build(None)
    random = np.random.default_rng(0)
    z = tf.constant(random.normal(size=[32, 5, 2]) + 50, tf.float32)  # far from every code, so that one takes all
    known = tf.ones([32, 5])
    for step in range(300):
        noise = tf.stack([tf.fill([32], step), tf.range(32)], 1)
        quantizer.absorb(quantizer(z, known=known, seeds=noise).statistics)
    used = set(np.ravel(quantizer.codes_to_indices(z)))
    assert used == {0, 1, 2, 3}
    assert float(tf.reduce_mean(tf.reduce_min(quantizer.distances(z), -1))) < 1.5  # of 2, the variance of z


def test_straight_through_is_the_code_forward_and_the_distances_backward() -> None:
    model = autoencoder("vq")
    examples = {name: tf.constant(value) for name, value in batch().items()}
    with tf.GradientTape() as tape:
        encoded = model.soft(examples, examples, noise=None)
        weighed = tf.reduce_sum(encoded.soft["code"] * tf.range(8.0))
    hot = encoded.soft["code"].numpy()
    assert ((hot.argmax(-1) + 1) * examples["mask"].numpy() == encoded.hard["code"].numpy()).all()
    np.testing.assert_allclose(hot.max(-1), examples["mask"].numpy(), atol=1e-6)
    assert float(tf.norm(tape.gradient(weighed, model.to_vector.kernel.value))) > 0
