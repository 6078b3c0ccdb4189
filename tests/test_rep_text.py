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


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "y", "null", "true", "~"])
def test_words_of_yaml_are_labels_or_refused(word: str) -> None:
    """YAML 1.1 takes the first four for false and true, which NumPy takes for 0 and 1."""
    spec = Spec({"said": tokens(["maybe", word])})
    assert from_text(spec, f'said: ["{word}", maybe]')[0]["said"].tolist() == [2, 1]
    if word in ("no", "yes", "on", "off", "y"):
        assert from_text(spec, f"said: [{word}, maybe]")[0]["said"].tolist() == [2, 1]
    else:
        with pytest.raises(UserError, match="said"):
            from_text(spec, f"said: [{word}, maybe]")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("note: [1.9, 2]", r"note: 1\.9 is no token, which is a whole number"),
        ("note: [true]", "note: true is no number; where it is a word, put it in quotes"),
        ("loud: [false, 1.5]", "loud: false is no number"),
        ("loud: [no, 1.5]", "loud holds what is no number"),
        ("loud: [1:30]", "loud holds what is no number"),
    ],
)
def test_what_is_no_number_is_not_taken_for_one(text: str, said: str) -> None:
    name = text.partition(":")[0]
    spec = Spec({name: tokens(3) if name == "note" else Field(kind="continuous")})
    with pytest.raises(UserError, match=said):
        from_text(spec, text)


def test_numbers_are_decimal() -> None:
    read, _ = from_text(Spec({"loud": Field(kind="continuous")}), "loud: [010, 1e3, .5, -1., 2]")
    assert read["loud"].tolist() == [10, 1000, 0.5, -1, 2]
