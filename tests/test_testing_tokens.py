"""Tokens that begin with 0, of which the first would be learned by nobody."""

import numpy as np
import pytest

from regenkit.spec import Spec, tokens
from regenkit.testing.finding import Failed
from regenkit.testing.tokens import begin_with_1

SIZE = 6
SPEC = Spec({"half": tokens(SIZE), "known": tokens(SIZE, optional=True)})


def songs(first: int, last: int, count: int = 20) -> list[dict[str, np.ndarray]]:
    each = np.resize(np.arange(first, last + 1, dtype=np.int32), 12)
    return [{"half": each, "known": each * 0} for _ in range(count)]


def test_tokens_from_0_are_named() -> None:
    with pytest.raises(Failed, match=r"half is 0 in 40 of 240 entries and never 6, its last token") as caught:
        begin_with_1(SPEC, songs(0, SIZE - 1))
    assert "add 1: tokens are 1 … 6" in caught.value.remedy


@pytest.mark.parametrize(
    ("examples", "why"),
    [
        (songs(1, SIZE), "all are there"),
        (songs(0, SIZE), "0 says that there is none"),
        (songs(1, SIZE - 1), "the last is rare"),
        (songs(0, SIZE - 2), "two are never there"),
        (songs(0, SIZE - 1, 4), "too few to say"),
    ],
)
def test_others_are_not(examples: list[dict[str, np.ndarray]], why: str) -> None:
    begin_with_1(SPEC, examples)
    begin_with_1(SPEC.only(optional=True), [{"known": each["half"]} for each in examples])
