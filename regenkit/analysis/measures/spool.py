"""Many examples as one sequence that takes little memory: beyond so many bytes they lie in a temporary file."""

import tempfile
import weakref
from array import array
from collections.abc import Iterable, Sequence
from typing import IO, final, overload

import numpy as np

from regenkit.analysis.measures.examples import HELD, size_of
from regenkit.spec import Fields


@final
class Spool(Sequence[Fields]):
    """Examples in the order in which they were added; the file is deleted with the object.

    held    bytes that are kept in memory
    taken   how many are
    """

    def __init__(self, held: int = HELD) -> None:
        self.taken, self._limit, self._held = 0, held, list[Fields]()
        self._file: IO[bytes] | None = None  # made when there is need of it
        self._starts = array("Q")
        self._names: tuple[str, ...] = ()

    def extend(self, examples: Iterable[Fields]) -> None:
        for example in examples:
            size = size_of(example)
            if self.taken + size <= self._limit and not self._starts:
                self.taken += size
                self._held.append(example)
            else:
                self._write(example)

    def _write(self, example: Fields) -> None:
        if self._file is None:
            self._names = tuple(example)
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this object
            weakref.finalize(self, self._file.close)
        self._file.seek(0, 2)
        self._starts.append(self._file.tell())
        for name in self._names:
            np.save(self._file, np.asarray(example[name]), allow_pickle=False)

    def __len__(self) -> int:
        return len(self._held) + len(self._starts)

    @overload
    def __getitem__(self, number: int) -> Fields: ...
    @overload
    def __getitem__(self, number: slice) -> list[Fields]: ...
    def __getitem__(self, number: int | slice) -> Fields | list[Fields]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        number = range(len(self))[number]  # negative ones, and IndexError
        if number < len(self._held):
            return self._held[number]
        assert self._file is not None
        self._file.seek(self._starts[number - len(self._held)])
        return {name: np.load(self._file, allow_pickle=False) for name in self._names}


def beside(others: Iterable[Spool], examples: Iterable[Fields], held: int = HELD) -> Spool:
    """The examples as one more sequence, which keeps so few in memory that all together keep `held` bytes at most."""
    found = Spool(max(0, held - sum(each.taken for each in others)))
    found.extend(examples)
    return found
