"""How Y′ is perturbed while a renderer learns: a share at random, or with errors like the trained generator's.

The generator's confusion P(predicted | true) is counted on paired validation examples: one token is drawn for each true
one, given the true earlier ones. Counts are smoothed by one pseudo-count a row, distributed as all of its predictions
are, so that rare tokens are replaced by frequent ones. Continuous fields get noise of the generator's residual.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from regenkit.data.prepare import Prepared
from regenkit.distribute import gathered, is_chief, together
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline
from regenkit.spec import Fields, Spec
from regenkit.training.perturb import Perturb

SAMPLED = 256
"""Training examples from which the standard deviation of continuous fields is taken."""


def perturbation(pipeline: Pipeline, prepared: Prepared, amount: float | str, strategy: Any) -> Perturb:
    """The noise of `rep_noise: amount` on the required fields of Y′. All processes get what the first one measured.

    Raises UserError where the generator cannot draw one step given the true earlier ones (`resample`), or where there
    are no pairs on which its errors could be counted.
    """
    spec = pipeline.specs["rep"].only(optional=False)
    found = None
    with together(strategy):
        if is_chief(strategy):
            if amount == "generator":
                found = _measured(pipeline, prepared, spec)
            else:
                indices = prepared.indices("train")
                chosen = indices[np.linspace(0, len(indices) - 1, min(SAMPLED, len(indices))).astype(int)]
                examples = [prepared.example(int(index))[0]["rep"] or {} for index in chosen]
                found = by_share(spec, float(amount), examples)
    found = gathered(strategy, found)[0]
    assert found
    return found


def by_share(spec: Spec, share: float, examples: Sequence[Fields]) -> Perturb:
    """Replace a share of tokens; add that share of the standard deviation in `examples` as noise to numbers."""
    continuous = spec.without(name for name, field in spec.items() if field.vocabulary)
    return Perturb(
        share={name: (share, field.vocabulary) for name, field in spec.items() if field.vocabulary},
        confusion={},
        deviation={name: share * _deviation([np.ravel(each[name]) for each in examples]) for name in continuous},
    )


def _measured(pipeline: Pipeline, prepared: Prepared, spec: Spec) -> Perturb:
    indices = [int(index) for index in prepared.indices("validation", paired=True)]
    if not indices:
        raise UserError(
            f"{pipeline.recipe.path}: train.renderer.rep_noise: generator counts the generator's errors on validation "
            "examples that have an X, and there are none; right is a share of the tokens, such as 0.1"
        )
    sides = [prepared.example(index)[0] for index in indices]
    truths = [each["rep"] or {} for each in sides]
    conditions = [{**(each["x"] or {}), **pipeline.given_of(rep).fields}
                  for each, rep in zip(sides, truths, strict=True)]  # fmt: skip
    drawn = pipeline.sample("generator", conditions, seed=0, truths=truths)

    def flat(examples: Sequence[Fields], name: str) -> list[np.ndarray]:
        return [np.ravel(each[name]) for each in examples]

    return Perturb(
        share={},
        confusion={
            name: confusion(np.concatenate(flat(truths, name)), np.concatenate(flat(drawn, name)), field.vocabulary)
            for name, field in spec.items() if field.vocabulary
        },
        deviation={
            name: _deviation([b - a for a, b in zip(flat(truths, name), flat(drawn, name), strict=True)])
            for name, field in spec.items() if not field.vocabulary
        },
    )  # fmt: skip


def confusion(true: np.ndarray, drawn: np.ndarray, vocabulary: int) -> np.ndarray:
    """P(drawn | true), float64 [vocabulary, vocabulary], of tokens that were drawn for true ones."""
    counts = np.zeros((vocabulary, vocabulary))
    known = (true > 0) & (drawn > 0)
    np.add.at(counts, (true[known] - 1, drawn[known] - 1), 1)
    usual = (counts.sum(0) + 1) / (counts.sum() + vocabulary)
    smoothed: np.ndarray = (counts + usual) / (counts.sum(1, keepdims=True) + 1)
    return smoothed


def _deviation(values: Sequence[np.ndarray]) -> float:
    return float(np.std(np.concatenate(values), dtype=np.float64))
