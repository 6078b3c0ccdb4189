"""One draw a step given the true earlier ones: what `sample` would draw there, as likely as the network says."""

from typing import Any

import numpy as np
import pytest
from scipy import stats
from tiny import KEYED, LETTERS, TARGETS, built, condition_of, equal, scores, target_of

from regenkit.spec import Spec


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_sampled_is_drawn_again(target: Spec) -> None:
    model, condition = built(LETTERS, target), condition_of(40, [40, 3, 17])
    for seed in (0, 7, 2**40):
        drawn = model.sample(condition, seed=seed)
        assert equal(model.resample(condition, drawn, seed=seed), drawn)
        assert not equal(model.resample(condition, drawn, seed=seed + 1), drawn)


def test_what_is_absent_stays_absent() -> None:
    model, condition = built(LETTERS, KEYED), condition_of(9, [9, 4])
    target = target_of(model, condition["mask"])
    target["low"][0, 5] = target["key"][1] = 0
    drawn = model.resample(condition, target, seed=1)
    for name, value in target.items():
        np.testing.assert_array_equal(drawn[name] == 0, value == 0)
        assert drawn[name].dtype == np.int32


@pytest.mark.parametrize(("name", "step"), [("high", 0), ("low", 0), ("high", 3), ("low", 3), ("key", 0)])
def test_it_is_drawn_as_likely_as_the_network_says(name: str, step: int) -> None:
    """Given all that is true, not what else was drawn."""
    model, one = built(LETTERS, KEYED, spread=0.1), condition_of(4, [4])
    truth = target_of(model, one["mask"])
    likely = np.exp(scores(model, one, truth, name, step)[0].astype(float)).clip(0, 1)

    def many(fields: dict[str, Any]) -> dict[str, Any]:
        return {key: np.repeat(value, 3000, 0) for key, value in fields.items()}

    drawn = model.resample(many(one), many(truth), seed=5)[name]
    counts = np.bincount(drawn if drawn.ndim == 1 else drawn[:, step], minlength=len(likely) + 1)[1:]
    for count, probability in zip(counts, likely, strict=True):
        assert stats.binomtest(int(count), 3000, float(probability)).pvalue > 1e-4
