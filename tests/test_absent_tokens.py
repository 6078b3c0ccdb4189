"""A token 0 in data: refused where nobody said that it may be, because it nearly always is a forgotten `+ 1`."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from toy_job import REP, Data, Parity, X, Y, prepared

from regenkit import Example, Field, Spec, UserError, tokens
from regenkit.data.read_or_skip import Read
from regenkit.spec import Fields

SAYS = "holds the token 0, which means absent; its tokens are 1…{}, so add 1, or write gaps=True in its Field"


@pytest.mark.parametrize("value", [np.array([2, 0, 1]), np.array(0)])
def test_where_a_token_may_be_absent(value: np.ndarray) -> None:
    scalar = not value.shape
    with pytest.raises(ValueError, match=f"^y: move {SAYS.format(3)}"):
        Spec({"move": tokens(3, scalar=scalar)}).check_present({"move": value}, "y")
    for field in (tokens(3, scalar=scalar, gaps=True), tokens(3, scalar=scalar, optional=True),
                  Field(kind="continuous", shape=value.shape)):  # fmt: skip
        Spec({"move": field}).check_present({"move": value}, "y")
    Spec({"move": tokens(3)}).check_present({"move": np.zeros(0, np.int32)}, "y")


@dataclass(frozen=True)
class FromZero(Parity):
    """It forgets the + 1."""

    def convert(self, y: Fields) -> Fields:
        return {"mode": y["mode"], "parity": (y["high"] % 2).astype(np.int32)}


def test_a_converter_that_counts_from_0_stops_preparation(fresh: Path) -> None:
    with pytest.raises(UserError) as caught:
        prepared(converter=FromZero())
    assert re.search(rf"^FromZero\.convert, example '\d+': y′: parity {SAYS.format(2)}", str(caught.value))
    assert re.search(r"test_absent_tokens\.py, line \d+", str(caught.value))


@dataclass(frozen=True)
class Counted(Data):
    """`letter` of X, `low` of Y or `mode` of Y counts from 0."""

    side: str = "x"
    field: str = "letter"

    def read(self, source: str) -> list[Example]:
        def less(fields: Fields) -> Fields:
            return {name: value - (name == self.field) for name, value in fields.items()}

        return [replace(each, **{self.side: less(getattr(each, self.side))}) for each in super().read(source)]


@pytest.mark.parametrize(("side", "field", "vocabulary"), [("x", "letter", 5), ("y", "low", 4)])
def test_a_dataset_that_counts_from_0_is_told_so(side: str, field: str, vocabulary: int) -> None:
    read = Read(Counted(paired=True, side=side, field=field), {"x": X, "y": Y, "rep": REP})
    with pytest.raises(UserError, match=rf"Counted\.read, example '\d': {side}: {field} {SAYS.format(vocabulary)}"):
        list(map(read, "123456"))


def test_what_a_user_gives_may_be_absent() -> None:
    read = Read(Counted(side="y", field="mode"), {"x": X, "y": Y, "rep": REP})
    assert [len(read(source)[0]) for source in "345"] == [1, 1, 1]  # of them 3 has mode 0
