"""The pairs that a run is measured on, and those that it learned from, as every route is to see them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import final, overload

import numpy as np

from regenkit.data.prepare import Prepared
from regenkit.pipeline import Pipeline
from regenkit.spec import Fields

Pair = dict[str, Fields]
"""One example, as {"x": …, "y": …, "rep": …}."""
HELD = 128_000_000
"""Bytes of examples that are kept in memory; those beyond that are read anew each time."""
ARRAY = 256
"""Bytes that an array takes beside its numbers: of a short melody that is more than the numbers themselves."""


def size_of(fields: Fields) -> int:
    """Bytes that the fields of one example take in memory."""
    return sum(np.asarray(value).nbytes + ARRAY for value in fields.values())


def pair(pipeline: Pipeline, sides: dict[str, Fields | None]) -> Pair:
    """An example with given scalars supplied and given sequences (as chords) withheld: they are absent (0)."""
    rep = dict(sides["rep"] or {})
    for name, field in pipeline.given_spec.items():
        if not field.scalar:
            rep[name] = np.zeros_like(rep[name])
    return {"x": sides["x"] or {}, "y": sides["y"] or {}, "rep": rep}


@final
class Pairs(Sequence[Pair]):
    """Pairs of a prepared dataset, each read from its record when it is asked for: however many there are, they take
    little more than HELD bytes."""

    def __init__(self, pipeline: Pipeline, prepared: Prepared, indices: Iterable[int]) -> None:
        self.pipeline, self.prepared, self.indices = pipeline, prepared, [int(index) for index in indices]
        self._held: dict[int, Pair] = {}
        self._room = HELD

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, number: int) -> Pair: ...
    @overload
    def __getitem__(self, number: slice) -> list[Pair]: ...
    def __getitem__(self, number: int | slice) -> Pair | list[Pair]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        index = self.indices[number]
        if index in self._held:
            return self._held[index]
        found = pair(self.pipeline, self.prepared.example(index)[0])
        size = sum(map(size_of, found.values()))
        if size <= self._room:
            self._room -= size
            self._held[index] = found
        return found


@final
class Side(Sequence[Fields]):
    """One side of pairs, "x", "y" or "rep", or so many of its fields."""

    def __init__(self, pairs: Sequence[Pair], name: str, fields: Sequence[str] | None = None) -> None:
        self.pairs, self.name, self.fields = pairs, name, fields

    def __len__(self) -> int:
        return len(self.pairs)

    @overload
    def __getitem__(self, number: int) -> Fields: ...
    @overload
    def __getitem__(self, number: slice) -> list[Fields]: ...
    def __getitem__(self, number: int | slice) -> Fields | list[Fields]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        return self._of(self.pairs[number])

    def __iter__(self) -> Iterator[Fields]:
        return map(self._of, self.pairs)

    def _of(self, pair: Pair) -> Fields:
        found = pair[self.name]
        return found if self.fields is None else {name: found[name] for name in self.fields}
