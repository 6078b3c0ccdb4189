"""Dense maps: for each pixel of a picture a class, a depth, a disparity or a normal.

0 is "not known" in every map, as it is "absent" in every field: token 0 is a pixel to be ignored, depth and disparity 0
a pixel that was not measured, the zero vector a pixel without a normal. So no map needs a mask beside it.

    classes    int, (height, width): 1…n, the classes in their order
    depth      float, (height, width, 1): metres along the axis of the camera
    disparity  float, (height, width, 1): pixels between the left and the right picture
    normals    float, (height, width, 3): unit vectors, x to the right, y up, z towards the camera
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, final

import numpy as np

from regenkit.spec import Field, Fields, Spec

Task = Literal["classes", "depth", "disparity", "normals"]
CHANNELS: dict[str, int] = {"depth": 1, "disparity": 1, "normals": 3}
"""Of the maps that are numbers."""
MOST_CLASSES = 255
"""255 in a file is a pixel to be ignored."""
UNIT_ERROR = 0.02
"""How far the length of a normal may be from 1."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Maps:
    """The maps of one picture, by task, all of one size; and what of their file is not in them."""

    maps: Mapping[str, np.ndarray]
    title: str = ""
    remarks: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if len({each.shape[:2] for each in self.maps.values()}) != 1:
            raise ValueError("maps are of one size, and at least one")

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = next(iter(self.maps.values())).shape[:2]
        return int(height), int(width)


def spec(tasks: Sequence[str], size: int, labels: Sequence[str]) -> Spec:
    """A field a task. Raises ValueError where there is none, one comes twice, or classes have no names."""
    if not tasks or len(set(tasks)) != len(tasks):
        raise ValueError(f"tasks {list(tasks)}; right is one at least, each once")
    if ("classes" in tasks) != (len(labels) >= 2):
        raise ValueError(f"{len(labels)} names of classes; right are two at least where there are classes, else none")
    if len(labels) > MOST_CLASSES:
        raise ValueError(f"{len(labels)} classes; right are {MOST_CLASSES} at most, since 255 in a file is ignored")
    if len(set(labels)) != len(labels):
        raise ValueError("names of classes come twice")
    return Spec({name: _field(name, size, labels) for name in tasks})


def _field(name: str, size: int, labels: Sequence[str]) -> Field:
    if name == "classes":
        return Field(vocabulary=len(labels), shape=(size, size), labels=tuple(labels), gaps=True)
    return Field(kind="continuous", shape=(size, size, CHANNELS[name]), gaps=True)


def fitted(values: np.ndarray, size: int) -> np.ndarray:
    """The middle square of a map as `size` × `size`; each pixel is the nearest one, since classes have no mean, and a
    depth that is known none with one that is not."""
    height, width = values.shape[:2]
    side = min(height, width)
    nearest = ((np.arange(size) + 0.5) * side / size).astype(int)
    rows, columns = (height - side) // 2 + nearest, (width - side) // 2 + nearest
    found: np.ndarray = values[rows[:, None], columns[None, :]]
    return found


def known(name: str, values: np.ndarray) -> np.ndarray:
    """bool (…, height, width): where a map says something."""
    if name == "classes":
        return values > 0
    found: np.ndarray = np.any(values != 0, axis=-1)
    return found


def fault(name: str, values: np.ndarray, classes: int) -> str:
    """What is wrong with a map, empty where nothing is."""
    if name == "classes":
        if values.size and (values.min() < 0 or values.max() > classes):
            wrong = int(values.min() if values.min() < 0 else values.max()) - 1
            return f"has the class {wrong}, and there are {classes}, 0 to {classes - 1}"
        return ""
    if not np.isfinite(values).all():
        return f"its {name} holds NaN or infinite values; 0 is what is not known"
    if name == "normals":
        length = np.linalg.norm(values, axis=-1)[known(name, values)]
        if length.size and np.abs(length - 1).max() > UNIT_ERROR:
            return (
                f"its normals have lengths of {length.min():.2f} to {length.max():.2f}; right is 1, or 0 if not known"
            )
        return ""
    return f"its {name} is negative" if values.size and values.min() < 0 else ""


def as_fields(maps: Mapping[str, np.ndarray]) -> Fields:
    """The arrays in the types of fields."""
    return {name: np.ascontiguousarray(value, np.int32 if name == "classes" else np.float32)
            for name, value in maps.items()}  # fmt: skip
