"""A face in motion as a clip: a shaded mesh that turns as the head does, large in the middle of the picture."""

import numpy as np

from regenkit_video.face.face import RATE, Face
from regenkit_video.face.fit import posed
from regenkit_video.face.raster import shaded
from regenkit_video.face.topology import triangles
from regenkit_video.modality.clip import Clip

SIDE = 192
LARGE = 0.5
"""Of the picture's width: the distance of the eyes' outer corners."""


def shown(face: Face, side: int = SIDE) -> Clip:
    """Raises UserError where the mesh's triangles are not here."""
    pose = np.zeros_like(face.pose)
    pose[:, :3] = face.pose[:, :3]
    pose[:, 3], pose[:, 4], pose[:, 5] = 0.5, -0.5, np.log(LARGE)
    vertices = posed(face.mesh + face.identity, pose, (side, side))
    frames = shaded(vertices, triangles(), side, side)
    return Clip(frames=frames, rate=RATE, sound=face.sound, title=face.title)
