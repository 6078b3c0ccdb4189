"""What a user fixes before anything is generated, in terms of the fields that are generated."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, final

import numpy as np

from regenkit.errors import UserError
from regenkit.nearest import did_you_mean
from regenkit.spec import Fields, Spec


@final
@dataclass(frozen=True, kw_only=True)
class Given:
    """`--given NAME=VALUE`, as a converter parses it.

    fields     fields of Y′ that are known before anything is generated; scalars
    permitted  by field of Y: (vocabulary,) bool; entry t − 1 is True where token t may be sampled. No entry: all may
    meta       what the decoded example gets beside its fields
    rest       what can be applied only once Y′ is known: `converter.complete(rep, given)` does it
    x          fields of X that its value does not say (the language of a text); scalars
    """

    fields: Fields = field(default_factory=dict)
    permitted: dict[str, np.ndarray] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)
    x: Fields = field(default_factory=dict)


class Gives(Protocol):
    def given(self, options: Mapping[str, str]) -> Given: ...


def given_by_user(options: Mapping[str, str], x: Spec, y: Spec, converter: Gives) -> Given:
    """What `options` name of X's optional scalars, unless Y has them, too; the rest as the converter parses it."""
    of_x = Spec((name, field) for name, field in x.only(optional=True).items() if field.scalar and name not in y)
    try:
        fixed = converter.given({name: label for name, label in options.items() if name not in of_x})
    except UserError as error:
        raise UserError(f"{error}. Of X, {', '.join(of_x)} can be given" if of_x else str(error)) from error
    return replace(fixed, x={name: token(x, name, label) for name, label in options.items() if name in of_x})


def first_unless_given(spec: Spec, options: Mapping[str, str], of: str) -> Given:
    """A token of each scalar field with labels: the one that is given, else the first. Raises UserError where anything
    else is given, which names what it is given of."""
    known = [name for name, field in spec.items() if field.scalar and field.vocabulary]
    for name in options:
        if name not in known:
            hint = did_you_mean(name, known) or f"; there is {', '.join(known) or 'nothing'}"
            raise UserError(f"given {name}: {of} nothing of that name can be given{hint}")
    return Given(fields={name: token(spec, name, options.get(name)) for name in known})


def token(spec: Spec, name: str, label: str | None) -> np.ndarray:
    """That of a label; of none, the first. Raises UserError where the field has no such label."""
    labels = spec[name].labels
    if label is None:
        return np.array(1, np.int32)
    if label not in labels:
        raise UserError(f"given {name}={label}: it is one of {', '.join(labels)}")
    return np.array(1 + labels.index(label), np.int32)


def nothing_given(options: Mapping[str, str], of: str) -> Given:
    """For converters of whose Y′ nothing can be given. Raises UserError where something is."""
    if options:
        raise UserError(f"given {next(iter(options))}: of {of} nothing can be given; leave it out")
    return Given()
