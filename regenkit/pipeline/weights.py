"""Trained weights: read from a run, and identified by their values."""

import hashlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from regenkit.errors import UserError


def load(model: Any, path: Path) -> None:
    """Give a stage the weights of a file. Raises UserError where the file is none, or has others than the stage."""
    try:
        model.load_weights(path)
    except (ValueError, KeyError, OSError) as error:  # as Keras and h5py do
        why = str(error).strip().partition("\n")[0]
        raise UserError(
            f"{path}: these are not the weights of a {type(model).__name__} as this version of regenkit builds it, or "
            f"the file is damaged ({why}). Train the stage again, or use the version that environment.json names"
        ) from error


def digest(path: Path) -> str:
    """Twelve hexadecimal digits of the arrays in a Keras weights file. Names do not count, because a layer's name may
    contain how many layers of its kind the process had made before."""
    found: list[str] = []

    def add(_name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset):
            value = np.asarray(item)
            found.append(hashlib.sha256(f"{value.shape} {value.dtype}".encode() + value.tobytes()).hexdigest())

    with h5py.File(path) as file:
        file.visititems(add)
    return hashlib.sha256(" ".join(sorted(found)).encode()).hexdigest()[:12]
