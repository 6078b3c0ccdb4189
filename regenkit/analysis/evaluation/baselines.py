"""Trivial ways to answer, against which every table is read: without them a score says nothing."""

from collections.abc import Sequence

import numpy as np

from regenkit.pipeline import Pipeline
from regenkit.spec import Field, Fields

COUNTED = 500


def random_training(
    pipeline: Pipeline, training: Sequence[Fields], truths: Sequence[Fields], lengths: Sequence[int], seed: int
) -> list[Fields]:
    """A training example of the same given fields where there is one, cut or repeated to each length."""
    random = np.random.default_rng(seed)
    spec = pipeline.specs["y"]
    scalars = [name for name, field in spec.items() if field.scalar and name in truths[0]] if truths else []
    alike: dict[bytes, list[Fields]] = {}

    def key(fields: Fields) -> bytes:
        return b"".join(np.asarray(fields[name], np.float64).tobytes() for name in scalars)

    for each in training:
        alike.setdefault(key(each), []).append(each)
    found = []
    for truth, length in zip(truths, lengths, strict=True):
        among = alike.get(key(truth), training)
        chosen = among[int(random.integers(len(among)))]
        found.append({
            name: np.resize(value, (length, *np.shape(value)[1:])) if spec[name].variable else value
            for name, value in chosen.items()
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
                shape = tuple(length if size is None else size for size in field.shape)
                drawn[name] = random.choice(pools[name], shape).astype(np.int32)
        found.append(drawn)
    return found


def class_mean(learned: Sequence[dict[str, Fields]], xs: Sequence[Fields]) -> list[Fields]:
    """The mean of the training Y of the same X, of all where none has it; of Y of fixed shapes."""

    def key(x: Fields) -> bytes:
        return b"".join(np.asarray(value).tobytes() for value in x.values())

    by_x: dict[bytes, list[Fields]] = {key(x): [] for x in xs}
    for each in learned:
        by_x.setdefault(key(each["x"]), []).append(each["y"])

    def mean(ys: Sequence[Fields]) -> Fields:
        return {name: np.asarray(np.mean([y[name] for y in ys], axis=0), np.float32) for name in ys[0]}

    whole = mean([each["y"] for each in learned])
    means = {x: mean(by_x[x]) if by_x[x] else whole for x in {key(x) for x in xs}}
    return [means[key(x)] for x in xs]


def constant_rep(
    pipeline: Pipeline, learned: Sequence[dict[str, Fields]], sides: Sequence[dict[str, Fields]]
) -> list[Fields]:
    """The commonest token of every predicted field of Y′ (the mean of a continuous one) in COUNTED of the training
    pairs `learned`, at every step of every example; given fields as they are."""
    reps = [each["rep"] for each in learned[:COUNTED]]
    common = {
        name: _common(field, [np.asarray(rep[name]) for rep in reps])
        for name, field in pipeline.specs["rep"].only(optional=False).items()
    }
    return [
        {name: np.full_like(value, common[name]) if name in common else value for name, value in each["rep"].items()}
        for each in sides
    ]


def _common(field: Field, values: Sequence[np.ndarray]) -> np.ndarray:
    """One entry: its leading axis, where that is of variable length, is of the values' own."""
    if field.vocabulary:
        return np.array(np.bincount(np.concatenate([np.ravel(value) for value in values])).argmax())
    whole: np.ndarray = np.concatenate(values) if field.variable else np.stack(values)
    mean: np.ndarray = whole.mean(0)
    return mean
