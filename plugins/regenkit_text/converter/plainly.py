"""What the converters of text have in common: nothing of their Y′ can be given."""

from collections.abc import Mapping

from regenkit.errors import UserError
from regenkit.given import Given


def nothing_given(options: Mapping[str, str], of: str) -> Given:
    """Raises UserError where something is."""
    if options:
        raise UserError(f"given {next(iter(options))}: of {of} nothing can be given; leave it out")
    return Given()
