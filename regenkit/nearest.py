"""The end of an error message: which name was probably meant, and which names there are."""

import difflib
from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` most similar to `name`, ignoring case and a plugin's prefix; None if none is similar."""
    by_key: dict[str, str] = {}
    for known in names:
        by_key.setdefault(known.casefold(), known)
        by_key.setdefault(known.casefold().rpartition("/")[2], known)
    found = difflib.get_close_matches(name.casefold(), by_key, n=1, cutoff=0.6)
    return by_key[found[0]] if found else None


MANY = 30
"""Names from which on a message that has a guess does not list them."""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """`; did you mean 'x'? There are: x, y`, for the end of a message."""
    names = set(names)
    guess = nearest(name, sorted(names))
    if guess is None:
        return f". {there_are(names)}"
    return f"; did you mean {guess!r}?" + (f" {there_are(names)}" if len(names) < MANY else "")


def there_are(names: Iterable[str]) -> str:
    known = sorted(names)
    return f"There are: {', '.join(known)}" if known else "There are none"
