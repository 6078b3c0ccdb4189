"""A toy on three clocks, small enough to be enumerated: X is a number in digits, Y its name in letters, Y′ its words.

Digits are 1 to 3 and their words "ab", "b" and "cab": letters do not say where a word ends.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache

import numpy as np
from tiny import built

from regenkit.models.transformer import Transformer
from regenkit.spec import END, Field, Spec, tokens

DIGITS, WORDS, LETTERS = "123", ("ab", "b", "cab"), "abc"
X = Spec({"digit": tokens(DIGITS, axis="x")})
REP = Spec({"word": tokens(WORDS, axis="word")})
Y = Spec({"letter": tokens(LETTERS)})
CODES = Spec({"code": Field(vocabulary=5, hop=Fraction(4))})
"""A learned Y′ on a slower clock of Y's axis."""


def mask_of(lengths: Sequence[int], size: int | None = None) -> np.ndarray:
    return np.arange(max(lengths, default=0) if size is None else size)[None] < np.array(lengths)[:, None]


def stacked(rows: Sequence[Sequence[int]], name: str, mask: str, size: int | None = None) -> dict[str, np.ndarray]:
    """One field of tokens, padded, and the mask of its clock."""
    there = mask_of([len(row) for row in rows], size)
    value = np.zeros(there.shape, np.int32)
    value[there] = np.array([token for row in rows for token in row], np.int32)
    return {name: value, mask: there}


def numbers(*rows: Sequence[int], size: int | None = None) -> dict[str, np.ndarray]:
    return stacked(rows, "digit", "mask x", size)


def letters(*rows: Sequence[int], size: int | None = None) -> dict[str, np.ndarray]:
    return stacked(rows, "letter", "mask", size)


def name_of(digits: Sequence[int]) -> list[int]:
    """The letters, as tokens, of a number's name."""
    return [1 + LETTERS.index(letter) for digit in digits for letter in WORDS[digit - 1]]


def strings(vocabulary: int, most: int) -> Iterator[tuple[int, ...]]:
    """All of at most so many tokens."""
    for size in range(most + 1):
        yield from itertools.product(range(1, vocabulary + 1), repeat=size)


def repeated(batch: dict[str, np.ndarray], times: int) -> dict[str, np.ndarray]:
    return {name: np.repeat(value, times, 0) for name, value in batch.items()}


def probabilities(model: Transformer, condition: dict[str, np.ndarray], most: int) -> dict[tuple[int, ...], float]:
    """What is drawn for a condition of one example with `max_length=most`, by the network given the true past: the end
    of a string of `most` letters is certain."""
    every = list(strings(3, most))
    target = letters(*every)
    nll = {name: value.numpy() for name, (value, _) in
           model._field_nll(repeated(condition, len(every)), target, None).items()}  # fmt: skip
    for place, string in enumerate(every):
        if len(string) == most:
            nll[END][place, most] = 0
    return dict(zip(every, np.exp(-sum(value.sum(1) for value in nll.values())), strict=True))


# --- conditions and targets of all kinds ----------------------------------------------------------------------------

Fields = dict[str, np.ndarray]
GRID = Spec({"grid": Field(vocabulary=4, shape=(2, 2)), "pixels": Field(kind="continuous", shape=(2, 2, 3)),
             "vector": Field(kind="continuous", shape=(5,)), "mode": tokens(3, scalar=True)})  # fmt: skip
SOUND = Spec({"mel": Field(kind="continuous", shape=(None, 3), axis="x", hop=Fraction(256)), "digit": X["digit"]})


def words(*rows: list[int], size: int | None = None) -> Fields:
    return stacked(rows, "word", "mask word", size)


def picture(count: int) -> Fields:
    random, found = np.random.default_rng(0), {}
    for name, field in GRID.items():
        shape = (count, *field.shape)
        tokens_of = random.integers(1, (field.vocabulary or 1) + 1, shape).astype(np.int32)
        found[name] = tokens_of if field.vocabulary else random.normal(size=shape).astype(np.float32)
    return found


def sound(*rows: list[int], size: int | None = None) -> Fields:
    """Numbers, and a vector for each 256 steps of X: one."""
    there = mask_of([1] * len(rows), size)
    mel = np.array([np.random.default_rng(row).normal(size=(1, 3)) for row in rows]) * there[..., None]
    return {**numbers(*rows, size=size), "mel": mel.astype(np.float32), "mask x 256": there}


def codes(*rows: list[int], size: int | None = None) -> Fields:
    """One each: the first digit."""
    return stacked([row[:1] for row in rows], "code", "mask y 4", size)


def both(one: Callable[..., Fields], other: Callable[..., Fields]) -> Callable[..., Fields]:
    return lambda *rows, size=None: {**one(*rows, size=size), **other(*rows, size=size)}


CASES: dict[str, tuple[Spec, Spec, Callable[..., Fields], Callable[..., Fields]]] = {
    "X to Y": (X, Y, numbers, letters),
    "X to Y′": (X, REP, numbers, words),
    "Y′ to Y": (REP, Y, words, letters),
    "X and Y′ to Y": (X | REP, Y, both(numbers, words), letters),
    "two clocks of X to Y": (SOUND, Y, sound, letters),
    "codes to Y": (CODES, Y, codes, letters),
    "codes and X to Y": (CODES | X, Y, both(codes, numbers), letters),
}


@cache
def model_of(name: str) -> Transformer:
    """One for all tests of a case: to trace its sampler takes a second or two."""
    return built(*CASES[name][:2], spread=0.2, depth=1, condition_dropout=0.2)
