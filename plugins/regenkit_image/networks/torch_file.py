"""Weights out of a file that PyTorch before 1.6 wrote, without PyTorch, and without running what a pickle may ask for.

Such a file is three pickles (a magic number, the version, the machine's sizes), the pickle of the tensors' names,
shapes and places, a pickle that lists the storages, and the storages: a count in eight bytes, and the values.
"""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.errors import UserError

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """The tensors by name. Raises UserError where it is no such file, is damaged, or asks for anything else."""
    size = path.stat().st_size
    storages: dict[str, np.ndarray] = {}
    try:
        with path.open("rb") as file:
            if (pickle_of(file).load(), pickle_of(file).load()) != (MAGIC, VERSION):
                raise ValueError("it does not begin as one")
            if not pickle_of(file).load()["little_endian"]:
                raise ValueError("its numbers are big-endian")
            found = dict(Restricted(file, storages, size).load())
            for key in pickle_of(file).load():
                values = storages[key]
                if int.from_bytes(file.read(8), "little") != values.size or file.readinto(values.data) != values.nbytes:
                    raise ValueError(f"it ends within the storage {key}")
    except Exception as error:  # a damaged pickle raises whatever the byte leads it to
        raise UserError(f"{path}: is no file of weights as PyTorch wrote them before 1.6 ({error})") from error
    return found


@final
class Restricted(pickle.Unpickler):
    """Knows tensors, their storages and the mapping that holds them; any other name in the pickle is refused."""

    def __init__(self, file: Any, storages: dict[str, np.ndarray], most: int) -> None:
        super().__init__(file)
        self.storages, self.left = storages, most

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch", "FloatStorage"): np.dtype("<f4"),
            ("torch", "LongStorage"): np.dtype("<i8"),
        }
        if (module, name) not in known:
            raise ValueError(f"it asks for {module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> np.ndarray:
        """A storage, empty as yet: its values come later in the file."""
        _, dtype, key, _, count, _ = pid
        if key not in self.storages:
            self.left -= count * dtype.itemsize
            if self.left < 0:
                raise ValueError("its storages are larger than the file")
            self.storages[key] = np.zeros(count, dtype)
        return self.storages[key]


def pickle_of(file: Any) -> Restricted:
    """For plain numbers and lists."""
    return Restricted(file, {}, 0)


def _tensor(storage: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> np.ndarray:
    """A view of a storage; NumPy refuses one that reaches beyond it."""
    step = storage.itemsize
    return np.ndarray(shape, storage.dtype, storage, offset * step, tuple(stride * step for stride in strides))
