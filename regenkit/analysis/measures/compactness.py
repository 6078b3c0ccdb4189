"""Code lengths without a trained model: what it costs to write a field down, by a coder that anybody can repeat.

A field's tokens are coded one after another, an example at a time, given the `order` tokens before each in the same
example. The coder starts with the counts of the training split and goes on counting what it has coded, so a decoder can
follow it: these are real code lengths of held-out data, not the entropy of a histogram fitted to it. Contexts of
falling order are mixed as Witten and Bell do (1991, "The zero-frequency problem", IEEE Trans. Inf. Theory 37(4)):

    P_k(s | c) = (n(c, s) + u(c) P_{k−1}(s | c′)) / (n(c) + u(c)),  u(c) distinct tokens seen after c,  P_{−1} = 1 / V

Absent tokens (0) cost nothing, nor do numbers that are not known (`Field.gaps`). Fields are coded apart, so their sum
is an upper bound: what one shows of another is not used. Continuous values are rounded to a stated step first; bits at
step Δ ≈ differential entropy − log₂ Δ (Cover & Thomas 2006, theorem 8.3.1), from which the rate at any other small step
follows.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from regenkit.analysis.measures.bootstrap import bootstrap
from regenkit.analysis.results.figure import Figure
from regenkit.analysis.results.report import Compactness, FieldCode
from regenkit.spec import Field, Fields, Spec, known

ORDERS = (0, 1, 2)
FRACTION = 16
"""Continuous values are rounded to a sixteenth of each channel's standard deviation over the training split,"""
RANGE = 8
"""and cut at so many standard deviations."""
TOKENS = 500_000
"""Of larger data only so many values of Y are counted, and so many coded: whole examples, evenly chosen."""


@final
class ContextCoder:
    """Counts of one field's tokens after their contexts of every order up to `order`."""

    def __init__(self, vocabulary: int, order: int) -> None:
        self.vocabulary, self.order = vocabulary, order
        self.counts: dict[tuple[int, ...], dict[int, int]] = {}
        self.totals: dict[tuple[int, ...], int] = {}

    def bits(self, tokens: Iterable[int]) -> float:
        """Code length of one example's tokens (1…vocabulary), which are counted as they pass."""
        past: tuple[int, ...] = (0,) * self.order
        length = 0.0
        for token in tokens:
            probability = 1 / self.vocabulary
            for start in range(self.order, -1, -1):  # the shortest context first
                context = past[start:]
                found = self.counts.setdefault(context, {})
                total, seen = self.totals.get(context, 0), len(found)
                if seen:
                    probability = (found.get(token, 0) + seen * probability) / (total + seen)
                found[token] = found.get(token, 0) + 1
                self.totals[context] = total + 1
            length -= math.log2(probability)
            past = (*past[1:], token) if self.order else past
        return length


@final
@dataclass(frozen=True, kw_only=True)
class FieldBits:
    """Code lengths of one field: by order, bits [held out].

    step, channels   of a continuous one: the mean step in its own units, and how many have one
    """

    orders: tuple[np.ndarray, ...]
    step: float | None = None
    channels: int | None = None

    @property
    def cheapest(self) -> np.ndarray:
        """Bits of the order that is cheapest on the whole (a choice of three, made on the held-out data)."""
        return min(self.orders, key=lambda bits: float(bits.sum()))

    def figures(self, steps: np.ndarray) -> FieldCode:
        """As bits a step of Y."""
        order0, order1, order2 = (bootstrap(each, steps) for each in self.orders)
        return FieldCode(order0=order0, order1=order1, order2=order2, step=self.step, channels=self.channels)


def field_bits(field: Field, training: Sequence[np.ndarray], held_out: Sequence[np.ndarray]) -> FieldBits:
    """Code the held-out values of one field."""
    vocabulary, step = field.vocabulary, None
    if vocabulary is None:
        vocabulary = 2 * FRACTION * RANGE + 1
        mean, step = _scale(field, training)
        training, held_out = ([_rounded(field, each, mean, step) for each in part] for part in (training, held_out))
    seen, coming = ([_sequence(each) for each in part] for part in (training, held_out))
    orders = []
    for order in ORDERS:
        coder = ContextCoder(vocabulary, order)
        for each in seen:
            coder.bits(each)
        orders.append(np.array([coder.bits(each) for each in coming]))
    if step is None:
        return FieldBits(orders=tuple(orders))
    return FieldBits(orders=tuple(orders), step=float(step.mean()), channels=int(step.size))


def compactness(
    specs: dict[str, Spec],
    training: dict[str, Sequence[Fields]],
    held_out: dict[str, Sequence[Fields]],
    steps: np.ndarray,
) -> Compactness:
    """Bits of Y′ and Y a step and an example, by field and order, and their ratio, each with its interval.

    specs, training, held_out   by side, "rep" and "y"; without what a user gives, which every route has anyway
    steps                       of Y [held out]
    """
    seen, coming = _subset(training["y"]), _subset(held_out["y"])
    fields: dict[str, dict[str, FieldCode]] = {}
    totals: dict[str, np.ndarray] = {}
    weights = np.asarray(steps)[coming]
    for side, spec in specs.items():
        first, second = [training[side][index] for index in seen], [held_out[side][index] for index in coming]
        bits = {name: field_bits(field, [each[name] for each in first], [each[name] for each in second])
                for name, field in spec.items()}  # fmt: skip
        totals[side] = sum((each.cheapest for each in bits.values()), np.zeros(len(coming)))
        fields[side] = {name: each.figures(weights) for name, each in bits.items()}
    return Compactness(
        examples=len(coming),
        fields=fields,
        per_step={side: bootstrap(total, weights) for side, total in totals.items()},
        per_example={side: bootstrap(total) for side, total in totals.items()},
        ratio=bootstrap(totals["rep"], totals["y"]) if totals["y"].any() else Figure(math.nan),
    )


def _subset(examples: Sequence[Fields]) -> list[int]:
    """Numbers of as many whole examples as TOKENS allows, evenly spread; one at least."""
    size = sum(int(np.size(value)) for each in examples for value in each.values())
    count = min(len(examples), max(1, int(len(examples) * min(1.0, TOKENS / max(1, size)))))
    found: list[int] = np.linspace(0, len(examples) - 1, count).round().astype(int).tolist()
    return found


def _scale(field: Field, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(mean, step) of every channel, of what is known: all axes but the first, along which a field runs."""
    values = np.concatenate([np.reshape(each, (np.shape(each) or (1,))) for each in arrays]).astype(np.float64)
    mean, spread = values.mean(0), values.std(0)
    if field.gaps:
        there = known(field, values)
        count = np.maximum(there.sum(0), 1)
        mean = (values * there).sum(0) / count
        spread = np.sqrt(((values - mean) ** 2 * there).sum(0) / count)
    return mean, np.where(spread > 0, spread, 1.0) / FRACTION


def _rounded(field: Field, values: np.ndarray, mean: np.ndarray, step: np.ndarray) -> np.ndarray:
    """As tokens; what is not known becomes 0, which is absent."""
    limit = FRACTION * RANGE
    rounded: np.ndarray = np.clip(np.round((values - mean) / step), -limit, limit).astype(np.int32) + limit + 1
    return rounded * known(field, values) if field.gaps else rounded


def _sequence(values: np.ndarray) -> list[int]:
    """The tokens that are there, along the first axis last, so that a channel's neighbours in time are neighbours."""
    tokens: list[int] = np.moveaxis(np.atleast_1d(values), 0, -1).ravel().tolist()
    return [token for token in tokens if token]
