"""The last k states of a training, and its best weights; each file is whole or absent.

A checkpoint is one .npz of everything in `State.named()`, with a checksum that is verified when it is read. The values
are copied between two steps, a thread writes them while training goes on, and the file is renamed once it is whole on
the disk. Nothing in it depends on devices: one replica or four can go on with what two saved.
"""

import io
import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import final

import google_crc32c
import numpy as np

from regenkit.errors import UserError
from regenkit.files import beside
from regenkit.quiet import keras
from regenkit.stages import BEST
from regenkit.training.state import State

CHECKSUM = "checksum"


@final
class Checkpoints:
    """The checkpoints in `folder`, which is made. `close` waits until all is written."""

    def __init__(self, state: State, folder: Path, keep: int) -> None:
        self.state, self.folder, self.keep = state, folder, keep
        folder.mkdir(exist_ok=True)
        for left in folder.glob(".*.npz"):  # by a process that was killed
            left.unlink(missing_ok=True)
        self._thread = ThreadPoolExecutor(1)
        self._writing: Future | None = None

    def save(self) -> None:
        """Begin to write the present state. Raises UserError where it or the one before cannot be written."""
        self._wait()
        values = {name: np.array(variable.numpy()) for name, variable in self.state.named().items()}
        self._writing = self._thread.submit(self._write, int(self.state.step.numpy()), values)

    def restore(self) -> list[str]:
        """Restore the newest whole checkpoint, if any; returns the newer ones that are damaged, with reasons.

        Raises UserError where its variables are not those of this state.
        """
        damaged = []
        for path in reversed(self._all()):
            try:
                with path.open("rb") as whole, np.load(whole, allow_pickle=False) as file:
                    values = {name: file[name] for name in file.files}
                if values.pop(CHECKSUM) != _checksum(values):
                    raise ValueError("its checksum is wrong")
            except Exception as error:  # a damaged archive may raise anything
                damaged.append(f"{path}: {error}")
                continue
            variables = self.state.named()
            if {name: value.shape for name, value in values.items()} != {
                name: tuple(variable.shape) for name, variable in variables.items()
            }:
                raise UserError(f"{path}: is of another model than the recipe builds; start a new run with --run DIR")
            for name, variable in variables.items():
                variable.assign(values[name])
            break
        return damaged

    def close(self) -> None:
        """Wait until all is written. Raises UserError where it could not be."""
        try:
            self._wait()
        finally:
            self._thread.shutdown()

    def _wait(self) -> None:
        writing, self._writing = self._writing, None
        if writing is None:
            return
        try:
            writing.result()
        except OSError as error:
            raise UserError(
                f"{self.folder}: a checkpoint cannot be written ({error.strerror}); the ones before it are kept"
            ) from error

    def _write(self, step: int, values: dict[str, np.ndarray]) -> None:
        values[CHECKSUM] = np.array(_checksum(values))
        path = self.folder / f"step-{step:08d}.npz"
        temporary = path.with_name(f".{path.name}")
        try:
            with temporary.open("wb") as file:
                np.savez(file, **values)  # type: ignore[arg-type] # its stub takes allow_pickle for an array
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        found = self._all()
        now = found.index(path) + 1  # what is later was damaged, and has been passed over
        for other in (*found[:now][: -self.keep], *found[now:]):
            other.unlink(missing_ok=True)

    def _all(self) -> list[Path]:
        """Oldest first."""
        return sorted(self.folder.glob("step-*.npz"))


def _checksum(values: dict[str, np.ndarray]) -> int:
    """CRC-32C of names, types, shapes and values. The archive's own checksums miss a part that is cut or missing."""
    found = 0
    for name in sorted(values):
        value = values[name]
        found = google_crc32c.extend(found, f"{name} {value.dtype} {value.shape} ".encode())
        found = google_crc32c.extend(found, value.tobytes())
    return int(found)


def save_best(state: State, folder: Path) -> None:
    """Write the averaged weights to the file BEST."""
    with state.averaged():
        write_weights(state.model, folder / BEST)


def write_weights(model: keras.Model, path: Path) -> None:
    """Write Keras's own weights file, whole or not at all. Raises UserError where it can't be written."""
    memory = _Memory()
    model.save_weights(memory)
    with beside(path) as temporary:
        temporary.write_bytes(memory.getbuffer())


@final
class _Memory(io.BytesIO):
    """HDF5 crashes the process when the disk is full. So it writes to memory, and Python writes to the disk."""

    def __str__(self) -> str:
        return "memory.weights.h5"  # Keras looks at the suffix
