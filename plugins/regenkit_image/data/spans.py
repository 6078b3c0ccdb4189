"""Ranges of a numbered collection as sources: "train/0-1000" is what one `read` reads."""

from collections.abc import Iterator

A_SPAN = 500


def spans(name: str, count: int) -> Iterator[str]:
    """ "NAME/0-500", "NAME/500-1000" … up to `count`."""
    for first in range(0, count, A_SPAN):
        yield f"{name}/{first}-{min(first + A_SPAN, count)}"


def parsed(source: str) -> tuple[str, range]:
    """The inverse: (name, numbers)."""
    name, _, span = source.rpartition("/")
    first, last = map(int, span.split("-"))
    return name, range(first, last)
