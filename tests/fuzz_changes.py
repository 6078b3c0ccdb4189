"""Files that nobody meant: a sound file changed by a chance that its seed decides, as bytes, lines, or by its format.

Each function is (chance, data) → data. A change that does not apply to these data gives them back.
"""

import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress

import numpy as np

Change = Callable[[random.Random, bytes], bytes]
EDGES = [
    *(
        b"\0",
        b"\xff",
        b"\x7f",
        b"\x80",
        b"\n",
        b"\r\n",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"%s%n",
        b"9" * 400,
        b"-1",
        b"NaN",
    ),
    *(b"1e999", b"\xe2\x80\xae", b"\x1b[31m", "é😀".encode(), b"<", b"&", b'"', b"'", b"[" * 300, b"(" * 300),
]
BIG = (0, 1, 127, 255, 32767, 65535, 2**24, 2**31 - 1, 2**32 - 1)


def flip(chance: random.Random, data: bytes) -> bytes:
    """Some bits."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        if found:
            found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    return bytes(found)


def cut(chance: random.Random, data: bytes) -> bytes:
    """The end, the begin or a piece is missing."""
    if not data:
        return data
    one, other = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    return chance.choice((data[:one], data[one:], data[:one] + data[other:]))


def splice(chance: random.Random, data: bytes) -> bytes:
    """A piece again in another place, or something on the edge of what is possible."""
    one, other = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    piece = chance.choice(
        (data[one : min(other, one + 4096)], chance.choice(EDGES), chance.randbytes(chance.randrange(9)))
    )
    place = chance.randrange(len(data) + 1)
    return data[:place] + piece * chance.choice((1, 1, 1, 2, 50)) + data[place + chance.choice((0, len(piece))) :]


def numbers(chance: random.Random, data: bytes) -> bytes:
    """Two or four bytes become the largest or the least number that they can hold."""
    width = chance.choice((1, 2, 4))
    if len(data) < width:
        return data
    place, number = chance.randrange(min(len(data) - width + 1, chance.choice((32, 256, 10**9)))), chance.choice(BIG)
    return (
        data[:place] + (number % 256**width).to_bytes(width, chance.choice(("big", "little"))) + data[place + width :]
    )


def lines(chance: random.Random, data: bytes) -> bytes:
    """Lines lost, doubled, swapped, made long."""
    found = data.splitlines(keepends=True)
    if len(found) < 2:
        return data
    one, other = chance.randrange(len(found)), chance.randrange(len(found))
    kind = chance.randrange(5)
    if kind == 0:
        del found[one]
    elif kind == 1:
        found.insert(other, found[one])
    elif kind == 2:
        found[one], found[other] = found[other], found[one]
    elif kind == 3:
        found[one] = found[one].strip()[:20_000] * chance.choice((2, 100, 3000)) + b"\n"
    else:
        found[one] = chance.choice(EDGES) + found[one]
    return b"".join(found)


LOOKED_AT = 1_000_000
"""Bytes of a text whose words may be changed: those of all of a large one would take the memory that a reader has."""


def words(chance: random.Random, data: bytes) -> bytes:
    """A word or number in a text becomes another, or something that is neither."""
    found = list(re.finditer(rb"[\w.#/+-]+", data[:LOOKED_AT]))
    if not found:
        return data
    word, other = chance.choice(found), chance.choice(found)
    instead = chance.choice((other[0], b"", b"0", b"-1", b"99999999999", b"0.0001", b"1/0", b"9" * 5000, *EDGES))
    return data[: word.start()] + instead + data[word.end() :]


# --- XML ----------------------------------------------------------------------

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE score-partwise [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><score-partwise><part><measure>&j;</measure></part></score-partwise>"
)
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE score-partwise [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<score-partwise><work><work-title>&x;</work-title></work></score-partwise>"
)


def elements(chance: random.Random, data: bytes) -> bytes:
    """Elements moved, doubled, dropped, nested, emptied, renamed; attributes and texts replaced."""
    from lxml import etree

    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return data
    for _ in range(chance.choice((1, 1, 2, 6))):
        every = [each for each in root.iter() if isinstance(each.tag, str) and each.getparent() is not None]
        if not every:
            break
        one, other = chance.choice(every), chance.choice(every)
        parent, kind = one.getparent(), chance.randrange(8)
        copied = etree.fromstring(etree.tostring(one, with_tail=False))
        if kind == 0:
            parent.remove(one)
        elif kind == 1:
            for _ in range(chance.choice((1, 1, 100))):
                parent.append(etree.fromstring(etree.tostring(copied)))
        elif kind == 2:
            other.append(copied)
        elif kind == 3:
            one.text = chance.choice(("", "-1", "0", "99999999", "1e9", "x" * 5000, "🎵", "1/0", other.text or ""))
        elif kind == 4:
            one.tag = other.tag
        elif kind == 5 and one.attrib:
            one.attrib[chance.choice(list(one.attrib))] = chance.choice(("", "-1", "0", "999999999", "x", "🎵"))
        elif kind == 6:
            for child in list(one):
                one.remove(child)
        else:
            for _ in range(chance.choice((3, 400))):
                one = etree.SubElement(one, str(other.tag))
    return bytes(etree.tostring(root))


def entities(chance: random.Random, data: bytes) -> bytes:
    """Entities that unfold to gigabytes, or name a file outside."""
    return chance.choice((BOMB, OUTSIDE, BOMB.replace(b"&j;", b"&zz;"), data.replace(b">", b">&nbsp;", 3)))


# --- archives -----------------------------------------------------------------


def members(chance: random.Random, data: bytes) -> bytes:
    """Of a zip: members changed inside, lost, doubled, renamed to lead out, or unpacking to far more than they are."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [(each.filename, archive.read(each)) for each in archive.infolist()]
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error):
        return data
    place = chance.randrange(len(inside))
    name, content = inside[place]
    kind = chance.randrange(5)
    if kind == 0:
        del inside[place]
    elif kind == 1:
        inside[place] = (chance.choice(("../../out.xml", "/etc/x.xml", "a" * 300 + ".xml", "\0.xml", "é.xml")), content)
    elif kind == 2:
        inside[place] = (name, b"<a>" + b" " * chance.choice((10**6, 80 * 10**6)) + b"</a>")
    else:
        inside[place] = (name, chance.choice((elements, entities, flip, cut, words))(chance, content))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, text in inside:
            archive.writestr(each.replace("\0", "_"), text)
    return out.getvalue()


# --- pictures, arrays, MIDI ---------------------------------------------------


def picture_size(chance: random.Random, data: bytes) -> bytes:
    """A picture's header states another size, up to the largest that the format can."""
    width, height = (chance.choice((0, 1, 2, 255, 8000, 65535, 2**24, 2**31 - 1, 2**32 - 1)) for _ in range(2))
    if data.startswith(b"\x89PNG") and len(data) > 33:
        header = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
        return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
    if data.startswith(b"BM") and len(data) > 26:
        return data[:18] + struct.pack("<II", width, height) + data[26:]
    if data.startswith(b"GIF") and len(data) > 10:
        return data[:6] + struct.pack("<HH", width % 65536, height % 65536) + data[10:]
    start = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    if data.startswith(b"\xff\xd8") and start > 0:
        return data[: start + 5] + struct.pack(">HH", height % 65536, width % 65536) + data[start + 9 :]
    return numbers(chance, data)


def array_header(chance: random.Random, data: bytes) -> bytes:
    """A .npy of objects, of another kind or shape than its data, or with a header that is no Python."""
    header = chance.choice((
        "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }",
        f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({chance.choice(BIG)}, {chance.choice(BIG)}), }}",
        "{'descr': '|u1', 'fortran_order': True, 'shape': (-1, 28), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 28, 28), }",
        "{'descr': '<U9', 'fortran_order': False, 'shape': (1,), }",
        "__import__('os').system('true')",
        "{'descr': [('a', '|u1')] * 9, 'fortran_order': False, 'shape': ()}",
        "(" * 200,
    ))  # fmt: skip
    text = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text + data[128:]


def pickled_array(chance: random.Random, data: bytes) -> bytes:
    """A real .npy of Python objects, which only an unpickler reads."""
    out = io.BytesIO()
    np.save(out, np.array([{"a": 1}, print], dtype=object), allow_pickle=True)
    return out.getvalue()


def midi(chance: random.Random, data: bytes) -> bytes:
    """Of a MIDI file: the division, the number of tracks, times of millions of ticks, tracks by the thousand."""
    start = data.find(b"MThd")
    if start < 0 or len(data) < start + 22:
        return data
    kind, tracks, division = (struct.unpack_from(">H", data, start + 8 + 2 * place)[0] for place in range(3))
    head, rest = data[start : start + 8], data[start + 14 :]
    change = chance.randrange(5)
    if change == 0:
        division = chance.choice((0, 1, 32767, 0xE728, 0xFFFF, 0x8000, 24))
    elif change == 1:
        tracks = chance.choice((0, tracks + 1, 65535))
    elif change == 2:
        empty = b"MTrk\0\0\0\x04\0\xff\x2f\0"
        tracks, rest = 65535, rest + empty * chance.choice((10, 1000, 65535))
    elif change == 3:
        kind = chance.choice((0, 1, 2, 3, 65535))
    else:
        track = b"".join(
            chance.choice((b"\xff\xff\xff\x7f", b"\0", b"\x81\0")) + bytes((chance.choice((0x90, 0x80)), 60, 64))
            for _ in range(chance.choice((2, 200, 20_000)))
        )
        tracks, rest = 1, b"MTrk" + struct.pack(">I", len(track) + 4) + track + b"\0\xff\x2f\0"
    return head + struct.pack(">HHH", kind % 65536, tracks % 65536, division) + rest


BYTES: tuple[Change, ...] = (flip, cut, splice, numbers)
TEXT: tuple[Change, ...] = (lines, words, words)
XML: tuple[Change, ...] = (*TEXT, elements, elements, elements, entities)
FORMATS: dict[str, tuple[Change, ...]] = {
    **dict.fromkeys((".mid", ".midi", ".kar"), (midi, midi)),
    **dict.fromkeys((".xml", ".musicxml"), XML),
    **dict.fromkeys((".mxl", ".zip", ".whl", ".npz"), (members, members)),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"), (picture_size,)),
    **dict.fromkeys((".tif", ".tiff", ".ppm", ".tga", ".h5", ".wav", ".flac", ".ogg", ".tgz", ".deb", ".mp4"), ()),
    ".npy": (array_header, pickled_array),
}
"""What else may be done to a file of a kind; of a kind that is not here, what is done to text."""


def changed(chance: random.Random, data: bytes, suffix: str) -> bytes:
    """The data after one to four changes."""
    if chance.random() < 0.02:
        return chance.choice((b"", b"\0" * chance.choice((1, 1000)), chance.randbytes(chance.randrange(300))))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        change = chance.choice((*BYTES, *2 * FORMATS.get(suffix.lower(), TEXT)))
        with suppress(ValueError, SyntaxError):  # what XML forbids, or an element within itself
            data = change(chance, data)
    return data[: 4 * 2**20]
