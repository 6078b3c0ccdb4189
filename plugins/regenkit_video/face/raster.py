"""Triangles to pixels, without a loop over triangles or frames.

All lines of pixels of all triangles are laid out as one list, and then the pixels of all lines; those inside a triangle
are written where no other is nearer.
"""

from typing import NamedTuple

import numpy as np

TOGETHER = 2
"""Frames that are worked on at once: the lists of more do not stay in the cache of a core."""
SKIN, GROUND = np.array([214.0, 190.0, 172.0]), np.array([24.0, 26.0, 30.0])
LIGHT = np.array([-0.35, -0.45, -0.82])
"""Whither a normal points that is fully lit: left, up, towards the camera."""
AMBIENT = 0.25


class Raster(NamedTuple):
    """What is seen at each pixel: triangle, int32 [frames, height, width], −1 where there is none; and the weights of
    its three corners, float32 [frames, height, width, 3]."""

    triangle: np.ndarray
    weights: np.ndarray


def rasterised(vertices: np.ndarray, triangles: np.ndarray, height: int, width: int) -> Raster:
    """Of vertices [frames, vertices, 3] in pixels (right, down, away); the middle of pixel (0, 0) is at (0.5, 0.5)."""
    parts = [_rasterised(vertices[start : start + TOGETHER], triangles, height, width)
             for start in range(0, len(vertices), TOGETHER)]  # fmt: skip
    return Raster(np.concatenate([part.triangle for part in parts]), np.concatenate([part.weights for part in parts]))


def _rasterised(vertices: np.ndarray, triangles: np.ndarray, height: int, width: int) -> Raster:
    frames = len(vertices)
    corners = vertices[:, triangles].reshape(-1, 3, 3).astype(np.float64)  # [frames × triangles, corner, axis]
    low = np.clip(np.ceil(corners[:, :, :2].min(1) - 0.5), 0, (width, height)).astype(np.intp)
    high = np.clip(np.floor(corners[:, :, :2].max(1) - 0.5) + 1, 0, (width, height)).astype(np.intp)
    (ax, ay), (bx, by), (cx, cy) = (corners[:, corner, :2].T for corner in range(3))
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    high[area == 0] = low[area == 0]  # without an area it holds no pixel
    owner, inner = _counted(np.maximum(high - low, 0)[:, 1])
    row = low[owner, 1] + inner
    first, end = _span(corners[owner, :, :2], row + 0.5, low[owner, 0], high[owner, 0])
    # along a line the weights of the second and third corner grow evenly: at column 0, and with each column
    inverse, dx, dy = 1 / np.where(area == 0, 1, area)[owner], 0.5 - ax[owner], row + 0.5 - ay[owner]
    grows = np.stack([(cy - ay)[owner], (ay - by)[owner]]) * inverse
    begin = grows * dx + np.stack([-(cx - ax)[owner], (bx - ax)[owner]]) * dy * inverse
    counts = np.maximum(end - first, 0)
    line, inner = _counted(counts)
    column = np.repeat(first, counts) + inner
    second, third = (np.repeat(at, counts) + np.repeat(grow, counts) * column
                     for at, grow in zip(begin, grows, strict=True))  # fmt: skip
    inside = np.flatnonzero((second >= 0) & (third >= 0) & (second + third <= 1))
    line, column, second, third = (each[inside] for each in (line, column, second, third))
    weights = np.stack([1 - second - third, second, third])
    owner, row = owner[line], row[line]
    depth = sum(weight * corners[owner, corner, 2] for corner, weight in enumerate(weights))
    place = (owner // len(triangles) * height + row) * width + column
    near = np.full(frames * height * width, np.inf)
    np.minimum.at(near, place, depth)
    seen = np.flatnonzero(depth == near[place])
    place, owner = place[seen], owner[seen]
    triangle = np.full(frames * height * width, -1, np.int32)
    shares = np.zeros((3, frames * height * width), np.float32)
    triangle[place] = owner % len(triangles)
    for corner, weight in enumerate(weights):
        shares[corner, place] = weight[seen]
    return Raster(triangle.reshape(frames, height, width), np.moveaxis(shares.reshape(3, frames, height, width), 0, -1))


def _counted(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """0 … n − 1, each as often as `counts` says; and how often it was there before."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def _span(
    corners: np.ndarray, height: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The columns, from … to before …, that a line at `height` has within a triangle, one more on either side; of
    corners [lines, 3, 2]. It leaves out most of the pixels of a box that the triangle does not hold."""
    begin, end = np.full(len(height), np.inf), np.full(len(height), -np.inf)
    for one, other in ((0, 1), (1, 2), (2, 0)):
        (x, y), (u, v) = corners[:, one].T, corners[:, other].T
        with np.errstate(divide="ignore", invalid="ignore"):
            cut = x + (height - y) * (u - x) / (v - y)
        cut = np.where((height - y) * (height - v) <= 0, cut, np.nan)  # beyond the edge's ends, or along it
        begin, end = np.fmin(begin, cut), np.fmax(end, cut)
    empty = end < begin
    first = np.maximum(np.where(empty, 0, np.floor(begin - 0.5) - 1), low)
    last = np.minimum(np.where(empty, -1, np.ceil(end - 0.5) + 2), high)
    return first.astype(np.intp), last.astype(np.intp)


def normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """float32 [frames, vertices, 3], of length 1, outwards, each the mean of its triangles' by their area."""
    a, b, c = (vertices[:, triangles[:, corner]] for corner in range(3))
    faces = np.cross(b - a, c - a)
    whole = np.zeros(vertices.shape, np.float64)
    for corner in range(3):
        for axis in range(3):
            for frame, each in enumerate(faces[:, :, axis]):
                whole[frame, :, axis] += np.bincount(triangles[:, corner], each, vertices.shape[1])
    found: np.ndarray = (whole / np.maximum(np.linalg.norm(whole, axis=2, keepdims=True), 1e-9)).astype(np.float32)
    return found


def _at_pixels(values: np.ndarray, triangles: np.ndarray, seen: Raster) -> np.ndarray:
    """Values of vertices [frames, vertices, n] at the pixels, [frames, height, width, n]."""
    frame = np.arange(len(values))[:, None, None]
    corners = triangles[np.maximum(seen.triangle, 0)]
    found: np.ndarray = sum(
        seen.weights[..., corner, None] * values[frame, corners[..., corner]] for corner in range(3)
    )
    return found


def shaded(vertices: np.ndarray, triangles: np.ndarray, height: int, width: int) -> np.ndarray:
    """uint8 [frames, height, width, 3]: the surface under one light."""
    seen = rasterised(vertices, triangles, height, width)
    turned = _at_pixels(normals(vertices, triangles), triangles, seen)
    turned /= np.maximum(np.linalg.norm(turned, axis=-1, keepdims=True), 1e-6)
    lit = AMBIENT + (1 - AMBIENT) * np.maximum(turned @ (LIGHT / np.linalg.norm(LIGHT)), 0)
    picture = np.where(seen.triangle[..., None] >= 0, SKIN * lit[..., None], GROUND)
    return np.rint(picture.clip(0, 255)).astype(np.uint8)


def normal_map(vertices: np.ndarray, triangles: np.ndarray, height: int, width: int) -> np.ndarray:
    """float32 [frames, height, width, 3] in [−1, 1]: right, down, away; 0 where there is no face."""
    seen = rasterised(vertices, triangles, height, width)
    turned = _at_pixels(normals(vertices, triangles), triangles, seen)
    found: np.ndarray = np.where(seen.triangle[..., None] >= 0, turned, 0).astype(np.float32)
    return found
