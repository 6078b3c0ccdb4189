"""The vocoder by flow matching: examples stand alone, streams are the whole, and real speech is learned from."""

import numpy as np
import pytest
from fetching import fetched
from speech_batches import (
    BESIDE,
    HOP,
    MEL,
    SPEAKER,
    WAVE,
    Batch,
    check_every_weight_is_moved,
    check_examples_stand_alone,
    cut,
    fields,
    losses_of,
    noise,
)  # fmt: skip

from regenkit.layers.noise import fold_in, normal
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit_speech import packages
from regenkit_speech.converter.spectral import Mel
from regenkit_speech.data import Prompts
from regenkit_speech.modality import Audio
from regenkit_speech.models.flow_vocoder import LOUDNESS, FlowVocoder

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
CONDITION = MEL | BESIDE | SPEAKER
ENTRIES = [20, 9, 13]


def moved(depth: int = 2) -> FlowVocoder:
    """One whose weights are not those it starts with: time has no say in those."""
    keras.utils.set_random_seed(0)
    model = FlowVocoder(condition=CONDITION, target=WAVE, width=16, depth=depth)
    random = np.random.default_rng(0)
    for each in model.trainable_variables:
        each.assign(each + 0.05 * random.standard_normal(each.shape).astype(np.float32))
    return model


def batch(rows: slice, longer: bool) -> tuple[Batch, Batch]:
    steps, longest = {"y": [HOP * each for each in ENTRIES]}, {"y": HOP * (28 if longer else 20)}
    return cut(fields(CONDITION, steps, longest), rows), cut(fields(WAVE, steps, longest), rows)


@pytest.mark.exhaustive(minutes=0.2)
def test_examples_stand_alone() -> None:
    check_examples_stand_alone(moved(), batch)


def test_what_is_drawn_does_not_depend_on_the_batch_or_its_padding() -> None:
    model = moved()
    condition = batch(slice(0, 3), False)[0]
    both = model.sample(condition, seed=5)["wave"]
    assert both.shape == (3, 20 * HOP)
    padded = model.sample(batch(slice(0, 3), True)[0], seed=5)["wave"]
    first = model.sample(batch(slice(0, 1), True)[0], seed=5)["wave"]
    np.testing.assert_allclose(first[0, : 20 * HOP], both[0], atol=1e-5)
    for row, entries in enumerate(ENTRIES):
        np.testing.assert_allclose(padded[row, : entries * HOP], both[row, : entries * HOP], atol=1e-5)
        assert np.abs(both[row, : entries * HOP]).max() > 0.1 * LOUDNESS
        assert not both[row, entries * HOP :].any() and not padded[row, entries * HOP :].any()


def test_what_has_no_entries_is_a_wave_without_samples() -> None:
    condition = {name: value[:, :0] if value.ndim > 1 else value for name, value in batch(slice(0, 2), True)[0].items()}
    assert moved().sample(condition, seed=0)["wave"].shape == (2, 0)


def test_evaluation_looks_at_the_whole_path() -> None:
    """By the formula of the paper, at four times from the noise to the wave."""
    flow, size = moved().flow, [2, 5, HOP]
    wave, known = tf.random.stateless_normal(size, [0, 1]), tf.ones([2, 5, 1])
    hidden = tf.random.stateless_normal([2, 5, 16], [0, 2])
    right, least = [], 1e-4
    for number, time in enumerate((1 / 8, 3 / 8, 5 / 8, 7 / 8)):
        start = tf.reshape(normal(fold_in(tf.constant([[0, number]]), "path"), 5 * HOP), [1, 5, HOP])
        place = (1 - (1 - least) * time) * start + time * wave
        speed = flow._speed(place, hidden, known, tf.fill([2, 1], time), None)
        right.append(tf.reduce_mean((speed - (wave - (1 - least) * start)) ** 2, -1))
    assert np.ptp([each.numpy().mean() for each in right]) > 0.01
    np.testing.assert_allclose(flow.error(wave, hidden, known, None), np.mean(right, 0), rtol=1e-4)


def test_a_seed_is_a_wave() -> None:
    model = moved()
    condition = batch(slice(0, 3), False)[0]
    one = model.sample(condition, seed=5)["wave"]
    np.testing.assert_array_equal(one, model.sample(condition, seed=5)["wave"])
    other = model.sample(condition, seed=6)["wave"]
    assert np.abs(one - other)[0].max() > 0.1 * LOUDNESS
    for options in ({"steps": 3}, {"temperature": 0.5}):
        assert np.abs(one - model.sample(condition, seed=5, **options)["wave"]).max() > 0.01 * LOUDNESS, options
    still = [model.sample(condition, seed=seed, temperature=0.0)["wave"] for seed in (5, 6)]
    np.testing.assert_array_equal(*still)


def test_entries_of_one_example_have_noise_of_their_own() -> None:
    """Where no weight moves it, what is drawn is the noise."""
    model = FlowVocoder(condition=MEL, target=WAVE, width=16, depth=1)
    for each in model.flow.out.variables:
        each.assign(tf.zeros_like(each))
    condition = {"mel": np.zeros((2, 30, 12), np.float32), "mask y 64": np.ones((2, 30), bool)}
    drawn = model.sample(condition, seed=0)["wave"].reshape(60, HOP) / LOUDNESS
    assert np.abs(np.corrcoef(drawn) - np.eye(60)).max() < 0.8
    assert drawn.std() == pytest.approx(1.0, abs=0.05) and drawn.mean() == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("chunk", [pytest.param(1, marks=pytest.mark.exhaustive(minutes=0.1)), 7, 64])
