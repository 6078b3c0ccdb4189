"""Triangles to pixels, without a loop over triangles or frames.

All pixels of all triangles' boxes are laid out as one list; those inside a triangle are kept, sorted from far to near,
and written in that order, so that the nearest stays.
"""

from typing import NamedTuple

import numpy as np

TOGETHER = 8
"""Frames that are worked on at once: more need more memory, and are no faster."""
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
    across, down = np.maximum(high - low, 0).T
    counts = across * down
    owner = np.repeat(np.arange(len(corners)), counts)
    inner = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    column = low[owner, 0] + inner % across[owner]
    row = low[owner, 1] + inner // across[owner]
    (ax, ay), (bx, by), (cx, cy) = (corners[:, corner, :2].T for corner in range(3))
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    with np.errstate(divide="ignore", invalid="ignore"):  # triangles without an area hold no pixel
        inverse = 1 / area
        dx, dy = column + 0.5 - ax[owner], row + 0.5 - ay[owner]
        second = (dx * (cy - ay)[owner] - dy * (cx - ax)[owner]) * inverse[owner]
        third = (dy * (bx - ax)[owner] - dx * (by - ay)[owner]) * inverse[owner]
        first = 1 - second - third
        inside = (first >= 0) & (second >= 0) & (third >= 0) & np.isfinite(inverse)[owner]
    owner, row, column = owner[inside], row[inside], column[inside]
    weights = np.stack([first[inside], second[inside], third[inside]], 1)
    depth = (weights * corners[owner, :, 2]).sum(1)
    order = np.argsort(-depth, kind="stable")
    place = ((owner // len(triangles) * height + row) * width + column)[order]
    triangle = np.full(frames * height * width, -1, np.int32)
    shares = np.zeros((frames * height * width, 3), np.float32)
    triangle[place], shares[place] = (owner % len(triangles))[order], weights[order]
    return Raster(triangle.reshape(frames, height, width), shares.reshape(frames, height, width, 3))


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
