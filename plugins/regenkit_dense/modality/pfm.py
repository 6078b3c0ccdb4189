"""PFM, the format of float maps that stereo benchmarks use: a line of text each for kind, size and scale, then rows of
float32 from the bottom up; a negative scale means little-endian (Debevec's "portable float map"). OpenCV and ImageIO
read it too, in packages of many megabytes."""

from pathlib import Path

import numpy as np

from regenkit.errors import BadSource

KINDS = {b"Pf": 1, b"PF": 3}


def read(path: Path) -> np.ndarray:
    """float32 (height, width, 1 or 3). Raises BadSource where the file is none."""
    try:
        with path.open("rb") as file:
            kind, size, scale = (file.readline(64).strip() for _ in range(3))
            channels, (width, height) = KINDS[kind], map(int, size.split())
            values = np.frombuffer(file.read(), "<f4" if float(scale) < 0 else ">f4")
        if min(width, height) < 1 or values.size != width * height * channels:
            raise ValueError(f"{values.size} numbers for {width} × {height} × {channels}")
        return np.ascontiguousarray(values.reshape(height, width, channels)[::-1], np.float32)
    except (OSError, KeyError, ValueError) as error:
        raise BadSource(path, f"can't be read as PFM ({error})") from error


def write(path: Path, values: np.ndarray) -> None:
    """float32 (height, width, 1 or 3)."""
    height, width, channels = values.shape
    head = f"{'PF' if channels == 3 else 'Pf'}\n{width} {height}\n-1.0\n"
    path.write_bytes(head.encode() + np.ascontiguousarray(values[::-1], "<f4").tobytes())
