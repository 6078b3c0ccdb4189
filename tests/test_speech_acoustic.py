"""Text to spectra: the alignment search against brute force, durations, examples that stand alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_batches import (
    BESIDE,
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
)  # fmt: skip

from regenkit.pipeline.sampling import longest
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import END, Spec, tokens
from regenkit_speech.models.acoustic import Acoustic, fastspeech, flow
from regenkit_speech.models.ctc import Ctc
from regenkit_speech.models.glow import Glow
from regenkit_speech.models.label2wave import LabelToWave
from regenkit_speech.models.text2wave import TextToWave
from regenkit_speech.networks.alignment import align, places, symbol_of_entry
from regenkit_speech.networks.durations import scaled

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
CONDITION, TARGET = TEXT | SPEAKER, MEL | BESIDE
SMALL = {"width": 16, "depth": 1, "decoder_depth": 2, "dropout": 0.1}
SYMBOLS, ENTRIES = [6, 3, 8], [20, 9, 13]


def small(build: Any = fastspeech) -> Acoustic:
    keras.utils.set_random_seed(0)
    return build(condition=CONDITION, target=TARGET, **SMALL)


def batch(rows: slice, longer: bool) -> tuple[Batch, Batch]:
    steps = {"x": SYMBOLS, "y": [HOP * each for each in ENTRIES]}
    longest = {"x": 12, "y": HOP * 30} if longer else {"x": 8, "y": HOP * 20}
    return cut(fields(CONDITION, steps, longest), rows), cut(fields(TARGET, steps, longest), rows)


# --- alignment --------------------------------------------------------------------------------------------------------


def best(score: np.ndarray) -> float:
    """Of all monotonic paths, by dynamic programming over entries, one cell at a time."""
    symbols, entries = score.shape
    table = np.full((symbols, entries), -np.inf)
    for entry in range(entries):
        for symbol in range(min(entry + 1, symbols)):
            stay = table[symbol, entry - 1] if entry else -np.inf
            step = table[symbol - 1, entry - 1] if entry and symbol else -np.inf
            table[symbol, entry] = score[symbol, entry] + (0.0 if entry == symbol == 0 else max(stay, step))
    return float(table[-1, -1])


@settings(max_examples=30)
@given(st.integers(1, 9), st.integers(1, 25), st.integers(0, 2**31), st.integers(0, 5), st.integers(0, 7))
def test_the_best_alignment_is_found(symbols: int, entries: int, seed: int, more: int, beyond: int) -> None:
    """Whatever stands beyond the example's own symbols and entries."""
    score = np.random.default_rng(seed).normal(0, 3, (1, symbols + more, entries + beyond)).astype(np.float32)
    found = align(tf.constant(score), tf.constant([symbols]), tf.constant([entries])).numpy()[0]
    if symbols > entries:
        assert not found.any()
        return
    assert found.sum() == entries and (found[:symbols] >= 1).all() and not found[symbols:].any()
    owner = np.repeat(np.arange(symbols), found[:symbols])
    assert score[0, owner, np.arange(entries)].sum() == pytest.approx(best(score[0, :symbols, :entries]), abs=1e-3)


def test_the_best_alignment_is_found_however_great_the_scores_are() -> None:
    """Narrow Gaussians say −1e9 of an entry that is another symbol's, and long recordings have thousands of these."""
    for seed in range(10):
        score = -1e13 * np.abs(np.random.default_rng(seed).normal(size=(1, 3, 8)))
        found = align(tf.constant(score), tf.constant([3]), tf.constant([8])).numpy()[0]
        assert found.sum() == 8 and (found >= 1).all()
        assert score[0, np.repeat(np.arange(3), found), np.arange(8)].sum() == pytest.approx(best(score[0]), rel=1e-9)


def test_entries_know_their_symbols_and_their_places() -> None:
    durations = tf.constant([[2, 1, 3], [1, 1, 0]])
    symbol = symbol_of_entry(durations, tf.constant(6))
    np.testing.assert_array_equal(symbol, [[0, 0, 1, 2, 2, 2], [0, 1, 2, 2, 2, 2]])
    where = places(durations, symbol).numpy()
    np.testing.assert_allclose(where[0, :, 0], [0.25, 0.75, 0.5, 1 / 6, 0.5, 5 / 6], atol=1e-6)
    np.testing.assert_allclose(np.expm1(where[0, :, 1]), [0, 1, 0, 0, 1, 2], atol=1e-6)


