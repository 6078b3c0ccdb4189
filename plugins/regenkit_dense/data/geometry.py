"""Depth from disparity, and normals from depth, for the camera of the motorcycle scene.

depth = focal length · baseline / (disparity + offset), the pinhole camera of a rectified pair. A normal is the cross
product of the two tangents of the surface of points, smoothed before, since a disparity is read to a fraction of a
pixel and its steps would show.
"""

import numpy as np
from scipy import ndimage

FOCAL, CENTRE, OFFSET, BASELINE = 994.978, (311.193, 254.877), 31.086, 0.193001
"""Pixels; pixels to the right and down; pixels; metres: as scikit-image's page of the picture states them."""
SMOOTHING = 1.5
"""Pixels, the standard deviation."""
WINDOW, JUMP = 7, 0.06
"""Where the depth within so many pixels differs by this share there are two surfaces, which smoothing has mixed."""


def depth_of(disparity: np.ndarray) -> np.ndarray:
    """Metres (height, width), 0 where the disparity is."""
    return np.where(disparity > 0, FOCAL * BASELINE / (disparity + OFFSET), 0.0)


def normals_of(depth: np.ndarray) -> np.ndarray:
    """Unit vectors (height, width, 3), x to the right, y up, z towards the camera; 0 where depth or a neighbour's is
    not known, and at the edges of things."""
    known = depth > 0
    weight = ndimage.gaussian_filter(known.astype(float), SMOOTHING)
    smooth = ndimage.gaussian_filter(np.where(known, depth, 0.0), SMOOTHING) / np.maximum(weight, 1e-6)
    rows, columns = np.indices(depth.shape)
    points = np.stack([(columns - CENTRE[0]) * smooth / FOCAL, -(rows - CENTRE[1]) * smooth / FOCAL, -smooth], -1)
    right, down = np.gradient(points, axis=1), np.gradient(points, axis=0)
    normals = np.cross(down, right)
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    near, far = ndimage.minimum_filter(np.where(known, depth, np.inf), WINDOW), ndimage.maximum_filter(depth, WINDOW)
    whole = ndimage.minimum_filter(known, 3) & (far - near <= JUMP * np.where(known, depth, 1))
    return np.where(whole[:, :, None], normals, 0.0)
