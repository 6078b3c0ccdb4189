"""Vocoders: examples stand alone, streams are the whole, and every weight has one optimiser."""

from typing import Any

import numpy as np
import pytest
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

from regenkit.data.stack import stack
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit_speech.converter.spectral import Mfcc
from regenkit_speech.models.hifigan import HifiGan
from regenkit_speech.models.phase import GriffinLim
from regenkit_speech.models.vocos import Vocos
from regenkit_speech.networks.contest import spectral_convergence
from regenkit_speech.signal import mel
from regenkit_speech.signal.griffin_lim import griffin_lim

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
CONDITION = MEL | BESIDE | SPEAKER
ENTRIES = [20, 9, 13]


def vocos(**options: Any) -> Vocos:
    return Vocos(condition=CONDITION, target=WAVE, width=16, depth=2, judges_width=2, segment=16, **options)


def hifigan(**options: Any) -> HifiGan:
    return HifiGan(condition=CONDITION, target=WAVE, width=16, judges_width=2, segment=16, **options)


BOTH = [vocos, pytest.param(hifigan, marks=pytest.mark.exhaustive(minutes=0.5))]


def batch(rows: slice, longer: bool) -> tuple[Batch, Batch]:
    steps, longest = {"y": [HOP * each for each in ENTRIES]}, {"y": HOP * (28 if longer else 20)}
    return cut(fields(CONDITION, steps, longest), rows), cut(fields(WAVE, steps, longest), rows)


@pytest.mark.exhaustive(minutes=0.3)
@pytest.mark.parametrize("build", [vocos, hifigan])
def test_examples_stand_alone(build: Any) -> None:
    keras.utils.set_random_seed(0)
    check_examples_stand_alone(build(adversarial_start=0), lambda rows, longer: batch_of_segment(rows))
    model = build()
    both = model.sample(batch(slice(0, 3), False)[0], seed=0)["wave"]
    for row, entries in enumerate(ENTRIES):
        one = model.sample(batch(slice(row, row + 1), True)[0], seed=0)["wave"]
        np.testing.assert_allclose(one[0, : entries * HOP], both[row, : entries * HOP], atol=1e-5)
        assert not both[row, entries * HOP :].any()


def batch_of_segment(rows: slice) -> tuple[Batch, Batch]:
    """As the loop cuts windows: none is longer than the segment that is judged."""
    steps, longest = {"y": [HOP * min(each, 16) for each in ENTRIES]}, {"y": HOP * 16}
    return cut(fields(CONDITION, steps, longest), rows), cut(fields(WAVE, steps, longest), rows)


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.parametrize("build", [vocos, hifigan])
def test_every_weight_is_moved_by_one_optimiser(build: Any) -> None:
    check_every_weight_is_moved(build(adversarial_start=0), *batch_of_segment(slice(0, 3)))


@pytest.mark.parametrize("build", BOTH)
@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_a_stream_is_the_whole(build: Any, chunk: int) -> None:
    keras.utils.set_random_seed(0)
    model = build()
    condition = fields(CONDITION, {"y": [HOP * 60]}, {"y": HOP * 60})
    whole = model.sample(condition, seed=0)["wave"]
    parts = [part["wave"] for part in model.stream(condition, seed=0, chunk=chunk)]
    assert max(part.shape[1] for part in parts) <= chunk * HOP and np.abs(whole).max() > 1e-3
    np.testing.assert_allclose(np.concatenate(parts, 1), whole, atol=1e-4)


@pytest.mark.parametrize("build", BOTH)
def test_what_has_no_entries_is_a_wave_without_samples(build: Any) -> None:
    """A transformer may draw no codes at all."""
    condition = {name: value[:, :0] if value.ndim > 1 else value for name, value in batch(slice(0, 2), True)[0].items()}
    assert build().sample(condition, seed=0)["wave"].shape == (2, 0)
    assert not list(build().stream(condition, seed=0))


@pytest.mark.parametrize("n_fft", [2 * HOP, 2 * HOP + 2, 3 * HOP, 5 * HOP - 4])
def test_the_reach_is_no_larger_than_it_must_be(n_fft: int) -> None:
    """What lies beyond it has no say, and what lies within has, whatever the hop is of a window."""
    model = vocos(n_fft=n_fft)
    condition = fields(CONDITION, {"y": [HOP * 60]}, {"y": HOP * 60})
    before = model.sample(condition, seed=0)["wave"]
    condition["mel"][0, 30] += 1.0
    moved = np.flatnonzero(np.abs(model.sample(condition, seed=0)["wave"] - before)[0] > 1e-7) // HOP
    assert 30 - model.reach <= moved.min() < 30 < moved.max() <= 30 + model.reach


def test_judges_wait_for_their_start() -> None:
    model = vocos(adversarial_start=2)
    condition, target = batch_of_segment(slice(0, 3))
    whole = {"condition": condition, "target": target}
    seeds = tf.zeros([3, 2], tf.int32)
    for update in range(4):
        losses = model.losses(whole, noise=seeds)
        assert bool(np.all(losses["discriminator"]["caught"][0] == 0)) == (update < 2)
        model.absorb(losses["statistics"])


