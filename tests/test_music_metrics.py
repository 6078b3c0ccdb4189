"""Scores of melodies: their bounds, and that they rank real chorales above trivial ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from songs import first_part, without_words

from regenkit import Evaluation
from regenkit.spec import Fields
from regenkit_music import metrics
from regenkit_music.converter import Template
from regenkit_music.modality.melody import SPEC, encode
from regenkit_music.modality.part_reading import read_part

TEMPLATE = Template(parts=("rhythm", "cadence", "chords"))
PER_SAMPLE = [name for name in metrics.__all__ if name not in ("ngram_coverage", "two_sample")]


@pytest.fixture(scope="module")
def chorales() -> list[Fields]:
    parts = [without_words(first_part(f"bach/bwv{number}")) for number in range(253, 265)]
    return [encode(read_part(part).tunes[0].melody)[0] for part in parts]


def judged(sample: Fields, reference: Fields, words: Fields, rep: Fields) -> Evaluation:
    """One sample of a model that learned from its reference alone."""
    return Evaluation(samples=[sample], references=[reference], conditions=[words], reps=[rep], training=[reference])


def noise(like: Fields, seed: int) -> Fields:
    rng = np.random.default_rng(seed)
    count = len(like["pitch"])
    drawn = {
        name: rng.integers(1, high, count).astype(np.int32)
        for name, high in (("position", 17), ("duration", 9), ("pitch", 37))
    }
    return {**like, **drawn}


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, 30))
def test_bounds_and_identity(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    y = {
        name: rng.integers(1, (field.vocabulary or 0) + 1, () if field.scalar else count).astype(np.int32)
        for name, field in SPEC.items()
    }
    other = noise(y, seed + 1)
    words = {
        "stress": rng.integers(1, 4, count).astype(np.int32),
        "boundary": rng.integers(1, 5, count).astype(np.int32),
    }
    rep = TEMPLATE.convert(y)
    same = {name: getattr(metrics, name)(judged(y, y, words, rep)) for name in metrics.__all__}
    if count:
        assert same["pitch_overlap"] == pytest.approx([1]) and same["duration_overlap"] == pytest.approx([1])
        assert same["melody_distance"] == pytest.approx([0])
        assert same["rhythm_adherence"] == pytest.approx([1]) and same["cadence_adherence"] == pytest.approx([1])
    if count > 4:
        assert same["ngram_novelty"] == pytest.approx([0]) and same["ngram_coverage"] == pytest.approx(1)
    for name in metrics.__all__:
        value = getattr(metrics, name)(judged(other, y, words, rep))
        assert value.shape == ((1,) if name in PER_SAMPLE else ())
        assert np.all(np.isnan(value) | (value >= 0))
        assert name == "melody_distance" or np.all(np.isnan(value) | (value <= 1 + 1e-9))


def test_metrics_without_words_or_template_say_nan(chorales: list[Fields]) -> None:
    nothing: list[Fields] = [{} for _ in chorales]
    of = Evaluation(samples=chorales, references=chorales, conditions=nothing, reps=nothing)
    for name in ("stress_on_beat", "phrase_end_length", "rhythm_adherence", "cadence_adherence", "chord_adherence"):
        assert np.isnan(getattr(metrics, name)(of)).all(), name


def test_stress_and_phrase_ends_are_probabilities_of_the_right_sign() -> None:
    y = {
        "metre": np.int32(1), "mode": np.int32(1),
        "position": np.array([1, 5, 9, 13, 1, 9], np.int32), "duration": np.array([4, 4, 4, 4, 8, 8], np.int32),
        "pitch": np.array([20, 22, 24, 25, 24, 20], np.int32),
    }  # fmt: skip
    fields = {name: np.asarray(value) for name, value in y.items()}
    words = {
        "stress": np.array([2, 1, 2, 1, 2, 1], np.int32),
        "boundary": np.array([1, 2, 1, 2, 3, 4], np.int32),
    }
    of = judged(fields, fields, words, {})
    assert metrics.stress_on_beat(of) == pytest.approx([17 / 18])
    assert metrics.phrase_end_length(of) == pytest.approx([1])


def test_real_chorales_beat_noise(chorales: list[Fields]) -> None:
    made = [noise(fields, seed) for seed, fields in enumerate(chorales)]
    reps = [TEMPLATE.convert(fields) for fields in chorales]
    real, trivial = (
        Evaluation(samples=samples, references=chorales, reps=reps, training=chorales) for samples in (chorales, made)
    )
    for name in ("rhythm_adherence", "cadence_adherence", "chord_adherence"):
        metric = getattr(metrics, name)
        assert metric(real).mean() > metric(trivial).mean() + 0.2, name
    assert metrics.ngram_novelty(trivial).mean() > 0.95
    assert metrics.two_sample(trivial) > 0.95


def test_two_sample_counts_a_shared_reference_once_and_needs_ten_songs(chorales: list[Fields]) -> None:
    assert metrics.two_sample(Evaluation(samples=chorales, references=chorales)) == pytest.approx(0.5, abs=0.15)
    assert np.isnan(metrics.two_sample(Evaluation(samples=chorales[:9] * 5, references=chorales[:9] * 5)))
