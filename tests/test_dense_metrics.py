"""Scores of dense maps, against values by hand and by other libraries."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import directed_hausdorff
from sklearn.metrics import f1_score, jaccard_score

from regenkit import Evaluation
from regenkit.errors import UserError
from regenkit_dense import metrics
from regenkit_dense.metrics.boundary import outline
from regenkit_dense.metrics.calibration import calibration_error

CLASSES = arrays(np.int32, (2, 6, 6), elements=st.integers(1, 3))


def evaluation(name: str, samples: Any, references: Any) -> Evaluation:
    return Evaluation(samples=[{name: each} for each in samples], references=[{name: each} for each in references])


@settings(max_examples=25)
@given(CLASSES, CLASSES)
def test_overlaps_are_those_of_scikit_learn(samples: np.ndarray, references: np.ndarray) -> None:
    of = evaluation("classes", samples, references)
    names = np.union1d(samples, references)
    wanted = jaccard_score(references.ravel(), samples.ravel(), labels=names, average="macro")
    np.testing.assert_allclose(metrics.miou(of), wanted)
    for place, (one, other) in enumerate(zip(samples, references, strict=True)):
        names = np.union1d(one, other)
        flat = {"y_true": other.ravel(), "y_pred": one.ravel(), "labels": names, "average": "macro"}
        np.testing.assert_allclose(metrics.dice(of)[place], f1_score(**flat))
        np.testing.assert_allclose(metrics.picture_iou(of)[place], jaccard_score(**flat))
    np.testing.assert_allclose(metrics.pixel_accuracy(of), (samples == references).mean((1, 2)))


@settings(max_examples=25)
@given(CLASSES, CLASSES, arrays(bool, (2, 6, 6)))
def test_pixels_not_known_count_nowhere(samples: np.ndarray, references: np.ndarray, known: np.ndarray) -> None:
    hidden = np.where(known, references, 0)
    other = np.where(known, samples, samples % 3 + 1)
    for name in ("miou", "picture_iou", "dice", "pixel_accuracy", "boundary_f", "hausdorff_95"):
        score = getattr(metrics, name)
        np.testing.assert_array_equal(
            score(evaluation("classes", samples, hidden)), score(evaluation("classes", other, hidden))
        )


def square(top: int, left: int, size: int = 6) -> np.ndarray:
    found = np.ones((1, 20, 20), np.int32)
    found[0, top : top + size, left : left + size] = 2
    return found


def test_boundaries_that_are_moved() -> None:
    true = square(5, 5)
    assert outline(true[0], 2).sum() == 20 and outline(true[0], 1).sum() == 24
    assert metrics.boundary_f(evaluation("classes", true, true))[0] == 1
    assert metrics.hausdorff_95(evaluation("classes", true, true))[0] == 0
    assert metrics.boundary_f(evaluation("classes", square(5, 6), true))[0] == 1, "one pixel is within the tolerance"
    moved = evaluation("classes", square(5, 9), true)
    assert 0.2 < metrics.boundary_f(moved)[0] < 0.8
    points = [np.argwhere(outline(each[0], 2)) for each in (square(5, 9), true)]
    assert (
        3 <= metrics.hausdorff_95(moved)[0] <= max(directed_hausdorff(*points)[0], directed_hausdorff(*points[::-1])[0])
    )
    nothing = evaluation("classes", np.ones_like(true), true)
    assert metrics.boundary_f(nothing)[0] == 0 and metrics.hausdorff_95(nothing)[0] == pytest.approx(np.hypot(20, 20))
    assert np.isnan(metrics.boundary_f(evaluation("classes", np.ones_like(true), np.ones_like(true)))[0])


def test_depths_by_hand() -> None:
    true = np.array([1.0, 2.0, 4.0, 0.0]).reshape(1, 2, 2, 1)
    of = evaluation("depth", np.array([1.1, 2.0, 2.0, 9.0]).reshape(1, 2, 2, 1), true)
    np.testing.assert_allclose(metrics.abs_rel(of), [(0.1 + 0 + 0.5) / 3])
    np.testing.assert_allclose(metrics.rmse(of), [np.sqrt((0.01 + 0 + 4) / 3)])
    np.testing.assert_allclose(metrics.delta(of), [2 / 3])
    assert np.isnan(metrics.abs_rel(evaluation("disparity", true, np.zeros_like(true))))


def test_angles_by_hand() -> None:
    true = np.zeros((1, 2, 2, 3))
    true[0, 0] = [0, 0, 1]
    true[0, 1, 0] = [0, 0, 1]
    angle = np.radians(30)
    said = np.broadcast_to([np.sin(angle), 0, np.cos(angle)], (1, 2, 2, 3)).copy()
    said[0, 0, 0] = [0, 0, 5]  # of any length
    of = evaluation("normals", said, true)
    np.testing.assert_allclose(metrics.angular_error(of), [20])
    np.testing.assert_allclose(metrics.median_angular_error(of), [30])


def test_what_y_does_not_have_is_said() -> None:
    true = np.ones((1, 2, 2, 1))
    with pytest.raises(UserError, match="this metric is of classes, and Y has depth"):
        metrics.miou(evaluation("depth", true, true))
    with pytest.raises(UserError, match="not numbers"):
        metrics.rmse(evaluation("depth", np.nan * true, true))


def test_calibration_of_a_die_and_of_a_liar() -> None:
    random = np.random.default_rng(0)
    probabilities = random.dirichlet([1, 1, 1], 40_000)
    drawn = (probabilities.cumsum(1) > random.uniform(size=(40_000, 1))).argmax(1) + 1
    assert calibration_error(probabilities, drawn) < 0.01
    sure = np.eye(3)[probabilities.argmax(1)]
    wrong = (drawn != probabilities.argmax(1) + 1).mean()
    np.testing.assert_allclose(calibration_error(sure, drawn), wrong)
    np.testing.assert_allclose(
        calibration_error(sure, np.where(random.uniform(size=40_000) < 0.5, drawn, 0)), wrong, atol=0.02
    )
    assert np.isnan(calibration_error(sure, np.zeros(40_000, int)))


@pytest.mark.parametrize("name", ["miou", "picture_iou", "dice", "pixel_accuracy", "boundary_f", "hausdorff_95"])
def test_where_no_class_is_known_there_is_no_score(name: str) -> None:
    nothing = np.zeros((2, 6, 6), np.int32)
    assert np.isnan(getattr(metrics, name)(evaluation("classes", nothing, nothing))).all()
