"""A very long Y′ is shown by its beginning."""

import numpy as np

from regenkit import Field, Spec
from regenkit.cli.training import MOST_CHARACTERS, _beginning
from regenkit.rep_text import to_text


def test_a_map_of_classes_does_not_fill_the_terminal() -> None:
    spec = Spec({"classes": Field(vocabulary=2, shape=(64, 64), labels=("road", "tree"))})
    text = to_text(spec, {"classes": np.ones((64, 64), np.int32)}, {})
    shown = _beginning(text)
    kept, _, said = shown.rpartition("\n")
    assert len(kept) <= MOST_CHARACTERS < len(text)
    assert text.startswith(f"{kept}\n"), "a line was cut"
    assert said == f"… of {len(text):,} characters; --json has all"


def test_a_line_that_is_too_long_is_cut_and_a_short_text_is_not() -> None:
    line = "a" * (MOST_CHARACTERS + 1)
    assert _beginning(line) == f"{'a' * MOST_CHARACTERS}\n… of {MOST_CHARACTERS + 1:,} characters; --json has all"
    assert _beginning(line[1:]) == line[1:]
