"""What a picture looks like, as four numbers: pictures that are nearly the same share one of them, others none.

Locality-sensitive hashing (Datar et al. 2004, Locality-sensitive hashing scheme based on p-stable distributions) with
signs for projections (Achlioptas 2003): an 8 × 8 thumbnail is projected 16 times, each projection put into cells of 20
grey levels (of the thumbnails' root mean square difference), and all 16 cells make one number; four such tables. Two
pictures that differ by 2 levels agree in one of four tables almost always, by 10 seldom, by 40 as good as never. Whole
numbers throughout, and no random generator: a split is the same on every machine.
"""

import hashlib

import numpy as np
from PIL import Image

SIDE, PROJECTIONS, TABLES, CELL = 8, 16, 4, 20
_COUNT = PROJECTIONS * TABLES


def _stream(name: str, size: int) -> np.ndarray:
    return np.frombuffer(hashlib.shake_256(name.encode()).digest(size), np.uint8)


_SIGNS = {
    channels: 1 - 2 * np.unpackbits(_stream(f"signs {channels}", SIDE * SIDE * channels * _COUNT // 8))
    .astype(np.int64).reshape(SIDE * SIDE * channels, _COUNT)
    for channels in (1, 3)
}  # fmt: skip


def looks(pixels: np.ndarray) -> tuple[int, ...]:
    """Four signed 64-bit numbers of a picture, uint8 (height, width, 1 or 3)."""
    channels = pixels.shape[2]
    image = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)
    thumbnail = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX), np.int64).reshape(-1)
    cell = round(CELL * (SIDE * SIDE * channels) ** 0.5)  # a sum of n signed differences of size r is r √n in size
    starts = _stream("starts", _COUNT).astype(np.int64) * cell // 256
    cells = ((thumbnail @ _SIGNS[channels] + starts) // cell).astype("<i4").reshape(TABLES, PROJECTIONS)
    return tuple(
        int.from_bytes(hashlib.blake2b(row.tobytes(), digest_size=8, salt=bytes([table])).digest(), "big", signed=True)
        for table, row in enumerate(cells)
    )


def alike(pixels: np.ndarray) -> tuple[str, ...]:
    """The same as keys of groups."""
    return tuple(f"look:{mark}" for mark in looks(pixels))
