"""What a face in motion is, and its fields."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from regenkit.errors import UserError
from regenkit.spec import Field, Fields, Spec
from regenkit_video.face.networks import POINTS
from regenkit_video.modality.clip import Sound

RATE = Fraction(25)
"""Frames a second."""
POSE = 6
PLACES = 4
"""Decimals of a person's own shape in meta."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Face:
    """One face, 25 frames a second.

    mesh      float32 [frames, 468, 3] in the head's own axes (right, up, towards the camera), the eyes' outer corners 1
              apart, of a person of mean shape
    pose      float32 [frames, 6]: see `fit`
    identity  float32 [468, 3]: what the person's own shape adds to `mesh`
    sound     what is heard meanwhile
    """

    mesh: np.ndarray
    pose: np.ndarray
    identity: np.ndarray
    sound: Sound | None = None
    title: str = ""
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.mesh.shape != (len(self.pose), POINTS, 3) or not len(self.pose) or self.pose.shape[1] != POSE:
            raise ValueError(f"a mesh of {self.mesh.shape} and poses of {self.pose.shape}")


SPEC = Spec({
    "mesh": Field(kind="continuous", shape=(None, POINTS, 3), hop=Fraction(1)),
    "pose": Field(kind="continuous", shape=(None, POSE), hop=Fraction(1)),
})  # fmt: skip


def encode(face: Face) -> tuple[Fields, dict[str, Any]]:
    """Models see no identity; it is in meta, so that a person's face can be shown again."""
    meta = {"title": face.title, "identity": face.identity.astype(np.float64).round(PLACES).tolist()}
    return {"mesh": face.mesh, "pose": face.pose}, meta


def decode(fields: Fields, meta: dict[str, Any] | None = None, sound: Sound | None = None) -> Face:
    """With the identity of `meta`, else that of the mean face. Raises UserError where a value is no number, or the
    identity no shape."""
    meta = meta or {}
    if not all(np.isfinite(fields[name]).all() for name in SPEC):
        raise UserError("a mesh or a pose that is no number (NaN or infinite): a model that diverged, or a coefficient "
                        "that is far too large")  # fmt: skip
    try:
        identity = np.asarray(meta.get("identity", np.zeros((POINTS, 3))), np.float32).reshape(POINTS, 3)
        if not np.isfinite(identity).all():
            raise ValueError("a value is NaN or infinite")
    except (ValueError, TypeError, OverflowError) as error:
        raise UserError(f"meta: identity is no shape of a face ({error}); right are {POINTS} points of three numbers, "
                        "or none, which is the mean face") from error  # fmt: skip
    mesh, pose = (np.asarray(fields[name], np.float32) for name in SPEC)
    return Face(mesh=mesh, pose=pose, identity=identity,
                title=str(meta.get("title", "")), sound=sound)  # fmt: skip


UPPER_LIP, LOWER_LIP = 13, 14
"""The middles of the inner lips, among the points."""


def opening(mesh: np.ndarray) -> np.ndarray:
    """[…] how far the lips are open, of meshes […, 468, 3], in distances of the eyes' outer corners."""
    found: np.ndarray = np.linalg.norm(mesh[..., UPPER_LIP, :] - mesh[..., LOWER_LIP, :], axis=-1)
    return found
