"""What is left out is counted by reason, whatever numbers and names differ in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regenkit.data.skip_report import Reason, by_reason, check, commonest, listed
from regenkit.errors import UserError

ASIDE = [
    ("a.mid", "3 of 40 syllables fit no note"), ("b.png", "can't be read (file is truncated (7 bytes))"),
    ("c.mid", "12 of 18 syllables fit no note"), ("d.png", "can't be read (file is truncated (0 bytes))"),
    ("t.csv:3", "there is no picture 'x y.png'; nearest is 'X.png'"), ("e.mid", "1 of 2 syllables fit no note"),
    ("t.csv:4", "there is no picture 'z'; nearest is 'Z.png'"), ("lonely.txt", "a caption without a picture"),
]  # fmt: skip


def test_reasons_that_differ_by_numbers_and_names_alone_are_one() -> None:
    assert by_reason(ASIDE) == [
        Reason(text="3 of 40 syllables fit no note, or the like", names=("a.mid", "c.mid", "e.mid")),
        Reason(text="can't be read (file is truncated (7 bytes)), or the like", names=("b.png", "d.png")),
        Reason(text="there is no picture 'x y.png'; nearest is 'X.png', or the like", names=("t.csv:3", "t.csv:4")),
        Reason(text="a caption without a picture", names=("lonely.txt",)),
    ]
    assert commonest(ASIDE[:2]) == (
        "\n  1 × 3 of 40 syllables fit no note (a.mid)\n  1 × can't be read (file is truncated (7 bytes)) (b.png)"
    )
    lists = by_reason([("a", "bars 3, 7 are wrong"), ("b", "bars 1, 4, 12 are wrong")])
    assert lists == [Reason(text="bars 3, 7 are wrong, or the like", names=("a", "b"))]
    assert str(by_reason([(f"{n}", "is empty") for n in range(5)])[0]) == "5 × is empty (0, 1, 2, …)"


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=20))))
def test_each_is_counted_once(aside: list[tuple[str, str]]) -> None:
    assert sorted(name for reason in by_reason(aside) for name in reason.names) == sorted(name for name, _ in aside)
    assert len(listed({"left out": aside, "read, but not all of it": []})) == (
        len(by_reason(aside)) + 1 if aside else 0
    )


def test_a_refusal_names_the_commonest_reasons() -> None:
    with pytest.raises(UserError, match=r"30 of 31 .*\n  30 × line 0 is wrong, or the like \(0, 1, 2, …\)\nCorrect"):
        check("dataset toy", 1, [(str(n), f"line {n} is wrong") for n in range(30)])


def test_who_keeps_nothing_is_not_told_to_train_without_the_rest() -> None:
    for kept, told in ((1, "Correct what they have in common. To train without them: export REGENKIT_MAX_BAD=1"),
                       (0, "Correct what they have in common.")):  # fmt: skip
        with pytest.raises(UserError) as caught:
            check("dataset toy", kept, [(str(n), "is wrong") for n in range(30)])
        assert str(caught.value).splitlines()[-1] == told
