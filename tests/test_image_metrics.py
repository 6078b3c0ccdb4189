"""Scores of pictures against closed forms and constructed sets, and on real digits what a classifier says of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fetching import fetched
from hypothesis import given
from hypothesis import strategies as st

from regenkit import Evaluation
from regenkit.errors import UserError
from regenkit.models import trained_once
from regenkit.spec import Fields
from regenkit_image import metrics
from regenkit_image.data import Mnist
from regenkit_image.metrics import classifier
from regenkit_image.metrics.frechet import between
from regenkit_image.metrics.manifold import within
from regenkit_image.metrics.retrieval import nearer
from regenkit_image.packages import MNIST


def pictures(levels: Any) -> list[Fields]:
    """Of uint8 [pictures, size, size, channels]."""
    return [{"pixels": (np.asarray(each, np.float32) / 127.5 - 1).astype(np.float32)} for each in levels]


def judged(samples: Sequence[Fields], references: Sequence[Fields], **rest: Any) -> Evaluation:
    return Evaluation(samples=samples, references=references, **rest)


# --- closed forms -----------------------------------------------------------------------------------------------------


def cloud(seed: int, mean: np.ndarray, root: np.ndarray, count: int = 40) -> np.ndarray:
    """Points whose mean and covariance are `mean` and root · rootᵀ, exactly."""
    drawn = np.random.default_rng(seed).normal(size=(count, len(mean)))
    drawn -= drawn.mean(0)
    drawn = np.linalg.solve(np.linalg.cholesky(np.cov(drawn, rowvar=False)), drawn.T).T
    return drawn @ root.T + mean


@given(st.integers(0, 10_000), st.integers(2, 6), st.booleans())
def test_frechet_distance_of_gaussians(seed: int, size: int, flat: bool) -> None:
    random = np.random.default_rng(seed)
    turn = np.linalg.qr(random.normal(size=(size, size)))[0]
    one, other = random.uniform(0.1, 3, (2, size))
    if flat:
        one[0] = 0  # a covariance that is singular
    shift = random.normal(size=size)
    first, second = cloud(seed, shift, turn * one), cloud(seed + 1, np.zeros(size), turn * other)
    expected = np.sum(shift**2) + np.sum((one - other) ** 2)  # of covariances that commute
    assert between(first, second) == pytest.approx(expected, rel=1e-6)
    assert between(second, first) == pytest.approx(expected, rel=1e-6)
    assert between(first, first) == pytest.approx(0, abs=1e-6)


def test_frechet_distance_of_a_single_picture_is_unknown() -> None:
    assert np.isnan(between(np.zeros((1, 3)), np.ones((9, 3))))


def test_precision_and_recall_of_constructed_sets() -> None:
    random = np.random.default_rng(0)
    left, right = random.normal(0, 1, (60, 8)), random.normal(0, 1, (60, 8)) + 100
    both = np.concatenate([left, right])
    one_mode = left + random.normal(0, 0.01, left.shape)
    assert within(one_mode, both).mean() == 1 and within(both, one_mode)[60:].sum() == 0  # like real ones, half of them
    assert within(both, one_mode)[:60].mean() > 0.9
    assert within(both + 50, both).sum() == 0
    np.testing.assert_array_equal(within(both, np.repeat(both, 5, axis=0)), np.ones(120))  # repeated references are one
    line = np.arange(10.0)[:, None]
    assert within(np.array([[-3.0], [-3.1], [4.4], [13.0]]), line).tolist() == [1, 0, 1, 0]  # the ends' third is 3 away
    assert np.isnan(within(line, np.zeros((50, 1)))).all()


def test_retrieval_among_a_hundred() -> None:
    references = np.random.default_rng(1).normal(size=(300, 40))
    np.testing.assert_array_equal(nearer(references * 7, references), np.zeros(300))
    twice = np.concatenate([references, references])
    np.testing.assert_array_equal(nearer(twice, twice), np.zeros(600))
    assert nearer(-references, references).min() > 80
    chance = nearer(np.random.default_rng(2).normal(size=(300, 40)), references)
    assert chance.mean() == pytest.approx(49.5, abs=6) and (chance < 5).mean() < 0.12
    assert np.isnan(nearer(references[:99], references[:99])).all()


@given(st.integers(0, 255), st.integers(0, 255))
def test_flat_pictures(a: int, b: int) -> None:
    of = judged(pictures(np.full((1, 12, 12, 1), a)), pictures(np.full((1, 12, 12, 1), b)))
    expected = 20 * np.log10(255 / abs(a - b)) if a != b else 58.92
    assert metrics.psnr(of) == pytest.approx([expected], abs=0.01)
    c = (0.01 * 255) ** 2
    assert metrics.ssim(of) == pytest.approx([(2 * a * b + c) / (a**2 + b**2 + c)], abs=1e-6)


def test_pictures_that_get_worse() -> None:
    random = np.random.default_rng(0)
    real = random.integers(0, 256, (3, 14, 14, 3))
    for size in (14, 8):  # a window of 11, and a smaller one
        last = np.array([[58.93] * 3, [1.001] * 3])
        for spread in (0, 10, 40, 160):
            worse = np.clip(real + random.normal(0, spread, real.shape), 0, 255)
            of = judged(pictures(worse[:, :size, :size]), pictures(real[:, :size, :size]))
            now = np.stack([metrics.psnr(of), metrics.ssim(of)])
            assert now.shape == (2, 3) and (now < last).all()
            last = now
    (beyond,) = pictures(real[:1])
    bright = {"pixels": 9 * beyond["pixels"]}
    assert metrics.psnr(judged([bright], [{"pixels": np.clip(bright["pixels"], -1, 1)}])) > 58


def test_pixels_that_are_no_numbers() -> None:
    (good,) = pictures(np.zeros((1, 12, 12, 1)))
    with pytest.raises(UserError, match=r"not numbers .*; has their model diverged"):
        metrics.psnr(judged([{"pixels": good["pixels"] * np.nan}], [good]))


# --- the classifier ---------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive(minutes=0.2)
def test_what_a_classifier_says_of_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched(MNIST)
    monkeypatch.setattr(classifier, "STEPS", 100)
    dataset = Mnist(limit=100)
    examples = [each for source in dataset.sources() for each in dataset.read(source)]
    ys, xs = [each.y for each in examples], [each.x or {} for each in examples]
    known, held = [place for place in range(1000) if place % 10], list(range(0, 1000, 10))
    of = Evaluation(
        samples=[ys[place] for place in held], references=[ys[place] for place in held],
        conditions=[xs[place] for place in held], training=[ys[place] for place in known],
        training_conditions=[xs[place] for place in known],
    )  # fmt: skip
    right = metrics.class_accuracy(of)
    assert right.shape == (100,) and right.mean() > 0.85
    assert metrics.frechet_distance_classifier(of) == pytest.approx(0, abs=1e-3)
    asked = [xs[(place + 100) % 1000] for place in held]  # each time the next digit
    wrong = Evaluation(**{**vars(of), "conditions": asked})
    assert metrics.class_accuracy(wrong).mean() < 0.1
    ones = Evaluation(**{**vars(of), "samples": [ys[place] for place in range(100, 200)]})
    assert metrics.frechet_distance_classifier(ones) > 1


def test_a_classifier_is_trained_once_and_the_same_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "STEPS", 3)
    random = np.random.default_rng(0)
    ys = pictures(random.integers(0, 256, (40, 40, 40, 3)))
    xs = [{"label": np.array(1 + number % 4, np.int32)} for number in range(40)]
    of = Evaluation(samples=ys, references=ys, conditions=xs, training=ys, training_conditions=xs)
    levels = random.integers(0, 256, (5, 40, 40, 3)).astype(np.uint8)
    said = []
    for folder in ("one", "one", "two"):
        monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path / folder))
        trained_once._known.clear()
        features, logits = classifier.classifier(of)(levels)
        assert features.shape == (5, 128) and logits.shape == (5, 4)
        said.append(logits)
        assert len(list(tmp_path.rglob("*.npz"))) == (2 if folder == "two" else 1)
    np.testing.assert_array_equal(said[0], said[1])
    np.testing.assert_allclose(said[0], said[2], atol=1e-4)


def test_metrics_by_class_want_labels() -> None:
    ys = pictures(np.zeros((2, 8, 8, 1)))
    words: list[Fields] = [{"caption": np.ones(3, np.int32)}] * 2
    for metric in (metrics.class_accuracy, metrics.frechet_distance_classifier):
        with pytest.raises(UserError, match="X has caption: take them out of the recipe's evaluate"):
            metric(Evaluation(samples=ys, references=ys, conditions=words, training=ys, training_conditions=words))
        with pytest.raises(UserError, match="training pairs was asked for, and there are none"):
            metric(judged(ys, ys))
