"""Folders of pictures and maps as people keep them, small: for tests."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from regenkit.components import Example, LeftOut
from regenkit.errors import BadSource
from regenkit.plugins import host


def scene(seed: int, size: tuple[int, int] = (40, 32)) -> tuple[np.ndarray, np.ndarray]:
    """(uint8 picture (height, width, 3), class numbers from 0): a bright disc (1) on a dark ground (0), with noise."""
    width, height = size
    random = np.random.default_rng(seed)
    rows, columns = np.indices((height, width))
    centre, radius = (random.uniform(0.3, 0.7) * height, random.uniform(0.3, 0.7) * width), random.uniform(5, 10)
    inside = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2
    colour = np.where(inside[..., None], random.integers(150, 250, 3), random.integers(0, 90, 3))
    return np.clip(colour + random.normal(0, 8, (height, width, 3)), 0, 255).astype(np.uint8), inside.astype(np.uint8)


def discs(root: Path, count: int = 12, *, splits: bool = True) -> Path:
    """images/SPLIT/N.jpg and labels/SPLIT/N.png, with a palette."""
    for number in range(count):
        split = ("train", "train", "val", "test")[number % 4] if splits else ""
        pixels, classes = scene(number)
        for folder in ("images", "labels"):
            (root / folder / split).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(root / "images" / split / f"{number}.jpg", quality=95)
        label = Image.fromarray(classes)
        label.putpalette([0, 0, 0, 255, 0, 0])
        label.save(root / "labels" / split / f"{number}.png")
    return root


def dataset(name: str, **options: Any) -> Any:
    return host().find("dataset", name).load()(**options)


def read_all(source: Any) -> tuple[list[Example], dict[str, str]]:
    """(the examples of all sources, why the others are left out, by name)."""
    examples: list[Example] = []
    left_out: dict[str, str] = {}
    for name in source.sources():
        try:
            for each in source.read(name):
                if isinstance(each, LeftOut):
                    left_out[each.id] = each.reason
                else:
                    examples.append(each)
        except BadSource as error:
            left_out[error.source] = error.reason
    return examples, left_out