@pytest.mark.exhaustive(minutes=0.3)
def test_a_vocoder_learns_a_tone() -> None:
    keras.utils.set_random_seed(0)
    wave = (0.3 * np.sin(2 * np.pi * 500.0 * np.arange(HOP * 16) / 16_000)).astype(np.float32)
    spectra = mel.log_mel(tf.constant(wave[None]), rate=16_000, n_fft=256, hop_length=HOP, n_mels=12).numpy()
    model = Vocos(condition=MEL, target=WAVE, width=32, depth=2, segment=16)
    condition, target = {"mel": spectra, "mask y 64": np.ones((1, 16), bool)}, {"wave": wave[None]}
    data = tf.nest.map_structure(tf.constant, {"condition": condition, "target": target})
    optimizer = keras.optimizers.Adam(2e-3)
    variables = model.groups()["generator"]
    optimizer.build(variables)

    @tf.function(autograph=False)
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model.losses(data, noise=tf.zeros([1, 2], tf.int32))["generator"]["mel_distance"][0])
        optimizer.apply(tape.gradient(loss, [each.value for each in variables]), variables)
        return loss

    first = float(step())
    for _ in range(100):
        last = float(step())
    assert last < 0.7 * first
    drawn = model.sample(condition, seed=0)["wave"]
    assert float(spectral_convergence(tf.constant(wave[None]), tf.constant(drawn))[0]) < 0.7


def test_griffin_lim_by_converter() -> None:
    mels = GriffinLim(condition=MEL | SPEAKER, target=WAVE, n_fft=256)
    condition = fields(MEL | SPEAKER, {"y": [HOP * each for each in ENTRIES]}, {"y": HOP * 20})
    drawn = mels.sample(condition, seed=3, iterations=2)["wave"]
    assert drawn.shape == (3, 20 * HOP) and not drawn[1, 9 * HOP :].any() and np.abs(drawn[1]).max() > 0
    np.testing.assert_array_equal(drawn, mels.sample(condition, seed=3, iterations=2)["wave"])
    with pytest.raises(ValueError, match="draws from mel, magnitude or mfcc"):
        GriffinLim(condition=Spec({"coefficients": MEL["mel"]}), target=WAVE)


def test_griffin_lim_draws_an_example_as_if_it_were_alone() -> None:
    rule = GriffinLim(condition=MEL | SPEAKER, target=WAVE, n_fft=256)
    condition = fields(MEL | SPEAKER, {"y": [HOP * each for each in ENTRIES]}, {"y": HOP * 20})
    together = rule.sample(condition, seed=3, iterations=8)["wave"]
    (first, *_) = ENTRIES
    alone = rule.sample(cut(condition, slice(0, 1)), seed=3, iterations=8)["wave"]
    np.testing.assert_allclose(alone[0], together[0, : first * HOP], atol=1e-5)
    size = tf.abs(tf.random.stateless_normal([1, 9, 129], [0, 1]))
    how: dict[str, Any] = {"n_fft": 256, "hop_length": HOP, "iterations": 8, "momentum": 0.99,
                           "seeds": tf.constant([[3, 4]])}  # fmt: skip
    short = griffin_lim(size, tf.ones([1, 9]), **how).numpy()[0]
    known = tf.sequence_mask([9], 30, tf.float32)
    longer = griffin_lim(tf.pad(size, [[0, 0], [0, 21], [0, 0]]), known, **how).numpy()[0]
    np.testing.assert_allclose(longer[: 9 * HOP], short, atol=1e-4 * np.abs(short).max())
    assert not longer[9 * HOP :].any()


def test_griffin_lim_of_cepstra() -> None:
    """With as many cepstra as bands the envelope is kept; with a few it is smooth."""
    chance = np.random.default_rng(0)
    loudness = np.repeat(chance.uniform(0.05, 1, 20), 512)
    wave = (loudness * (0.3 * np.sin(np.arange(10_240) * 0.3) + 0.02 * chance.normal(size=10_240))).astype(np.float32)
    options = {"n_fft": 512, "hop_length": 128, "n_mels": 40}

    def bands(found: np.ndarray) -> np.ndarray:
        return np.asarray(mel.log_mel(tf.constant(found[None]), rate=16_000, **options))

    far = []
    for n_mfcc in (2, 10, 40):
        converter = Mfcc(y=WAVE, n_mfcc=n_mfcc, **options)
        rule = GriffinLim(condition=converter.spec, target=WAVE, n_fft=512, n_mels=40)
        rep = converter.convert({"wave": wave})
        drawn = rule.sample(stack([rep], converter.spec), seed=0)["wave"]
        far.append(float(np.mean(np.abs(bands(drawn[0]) - bands(wave)))))
    with pytest.raises(ValueError, match="40 cepstra of 20 mel bands"):
        GriffinLim(condition=converter.spec, target=WAVE, n_fft=512, n_mels=20)
    assert far[2] < 0.8 * far[1] < 0.8 * far[0] and far[2] < 0.5, far


@pytest.mark.parametrize("build", BOTH)
def test_what_cannot_be_rendered_is_refused(build: Any) -> None:
    for condition, target, reason in (
        (CONDITION, MEL, "draws one waveform"),
        (SPEAKER, WAVE, "entries of one hop on its axis"),
        (MEL | WAVE, WAVE, "entries of one hop on its axis"),
    ):
        with pytest.raises(ValueError, match=reason):
            type(build())(condition=condition, target=target)


@pytest.mark.exhaustive(minutes=0.2)
@pytest.mark.parametrize("build", [vocos, hifigan])
def test_what_chooses_the_best_weights_is_weighted_as_what_is_minimised(build: Any) -> None:
    """Unweighted, the distance was outweighed by the other terms of an autoencoder, whose first weights were kept."""
    keras.utils.set_random_seed(0)
    model, batch_ = build(), batch_of_segment(slice(0, 3))
    training, evaluation = losses_of(model, *batch_, noise(3)), losses_of(model, *batch_, None)
    np.testing.assert_allclose(
        training["generator/mel_distance"][0], evaluation["generator/mel_distance"][0], rtol=1e-3
    )
