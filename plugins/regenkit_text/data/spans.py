"""Ranges of a numbered collection as sources: "0-500" is what one `read` reads."""

from collections.abc import Iterator

A_SPAN = 500


def spans(count: int) -> Iterator[str]:
    """ "0-500", "500-1000" … up to `count`."""
    for first in range(0, count, A_SPAN):
        yield f"{first}-{min(first + A_SPAN, count)}"


def spanned(source: str) -> slice:
    """The inverse."""
    return slice(*map(int, source.split("-")))
