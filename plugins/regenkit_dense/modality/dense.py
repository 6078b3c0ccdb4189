"""What the core asks of a modality, for dense maps: of one kind or of several at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, final

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt

from regenkit.errors import BadSource, UserError
from regenkit.spec import Fields
from regenkit_dense.modality import files, maps, view
from regenkit_dense.modality.maps import Maps, Task
from regenkit_dense.modality.view import View

Level = Annotated[int, Field(ge=0, le=255)]
Colour = tuple[Level, Level, Level]


@final
class Dense:
    """Maps of square pictures.

    tasks     which maps, in this order
    size      pixels a side
    labels    names of the classes, where there are some
    per_unit  levels of a 16-bit PNG in a metre of depth or a pixel of disparity
    colours   of label pictures: [red, green, blue] of each class
    """

    version = 2

    def __init__(self, tasks: Sequence[Task], size: PositiveInt = 64, labels: Sequence[str] = (),
                 per_unit: PositiveFloat = files.PER_UNIT, colours: Sequence[Colour] = ()) -> None:  # fmt: skip
        if not 8 <= size <= 1024:
            raise ValueError(f"size {size}; right are 8 to 1024 pixels a side")
        self.tasks: tuple[str, ...] = tuple(tasks)
        self.size, self.labels, self.per_unit = size, tuple(labels), per_unit
        self.spec = maps.spec(tasks, size, labels)
        if colours and (len(colours) != len(labels) or len(set(map(tuple, colours))) != len(labels)):
            raise ValueError(f"{len(colours)} colours ({len(set(map(tuple, colours)))} different) for {len(labels)} "
                             "classes; right is another for each")  # fmt: skip
        self.colours = np.array(colours, np.uint8) if colours else None

    def read(self, path: str | Path) -> list[Maps]:
        """The maps of a file. Raises UserError and BadSource."""
        path = Path(path)
        if len(self.tasks) == 1 and path.suffix.lower() != ".npz":
            found = {self.tasks[0]: self.read_map(path, self.tasks[0])}
        elif path.suffix.lower() != ".npz":
            raise UserError(f"{path}: {' and '.join(self.tasks)} are read from one .npz, not from a "
                            f"{path.suffix or 'file without a suffix'}, which holds one map at most")  # fmt: skip
        else:
            found = files.read_several(path)
            if set(found) != set(self.tasks):
                raise BadSource(
                    path, f"holds {', '.join(sorted(found)) or 'nothing'}; right are {', '.join(self.tasks)}"
                )
        try:
            return [Maps(maps={name: found[name] for name in self.tasks}, title=path.stem)]
        except ValueError as error:
            raise BadSource(path, str(error)) from error

    def read_map(self, path: Path, task: str) -> np.ndarray:
        """A file of one map, as it is. Raises UserError and BadSource."""
        return files.read(path, task, per_unit=self.per_unit, colours=self.colours)

    def write(self, value: Maps | View, path: str | Path) -> None:
        """Write by the suffix, whole or not at all; of several maps a .png is a picture of them. Raises UserError."""
        path = Path(path)
        if isinstance(value, View):
            files.write_picture(path, value.pixels)
        elif path.suffix.lower() == ".npz":
            files.write_several(path, value.maps)
        elif len(self.tasks) == 1:
            ((name, values),) = value.maps.items()
            files.write(path, name, values, classes=len(self.labels), per_unit=self.per_unit, colours=self.colours)
        else:
            files.write_picture(path, self.view(value).pixels)

    def encode(self, value: Maps) -> tuple[Fields, dict[str, Any]]:
        """Maps of any size, fitted into this one. Raises BadSource where a map cannot be right.

        A disparity is in pixels, so it shrinks with the picture.
        """
        found = {name: maps.fitted(value.maps[name], self.size) for name in self.tasks}
        if "disparity" in found:
            found["disparity"] = found["disparity"] * np.float32(self.size / min(value.size))
        for name, values in found.items():
            if wrong := maps.fault(name, values, len(self.labels)):
                raise BadSource(value.title or "maps", wrong)
        return maps.as_fields(found), {"title": value.title} if value.title else {}

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> Maps:
        """The maps of `fields`. Raises UserError where a value is not a number."""
        for name in self.tasks:
            if not np.isfinite(fields[name]).all():
                raise UserError(f"{name} that are not numbers (NaN or infinite); has their model diverged?")
        return Maps(
            maps={name: np.asarray(fields[name]) for name in self.tasks}, title=str((meta or {}).get("title", ""))
        )

    def describe(self, value: Maps) -> str:
        """One line: title, size, what there is of each."""
        height, width = value.size
        parts = [self._described(name, values) for name, values in value.maps.items()]
        return f"{value.title or 'untitled'}: {width} × {height}, {'; '.join(parts)}"

    def view(self, value: Maps, reference: Maps | None = None) -> View:
        """See `adapter.Views`."""
        return view.view(value, reference, len(self.labels))

    def sheet(self, values: Sequence[Maps]) -> View:
        """Many to look at, the first map of each."""
        return view.sheet(values, len(self.labels))

    def _described(self, name: str, values: np.ndarray) -> str:
        seen = maps.known(name, values)
        if not seen.any():
            return f"no {name}"
        if name == "classes":
            counts = np.bincount(values.ravel(), minlength=len(self.labels) + 1)[1 : len(self.labels) + 1]
            if not counts.sum():
                return "classes that have no name"
            most = np.argsort(-counts, kind="stable")[:3]
            return ", ".join(f"{self.labels[each]} {counts[each] / counts.sum():.0%}" for each in most if counts[each])
        if name == "normals":
            return f"normals of {seen.mean():.0%}"
        return f"{name} {values[seen].min():.2f} to {values[seen].max():.2f}"


def segmentation(
    size: PositiveInt = 64, labels: Sequence[str] = ("0", "1"), colours: Sequence[Colour] = ()
) -> Dense:  # fmt: skip
    return Dense(("classes",), size, labels, colours=colours)


def depth(size: PositiveInt = 64, per_unit: PositiveFloat = files.PER_UNIT) -> Dense:
    return Dense(("depth",), size, per_unit=per_unit)


def disparity(size: PositiveInt = 64, per_unit: PositiveFloat = files.PER_UNIT) -> Dense:
    return Dense(("disparity",), size, per_unit=per_unit)


def normals(size: PositiveInt = 64) -> Dense:
    return Dense(("normals",), size)
