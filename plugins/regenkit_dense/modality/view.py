"""Maps as pictures to look at: in colour, beside them what is wrong, and the boundaries of classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from regenkit_dense.modality.maps import Maps, known
from regenkit_dense.modality.palette import IGNORED, of_classes, of_normals, of_numbers

WRONG, RIGHT = (214, 39, 40), (245, 245, 245)
MISSED, INVENTED, BOTH = (31, 119, 180), (214, 39, 40), (40, 40, 40)
"""Boundaries: of the reference alone, of the prediction alone, of both."""
LARGEST_ANGLE, LARGEST_RATIO = 60.0, 0.25
"""Errors that are drawn in full red."""
GAP = 4
SMALLEST = 192
"""Pixels a side: smaller maps are enlarged, each pixel a square."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """uint8 (height, width, 3): a picture of maps, and no maps any more."""

    pixels: np.ndarray


def view(value: Maps, reference: Maps | None, classes: int) -> View:
    """The maps side by side; with a `reference`, below each its errors, and of classes the boundaries."""
    rows = [[colours(name, values, range_of(name, values, reference), classes) for name, values in value.maps.items()]]
    if reference is not None:
        rows.append([errors(name, values, reference.maps[name]) for name, values in value.maps.items()])
        if "classes" in value.maps:
            lines = boundaries(value.maps["classes"], reference.maps["classes"])
            rows.append([lines, *[np.full_like(lines, 255)] * (len(value.maps) - 1)])
    return View(pixels=_grid(rows))


def sheet(values: Sequence[Maps], classes: int, columns: int = 8) -> View:
    """Many at once, the first map of each."""
    tiles = [colours(name, maps, range_of(name, maps, None), classes)
             for name, maps in (next(iter(each.maps.items())) for each in values)]  # fmt: skip
    blank = np.full_like(tiles[0], 255)
    rows = [tiles[start : start + columns] for start in range(0, len(tiles), columns)]
    return View(pixels=_grid([row + [blank] * (columns - len(row)) for row in rows], scale=1))


def colours(name: str, values: np.ndarray, bounds: tuple[float, float], classes: int) -> np.ndarray:
    if name == "classes":
        return of_classes(values, classes)
    return of_normals(values) if name == "normals" else of_numbers(values[:, :, 0], *bounds)


def errors(name: str, values: np.ndarray, true: np.ndarray) -> np.ndarray:
    """White is right and red is wrong; grey is what nobody knows."""
    if name == "classes":
        wrong = (values != true).astype(float)
    elif name == "normals":
        wrong = np.degrees(np.arccos(np.clip((values * true).sum(-1), -1, 1))) / LARGEST_ANGLE
    else:
        wrong = np.abs(values - true)[:, :, 0] / np.maximum(true[:, :, 0], 1e-6) / LARGEST_RATIO
    share = np.clip(wrong, 0, 1)[..., None]
    shown = np.array(RIGHT) + share * (np.array(WRONG) - np.array(RIGHT))
    return np.where(known(name, true)[..., None], np.round(shown), IGNORED).astype(np.uint8)


def boundaries(values: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Where classes meet: in the reference alone, in the prediction alone, in both."""
    mine, theirs = edges(values), edges(true)
    found = np.full((*values.shape, 3), 255, np.uint8)
    for where, colour in ((theirs & ~mine, MISSED), (mine & ~theirs, INVENTED), (mine & theirs, BOTH)):
        found[where] = colour
    return found


def edges(classes: np.ndarray) -> np.ndarray:
    """bool (height, width): pixels whose right or lower neighbour is of another class, both known."""
    found = np.zeros(classes.shape, bool)
    for here, there, into in (
        (classes[:, :-1], classes[:, 1:], found[:, :-1]),
        (classes[:-1], classes[1:], found[:-1]),
    ):
        into |= (here != there) & (here > 0) & (there > 0)
    return found


def range_of(name: str, values: np.ndarray, reference: Maps | None) -> tuple[float, float]:
    """Of the reference where there is one, so that its colours are the prediction's."""
    if name in ("classes", "normals"):
        return 0.0, 1.0
    of = reference.maps[name] if reference is not None else values
    seen = of[of > 0]
    return (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)


def _grid(rows: Sequence[Sequence[np.ndarray]], scale: int = 0) -> np.ndarray:
    height, width = rows[0][0].shape[:2]
    scale = scale or max(1, SMALLEST // max(height, width))
    height, width, columns = scale * height, scale * width, len(rows[0])
    out = np.full((len(rows) * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), 255, np.uint8)
    for row, tiles in enumerate(rows):
        for column, tile in enumerate(tiles):
            top, left = row * (height + GAP), column * (width + GAP)
            out[top : top + height, left : left + width] = tile.repeat(scale, 0).repeat(scale, 1)
    return out
