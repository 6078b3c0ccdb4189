"""Points of a tracked face → its own shape, a pose a frame, and coefficients of a linear model a frame.

In turns: each frame is laid on the model's face of that frame by the best similarity (Umeyama 1991); the coefficients
of all frames are the least squares with two penalties, on their size and on their change from frame to frame; the
person's own shape is what is left on average. The coefficients are counted from the person at rest.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import solveh_banded
from scipy.spatial.transform import Rotation

from regenkit_video.face.linear import LinearFace
from regenkit_video.face.tracking import LEFT_CORNER, RIGHT_CORNER

TURNS = 6
RIDGE, SMOOTH = 0.05, 0.3
"""Weights of the squared coefficients, and of their squared changes, beside squared distances of all points."""
REST = 0.1
"""A coefficient is 0 where so many of the frames have it lower."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """coefficients  float32 [frames, n], of the person's own rest
    identity      float32 [vertices, 3]: the person at rest, minus the model's mean
    mesh          float32 [frames, vertices, 3]: the tracked points in the head's own axes, with the model's mean shape
                  in place of the person's: minus `identity`
    pose          float32 [frames, 6]: turn (a rotation vector), middle and logarithm of the eyes' distance, the last
                  three in widths of the frame (right, up)
    """

    coefficients: np.ndarray
    identity: np.ndarray
    mesh: np.ndarray
    pose: np.ndarray


def fit(
    points: np.ndarray, size: tuple[int, int], model: LinearFace, identity: np.ndarray | None = None, *,
    at_rest: bool = False,
) -> Fit:  # fmt: skip
    """Of points [frames, vertices, 3] in pixels: right, down, away from the camera; none is NaN.

    identity  the person's shape, where it is known from other frames
    at_rest   the first frame is known to be: its coefficients are 0
    """
    seen = np.asarray(points, np.float64) * (1, -1, -1)
    known = None if identity is None else np.asarray(identity, np.float64)
    own = np.zeros_like(model.mean) if known is None else known
    coefficients = np.zeros((len(seen), len(model.names)))
    fixed = int(at_rest)
    for _ in range(TURNS):
        laid, poses = aligned(seen, model.mean + own + np.tensordot(coefficients, model.bases, 1))
        coefficients[fixed:] = solved((laid - model.mean - own)[fixed:], model, after_rest=at_rest)
        if known is None:
            own = (laid - model.mean - np.tensordot(coefficients, model.bases, 1)).mean(0)
    if known is None:
        rest = np.quantile(coefficients, REST, axis=0)
        coefficients, own = coefficients - rest, own + np.tensordot(rest, model.bases, 1)
    turn, middle, scale = poses
    pose = np.concatenate([Rotation.from_matrix(turn).as_rotvec(), middle[:, :2] / size[1],
                           np.log(scale / size[1])[:, None]], 1)  # fmt: skip
    return Fit(coefficients=coefficients.astype(np.float32), identity=own.astype(np.float32),
               mesh=(laid - own).astype(np.float32), pose=pose.astype(np.float32))  # fmt: skip


def solved(
    offsets: np.ndarray, model: LinearFace, ridge: float = RIDGE, smooth: float = SMOOTH, *, after_rest: bool = False
) -> np.ndarray:
    """float64 [frames, n] coefficients of offsets from rest, [frames, vertices, 3]; `after_rest`: they follow a frame
    whose coefficients are 0.

    Along the eigenvectors of the bases' products the coefficients do not hang together, so each is a system of frames
    alone, with three diagonals.
    """
    flat = model.bases.reshape(len(model.bases), -1)
    values, vectors = np.linalg.eigh(flat @ flat.T)
    wanted = offsets.reshape(len(offsets), -1) @ flat.T @ vectors
    if not (frames := len(offsets)):
        return wanted
    change = np.full(frames, 2.0)
    change[[0, -1]] = 1.0 if frames > 1 else 0.0
    change[0] += after_rest
    found = np.empty_like(wanted)
    for number, value in enumerate(values):
        bands = np.zeros((2, frames))
        bands[0, 1:], bands[1] = -smooth, value + ridge + smooth * change
        found[:, number] = solveh_banded(bands[-min(2, frames) :], wanted[:, number])
    return found @ vectors.T


def aligned(seen: np.ndarray, face: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(the points laid on `face`, [frames, vertices, 3]; the pose of each: turn [frames, 3, 3], middle, scale, so that
    the points are near scale × turn × face + middle)"""
    middle, centre = seen.mean(1, keepdims=True), face.mean(1, keepdims=True)
    left, values, right = np.linalg.svd(np.einsum("fvi,fvj->fij", seen - middle, face - centre))
    sign = np.ones((len(seen), 3))
    sign[:, 2] = np.sign(np.linalg.det(left) * np.linalg.det(right))
    turn = np.einsum("fij,fj,fjk->fik", left, sign, right)
    scale = (values * sign).sum(1) / np.square(face - centre).sum((1, 2))
    laid = np.einsum("fji,fvj->fvi", turn, seen - middle) / scale[:, None, None] + centre
    shift = middle[:, 0] - scale[:, None] * np.einsum("fij,fj->fi", turn, centre[:, 0])
    return laid, (turn, shift, scale)


def posed(mesh: np.ndarray, pose: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """float32 [frames, vertices, 3] pixels (right, down, away) of a mesh [frames, vertices, 3] in the head's axes."""
    turn = Rotation.from_rotvec(pose[:, :3]).as_matrix()
    scale = np.exp(pose[:, 5]) * size[1]
    placed = np.einsum("fij,fvj->fvi", turn, mesh) * scale[:, None, None]
    placed[:, :, :2] += pose[:, None, 3:5] * size[1]
    found: np.ndarray = (placed * (1, -1, -1)).astype(np.float32)
    return found


def error(points: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """[frames] mean distance on the screen of points to where a fit shows them, by that of the eyes' outer corners."""
    eyes = np.linalg.norm(points[:, LEFT_CORNER] - points[:, RIGHT_CORNER], axis=1)
    apart: np.ndarray = np.linalg.norm((points - shown)[:, :, :2], axis=2).mean(1) / eyes
    return apart