def test_a_stream_is_the_whole(chunk: int) -> None:
    model = moved()
    condition = fields(CONDITION, {"y": [HOP * 60, HOP * 41]}, {"y": HOP * 60})
    whole = model.sample(condition, seed=3, steps=2, temperature=0.8)["wave"]
    assert model.reach(2) == 18  # so that chunks in the middle see neither end
    parts = [part["wave"] for part in model.stream(condition, seed=3, chunk=chunk, steps=2, temperature=0.8)]
    assert max(part.shape[1] for part in parts) <= chunk * HOP and np.abs(whole).max() > 0.1 * LOUDNESS
    np.testing.assert_allclose(np.concatenate(parts, 1), whole, atol=1e-4 * LOUDNESS)


@pytest.mark.parametrize("steps", [1, 2])
def test_the_reach_is_no_larger_than_it_must_be(steps: int) -> None:
    model = moved()
    condition = fields(CONDITION, {"y": [HOP * 60]}, {"y": HOP * 60})
    before = model.sample(condition, seed=0, steps=steps)["wave"]
    condition["mel"][0, 30] += 10.0
    changed = np.abs(model.sample(condition, seed=0, steps=steps)["wave"] - before)[0]
    entries = np.flatnonzero(changed) // HOP
    assert entries.min() == 30 - model.reach(steps) and entries.max() == 30 + model.reach(steps)


@pytest.mark.exhaustive(minutes=0.2)
def test_evaluation_needs_no_noise_and_says_the_same_again() -> None:
    model = moved()
    condition, target = batch(slice(0, 3), False)
    (one, weight), (other, _) = (losses_of(model, condition, target, None)["main/wave"] for _ in range(2))
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(weight, ENTRIES)
    assert np.abs(losses_of(model, condition, target, noise(3))["main/wave"][0] - one).min() > 1e-3


def test_every_weight_is_moved() -> None:
    check_every_weight_is_moved(moved(), *batch(slice(0, 3), False))


@pytest.mark.exhaustive(minutes=0.2)
def test_a_last_entry_that_the_wave_does_not_fill_is_filled_with_silence() -> None:
    model = moved()
    condition, target = batch(slice(0, 1), False)
    target["wave"][:, -HOP // 2 :] = 0
    short = {**target, "wave": target["wave"][:, : -HOP // 2]}
    np.testing.assert_allclose(losses_of(model, condition, short, None)["main/wave"][0],
                               losses_of(model, condition, target, None)["main/wave"][0], rtol=1e-5)  # fmt: skip


def test_no_example_has_no_wave() -> None:
    condition = batch(slice(0, 0), False)[0]
    assert moved().sample(condition, seed=0)["wave"].shape == (0, 0)


def test_what_cannot_be_rendered_is_refused() -> None:
    for condition, target, reason in (
        (CONDITION, MEL, "flow_vocoder draws one waveform"),
        (SPEAKER, WAVE, "entries of one hop on its axis"),
    ):
        with pytest.raises(ValueError, match=reason):
            FlowVocoder(condition=condition, target=target)


@pytest.mark.exhaustive(minutes=0.3)
def test_it_learns_from_real_speech() -> None:
    """Of half a second of four clips: the loss with noise and times that it has not met, and what a clip's own spectra
    are worth."""
    for source in (packages.PROMPTS, packages.PROMPT_TEXTS):
        fetched(source)
    data, seconds = Prompts(units="characters"), 0.5
    length = int(seconds * 16_000)
    waves = np.stack([data.read(source)[0].y["wave"][length : 2 * length] for source in
                      ("conf-invalidpin", "conf-getpin", "conf-onlyperson", "conf-placeintoconf")])  # fmt: skip
    converter = Mel(y=Audio().spec, n_mels=40)
    spectra = np.stack([converter.convert({"wave": wave})["mel"] for wave in waves])
    keras.utils.set_random_seed(0)
    model = FlowVocoder(condition=converter.spec, target=Audio().spec, width=64, depth=2)
    condition = {"mel": spectra, model.clock.mask: np.ones(spectra.shape[:2], bool)}
    said, target = tf.nest.map_structure(tf.constant, (condition, {"wave": waves}))
    optimizer = keras.optimizers.Adam(2e-3)
    variables = model.trainable_variables
    optimizer.build(variables)

    def mean(condition: Batch, number: tf.Tensor) -> tf.Tensor:
        seeds = tf.stack([tf.fill([4], number), tf.range(4)], 1)
        value, weight = model.losses({"condition": condition, "target": target}, noise=seeds)["main"]["wave"]
        return tf.reduce_sum(value) / tf.reduce_sum(weight)

    @tf.function(autograph=False)
    def step(number: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            loss = mean(said, number)
        optimizer.apply(tape.gradient(loss, [each.value for each in variables]), variables)

    @tf.function(autograph=False)
    def unmet(condition: Batch) -> tf.Tensor:
        return tf.add_n([mean(condition, -1 - number) for number in range(8)]) / 8

    before = float(unmet(said))
    for number in range(120):
        step(tf.constant(number))
    after = float(unmet(said))
    assert after < 0.5 * before
    assert float(unmet({**said, "mel": said["mel"][::-1]})) > 1.15 * after, "another clip's spectra do as well"
