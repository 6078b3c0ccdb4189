"""Where a dataset's files are: fetched into the cache, or in a folder of the user's own."""

from pathlib import Path

from regenkit.data.cache import cache_dir
from regenkit.errors import UserError
from regenkit.sources.source import Source


def folder(source: Source) -> Path:
    """Where its files are, once fetched."""
    return cache_dir() / "sources" / source.key


def located(source: Source, *, dataset: str, path: str | None = None) -> Path:
    """The folder of a dataset's files: the user's own `path`, else what was fetched.

    Raises UserError, with the command that fetches, where neither is there.
    """
    if path is not None:
        own = Path(path).expanduser()
        if not own.is_dir():
            what = "is a file" if own.exists() else "does not exist"
            raise UserError(f"{dataset}: path {path} {what}; right is a folder with {' and '.join(source.members)}")
        return own
    found = folder(source)
    if not found.is_dir():
        raise UserError(f"{dataset}: its data are not here. Fetch them ({source.size / 1e6:.0f} MB, {source.licence}) "
                        f"with: regenkit data fetch {dataset}. Or set path: to a folder of your own with "
                        f"{' and '.join(source.members)}")  # fmt: skip
    return found
