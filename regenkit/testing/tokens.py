"""Whether tokens begin with 1: 0 says that there is none, so who forgets to add 1 teaches that the first is absent."""

from collections.abc import Iterable

import numpy as np

from regenkit.spec import Fields, Spec
from regenkit.testing.finding import Failed

OFTEN = 10
"""How many entries there must be for each token of a vocabulary before one that is never there says something."""


def begin_with_1(spec: Spec, examples: Iterable[Fields]) -> None:
    """Raises Failed of a field whose entries are 0 … vocabulary - 1, with both ends, and never `vocabulary`."""
    examples = list(examples)
    for name, field in spec.items():
        if field.vocabulary is None or field.optional:
            continue
        entries = np.concatenate([np.ravel(each[name]) for each in examples if name in each] or [np.zeros(0, int)])
        if entries.size < OFTEN * field.vocabulary:
            continue
        if entries.min() == 0 and entries.max() == field.vocabulary - 1:
            zeros = int((entries == 0).sum())
            raise Failed(
                f"{name} is 0 in {zeros:,} of {entries.size:,} entries and never {field.vocabulary}, its last token",
                f"add 1: tokens are 1 … {field.vocabulary}, and 0 is learned by nobody. Where 0 is right, as there is "
                f"none, write tokens({field.vocabulary - 1})",
            )