@given(st.lists(st.floats(0.5, 20.0), min_size=1, max_size=12), st.integers(1, 200))
def test_scaled_durations_sum_to_what_is_asked(durations: list[float], total: int) -> None:
    found = scaled(tf.constant([durations], tf.float32), tf.constant([total])).numpy()[0]
    assert found.sum() == total and (found >= 0).all()
    assert np.abs(found - np.array(durations) * total / sum(durations)).max() <= 1.0


# --- the stage --------------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive(minutes=0.3)
@pytest.mark.parametrize("build", [fastspeech, flow])
def test_examples_stand_alone(build: object) -> None:
    check_examples_stand_alone(small(build), batch)


@pytest.mark.exhaustive(minutes=0.2)
@pytest.mark.parametrize("build", [fastspeech, flow])
def test_every_weight_is_moved(build: object) -> None:
    check_every_weight_is_moved(small(build), *batch(slice(0, 3), False))


def test_an_example_with_more_symbols_than_entries_weighs_nothing() -> None:
    steps = {"x": [8, 3], "y": [HOP * 5, HOP * 9]}
    condition, target = fields(CONDITION, steps, {"x": 8, "y": HOP * 9}), fields(TARGET, steps, {"x": 8, "y": HOP * 9})
    losses = small().losses({"condition": condition, "target": target}, noise=None)["main"]
    for name, (value, weight) in losses.items():
        assert float(value[0]) == float(weight[0]) == 0.0, name
        assert float(weight[1]) == (3.0 if name == END else 9.0)


@pytest.mark.parametrize("build", [fastspeech, pytest.param(flow, marks=pytest.mark.exhaustive(minutes=0.2))])
def test_drawn_entries(build: object) -> None:
    model = small(build)
    condition, _ = batch(slice(0, 3), False)
    drawn = model.sample(condition, seed=1)
    entries = drawn["mask y 64"].sum(1)
    for row in range(3):
        one = model.sample({name: value[row : row + 1] for name, value in batch(slice(0, 3), True)[0].items()}, seed=1)
        assert one["mask y 64"].sum() == entries[row] >= SYMBOLS[row]
        if not row or not model.decoder.draws:  # noise is of the place in the batch
            np.testing.assert_allclose(one["mel"][0], drawn["mel"][row, : entries[row]], atol=1e-4)
        assert not drawn["mel"][row, entries[row] :].any() and not drawn["voiced"][row, entries[row] :].any()
    assert set(np.unique(drawn["voiced"])) <= {0, 1, 2}
    exact = model.sample(condition, seed=1, length=HOP * 17)
    assert (exact["mask y 64"].sum(1) == 17).all()
    assert (model.sample(condition, seed=1, max_length=HOP * 4)["mask y 64"].sum(1) == 4).all()
    slow = model.sample(condition, seed=1, pace=0.5)["mask y 64"].sum(1)
    assert (slow > 1.6 * entries).all()
    higher = model.sample(condition, seed=1, pitch_shift=12.0)
    np.testing.assert_allclose(higher["pitch"][0], drawn["pitch"][0] + drawn["mask y 64"][0], atol=1e-4)


def test_a_text_longer_than_all_of_training_is_not_spoken_faster(tmp_path: Path) -> None:
    (tmp_path / "generator").mkdir()
    (tmp_path / "generator/longest.json").write_text('{"steps": 640}')
    text, sound = Spec({"letter": tokens(9)}), Spec({"mel": replace(MEL["mel"], axis="x")})
    for stage in (small(), Glow(condition=TEXT, target=MEL, width=16), Ctc(condition=sound, target=text, width=16)):
        assert longest(tmp_path, "generator", stage) == {}, type(stage)
    other = LabelToWave(condition=SPEAKER, target=WAVE, hop_length=HOP, width=16, depth=1)
    assert longest(tmp_path, "generator", other) == {"max_length": 640}
    assert longest(None, "generator", other) == longest(tmp_path, "renderer", other) == {}


@pytest.mark.parametrize("build", [fastspeech, pytest.param(flow, marks=pytest.mark.exhaustive(minutes=0.2))])
def test_what_is_predicted_of_a_known_target_lasts_as_long(build: object) -> None:
    """Each example alone and in a batch; one that cannot be aligned is left as it is."""
    model = small(build)
    condition, target = batch(slice(0, 3), False)
    model.sample(condition, seed=1)  # another graph of the same model
    drawn = model.resample(condition, target, seed=1, temperature=0.0)
    assert set(drawn) == set(TARGET) and all(drawn[name].shape == target[name].shape for name in TARGET)
    for row in range(3):
        one = model.resample(*batch(slice(row, row + 1), True), seed=1, temperature=0.0)
        np.testing.assert_allclose(one["mel"][0, : ENTRIES[row]], drawn["mel"][row, : ENTRIES[row]], atol=1e-4)
        assert not drawn["mel"][row, ENTRIES[row] :].any() and not drawn["voiced"][row, ENTRIES[row] :].any()
    assert np.abs(drawn["mel"] - target["mel"]).max() > 0.1
    long = {"x": [8, 3], "y": [HOP * 5, HOP * 9]}
    longest = {"x": 8, "y": HOP * 9}
    target = fields(TARGET, long, longest)
    drawn = model.resample(fields(CONDITION, long, longest), target, seed=1)
    np.testing.assert_array_equal(drawn["mel"][0], target["mel"][0])
    assert np.abs(drawn["mel"][1] - target["mel"][1]).max() > 0.1


