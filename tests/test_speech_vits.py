"""Vectors of a variational autoencoder, a flow from text to them, and all of it trained together (VITS)."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_batches import (
    HOP,
    MEL,
    SPEAKER,
    TEXT,
    WAVE,
    Batch,
    check_every_weight_is_moved,
    check_examples_stand_alone,
    cut,
    fields,
    noise,
)  # fmt: skip

from regenkit.layers.gaussian import LEAST_LOG_SCALE
from regenkit.models.joint_vectors import JointVectors
from regenkit.models.together import together
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.train_settings import JointSettings
from regenkit.spec import END, Spec
from regenkit_speech.converter.vae import WaveVae
from regenkit_speech.models.glow import Glow, _log_likelihood
from regenkit_speech.models.vocos import Vocos
from regenkit_speech.networks.alignment import aligned
from regenkit_speech.networks.coupling import Couplings

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
SYMBOLS, ENTRIES = [6, 3, 8], [20, 9, 13]
WINDOW = 6


def glow(target: Spec = MEL) -> Glow:
    keras.utils.set_random_seed(0)
    return moved(Glow(condition=TEXT | SPEAKER, target=target, width=16, depth=1, flow_steps=2, flow_depth=1))


def vae(**options: Any) -> WaveVae:
    keras.utils.set_random_seed(0)
    sizes = {"hop_length": HOP, "latent_dim": 4, "width": 16, "depth": 1, "judges_width": 2, "segment": WINDOW}
    return WaveVae(condition=SPEAKER, target=WAVE, **sizes, **options)


def moved(model: Any) -> Any:
    """Some layers begin with zeros, so that nothing would pass them."""
    for number, each in enumerate(model.trainable_variables):
        each.assign_add(0.05 * np.random.default_rng(number).standard_normal(each.shape).astype(np.float32))
    return model


def batch(rows: slice, longer: bool, target: Spec = MEL) -> tuple[Batch, Batch]:
    steps = {"x": SYMBOLS, "y": [HOP * each - 5 for each in ENTRIES]}
    longest = {"x": 12, "y": HOP * 30} if longer else {"x": 8, "y": HOP * 20}
    return cut(fields(TEXT | SPEAKER, steps, longest), rows), cut(fields(target, steps, longest), rows)


# --- the flow ---------------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive(minutes=0.3)
@settings(max_examples=10, deadline=None)
@given(st.integers(1, 3), st.sampled_from([2, 4, 6]), st.integers(0, 100))
def test_couplings_are_undone_and_keep_volumes(steps: int, size: int, seed: int) -> None:
    keras.utils.set_random_seed(0)
    layer = moved(Couplings(size, steps, 8, 1))
    x = tf.constant(np.random.default_rng(seed).standard_normal((1, 3, size)), tf.float32)
    known = tf.constant([[[1.0], [1.0], [1.0]]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        there = layer(x, known)
    np.testing.assert_allclose(layer.inverse(there, known), x, atol=1e-4)
    assert np.abs(there.numpy() - x.numpy()).max() > 0.01
    jacobian = tape.jacobian(there, x).numpy().reshape(3 * size, 3 * size)
    assert abs(abs(np.linalg.det(jacobian)) - 1) < 1e-3


def test_the_loss_is_the_density_of_the_best_alignment() -> None:
    """By each monotonic alignment of three symbols and five entries."""
    model = glow()
    steps = {"x": [3], "y": [5 * HOP]}
    condition, target = fields(TEXT | SPEAKER, steps, steps_of(steps)), fields(MEL, steps, steps_of(steps))
    value, weight = model.losses({"condition": condition, "target": target}, noise=None)["main"]["mel"]
    hidden, _ = model.encoder(condition, None)
    mean, log_scale = (each.numpy()[0] for each in tf.split(model.prior(hidden), 2, -1))
    found = model.flow(tf.constant(target["mel"]), tf.ones([1, 5, 1])).numpy()[0]
    costs = []
    for first in range(1, 4):
        for second in range(1, 5 - first):
            owner = np.repeat([0, 1, 2], [first, second, 5 - first - second])
            off = (found - mean[owner]) / np.exp(log_scale[owner])
            costs.append((0.5 * off**2 + 0.5 * np.log(2 * np.pi) + log_scale[owner]).sum())
    assert float(weight[0]) == 5.0
    assert min(costs) - 1e-2 <= float(value[0]) <= min(costs) + 2.0  # even alignments are a little preferred


def steps_of(steps: dict[str, list[int]]) -> dict[str, int]:
    return {axis: each[0] for axis, each in steps.items()}


@pytest.mark.exhaustive(minutes=0.2)
def test_glow_stands_alone_and_moves_every_weight() -> None:
    check_examples_stand_alone(glow(), batch, atol=2e-3)
    check_every_weight_is_moved(glow(), *batch(slice(0, 3), False))


def test_narrow_gaussians_are_told_apart() -> None:
    """Of two symbols that are as narrow as may be, and half a deviation apart in each of 80 numbers."""
    for seed in range(5):
        random = np.random.default_rng(seed)
        log_scale = np.full((2, 80), LEAST_LOG_SCALE, np.float32)
        first = random.normal(-2.8, 0.3, 80)
        mean = np.stack([first, first + 0.5 * np.exp(LEAST_LOG_SCALE) * random.normal(size=80)]).astype(np.float32)
        symbol = np.repeat([0, 1], 20)
        vectors = (mean[symbol] + np.exp(log_scale[symbol]) * random.normal(size=(40, 80))).astype(np.float32)
        found = _log_likelihood(*(tf.constant(each[None]) for each in (vectors, mean, log_scale)))
        wide, deep = (each.astype(np.float64)[:, None] for each in (mean, log_scale))
        density = -(0.5 * ((vectors[None] - wide) / np.exp(deep)) ** 2 + deep).sum(-1)
        np.testing.assert_allclose(found[0], density, atol=1e-3)
        (durations,) = aligned(found, tf.ones([1, 2]), tf.ones([1, 40])).numpy()
        assert np.abs(durations - 20).max() <= 1


def test_what_glow_draws() -> None:
    model = glow()
    condition, _ = batch(slice(0, 3), False)
    drawn = model.sample(condition, seed=1, temperature=0.0)
    entries = drawn["mask y 64"].sum(1)
    for row in range(3):
        one = model.sample(
            {name: value[row : row + 1] for name, value in batch(slice(0, 3), True)[0].items()}, seed=1, temperature=0.0
        )
        assert one["mask y 64"].sum() == entries[row] >= SYMBOLS[row]
        np.testing.assert_allclose(one["mel"][0], drawn["mel"][row, : entries[row]], atol=1e-4)
        assert not drawn["mel"][row, entries[row] :].any()
    assert (model.sample(condition, seed=1, length=HOP * 17)["mask y 64"].sum(1) == 17).all()
    warm = model.sample(condition, seed=1, temperature=1.0)["mel"]
    np.testing.assert_array_equal(warm, model.sample(condition, seed=1, temperature=1.0)["mel"])
    assert np.abs(warm - drawn["mel"]).max() > 0.1
    none = model.sample({name: value[:0] for name, value in condition.items()}, seed=1)
    assert none["mel"].shape == (0, 0, 12)


# --- the autoencoder --------------------------------------------------------------------------------------------------


def test_vectors_are_the_same_alone_and_in_a_batch() -> None:
    model = vae()
    both = {name: np.asarray(value) for name, value in model.encode({}, batch(slice(0, 3), False, WAVE)[1]).items()}
    assert both["latent"].shape == (3, 20, 4)
    for row, entries in enumerate(ENTRIES):
        one = model.encode({}, batch(slice(row, row + 1), True, WAVE)[1])
        np.testing.assert_allclose(one["latent"][0][:entries], both["latent"][row, :entries], atol=1e-4)
        assert not both["latent"][row, entries:].any() and both[model.clock.mask][row].sum() == entries


def test_its_stream_is_the_whole() -> None:
    model = vae()
    rep = {"latent": np.random.default_rng(0).standard_normal((1, 23, 4)).astype(np.float32),
           model.clock.mask: np.ones((1, 23), bool)}  # fmt: skip
    whole = model.sample(rep, seed=0)["wave"]
    for chunk in (4, 7, 64):
        parts = [part["wave"] for part in model.stream(rep, seed=0, chunk=chunk)]
        np.testing.assert_allclose(np.concatenate(parts, 1), whole, atol=1e-4)


@pytest.mark.exhaustive(minutes=0.5)
def test_the_autoencoder_stands_alone_and_moves_every_weight() -> None:
    steps = {"y": [HOP * WINDOW, HOP * WINDOW - 9, HOP * 4]}

    def windows(rows: slice, _: bool) -> tuple[Batch, Batch]:
        return {}, cut(fields(WAVE, steps, {"y": HOP * WINDOW}), rows)

    model = vae(adversarial_start=0)
    check_examples_stand_alone(model, windows, atol=2e-3)
    check_every_weight_is_moved(model, *windows(slice(0, 3), False))


# --- together ---------------------------------------------------------------------------------------------------------


def joint(**settings: Any) -> JointVectors:
    converter = vae()
    renderer = Vocos(condition=converter.spec | SPEAKER, target=WAVE, width=16, depth=1, judges_width=2,
                     segment=WINDOW, adversarial_start=0)  # fmt: skip
    parts = {"converter": converter, "generator": glow(converter.spec), "renderer": renderer}
    specs = {"x": TEXT, "y": WAVE | SPEAKER, "rep": converter.spec | SPEAKER}
    weights = JointSettings(**{"predict_x": 0.0, "adapt": 0.0, "window": WINDOW, **settings})
    model = together(parts=parts, specs=specs, settings=weights)
    assert isinstance(model, JointVectors)
    return model


def reached(model: JointVectors, term: str, **changed: Any) -> set[str]:
    condition, target = batch(slice(0, 3), False, WAVE)
    examples = {"condition": {**condition, **changed}, "target": target}
    with tf.GradientTape() as tape:
        groups = model.losses(examples, noise=noise(3))
        chosen = [value for terms in groups.values() for name, value in terms.items() if name.startswith(term)]
        total = tf.add_n([tf.reduce_sum(value) for value, _ in chosen])
    variables = [(name, each) for name, part in model.parts.items() for each in part.trainable_variables]
    slopes = tape.gradient(total, [each.value for _, each in variables])
    return {name for (name, _), slope in zip(variables, slopes, strict=True)
            if slope is not None and np.abs(tf.convert_to_tensor(slope).numpy()).max() > 0}  # fmt: skip


@pytest.mark.exhaustive(minutes=0.2)
def test_what_each_term_moves() -> None:
    model = joint(approach=0.5)
    assert reached(model, "reconstruct") == {"converter", "renderer"}
    assert reached(model, "divergence") == {"converter"}
    assert reached(model, "predict_rep_latent") == {"converter", "generator"}
    assert reached(model, f"predict_rep_{END}") == {"generator"}
    assert reached(joint(approach=0.0), "predict_rep_latent") == {"generator"}


@pytest.mark.exhaustive(minutes=0.2)
def test_approach_scales_the_gradient_that_reaches_the_converter_alone() -> None:
    def slopes(approach: float) -> dict[str, list[np.ndarray]]:
        model = joint(approach=approach)
        condition, target = batch(slice(0, 3), False, WAVE)
        with tf.GradientTape(persistent=True) as tape:
            terms = model.losses({"condition": condition, "target": target}, noise=noise(3))["main"]
            total = tf.reduce_sum(terms["predict_rep_latent"][0])
        return {
            name: [tf.convert_to_tensor(slope).numpy()
                   for slope in tape.gradient(total, [each.value for each in model.parts[name].trainable_variables])
                   if slope is not None]
            for name in ("converter", "generator")
        }  # fmt: skip

    one, half = slopes(1.0), slopes(0.5)
    for full, scaled in zip(one["converter"], half["converter"], strict=True):
        np.testing.assert_allclose(0.5 * full, scaled, rtol=1e-3, atol=1e-3 * np.abs(full).max())
    for same, other in zip(one["generator"], half["generator"], strict=True):
        np.testing.assert_allclose(same, other, rtol=1e-3, atol=1e-3 * np.abs(same).max())


def test_an_unpaired_example_does_not_teach_the_generator() -> None:
    nothing = {"text": np.zeros((3, 8), np.int32), "mask x": np.zeros((3, 8), bool)}
    model = joint()
    assert reached(model, "predict_rep", **nothing) == set()
    assert reached(model, "reconstruct", **nothing) == {"converter", "renderer"}


def test_windows_of_vectors_and_waveform_begin_together() -> None:
    """A rep and a Y that count their own time tell where they were cut."""
    model = joint()
    masks = {model.clock.mask: tf.sequence_mask(ENTRIES, 20), "mask": tf.sequence_mask([HOP * 20, HOP * 9, HOP * 13])}
    time = tf.tile(tf.range(20 * HOP, dtype=tf.float32)[None], [3, 1])
    rep = {"latent": tf.tile(time[:, ::HOP, None], [1, 1, 4]), model.clock.mask: masks[model.clock.mask]}
    y = {"wave": time, "mask": masks["mask"]}
    starts = set()
    for seed in range(20):
        cut_rep, cut_y = model._cut(rep, y, tf.stack([tf.fill([3], seed), tf.range(3)], 1))
        assert cut_rep["latent"].shape == (3, WINDOW, 4) and cut_y["wave"].shape == (3, WINDOW * HOP)
        np.testing.assert_array_equal(cut_rep["latent"][:, 0, 0], cut_y["wave"][:, 0])
        first = cut_rep["latent"][:, 0, 0].numpy() / HOP
        assert (first >= 0).all() and (first + WINDOW <= ENTRIES).all() and bool(tf.reduce_all(cut_y["mask"]))
        starts |= {(row, int(each)) for row, each in enumerate(first)}
    assert {each for row, each in starts if row == 1} == set(range(ENTRIES[1] - WINDOW + 1))
    middle, _ = model._cut(rep, y, None)
    np.testing.assert_array_equal(middle["latent"][:, 0, 0] / HOP, [7, 2, 4])
    short, _ = model._cut({**rep, model.clock.mask: tf.sequence_mask([2, 2, 2], 20)}, y, None)
    assert not short["latent"][:, 2:].numpy().any() and tf.reduce_sum(tf.cast(short[model.clock.mask], tf.int32)) == 6


def test_what_cannot_be_trained_together_is_refused() -> None:
    for name in ("predict_x", "adapt"):
        with pytest.raises(ValueError, match=f"right here is {name}: 0"):
            joint(**{name: 0.5})
