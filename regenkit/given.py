"""What a user fixes before anything is generated, in terms of the fields that are generated."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from regenkit.errors import UserError
from regenkit.spec import Fields


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


def given_options(texts: Iterable[str], flag: str = "--given ") -> dict[str, str]:
    """["key=G"] → {"key": "G"}. Raises UserError where one is no such pair; `flag` is what a user writes before it."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UserError(f"{flag}{text}: write FIELD=VALUE, as in {flag}key=G")
        found[name.strip()] = value.strip()
    return found