def test_sampling_options_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="draws no noise"):
        small().check_sampling(temperature=0.5)
    small(flow).check_sampling(temperature=0.5, steps=4, pitch_shift=1.0)
    with pytest.raises(ValueError, match="Y′ has no pitch"):
        fastspeech(condition=TEXT, target=MEL, **SMALL).check_sampling(pitch_shift=1.0)
    for condition, target, reason in ((MEL, MEL, "text is tokens"), (TEXT, WAVE, "one field of vectors")):
        with pytest.raises(ValueError, match=reason):
            fastspeech(condition=condition, target=target, **SMALL)


@pytest.mark.exhaustive(minutes=0.2)
def test_it_learns_which_symbol_sounds_how_and_for_how_long() -> None:
    """Three symbols of fixed spectra and durations, in any order."""
    random = np.random.default_rng(0)
    sounds, lasts = random.normal(0, 1, (3, 12)), np.array([2, 4, 7])
    texts = np.array(
        [[0, 1, 2, 0, 1], [1, 0, 2, 1, 0], [2, 1, 0, 2, 0], [0, 2, 1, 2, 1]] * 4
    )  # no symbol twice in a row
    entries = lasts[texts].sum(1)
    mels = np.zeros((16, 35, 12), np.float32)
    for row, text in enumerate(texts):
        mels[row, : entries[row]] = np.repeat(sounds[text], lasts[text], 0)
    condition = {"text": tf.constant(texts + 1, tf.int32), "mask x": tf.ones([16, 5], tf.bool)}
    target = {"mel": tf.constant(mels), "mask y 64": tf.sequence_mask(entries, 35)}
    keras.utils.set_random_seed(0)
    model = fastspeech(condition=TEXT, target=MEL, width=32, depth=1, decoder_depth=1, dropout=0.0)
    optimizer = keras.optimizers.Adam(3e-3)
    optimizer.build(model.trainable_variables)

    @tf.function(autograph=False)
    def step() -> None:
        with tf.GradientTape() as tape:
            losses = model.losses({"condition": condition, "target": target}, noise=None)["main"]
            total = tf.add_n([tf.reduce_sum(value) / tf.reduce_sum(weight) for value, weight in losses.values()])
        slopes = tape.gradient(total, [each.value for each in model.trainable_variables])
        optimizer.apply(slopes, model.trainable_variables)

    for _ in range(150):
        step()
    np.testing.assert_array_equal(model.alignment(condition, target), lasts[texts])
    drawn = model.sample({name: value.numpy() for name, value in condition.items()}, seed=0)
    assert np.abs(drawn["mask y 64"].sum(1) - entries).max() <= 2
    for row in range(4):
        one = {name: value.numpy()[row : row + 1] for name, value in condition.items()}
        same = model.sample(one, seed=0, length=HOP * int(entries[row]))
        assert np.abs(same["mel"][0] - mels[row, : entries[row]]).mean() < 0.3


@pytest.mark.exhaustive(minutes=1)
def test_the_direct_route_stands_alone_and_draws_as_long_as_its_mask() -> None:
    keras.utils.set_random_seed(0)
    model = TextToWave(condition=TEXT, target=WAVE, hop_length=HOP, n_mels=12, width=16, depth=1, vocoder_width=16)

    def waves(rows: slice, longer: bool) -> tuple[Batch, Batch]:
        steps = {"x": SYMBOLS, "y": [HOP * each for each in ENTRIES]}
        longest = {"x": 12, "y": HOP * 30} if longer else {"x": 8, "y": HOP * 20}
        return cut(fields(TEXT, steps, longest), rows), cut(fields(WAVE, steps, longest), rows)

    check_examples_stand_alone(model, waves)
    check_every_weight_is_moved(model, *waves(slice(0, 3), False))
    drawn = model.sample(waves(slice(0, 3), False)[0], seed=0)
    assert drawn["wave"].shape == drawn["mask"].shape and not drawn["wave"][~drawn["mask"]].any()
