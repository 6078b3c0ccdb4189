"""What a user gives: of X and of Y′ by their labels, and what stands where nothing is given."""

from typing import Any

import numpy as np
import pytest

from regenkit.errors import UserError
from regenkit.given import given_options
from regenkit.pipeline.editing import can_be_given, completed, given_by_user, parse_given
from regenkit.pipeline.source import XConverter
from regenkit.spec import Field, Fields, Spec, tokens

LANGUAGE = tokens(("en", "cs", "nl"), scalar=True, optional=True)
SPEAKER = tokens(("ann", "bob"), scalar=True, optional=True)
X = Spec({"text": tokens(26, axis="x"), "language": LANGUAGE})


class Voices:
    """A converter of whose Y′ the speaker is given, and the mood can be; the mood is predicted otherwise."""

    version = 1
    spec = Spec(
        {
            "speaker": SPEAKER,
            "mood": tokens(("sad", "glad"), scalar=True),
            "mel": Field(kind="continuous", shape=(None, 3)),
        }
    )


class Phones:
    """X → X′, in a language."""

    version = 1
    spec = Spec({"phone": tokens(26), "language": LANGUAGE})

    def convert(self, y: Fields) -> Fields:
        return {"phone": y["text"], "language": y["language"]}


VOICES: Any = Voices()  # no whole converter


def test_each_name_goes_to_the_side_that_has_it() -> None:
    fixed = given_by_user({"language": "cs", "speaker": "bob"}, X, Voices.spec, VOICES)
    assert {name: int(value) for name, value in fixed.x.items()} == {"language": 2}
    assert {name: int(value) for name, value in fixed.fields.items()} == {"speaker": 2}
    unasked = given_by_user({}, X, Voices.spec, VOICES)
    assert not unasked.x and {name: int(value) for name, value in unasked.fields.items()} == {"speaker": 1}


def test_a_label_that_is_predicted_can_be_given_and_is_laid_over_the_prediction() -> None:
    fixed = parse_given(VOICES, {"mood": "glad"})
    predicted = {"mood": np.array(1, np.int32), "mel": np.ones((2, 3), np.float32)}
    whole = completed(VOICES, predicted, fixed)
    assert int(whole["mood"]) == 2 and int(whole["speaker"]) == 1 and whole["mel"] is predicted["mel"]


class Sizes:
    """A converter of whose Y′ a number and a token without labels are given."""

    version = 1
    spec = Spec(
        {
            "size": Field(kind="continuous", shape=(), optional=True),
            "kind": tokens(5, scalar=True, optional=True),
            "mel": Field(kind="continuous", shape=(None, 3)),
        }
    )


def test_a_number_has_no_first_label_and_a_token_without_labels_is_given_by_its_number() -> None:
    sizes: Any = Sizes()  # no whole converter
    assert {name: int(value) for name, value in parse_given(sizes, {}).fields.items()} == {"kind": 1}
    assert {name: int(value) for name, value in parse_given(sizes, {"kind": "3"}).fields.items()} == {"kind": 3}
    with pytest.raises(UserError, match=r"^given kind=6: it is a number from 1 to 5$"):
        parse_given(sizes, {"kind": "6"})
    with pytest.raises(UserError, match=r"^given size: of this Y′ nothing of that name can be given.*kind$"):
        parse_given(sizes, {"size": "2.5"})
    with pytest.raises(UserError, match=r"^given size: of this Y′ nothing of that name can be given"):
        given_by_user({"size": "2.5"}, Sizes.spec, Voices.spec, VOICES)


class Mel:
    """A converter of whose Y′ nothing can be given."""

    version = 1
    spec = Spec({"mel": Voices.spec["mel"]})


def test_something_can_be_given_of_x_or_of_y_prime_whether_it_is_predicted_or_not() -> None:
    mel: Any = Mel()  # no whole converter
    mood: Any = type("Mood", (), {"version": 1, "spec": Voices.spec.only(optional=False)})()
    for x, converter, right in ((X, mel, {"language": "cs"}), (Spec(), mood, {"mood": "sad"}), (Spec(), mel, {})):
        assert can_be_given(x, converter.spec, converter) == bool(right)
        found = given_by_user(right, x, converter.spec, converter)
        assert {*found.x, *found.fields} == {*right}


def test_what_y_has_too_is_given_of_y() -> None:
    y = Spec({"speaker": SPEAKER, "language": LANGUAGE})
    with pytest.raises(UserError, match="given language: of this Y′ nothing of that name"):
        given_by_user({"language": "cs"}, X, y, VOICES)


@pytest.mark.parametrize(
    ("name", "label", "said"),
    [
        ("language", "de", "given language=de: it is one of en, cs, nl"),
        ("speaker", "eve", "given speaker=eve: it is one of ann, bob"),
        ("langage", "cs", "given langage: of this Y′ nothing .* can be given.* Of X, language can be given"),
    ],
)
def test_what_cannot_be_given_is_refused_with_what_can(name: str, label: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        given_by_user({name: label}, X, Voices.spec, VOICES)


def test_what_a_user_leaves_open_is_what_the_converter_of_x_takes() -> None:
    phones: Any = Phones()  # no whole converter
    source = XConverter(phones, {"use": "phones"}, X)
    text = {"text": np.array([1, 2], np.int32)}
    said = [int(source.of_user({**text, "language": np.array(token, np.int32)})["language"]) for token in (0, 1, 3)]
    assert said == [1, 1, 3]


@pytest.mark.parametrize("flag", ["--given ", ""])
def test_what_is_no_pair_is_refused_with_one_as_it_is_written_there(flag: str) -> None:
    assert given_options(["key=G", " chords = D=7 "], flag) == {"key": "G", "chords": "D=7"}
    with pytest.raises(UserError, match=f"^{flag}key: write FIELD=VALUE, as in {flag}key=G$"):
        given_options(["key=G", "key"], flag)
