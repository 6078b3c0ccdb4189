"""Plain data as text and back, whatever a reader of either version of YAML would take a word for."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from regenkit import plain_yaml

NUMBERS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc"])) | st.from_regex(
    r"[-+]?[0-9.:_eExno]{1,6}", fullmatch=True
)


@given(st.dictionaries(TEXTS, NUMBERS | TEXTS | st.lists(NUMBERS | TEXTS, max_size=3), max_size=3))
def test_what_is_dumped_is_loaded(data: dict[str, Any]) -> None:
    assert plain_yaml.load(plain_yaml.dump(data)) == data


@given(st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_texts_are_texts_to_readers_of_the_older_version(data: dict[str, str]) -> None:
    assert yaml.safe_load(plain_yaml.dump(data)) == data


@pytest.mark.parametrize("word", ["no", "on", "Yes", "12:30", "1_000", "0x1f", ".inf", "2001-01-01"])
def test_these_are_words(word: str) -> None:
    assert plain_yaml.load(word) == word


def test_a_list_that_is_there_twice_is_written_twice() -> None:
    """An alias is nothing that a person edits, and a recipe has none."""
    parts = ["timing", "rhythm"]
    assert "&" not in plain_yaml.dump({"one": parts, "other": parts})


def test_what_does_not_print_is_escaped() -> None:
    text = "one\n\ttwo\x1b"
    written = plain_yaml.dump({"title": text})
    assert written == 'title: "one\\n\\ttwo\\e"\n'
    assert plain_yaml.load(written) == {"title": text}
