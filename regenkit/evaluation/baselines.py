"""Trivial ways to answer, against which every table is read: without them a score says nothing."""

from collections.abc import Sequence

import numpy as np

from regenkit.pipeline import Pipeline
from regenkit.spec import Fields


def random_training(
    pipeline: Pipeline, training: Sequence[Fields], truths: Sequence[Fields], lengths: Sequence[int], seed: int
) -> list[Fields]:
    """A training example of the same given fields where there is one, cut or repeated to each length."""
    random = np.random.default_rng(seed)
    spec = pipeline.specs["y"]
    scalars = [name for name, field in spec.items() if field.scalar]
    found = []
    for truth, length in zip(truths, lengths, strict=True):
        alike = [each for each in training if all(each[name] == truth[name] for name in scalars if name in truth)]
        chosen = (alike or training)[int(random.integers(len(alike or training)))]
        found.append({
            name: chosen[name] if spec[name].scalar else np.resize(chosen[name], (length, *np.shape(chosen[name])[1:]))
            for name in spec
        })  # fmt: skip
    return found


def unigram(
    pipeline: Pipeline, training: Sequence[Fields], truths: Sequence[Fields], lengths: Sequence[int], seed: int
) -> list[Fields]:
    """Every token drawn by its frequency in the training set; given fields as they are."""
    random = np.random.default_rng(seed)
    pools = {name: np.concatenate([np.ravel(each[name]) for each in training]) for name in pipeline.specs["y"]}
    found = []
    for truth, length in zip(truths, lengths, strict=True):
        drawn = {}
        for name, field in pipeline.specs["y"].items():
            if name in pipeline.given_spec:
                drawn[name] = truth[name]
            else:
                drawn[name] = random.choice(pools[name], () if field.scalar else length).astype(np.int32)
        found.append(drawn)
    return found


def constant_rep(pipeline: Pipeline, training: Sequence[Fields], sides: Sequence[dict[str, Fields]]) -> list[Fields]:
    """The commonest value of every predicted field of Y′, at every step of every example; given fields as they are."""
    reps = [pipeline.converter.convert(each) for each in training[:500]]
    common = {
        name: np.bincount(np.concatenate([np.ravel(rep[name]) for rep in reps])).argmax()
        for name in pipeline.specs["rep"].only(optional=False)
    }
    return [
        {name: np.full_like(value, common[name]) if name in common else value for name, value in each["rep"].items()}
        for each in sides
    ]
