"""Where a dataset's files are: fetched into the cache, or in a folder of the user's own."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from regenkit.cache import cache_dir
from regenkit.digest import digest
from regenkit.errors import UserError
from regenkit.sources.source import Source
from regenkit.tree import tree


def folder(source: Source) -> Path:
    """Where its files are, once fetched."""
    return cache_dir() / "sources" / source.key


def own_folder(path: str, dataset: str, right: str) -> Path:
    """The folder that a dataset's `path` names, from the working directory on. Raises UserError where it is none, with
    what would be `right`."""
    own = Path(path).expanduser()
    if not own.is_dir():
        raise UserError(f"{dataset}: path {path} {'is a file' if own.exists() else 'does not exist'}; right is {right}")
    return own


def located(source: Source, *, dataset: str, path: str | None = None) -> Path:
    """The folder of a dataset's files: the user's own `path`, else what was fetched.

    Raises UserError, with the command that fetches, where neither is there.
    """
    if path is not None:
        own = own_folder(path, dataset, f"a folder with {' and '.join(source.members)}")
        names = tree(own).files
        for pattern in source.members:
            if not any(fnmatchcase(name, pattern) for name in names):
                raise UserError(f"{dataset}: there is no {pattern} in {path}")
        return own
    found = folder(source)
    if not found.is_dir():
        raise UserError(f"{dataset}: its data are not here. Fetch them ({source.size / 1e6:.0f} MB, {source.licence}) "
                        f"with: regenkit data fetch {dataset}. Or set path: to a folder of your own with "
                        f"{' and '.join(source.members)}")  # fmt: skip
    return found


def fingerprint(source: Source, path: str | None) -> str:
    """Changes with the files: what was fetched is what its key says; a user's own may be edited."""
    return source.key if path is None else stamp(Path(path).expanduser(), tree(Path(path).expanduser()).files)


def stamp(root: Path, names: Iterable[str]) -> str:
    """Changes when one of the files below `root` is edited, added or removed."""
    stats = [(name, (root / name).stat()) for name in names if (root / name).exists()]
    return digest([str(root.resolve()), [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]])
