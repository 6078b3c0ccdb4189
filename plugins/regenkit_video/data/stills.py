"""The images that moving sets are made from, out of the same packages as the image plugin's datasets."""

import gzip
import json
import zlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from regenkit.errors import BadSource

DIGITS = tuple("0123456789")
GARMENTS = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
IDX_IMAGES, IDX_LABELS = 16, 8
"""Bytes of the header of an IDX file of images, and of labels."""


class Stills(NamedTuple):
    """images: uint8 [images, 28, 28]; labels: int [images], from 0; test: bool [images], held out by the set itself."""

    images: np.ndarray
    labels: np.ndarray
    test: np.ndarray


@lru_cache(maxsize=1)
def digits(root: Path) -> Stills:
    """Ten thousand of MNIST (LeCun et al. 1998), from ten .json files. Raises BadSource where one is damaged."""
    images, labels = [], []
    for digit in DIGITS:
        path = root / f"{digit}.json"
        try:
            values = np.array(json.loads(path.read_bytes())["data"], np.float64).reshape(-1, 28, 28)
            if not ((values >= 0) & (values <= 1)).all():
                raise ValueError("levels beyond 0…1")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadSource(path, f"is no file of digits ({error})") from error
        images.append(np.rint(values * 255).astype(np.uint8))
        labels.append(np.full(len(values), int(digit)))
    whole = np.concatenate(images)
    return Stills(whole, np.concatenate(labels), np.zeros(len(whole), bool))


@lru_cache(maxsize=1)
def garments(root: Path) -> Stills:
    """Fashion-MNIST (Xiao et al. 2017, arXiv 1708.07747), from four files. Raises BadSource where one is damaged."""
    images, labels, test = [], [], []
    for prefix in ("train", "t10k"):
        files = [root / f"{prefix}-images-idx3-ubyte.gz", root / f"{prefix}-labels-idx1-ubyte.gz"]
        try:
            pixels, kinds = (
                np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=head)
                for file, head in zip(files, (IDX_IMAGES, IDX_LABELS), strict=True)
            )
            images.append(pixels.reshape(-1, 28, 28))
            if len(images[-1]) != len(kinds) or kinds.max() >= len(GARMENTS):
                raise ValueError(f"{len(images[-1])} images and {len(kinds)} labels")
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise BadSource(files[0], f"is no file of garments ({error})") from error
        labels.append(kinds.astype(int))
        test.append(np.full(len(kinds), prefix != "train"))
    return Stills(np.concatenate(images), np.concatenate(labels), np.concatenate(test))
