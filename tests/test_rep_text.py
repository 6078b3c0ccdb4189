"""Y′ as text: tokens are written by their labels, and are read back whatever the labels are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regenkit.errors import UserError
from regenkit.rep_text import from_text, to_text
from regenkit.spec import Field, Spec, tokens

LABELS = st.lists(st.text(max_size=6), min_size=1, max_size=8)


@given(LABELS, st.data())
def test_any_labels_come_back(labels: list[str], data: st.DataObject) -> None:
    spec = Spec({"sort": tokens(labels), "kind": tokens(labels, scalar=True),
                 "grid": Field(vocabulary=len(labels), shape=(2, 2), labels=tuple(labels))})  # fmt: skip
    drawn = st.integers(0, len(labels))
    rep = {"sort": np.int32(data.draw(st.lists(drawn, max_size=5))), "kind": np.int32(data.draw(drawn)),
           "grid": np.int32([[data.draw(drawn) for _ in range(2)] for _ in range(2)])}  # fmt: skip
    text = to_text(spec, rep, {})
    read, meta = from_text(spec, text)
    assert meta == {} and all(np.array_equal(read[name], rep[name]) for name in spec)
    assert to_text(spec, read, meta) == text


def test_labels_are_read_by_people() -> None:
    spec = Spec({"part": tokens(["ring", "branch"])})
    assert to_text(spec, {"part": np.int32([2, 0, 1])}, {}) == 'meta: {}\npart: ["branch", 0, "ring"]\n'
    assert from_text(spec, "part: [branch, 0, 1]")[0]["part"].tolist() == [2, 0, 1]
    with pytest.raises(UserError, match="part: there is no 'rang'; did you mean 'ring'"):
        from_text(spec, "part: [rang]")


def test_labels_that_are_numbers_would_be_taken_for_tokens() -> None:
    spec = Spec({"count": tokens(["0", "1", "2"])})
    assert to_text(spec, {"count": np.int32([1, 3])}, {}) == "meta: {}\ncount: [1, 3]\n"
