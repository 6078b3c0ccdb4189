"""Which points make a triangle, read as text out of the package of the networks; the file is never run."""

import ast
from functools import lru_cache
from pathlib import Path

import numpy as np

from regenkit.errors import UserError
from regenkit.sources.locate import located
from regenkit_video.face.linear import linear_face
from regenkit_video.packages import LANDMARKS

FILE = "python/solutions/face_mesh_connections.py"
NAME = "FACEMESH_TESSELATION"
BEHIND = (0.0, 0.0, -0.6)
"""A place within the head, from which a triangle's outside is told."""


@lru_cache(maxsize=1)
def triangles() -> np.ndarray:
    """int32 [triangles, 3], counter-clockwise as seen from outside of the head.

    The edges stand in threes, each of which is a triangle. Raises UserError where the file is not here or another.
    """
    found = parsed(located(LANDMARKS, dataset="face/grid") / FILE)
    a, b, c = (linear_face().mean[found[:, corner]] for corner in range(3))
    inward = (np.cross(b - a, c - a) * ((a + b + c) / 3 - BEHIND)).sum(1) < 0
    return np.where(inward[:, None], found[:, ::-1], found)


def parsed(path: Path) -> np.ndarray:
    """Of such a file."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        (value,) = [
            node.value.args[0]
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.args
            and isinstance(node.targets[0], ast.Name) and node.targets[0].id == NAME
        ]  # fmt: skip
        edges = np.array(ast.literal_eval(value), np.int32).reshape(-1, 3, 2)
        if not (edges[:, :, 1] == np.roll(edges[:, :, 0], -1, 1)).all():
            raise ValueError("edges that are no triangles")
    except (OSError, ValueError, SyntaxError, TypeError) as error:
        raise UserError(f"{path}: is no list of the mesh's edges ({error})") from error
    found: np.ndarray = edges[:, :, 0]
    return found
