"""A linear model of faces, mean + Σ coefficient × basis, in units of the distance of the eyes' outer corners.

The model that is fetched is a regression of the points on twenty action units of the Facial Action Coding System (Ekman
and Friesen 1978), out of py-feat (Cheong et al. 2023, arXiv 2104.03509). Its columns of pose are left out: a pose is
what `fit` finds, and what of a basis moves the head as a whole is taken out of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import final

import numpy as np

from regenkit.errors import UserError
from regenkit.sources.locate import located
from regenkit_video.face.networks import POINTS
from regenkit_video.face.tracking import LEFT_CORNER, RIGHT_CORNER
from regenkit_video.packages import EXPRESSIONS

NAMES = {
    "AU01": "inner_brow_raise", "AU02": "outer_brow_raise", "AU04": "brow_lower", "AU05": "upper_lid_raise",
    "AU06": "cheek_raise", "AU07": "lid_tighten", "AU09": "nose_wrinkle", "AU10": "upper_lip_raise",
    "AU11": "nasolabial_deepen", "AU12": "lip_corner_pull", "AU14": "dimple", "AU15": "lip_corner_depress",
    "AU17": "chin_raise", "AU20": "lip_stretch", "AU23": "lip_tighten", "AU24": "lip_press", "AU25": "lips_part",
    "AU26": "jaw_drop", "AU28": "lip_suck", "AU43": "eyes_close",
}  # fmt: skip
"""What people call the action units."""
FILE = "resources/au_to_mesh_pls_v4.npz"


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class LinearFace:
    """names   of the coefficients
    mean    float64 [vertices, 3]: right, up, towards the camera
    bases   float64 [coefficients, vertices, 3]
    """

    names: tuple[str, ...]
    mean: np.ndarray
    bases: np.ndarray

    def vertices(self, coefficients: np.ndarray) -> np.ndarray:
        """float32 [frames, vertices, 3] of [frames, coefficients]."""
        found: np.ndarray = (self.mean + np.tensordot(coefficients, self.bases, 1)).astype(np.float32)
        return found


@lru_cache(maxsize=4)
def linear_face(path: str | None = None) -> LinearFace:
    """The fetched model, or the user's own: a .npz with `mean` [468, 3], `bases` [n, 468, 3] and perhaps `names`, or a
    folder of .obj files of 468 vertices, neutral.obj and one for each basis at coefficient 1.

    Raises UserError where it is not here, or none of these.
    """
    if path is None:
        return _fetched(located(EXPRESSIONS, dataset="face/grid") / FILE)
    own = Path(path).expanduser()
    if own.is_dir():
        return _objects(own)
    if not own.is_file():
        raise UserError(f"face/coefficients: model {path} does not exist; right is a .npz, or a folder of .obj files")
    try:
        with own.open("rb") as file:  # NumPy does not close what it cannot read
            kept = np.load(file, allow_pickle=False)
            if isinstance(kept, np.ndarray):
                raise ValueError("it is one array")
            mean, bases = kept["mean"], kept["bases"]
            names = [str(name) for name in kept["names"]] if "names" in kept else None
        return made(mean, bases, names)
    except Exception as error:  # whatever a damaged archive, or one of something else, leads NumPy to
        raise UserError(f"{path}: is no linear model of faces ({error}); right are mean [{POINTS}, 3] and bases "
                        f"[n, {POINTS}, 3], float") from error  # fmt: skip


def on_mean_person(path: str | None = None) -> LinearFace:
    """The bases of a model, on the mean of the fetched one: the person that meshes of the modality `face` are of.

    Raises as `linear_face` does.
    """
    return replace(linear_face(path), mean=linear_face().mean)


def made(mean: np.ndarray, bases: np.ndarray, names: Sequence[str] | None = None) -> LinearFace:
    """Centred, in units of the distance of the outer eye corners, bases free of motions of the whole head.

    Raises ValueError where shapes or names do not fit.
    """
    mean, bases = np.asarray(mean, np.float64), np.asarray(bases, np.float64)
    if mean.shape != (POINTS, 3) or bases.ndim != 3 or bases.shape[1:] != (POINTS, 3) or not len(bases):
        raise ValueError(f"mean {mean.shape} and bases {bases.shape}")
    names = tuple(names or [f"basis_{number}" for number in range(1, len(bases) + 1)])
    if len(set(names)) != len(bases):
        raise ValueError(f"{len(set(names))} different names for {len(bases)} bases")
    unit = np.linalg.norm(mean[LEFT_CORNER] - mean[RIGHT_CORNER])
    if not (np.isfinite(bases).all() and np.isfinite(mean).all() and unit > 0):
        raise ValueError("what is no finite number, or eyes at one place")
    mean = (mean - mean.mean(0)) / unit
    rigid, _ = np.linalg.qr(_motions(mean).reshape(7, -1).T)
    flat = bases.reshape(len(bases), -1) / unit
    flat = flat - flat @ rigid @ rigid.T
    return LinearFace(names=names, mean=mean, bases=flat.reshape(bases.shape))


def _motions(mean: np.ndarray) -> np.ndarray:
    """[7, vertices, 3]: three translations, three rotations, and growth."""
    x, y, z = mean.T
    zero, one = np.zeros(len(mean)), np.ones(len(mean))
    return np.array([
        np.stack(each, -1) for each in (
            (one, zero, zero), (zero, one, zero), (zero, zero, one),
            (zero, -z, y), (z, zero, -x), (-y, x, zero), (x, y, z),
        )
    ])  # fmt: skip


def _fetched(path: Path) -> LinearFace:
    with np.load(path, allow_pickle=False) as kept:
        units = [str(name) for name in kept["au_columns"]]
        coefficients = kept["coef"][: len(units)].reshape(len(units), 3, -1)[:, :, :POINTS]
        mean = kept["intercept"].reshape(3, -1)[:, :POINTS].T
    return made(mean, coefficients.transpose(0, 2, 1), [NAMES[unit] for unit in units])


def _objects(folder: Path) -> LinearFace:
    """Raises UserError."""
    files = {path.stem: path for path in sorted(folder.glob("*.obj"))}
    if "neutral" not in files or len(files) < 2:
        raise UserError(f"{folder}: right are neutral.obj and an .obj for each basis; there are {sorted(files)}")
    shapes = {}
    for name, path in files.items():
        try:
            lines = [line.split()[1:4] for line in path.read_text().splitlines() if line.startswith("v ")]
            shapes[name] = np.array(lines, np.float64).reshape(-1, 3)
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: is no .obj of vertices ({error})") from error
        if len(shapes[name]) != POINTS:
            raise UserError(f"{path}: has {len(shapes[name])} vertices; right are {POINTS}")
    mean = shapes.pop("neutral")
    try:
        return made(mean, np.stack([shape - mean for shape in shapes.values()]), list(shapes))
    except ValueError as error:
        raise UserError(f"{folder}: is no linear model of faces ({error})") from error
