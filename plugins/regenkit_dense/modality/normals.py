"""Normals in the pixels of a picture: levels 0…255 for −1…1; 0 0 0 is not known."""

from pathlib import Path

import numpy as np
from PIL import Image

from regenkit.errors import BadSource

LENGTH_ERROR, OTHERS = 0.1, 0.05
"""How far from 1 the length of a normal may be, and the share that may be farther: blends at edges."""
BLOCK = 2**20
"""Pixels that are read at once, because a picture may be large."""


def read(path: Path, levels: np.ndarray) -> np.ndarray:
    """uint8 → float32 (height, width, 3), unit vectors; black and the middle grey are none. Raises BadSource where most
    of them have other lengths."""
    vectors, found = np.empty(levels.shape, np.float32), list[np.ndarray]()
    flat, pixels = vectors.reshape(-1, 3), levels.reshape(-1, 3)
    for start in range(0, len(flat), BLOCK):
        block = pixels[start : start + BLOCK].astype(np.float32) / 127.5 - 1
        length = np.linalg.norm(block, axis=-1, keepdims=True)
        known = pixels[start : start + BLOCK].any(-1, keepdims=True) & (length > LENGTH_ERROR)
        flat[start : start + BLOCK] = np.where(known, block / np.maximum(length, 1e-6), 0)
        if known.any():
            lengths = length[known]
            far = np.abs(lengths - 1) > LENGTH_ERROR
            found.append(np.array([known.sum(), far.sum(), lengths.min(), lengths.max()]))
    counts, others, least, most = np.array(found).T if found else np.zeros((4, 1))
    if others.sum() > OTHERS * counts.sum():
        raise BadSource(
            path,
            f"is no picture of normals: {others.sum() / counts.sum():.0%} of its vectors have lengths other than 1, "
            f"{least.min():.2f} to {most.max():.2f}",
        )
    return vectors


def picture(values: np.ndarray) -> Image.Image:
    absent = ~np.any(values != 0, -1, keepdims=True)
    levels = np.rint((np.clip(values, -1, 1) + 1) * 127.5)
    return Image.fromarray(np.where(absent, 0, levels).astype(np.uint8))
