"""Checks of a converter by rule."""

import pickle
from typing import Any

import numpy as np

from regenkit.components import Converter
from regenkit.conform import refuse_unfit
from regenkit.errors import BadSource, UserError
from regenkit.given import Given
from regenkit.pipeline.editing import completed, parse_given, parsed, text_of
from regenkit.pipeline.encoding import checked
from regenkit.spec import Fields
from regenkit.testing.finding import Failed, same
from regenkit.testing.material import Material

PLACES = 1e-3
"""How far numbers may differ after they were text."""


def its_members_are_there(component: Converter, material: Material) -> None:
    """It has what `RuleConverter` in regenkit/adapter.py has, with those arguments."""
    refuse_unfit(component, material.pipeline.converter)


def what_it_makes_is_as_its_spec_says(component: Converter, material: Material) -> None:
    """`convert` gives the fields, shapes and tokens of `spec`, the same twice, and leaves its argument as it is."""
    converter = material.pipeline.converter
    for before in [each["y"] for each in material.examples] + material.without_rep:
        y = {name: np.array(value) for name, value in before.items()}
        try:
            rep = checked(converter, "convert", converter.convert(y))
            converter.spec.check_present(rep, "Y′")
        except BadSource:  # as it may say of an example that has none
            continue
        except ValueError as error:
            raise Failed(str(error), "a token is a number from 1 on") from error
        same(before, y, "convert changed its argument, which now has", "work on a copy, as in y[NAME].copy()")
        same(rep, converter.convert(y), "the second call gives", "let nothing random or of before decide")


def fields_of_y_keep_their_meaning(component: Converter, material: Material) -> None:
    """A field of Y′ that is named as one of Y is that very field: it is copied into Y and not drawn again."""
    y, rep = material.pipeline.specs["y"], material.pipeline.converter.spec
    for name in set(y) & set(rep):
        if y[name] != rep[name]:
            raise Failed(f"{name} is {rep[name]} of Y′ and {y[name]} of Y", "give it another name, or the same Field")
    for example in material.examples:
        shared = {name: example["rep"][name] for name in set(y) & set(rep)}
        same({name: example["y"][name] for name in shared}, shared, "Y′ has", "copy the field from Y as it is")


def its_text_can_be_read_again(component: Converter, material: Material) -> None:
    """from_text(to_text(rep, meta)) gives the rep and the meta again, and the text of that is the same text."""
    converter = material.pipeline.converter
    for index, example in zip(material.indices, material.examples, strict=True):
        meta = {name: value for name, value in material.prepared.example(int(index))[1].items() if name != "id"}
        text = text_of(converter, example["rep"], meta)
        if not isinstance(text, str) or not text:
            raise Failed(f"to_text gives {text!r}", "give text; regenkit.rep_text.to_text writes any spec as YAML")
        rep, again = parsed(converter, text)
        same(example["rep"], rep, "after it was text, it has", "write every field, and read each back", close=PLACES)
        if text_of(converter, rep, again) != text:
            raise Failed("the second text differs from the first", "let to_text depend on rep and meta alone")


def wrong_text_is_refused(component: Converter, material: Material) -> None:
    """from_text of what is no Y′ raises UserError, whose message says what is wrong. What it takes is the very text of
    the Y′ that it gives."""
    converter = material.pipeline.converter  # first: what keeps it from being built is no refusal of a text
    for text in ("", "{", "no: such field\n", "- 1\n- 2\n", "\x00"):
        try:
            rep, meta = parsed(converter, text)
            taken = text_of(converter, rep, meta)
        except UserError:
            continue
        except Exception as error:
            raise Failed(f"of {text!r}: {type(error).__name__}: {error}",
                         "catch it, and raise UserError; or use regenkit.rep_text.from_text") from error  # fmt: skip
        if taken.strip() != text.strip():
            raise Failed(f"{text!r} is taken for {taken!r}", "regenkit.rep_text.from_text checks against the spec")


def what_is_given_is_laid_over(component: Converter, material: Material) -> None:
    """given({}) is a Given, with which complete(rep, given) fits `spec`; an unknown name is a UserError."""
    converter = material.pipeline.converter
    nothing = parse_given(converter, {})
    if not isinstance(nothing, Given):
        raise Failed(f"given({{}}) is a {type(nothing).__name__}", "return regenkit.given.Given()")
    for example in material.examples[:2]:
        rep: Fields = {name: np.array(value) for name, value in example["rep"].items()}
        checked(converter, "complete", completed(converter, rep, nothing))
    try:
        parse_given(converter, {"no_such_name": "1"})
    except UserError:
        return
    raise Failed("given({'no_such_name': '1'}) is taken", "raise UserError that says what can be given")


def workers_can_have_it(component: Converter, material: Material) -> None:
    """It can be pickled, and the copy converts in the same way."""
    converter = material.pipeline.converter
    try:
        copy: Any = pickle.loads(pickle.dumps(converter))
    except Exception as error:
        raise Failed(f"{type(error).__name__}: {error}", "keep open files and functions out of the object") from error
    y = material.examples[0]["y"]
    same(converter.convert(y), copy.convert(y), "the copy's Y′ has")


CHECKS = (
    its_members_are_there, what_it_makes_is_as_its_spec_says, fields_of_y_keep_their_meaning,
    its_text_can_be_read_again, wrong_text_is_refused, what_is_given_is_laid_over, workers_can_have_it,
)  # fmt: skip
