"""Picture files as programs write them and Pillow does not: TIFFs and PNGs byte by byte, and colour profiles."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import ImageCms


def tiff(path: Path, values: np.ndarray, *, bits: int, photometric: int, planar: int = 1, signed: bool = False) -> None:
    """One strip a channel, or one of all; `values` (height, width) or (height, width, channels)."""
    height, width, channels = values.shape if values.ndim == 3 else (*values.shape, 1)
    stored = np.moveaxis(values.reshape(height, width, channels), -1, 0) if planar == 2 else values
    data = _packed(stored.reshape(-1), bits)
    strips = channels if planar == 2 else 1
    size = len(data) // strips
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * channels), 259: (3, [1]),
            262: (3, [photometric]), 273: (4, [8 + size * each for each in range(strips)]), 277: (3, [channels]),
            278: (4, [height]), 279: (4, [size] * strips), 284: (3, [planar]),
            339: (3, [2 if signed else 1] * channels)}  # fmt: skip
    if channels in (2, 4):
        tags[338] = (3, [2])
    start = 8 + len(data) + len(data) % 2
    after, entries = start + 2 + 12 * len(tags) + 4, b""
    beyond = b""
    for tag, (kind, numbers) in sorted(tags.items()):
        value = struct.pack(f"<{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers)
        if len(value) > 4:
            value, beyond = struct.pack("<I", after + len(beyond)), beyond + value
        entries += struct.pack("<HHI", tag, kind, len(numbers)) + value.ljust(4, b"\0")
    head = struct.pack("<2sHI", b"II", 42, start) + data + b"\0" * (len(data) % 2)
    path.write_bytes(head + struct.pack("<H", len(tags)) + entries + bytes(4) + beyond)


def png(path: Path, values: np.ndarray, *, bits: int, transparent: tuple[int, ...]) -> None:
    """Grey (height, width) or coloured (height, width, 3), with a transparent value."""
    height, width = values.shape[:2]
    rows = b"".join(b"\0" + _packed(row.reshape(-1), bits, ">") for row in values)
    head = struct.pack(">IIBBBBB", width, height, bits, 2 if values.ndim == 3 else 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"tRNS", struct.pack(f">{len(transparent)}H", *transparent)),
             (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]  # fmt: skip
    chunks = [struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
              for kind, data in parts]  # fmt: skip
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def _packed(values: np.ndarray, bits: int, order: str = "<") -> bytes:
    """Numbers of any count of bits; those of 16 in this order of bytes."""
    if bits == 16:
        return values.astype(f"{order}u2").tobytes()
    each = (values.astype(np.int64)[:, None] >> np.arange(bits)[::-1]) & 1
    return np.packbits(each.astype(np.uint8)).tobytes()


def swapped() -> bytes:
    """A profile under which red is what sRGB calls blue, and blue red: that of sRGB with two primaries exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exchanged = profile.replace(b"rXYZ", b"none").replace(b"bXYZ", b"rXYZ").replace(b"none", b"bXYZ")
    return exchanged.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def inks() -> bytes:
    """A profile of inks under which cyan alone is red: a table of the 16 corners, as Lab (ICC.1, lut8Type)."""
    white, red, black = (255, 128, 128), (135, 209, 195), (0, 128, 128)
    table = np.array([black] * 16, np.uint8)
    table[0], table[8] = white, red  # cyan is the slowest of the four
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 * np.eye(3, dtype=int)).reshape(-1))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + ramp * 4 + table.tobytes() + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut})


def linear() -> bytes:
    """A profile of grey whose levels are amounts of light."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": b"curv" + bytes(4) + struct.pack(">IH", 1, 256)})


def _profile(device: bytes, space: bytes, seen: bytes, parts: dict[bytes, bytes]) -> bytes:
    """Of version 2.4; `seen` is the space that it is connected by."""
    white = struct.pack(">3i", 63190, 65536, 54061)
    parts = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"made\0" + bytes(78), **parts,
             b"wtpt": b"XYZ " + bytes(4) + white, b"cprt": b"text" + bytes(4) + b"none\0"}  # fmt: skip
    table, data = struct.pack(">I", len(parts)), b""
    for name, part in parts.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(parts) + len(data), len(part))
        data += part + bytes(-len(part) % 4)
    size = 128 + len(table) + len(data)
    head = struct.pack(">I4sI4s4s4s12x4s", size, b"lcms", 0x02400000, device, space, seen, b"acsp")
    return head.ljust(68, b"\0") + white + bytes(48) + table + data
