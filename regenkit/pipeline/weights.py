"""Trained weights: read as numbers and nothing else, whoever wrote the file; and identified by their values.

An HDF5 file may point to other files (external links, external storage, virtual datasets) and hold objects. Such a file
is refused before Keras sees it, as is one that unpacks to far more than the stage has.
"""

import hashlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from regenkit import limits
from regenkit.errors import UserError
from regenkit.run_files import MEND, inside

SPARE = 1 << 20
"""Bytes that a file may hold beyond the weights of its stage."""


def load(model: Any, path: Path) -> None:
    """Give a stage the weights of a file, which lies in the stage's folder of a run. Raises UserError, naming the file,
    where it is damaged, of another model, or holds anything but finite numbers of its own."""
    inside(path.parents[1], path.parent.name, path.name)
    try:
        with h5py.File(path, "r") as file:
            check_arrays(file, sum(int(np.prod(each.shape)) * 8 for each in model.variables) + SPARE)
        model.load_weights(path)
    except UserError:
        raise
    except Exception as error:  # whatever a damaged file leads HDF5 and Keras to
        why = " ".join(str(error).split())[:200]
        raise UserError(
            f"{path}: these are not the weights of a {type(model).__name__} as this version of regenkit builds it, or "
            f"the file is damaged ({why}). Train the stage again, or use the version that environment.json names"
        ) from error
    for variable in model.variables:
        if not np.isfinite(np.asarray(variable)).all():
            raise UserError(f"{path}: {variable.path} holds what is no finite number. {MEND}")


def check_arrays(group: h5py.Group, most: int) -> None:
    """Raises ValueError at anything but plain arrays of numbers in this very file, `most` bytes of them in all."""
    waiting = [group]
    seen: set[Any] = set()
    while waiting:
        inner = waiting.pop()
        for name in inner:
            if not isinstance(inner.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{name} is a link")
            item = inner[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                raise ValueError(f"{name} is there twice")
            seen.add(address)
            if isinstance(item, h5py.Group):
                waiting.append(item)
            elif not isinstance(item, h5py.Dataset) or item.dtype.kind not in "fiub":
                raise ValueError(f"{name} holds no numbers")
            elif item.external or item.is_virtual:
                raise ValueError(f"{name} lies in another file")
            elif (most := most - item.nbytes) < 0:
                raise ValueError(f"{name} is larger than such a file may be")


def digest(path: Path) -> str:
    """Twelve hexadecimal digits of the arrays in a Keras weights file. Names do not count, because a layer's name may
    contain how many layers of its kind the process had made before. Raises UserError where it is damaged."""
    found: list[str] = []

    def add(_name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset):
            value = np.asarray(item)
            found.append(hashlib.sha256(f"{value.shape} {value.dtype}".encode() + value.tobytes()).hexdigest())

    inside(path.parents[1], path.parent.name, path.name)
    try:
        with h5py.File(path, "r") as file:
            check_arrays(file, limits.memory())
            file.visititems(add)
    except Exception as error:
        raise UserError(f"{path}: holds no weights ({' '.join(str(error).split())[:200]}). {MEND}") from error
    return hashlib.sha256(" ".join(sorted(found)).encode()).hexdigest()[:12]
