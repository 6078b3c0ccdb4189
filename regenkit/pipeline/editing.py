"""What a user does with a Y′: fix a part of it before it is predicted, read it as text, edit that text.

A converter may have ways of its own (`adapter.Gives`, `adapter.WritesText`). Of any other, each scalar with labels can
be given, and the text is YAML with a list a field (`rep_text`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from regenkit import rep_text
from regenkit.adapter import Gives, RuleConverter, WritesText
from regenkit.errors import UserError
from regenkit.given import Given
from regenkit.nearest import did_you_mean
from regenkit.pipeline.encoding import pair
from regenkit.plugins.blame import title_of
from regenkit.spec import Field, Fields, Spec


def given_by_user(options: Mapping[str, str], x: Spec, y: Spec, converter: RuleConverter) -> Given:
    """What `options` name of X's optional scalars, unless Y has them, too; the rest as of the converter."""
    of_x = _of_x(x, y)
    try:
        fixed = parse_given(converter, {name: label for name, label in options.items() if name not in of_x})
    except UserError as error:
        raise UserError(f"{error}. Of X, {', '.join(of_x)} can be given" if of_x else str(error)) from error
    return replace(fixed, x={name: _token(x, name, label) for name, label in options.items() if name in of_x})


def parse_given(converter: RuleConverter, options: Mapping[str, str]) -> Given:
    """`--given NAME=VALUE` of Y′; an optional scalar that is not named has its first label. Raises UserError."""
    if isinstance(converter, Gives):
        return converter.given(options)
    known = _of_rep(converter)
    for name in options:
        if not known:
            fields = ", ".join(converter.spec)
            raise UserError(f"given {name}: of this Y′ ({fields}) nothing can be given; leave it out")
        if name not in known:
            raise UserError(f"given {name}: of this Y′ nothing of that name can be given{did_you_mean(name, known)}")
    asked = {name: options.get(name) for name, field in known.items() if field.optional or name in options}
    return Given(fields={name: _token(known, name, label) for name, label in asked.items()})


def can_be_given(x: Spec, y: Spec, converter: RuleConverter) -> bool:
    """Whether there is anything that `given_by_user` takes."""
    return isinstance(converter, Gives) or bool(_of_x(x, y) or _of_rep(converter))


def completed(converter: RuleConverter, rep: Fields, given: Given) -> Fields:
    """The predicted Y′, with what is given laid over it."""
    return converter.complete(rep, given) if isinstance(converter, Gives) else {**rep, **given.fields}


def text_of(converter: RuleConverter, rep: Fields, meta: Mapping[str, Any]) -> str:
    """Y′ as text that a person reads and edits."""
    if isinstance(converter, WritesText):
        return converter.to_text(rep, meta)
    return rep_text.to_text(converter.spec, rep, meta)


def parsed(converter: RuleConverter, text: str, where: str = "Y′") -> tuple[Fields, dict[str, Any]]:
    """(rep, meta) of a text. Raises UserError: with `where`, if the text is refused; else if no pair is returned."""
    try:
        if not isinstance(converter, WritesText):
            return rep_text.from_text(converter.spec, text)
        found = converter.from_text(text)
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    return pair(title_of(converter), converter, "from_text", found)


def _of_x(x: Spec, y: Spec) -> dict[str, Field]:
    return {name: field for name, field in _tokens(x.only(optional=True)).items() if name not in y}


def _of_rep(converter: RuleConverter) -> dict[str, Field]:
    return {name: field for name, field in _tokens(converter.spec).items() if field.labels or field.optional}


def _tokens(spec: Spec) -> dict[str, Field]:
    """Fields of one token an example. A number has neither labels nor a first one: it stays absent."""
    return {name: field for name, field in spec.items() if field.scalar and field.vocabulary}


def _token(spec: Mapping[str, Field], name: str, label: str | None) -> np.ndarray:
    """That of a label, or of the token's number where it has none; of None, the first. Raises UserError: another."""
    count = spec[name].vocabulary or 0
    labels = spec[name].labels or tuple(map(str, range(1, count + 1)))
    if label is None:
        return np.array(1, np.int32)
    if label not in labels:
        right = f"one of {', '.join(labels)}" if spec[name].labels else f"a number from 1 to {count}"
        raise UserError(f"given {name}={label}: it is {right}")
    return np.array(1 + labels.index(label), np.int32)
