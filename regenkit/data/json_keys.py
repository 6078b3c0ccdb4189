"""JSON of users, in which no key may stand twice."""

from collections.abc import Iterable
from typing import Any, final


@final
class DuplicateKeyError(ValueError):
    """A JSON object has a key twice. JSON keeps the last, and says nothing."""


def once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The map of some pairs, for `json.loads(…, object_pairs_hook=once)`. Raises DuplicateKeyError."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DuplicateKeyError(f"has the key {key!r} twice: write its values as a list")
        found[key] = value
    return found
