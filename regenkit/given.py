"""What a user fixes before anything is generated, in terms of the fields that are generated."""

from collections.abc import Mapping
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
    """

    fields: Fields = field(default_factory=dict)
    permitted: dict[str, np.ndarray] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)


def nothing_given(options: Mapping[str, str], of: str) -> Given:
    """For converters of whose Y′ nothing can be given. Raises UserError where something is."""
    if options:
        raise UserError(f"given {next(iter(options))}: of {of} nothing can be given; leave it out")
    return Given()
