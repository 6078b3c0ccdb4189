"""A portrait that coefficients move: the points of one frame are the face at rest, and all else is told from there.

How the pose differs is the turn from that of the portrait, in the camera's axes, and differences of middle and size.
"""

from functools import lru_cache

import numpy as np
from scipy.spatial.transform import Rotation

from regenkit_video.face.fit import fit, posed
from regenkit_video.face.linear import LinearFace
from regenkit_video.face.raster import normal_map
from regenkit_video.face.topology import triangles

UNIT = (1000, 1000)
"""Points are in widths of a square frame; fits are of pixels of this one."""


def driven(points: np.ndarray, portrait: np.ndarray, model: LinearFace) -> tuple[np.ndarray, np.ndarray]:
    """(float32 [frames, n] coefficients, float32 [frames, 6] how the pose differs from the portrait's), both 0 for the
    first frame; of points [frames, 468, 3], of which the first are the portrait's, [468, 3]."""
    identity, rest = at_rest(portrait, model)
    found = fit(points * UNIT[1], UNIT, model, identity, at_rest=True)
    return found.coefficients, turned(found.pose, rest, back=True)


def turned(pose: np.ndarray, rest: np.ndarray, *, back: bool = False) -> np.ndarray:
    """float32 [frames, 6], `pose` as it is counted from the pose `rest`, added to it; or taken off it (`back`)."""
    own = Rotation.from_rotvec(np.float64(rest[:3]))
    turn = Rotation.from_rotvec(np.float64(pose[:, :3])) * (own.inv() if back else own)
    moved = pose[:, 3:] - rest[3:] if back else pose[:, 3:] + rest[3:]
    return np.concatenate([turn.as_rotvec(), moved], 1).astype(np.float32)


def at_rest(portrait: np.ndarray, model: LinearFace) -> tuple[np.ndarray, np.ndarray]:
    """(identity [468, 3], pose [6]) of the points of a portrait."""
    return _at_rest(np.asarray(portrait, np.float32).tobytes(), model)


@lru_cache(maxsize=4096)
def _at_rest(portrait: bytes, model: LinearFace) -> tuple[np.ndarray, np.ndarray]:
    """Kept, since a training asks for the same few portraits at every step."""
    found = fit(np.frombuffer(portrait, np.float32).reshape(1, -1, 3) * UNIT[1], UNIT, model)
    return found.identity, found.pose[0]


def prepare() -> None:
    """Read and keep what `maps` needs. Python's parser may fail in a thread of TensorFlow's, where `maps` is called."""
    triangles()


def maps(
    coefficients: np.ndarray, pose: np.ndarray, portraits: np.ndarray, size: int, model: LinearFace
) -> np.ndarray:  # fmt: skip
    """float32 [examples, frames, size, size, 3], the normals of the mesh at each pixel; 0 where there is no face.

    Of coefficients [examples, frames, n], poses [examples, frames, 6], and portraits [examples, 468, 3]. Between lips
    and lids the mesh is open, so the map shows how far they are apart. An example without a portrait (all 0: it fills
    up the batch of a replica) has no face.
    """
    count, frames = coefficients.shape[:2]
    whole = np.zeros((count, frames, size, size, 3), np.float32)
    for example, portrait in enumerate(portraits):
        if portrait.any():
            identity, rest = at_rest(portrait, model)
            moved = model.vertices(coefficients[example].astype(np.float64)) + identity
            vertices = posed(moved, turned(pose[example], rest), (size, size))
            whole[example] = normal_map(vertices, triangles(), size, size)
    return whole
