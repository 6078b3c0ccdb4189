"""Trivial ways to answer, against which every table is read: without them a score says nothing.

`learned` are the training pairs. They are gone through in order and none is kept, so that any number of them will do.
What is not known in them, 0, is no answer: with labels on a part of the examples the others are left out.
"""

from collections.abc import Sequence
from itertools import islice

import numpy as np

from regenkit.analysis.measures.examples import Pair
from regenkit.data.lengths import drawn_axes
from regenkit.pipeline import Pipeline
from regenkit.spec import Field, Fields, Spec

COUNTED = 500


def random_training(pipeline: Pipeline, learned: Sequence[Pair], pairs: Sequence[Pair], seed: int) -> list[Fields]:
    """A training example of the same given fields where there is one; cut or repeated, where X says how long Y is.

    Which ones say anything is looked up once one that does not is drawn: it takes going through all.
    """
    random = np.random.default_rng(seed)
    truths = [each["rep"] for each in pairs]
    fixed = _length_in_x(pipeline)
    spec = pipeline.specs["y"]
    scalars = [name for name in spec if name in pipeline.given_scalars]
    same: dict[bytes, list[int]] = {}

    def key(fields: Fields) -> bytes:
        return b"".join(np.asarray(fields[name], np.float64).tobytes() for name in scalars)

    def draw(among: Sequence[int]) -> Fields:
        return learned[among[int(random.integers(len(among)))]]["y"]

    wanted = spec.without(pipeline.given_spec)
    for number, each in enumerate(learned if scalars else ()):
        if _says(wanted, each["y"]):
            same.setdefault(key(each["y"]), []).append(number)
    everything: Sequence[int] = range(len(learned))
    telling: Sequence[int] = ()
    found = []
    for truth, pair in zip(truths, pairs, strict=True):
        drawn = draw(same.get(key(truth), telling or everything))
        if not telling and not _says(wanted, drawn):
            telling = [number for number, each in enumerate(learned) if _says(wanted, each["y"])] or everything
            drawn = draw(telling)
        found.append({
            name: np.resize(value, np.shape(pair["y"][name])) if spec[name].variable and fixed else value
            for name, value in drawn.items()
        })  # fmt: skip
    return found


def unigram(pipeline: Pipeline, learned: Sequence[Pair], pairs: Sequence[Pair], seed: int) -> list[Fields]:
    """Every token drawn by its frequency in the training set; given fields as they are. As long as Y is where X says
    so, else as long as some training example."""
    random = np.random.default_rng(seed)
    fixed = _length_in_x(pipeline)
    counts = {name: np.zeros((field.vocabulary or 0) + 1, np.int64)
              for name, field in pipeline.specs["y"].without(pipeline.given_spec).items()}  # fmt: skip
    for each in learned:
        for name, count in counts.items():
            count += np.bincount(np.ravel(each["y"][name]), minlength=len(count))
    for count in counts.values():
        count[0] = 0
    ends = {name: np.cumsum(count) for name, count in counts.items()}
    found = []
    for pair in pairs:
        like = pair["y"] if fixed else learned[int(random.integers(len(learned)))]["y"]
        drawn = {}
        for name in pipeline.specs["y"]:
            if name in pipeline.given_spec:
                drawn[name] = pair["rep"][name]
            elif not ends[name][-1]:  # nothing of it is known
                drawn[name] = np.zeros_like(like[name])
            else:
                numbers = random.integers(0, ends[name][-1], np.shape(like[name]))
                drawn[name] = np.searchsorted(ends[name], numbers, side="right").astype(np.int32)
        found.append(drawn)
    return found


def _length_in_x(pipeline: Pipeline) -> bool:
    """Whether X says how long Y is: both run along one axis."""
    return not drawn_axes(pipeline.specs["x"], pipeline.specs["y"])


def _says(spec: Spec, fields: Fields) -> bool:
    """Whether anything is known of these fields; an empty one is known to be empty."""
    return not spec or any(
        not (field.vocabulary or field.gaps) or not np.size(fields[name]) or bool(np.any(fields[name]))
        for name, field in spec.items()
    )


def class_mean(spec: Spec, learned: Sequence[Pair], xs: Sequence[Fields]) -> list[Fields]:
    """The mean of the training Y, of `spec`, of the same X, of all where none has it; of Y of fixed shapes."""

    def key(x: Fields) -> bytes:
        return b"".join(np.asarray(value).tobytes() for value in x.values())

    wanted: dict[bytes, _Mean] = {key(x): _Mean(spec) for x in xs}
    whole = _Mean(spec)
    for each in learned:
        for mean in (whole, wanted.get(key(each["x"]))):
            if mean is not None:
                mean.add(each["y"])
    means = {x: (mean if mean.count else whole).value() for x, mean in wanted.items()}
    return [means[key(x)] for x in xs]


class _Mean:
    """Of fields that are added one example after another, in double precision."""

    def __init__(self, spec: Spec) -> None:
        self.spec, self.count = spec, 0
        self.sums, self.known = dict[str, np.ndarray](), dict[str, np.ndarray]()

    def add(self, fields: Fields) -> None:
        self.count += _says(self.spec, fields)
        for name, value in fields.items():
            self.sums[name] = self.sums.get(name, np.zeros(())) + np.asarray(value, np.float64)
            self.known[name] = self.known.get(name, np.zeros(())) + _known(self.spec[name], value)

    def value(self) -> Fields:
        return {name: _mean(total, self.known[name]).astype(np.float32) for name, total in self.sums.items()}


def _known(field: Field, value: np.ndarray) -> np.ndarray:
    """1 where a number is known, for each entry or for all; else 0."""
    return np.any(value != 0, -1, keepdims=True).astype(np.float64) if field.gaps else np.ones(())


def _mean(total: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Sums by how often each entry is known; an entry that never is has the mean of all entries."""
    places = tuple(range(known.ndim - 1))
    everywhere = total.sum(places) / np.maximum(known.sum(places), 1) if known.ndim else 0
    return np.where(known > 0, total / np.maximum(known, 1), everywhere)


def constant_rep(pipeline: Pipeline, learned: Sequence[Pair], pairs: Sequence[Pair]) -> list[Fields]:
    """Y′ of `pairs` in which every predicted field is the same at every step of every example: its commonest token (the
    mean of a continuous one) in COUNTED training pairs. Given fields stay as they are."""
    spec = pipeline.specs["rep"].only(optional=False)
    reps = list(islice((each["rep"] for each in learned if _says(spec, each["rep"])), COUNTED)) or [learned[0]["rep"]]
    common = {name: _common(field, [np.asarray(rep[name]) for rep in reps]) for name, field in spec.items()}
    return [
        {name: np.full_like(value, common[name]) if name in common else value for name, value in each["rep"].items()}
        for each in pairs
    ]


def _common(field: Field, values: Sequence[np.ndarray]) -> np.ndarray:
    """One entry: its leading axis, where that is of variable length, is of the values' own."""
    if field.vocabulary:
        counts = np.bincount(np.concatenate([np.ravel(value) for value in values]), minlength=1)
        counts[0] = 0
        return np.array(counts.argmax())
    whole: np.ndarray = np.concatenate(values) if field.variable else np.stack(values)
    if field.gaps:
        return _mean(whole.sum(0, dtype=np.float64), _known(field, whole).sum(0)).astype(whole.dtype)
    mean: np.ndarray = whole.mean(0)
    return mean
