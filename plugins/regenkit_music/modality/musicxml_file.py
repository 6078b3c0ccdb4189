"""From a MusicXML file to its root element: plain or compressed (.mxl), in any encoding, and never a bomb.

The container of .mxl is W3C MusicXML 4.0, "Compressed .mxl files". Nothing is unpacked to disk, so no name in an
archive leads anywhere.
"""

import io
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from regenkit.data.text_encoding import decoded
from regenkit.errors import BadSource

if TYPE_CHECKING:
    from lxml.etree import XMLParser, _Element

LARGEST = 64 * 2**20  # bytes of a score, unpacked; the largest of music21's corpus, a string quartet, has 11 MB
ARCHIVE = b"PK\x03\x04"
CONTAINER = "META-INF/container.xml"
ROOTS = ("score-partwise", "score-timewise")


def root_of(path: Path, encoding: str | None = None) -> "_Element":
    """The root element, `score-partwise` or `score-timewise`.

    encoding   of the file, in place of the one that it states; None: as it states

    Raises BadSource: not XML, not MusicXML, larger than 64 MB, an archive without a score, entities of its own; and
    UserError where `encoding` is no encoding.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= LARGEST else None
    except OSError as error:
        raise BadSource(path, f"can't be read ({error.strerror})") from error
    if data is None:
        raise BadSource(path, f"is larger than {LARGEST // 2**20} MB, which no score is")
    if data.startswith(ARCHIVE):
        data = _unpacked(data, path)
    root = _parsed(data, path, encoding)
    if root.tag not in ROOTS:
        raise BadSource(path, f"is no MusicXML score: its root element is <{root.tag}>, right is <{ROOTS[0]}>")
    return root


def _unpacked(data: bytes, path: Path) -> bytes:
    """The score of an archive: the first that its container names, else its first .xml or .musicxml."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {member.filename: member for member in archive.infolist() if not member.is_dir()}
            named = _rootfile(_member(archive, members[CONTAINER], path), path) if CONTAINER in members else None
            others = (
                name
                for name in members
                if name.lower().endswith((".musicxml", ".xml")) and not name.startswith(("META-INF", "__MACOSX"))
            )
            name = named if named in members else next(others, None)
            if name is None:
                raise BadSource(path, "is an archive without a score (no .xml or .musicxml in it)")
            return _member(archive, members[name], path)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise BadSource(path, f"is a damaged archive ({type(error).__name__}: {error})") from error


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> bytes:
    """A member's bytes. What it states as its size is not believed: no more than the limit is ever unpacked."""
    with archive.open(member) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise BadSource(path, f"unpacks to more than {LARGEST // 2**20} MB, which no score is")
    return data


def _rootfile(container: bytes, path: Path) -> str | None:
    """The full path of the first score that a container names; renderings (PDF) have a media type of their own."""
    for rootfile in _parsed(container, path).iter("{*}rootfile"):
        if "musicxml" in rootfile.get("media-type", "application/vnd.recordare.musicxml+xml"):
            return rootfile.get("full-path")
    return None


def _parsed(data: bytes, path: Path, encoding: str | None = None) -> "_Element":
    from lxml import etree

    try:
        if encoding is not None:
            data, encoding = decoded(data, encoding, path).encode(), "utf-8"
        root = etree.fromstring(data, _parser(encoding))
    except etree.XMLSyntaxError as error:
        # Saved anew as UTF-8 by a program that left the declaration of UTF-16 as it was: common.
        if encoding is not None or b"UTF-16" not in data[:100].upper():
            raise BadSource(path, f"is no XML that can be read ({error})") from error
        return _parsed(data, path, "utf-8")
    if root is None:
        raise BadSource(path, "is no XML that can be read (it is empty)")
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):  # type: ignore[union-attr] # not in the stubs
        raise BadSource(path, "declares entities of its own, which MusicXML has no use for and which may be a bomb")
    entity = next(root.iter(etree.Entity), None)
    if entity is not None:
        raise BadSource(path, f"uses {entity.text}, which XML does not know; right is the character itself")
    return root


def _parser(encoding: str | None) -> "XMLParser":
    """Nothing outside the file is looked at, and nothing in it is expanded."""
    from lxml import etree

    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )
