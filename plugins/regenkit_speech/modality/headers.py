"""What the headers of WAV, AIFF and Ogg state, since libsndfile takes what is there without a word."""

import struct
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

ORDERS = {b"RIFF": "<", b"RF64": "<", b"RIFX": ">", b"FORM": ">"}
"""Of bytes, by how the file begins."""
UNKNOWN = (0x7F000000, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
"""Sizes that SoX, arecord and FFmpeg state where they write to a pipe, and so before they know it."""
SLACK = 4096
"""Bytes that they take off them, for the header and for a part of a frame."""


class Stated(NamedTuple):
    """size     of the samples in bytes, 0 too where it was not known yet
    there    bytes from where the samples begin to the end of the file
    frame    bytes of one sample of all channels
    outside  whether what is there lies outside of what the file says that it holds
    """

    size: int
    there: int
    frame: int
    outside: bool


def cut_off(path: Path) -> bool:
    """Whether there are fewer samples than the header says."""
    found = _stated(path)
    return found is not None and not _unknown(found.size) and found.there + found.frame <= found.size


def unfinished(path: Path) -> bool:
    """Whether the header says that there are no samples, and there are: who wrote it was stopped before the end."""
    found = _stated(path)
    return found is not None and found.size == 0 and found.there > 0 and found.outside


def chained(path: Path) -> bool:
    """Whether an Ogg holds several recordings in a row (RFC 3533, 4), of which libsndfile reads the first."""
    stat = path.stat()
    return _chained(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)  # the segments of a recording ask for the same file
def _chained(path: Path, changed: int, size: int) -> bool:
    with path.open("rb") as file:
        begun = False
        while len(page := file.read(27)) == 27 and page[:4] == b"OggS":
            is_first = bool(page[5] & 2)  # such pages of what plays together stand before all others
            if is_first and begun:
                return True
            begun = not is_first
            file.seek(sum(file.read(page[26])), 1)
    return False


def _unknown(size: int) -> bool:
    return any(0 <= each - size <= SLACK for each in UNKNOWN)


def _stated(path: Path) -> Stated | None:
    """None where it is another kind of file, or no chunk of samples is there."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] not in ORDERS or head[8:] not in (b"WAVE", b"AIFF", b"AIFC"):
            return None
        order, frame, long = ORDERS[head[:4]], 1, 0
        (whole,) = struct.unpack(f"{order}I", head[4:8])
        while len(chunk := file.read(8)) == 8:
            name, size = struct.unpack(f"{order}4sI", chunk)
            if name in (b"data", b"SSND"):
                size = long if head[:4] == b"RF64" else max(0, size - 8) if name == b"SSND" else size
                begins = file.tell() + 8 * (name == b"SSND")
                there = path.stat().st_size - begins
                return Stated(size, there, frame, _unknown(whole) or whole + 8 <= begins)
            begins = file.tell()
            body = file.read(min(size, 28))
            if name == b"ds64" and len(body) >= 16:
                (long,) = struct.unpack_from("<Q", body, 8)
            elif name == b"fmt " and len(body) >= 14:
                (frame,) = struct.unpack_from(f"{order}H", body, 12)
            elif name == b"COMM" and len(body) >= 8:
                channels, _, bits = struct.unpack_from(">HIH", body)
                frame = channels * ((bits + 7) // 8)
            file.seek(begins + size + size % 2)
    return None
