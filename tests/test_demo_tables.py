"""Y′ as tables: what is not edited comes back as it was, for the text of every kind of Y′."""

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from regenkit import Field, Spec, UserError
from regenkit.demo.rep_table import Table, tables, text_of
from regenkit.demo.views import shown, view
from regenkit.rep_text import from_text, to_text

TEMPLATE = """\
# A comment
key: G
title:
metre: 4/4
tempo: 96
notes:
- {syllable: "no", position: 0, duration: 4, chord: Em}

- {syllable: 'on:', position: 4, duration: 12}
"""


def test_a_template_is_a_table_of_values_and_one_of_notes() -> None:
    single, notes = tables(TEMPLATE)
    assert single.rows == [["key", "G"], ["title", ""], ["metre", "4/4"], ["tempo", 96]]
    assert notes.columns == ("syllable", "position", "duration", "chord")
    assert notes.rows == [["no", 0, 4, "Em"], ["on:", 4, 12, ""]]


def test_an_edited_cell_an_added_row_and_a_deleted_one() -> None:
    single, notes = tables(TEMPLATE)
    notes.rows[0][1] = "8"  # an editor gives text
    notes.rows[1:] = [["new", 3, 1, ""], ["", "", "", ""]]
    read = yaml.safe_load(text_of(TEMPLATE, [single, notes]))
    assert read["notes"] == [{"syllable": "no", "position": 8, "duration": 4, "chord": "Em"},
                             {"syllable": "new", "position": 3, "duration": 1}]  # fmt: skip
    assert read["key"] == "G"


def test_text_that_yaml_reads_as_something_else_stays_text() -> None:
    assert yaml.safe_load(text_of(TEMPLATE, tables(TEMPLATE)))["notes"][0]["syllable"] == "no"


def test_a_cell_that_is_no_value_is_told() -> None:
    single, notes = tables(TEMPLATE)
    notes.rows[0][1] = "[1"
    with pytest.raises(UserError, match=r"position: '\[1' is no value"):
        text_of(TEMPLATE, [single, notes])


@pytest.mark.parametrize("text", ["", "just words", "- 1\n- 2", "a: [", "\t"])
def test_what_has_no_tables_has_none(text: str) -> None:
    assert tables(text) == []


SHAPES = st.sampled_from([(), (3,), (2, 4), (2, 2, 3)])


@given(SHAPES, st.sampled_from([None, 7]), st.integers(0, 2**31 - 1))
def test_every_shape_of_a_field_comes_back(shape: tuple[int, ...], vocabulary: int | None, seed: int) -> None:
    field = Field(vocabulary=vocabulary, shape=shape, kind="tokens" if vocabulary else "continuous")
    spec = Spec({"a": field, "b": Field(vocabulary=3, shape=(2,))})
    random = np.random.default_rng(seed)
    value = random.integers(1, 8, shape) if vocabulary else random.normal(size=shape).round(3)
    rep = {"a": np.asarray(value, np.int32 if vocabulary else np.float32), "b": np.array([1, 3], np.int32)}
    text = to_text(spec, rep, {"title": "on: no", "words": ["a", "b"]})
    as_typed = [Table(each.name, each.columns, [[str(cell) for cell in row] if each.name == "b" else row
                                                for row in each.rows]) for each in tables(text)]  # fmt: skip
    again, meta = from_text(spec, text_of(text, as_typed))
    assert meta["title"] == "on: no"
    for name in spec:
        np.testing.assert_allclose(again[name], rep[name], rtol=1e-4, atol=1e-4)


@given(st.sampled_from([(3,), (2, 4)]), st.integers(0, 2**31 - 1))
def test_labels_and_what_is_absent_among_them_come_back(shape: tuple[int, ...], seed: int) -> None:
    spec = Spec({"said": Field(vocabulary=3, shape=shape, labels=("no", "G4", "yes"))})
    rep = {"said": np.random.default_rng(seed).integers(0, 4, shape).astype(np.int32)}
    text = to_text(spec, rep, {})
    as_typed = [Table(each.name, each.columns, [[str(cell) for cell in row] for row in each.rows])
                for each in tables(text)]  # fmt: skip
    np.testing.assert_array_equal(from_text(spec, text_of(text, as_typed))[0]["said"], rep["said"])


def test_one_widget_of_each_kind_for_what_a_modality_writes() -> None:
    assert shown((".mid", ".png", ".wav", ".musicxml", ".jpg")) == {"file": ".mid", "image": ".png", "audio": ".wav"}
    assert view(".TXT") == "text" and view(".mp4") == "video" and view(".xyz") == "file"


def test_what_was_empty_stays_empty() -> None:
    assert "title:\n" in text_of(TEMPLATE, tables(TEMPLATE))
