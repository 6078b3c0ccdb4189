"""Meshes drawn, crops and gaps in tracks; of a model that is made here."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regenkit.errors import UserError
from regenkit_video.face.networks import POINTS, Region, crop
from regenkit_video.face.raster import normal_map, rasterised, shaded
from regenkit_video.face.topology import parsed
from regenkit_video.face.tracking import filled, runs


def plain(vertices: np.ndarray, corners: np.ndarray, height: int, width: int) -> np.ndarray:
    """The nearest triangle of each pixel by loops, −1 where there is none: what `rasterised` is compared with."""
    out, near = np.full((height, width), -1), np.full((height, width), np.inf)
    for number, (a, b, c) in enumerate(vertices[corners]):
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if not area:
            continue
        for row in range(height):
            for column in range(width):
                x, y = column + 0.5 - a[0], row + 0.5 - a[1]
                second = (x * (c[1] - a[1]) - y * (c[0] - a[0])) / area
                third = (y * (b[0] - a[0]) - x * (b[1] - a[1])) / area
                depth = (1 - second - third) * a[2] + second * b[2] + third * c[2]
                if min(second, third, 1 - second - third) >= 0 and depth < near[row, column]:
                    out[row, column], near[row, column] = number, depth
    return out


@settings(max_examples=20)
@given(st.integers(0, 999))
def test_each_pixel_shows_the_nearest_triangle(seed: int) -> None:
    random = np.random.default_rng(seed)
    vertices = random.uniform(-4, 20, (2, 9, 3))
    corners = random.permutation(list(combinations(range(9), 3)))[:8]
    seen = rasterised(vertices, corners, 12, 16)
    for frame in range(2):
        np.testing.assert_array_equal(seen.triangle[frame], plain(vertices[frame], corners, 12, 16))
    inside = seen.triangle >= 0
    np.testing.assert_allclose(seen.weights[inside].sum(-1), 1, atol=1e-5)


def test_a_plane_is_lit_evenly_and_its_normal_is_towards_the_camera() -> None:
    vertices = np.array([[[2, 2, 0], [30, 2, 0], [30, 30, 0], [2, 30, 0]]], np.float32)
    corners = np.array([[0, 2, 1], [0, 3, 2]])
    picture = shaded(vertices, corners, 32, 32)
    assert picture.shape == (1, 32, 32, 3) and len(np.unique(picture[0, 4:28, 4:28].reshape(-1, 3), axis=0)) == 1
    assert np.allclose(normal_map(vertices, corners, 32, 32)[0, 16, 16], [0, 0, -1])
    assert not normal_map(vertices, corners, 32, 32)[0, 0, 0].any()


def test_a_crop_that_is_turned() -> None:
    frame = np.zeros((40, 60, 3), np.uint8)
    frame[10:20, 20:30] = 255
    np.testing.assert_array_equal(crop(frame, Region(25, 15, 10, 0.0), 10), np.full((10, 10, 3), 255))
    np.testing.assert_allclose(crop(frame, Region(25, 15, 9, np.pi / 2), 9), 255, atol=1e-3)
    assert not crop(frame, Region(-50, -50, 10, 0.3), 10).any()


def test_gaps_and_stretches() -> None:
    points = np.arange(20, dtype=np.float32)[:, None, None] * np.ones((1, POINTS, 3), np.float32)
    holes = points.copy()
    holes[[0, 4, 5, 11, 12, 13, 14, 15, 16, 17]] = np.nan
    mended = filled(holes, 5)
    np.testing.assert_allclose(mended[1:11], points[1:11])
    assert np.isnan(mended[11:18]).all() and np.isnan(mended[0]).all()
    assert runs(~np.isnan(mended[:, 0, 0])) == [slice(1, 11), slice(18, 20)]


def test_lists_of_edges_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("FACEMESH_TESSELATION = frozenset([(0, 1), (1, 2), (2, 0), (3, 1), (1, 2), (2, 3)])")
    assert parsed(tmp_path / "a.py").tolist() == [[0, 1, 2], [3, 1, 2]]
    name = "FACEMESH_TESSELATION"
    for text in ("", f"{name} = frozenset([(0, 1), (5, 2), (2, 0)])", "x = (", f"{name} = f(g())"):
        (tmp_path / "b.py").write_text(text)
        with pytest.raises(UserError, match="is no list of the mesh's edges"):
            parsed(tmp_path / "b.py")
