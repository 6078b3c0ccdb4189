"""What a person fixes before anything is generated, in the terms of the fields that are generated."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from regenkit.spec import Fields


@final
@dataclass(frozen=True, kw_only=True)
class Given:
    """What a converter makes of `--given NAME=VALUE`.

    fields     Y′ fields known before anything is generated; scalars
    permitted  by field of Y: (vocabulary,) bool, entry t − 1 says whether token t may be sampled; no entry, no limit
    meta       what the decoded example gets beside its fields
    rest       parsed, but to be laid out only once Y′ is known: `converter.complete(rep, given)` does it
    """

    fields: Fields = field(default_factory=dict)
    permitted: dict[str, np.ndarray] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)
