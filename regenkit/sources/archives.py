"""Chosen files out of a package file, by its suffix: .whl and .zip, .tgz and .tar.gz, .deb (ar, and in it data.tar.*).

An archive is not trusted. Only regular files whose names match are read out, to places that this module makes from
their names; links are left out, never followed; and no more is written than was announced.
"""

import stat
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from regenkit.errors import UserError
from regenkit.files import writing

MOST_FILES = 100_000
CHUNK = 1 << 20
AR_MAGIC = b"!<arch>\n"
Members = Iterator[tuple[str, IO[bytes]]]


def extract(archive: Path, folder: Path, *, root: str, members: tuple[str, ...], unpacked: int) -> int:
    """Write the files below `root` in the archive that match one of `members` into `folder`; returns how many.

    Raises UserError where the archive is damaged or of an unknown kind, where a name leads out of `folder` or comes
    twice, where nothing matches, and where there are more than `unpacked` bytes.
    """
    count, left = 0, unpacked
    try:
        with _opened(archive) as found:
            for number, (name, file) in enumerate(found):
                path = PurePosixPath(name)
                inside = path.relative_to(root) if path.is_relative_to(root) else None
                if inside is not None and any(fnmatchcase(str(inside), pattern) for pattern in members):
                    left -= _write(file, _place(archive, folder, inside), left)
                    count += 1
                if left < 0 or number >= MOST_FILES:
                    raise UserError(f"{archive.name}: unpacks to more than the {unpacked:,} bytes, or {MOST_FILES:,} "
                                    "files, expected of it")  # fmt: skip
    except UserError:
        raise
    except Exception as error:  # tarfile and zipfile raise whatever the damaged byte leads them to
        raise UserError(f"{archive.name}: is damaged, or is no archive of its kind ({error})") from error
    if not count:
        raise UserError(f"{archive.name}: holds no {' or '.join(members)} in {root or 'it'}")
    return count


def _place(archive: Path, folder: Path, inside: PurePosixPath) -> Path:
    if ".." in inside.parts or "\\" in str(inside) or "\0" in str(inside):
        raise UserError(f"{archive.name}: its member {str(inside)!r} leads out of the folder it is unpacked into")
    target = folder.joinpath(*inside.parts)
    if target.exists():
        raise UserError(f"{archive.name}: holds {str(inside)!r} twice")
    return target


def _write(file: IO[bytes], target: Path, most: int) -> int:
    """Copy `file` until it ends or is over `most` bytes; returns the bytes written."""
    written = 0
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        out = target.open("xb")
    with out:
        while written <= most and (chunk := file.read(CHUNK)):
            with writing(target):
                out.write(chunk)
            written += len(chunk)
    return written


@contextmanager
def _opened(archive: Path) -> Iterator[Members]:
    """The regular files of an archive, in its order, each to be read before the next is asked for."""
    with archive.open("rb") as file:
        if archive.suffix in (".whl", ".zip"):
            with zipfile.ZipFile(file) as opened:
                yield _zipped(opened)
        elif archive.name.endswith((".tgz", ".tar.gz", ".deb")):
            if archive.suffix == ".deb":
                _seek_data(file)
            with tarfile.open(fileobj=file, mode="r|*") as stream:
                yield _tarred(stream)
        else:
            raise UserError(f"{archive.name}: there are .whl, .zip, .tgz, .tar.gz and .deb; this is none of them")


def _zipped(opened: zipfile.ZipFile) -> Members:
    for info in opened.infolist():
        if not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16):
            with opened.open(info) as file:
                yield info.filename, file


def _tarred(stream: tarfile.TarFile) -> Members:
    for info in stream:
        if info.isreg() and (file := stream.extractfile(info)):
            yield info.name, file


def _seek_data(file: IO[bytes]) -> None:
    """Go to where data.tar.* begins, in the ar archive that a Debian package is (deb(5))."""
    if file.read(len(AR_MAGIC)) != AR_MAGIC:
        raise ValueError("it does not begin as an ar archive")
    while header := file.read(60):
        name, size = header[:16].decode("ascii").strip().rstrip("/"), int(header[48:58])
        if name.startswith("data.tar"):
            return
        if size < 0:
            raise ValueError(f"its member {name!r} has a size below 0")
        file.seek(size + size % 2, 1)
    raise ValueError("it has no data.tar")
