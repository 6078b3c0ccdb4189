"""A face's expressions as named coefficients of a linear model, 25 times a second.

The model is inverted by regularised least squares over all frames at once (`regenkit_video.face.fit`). A person's own
shape is not in them, so that they move another face.
"""

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, final

import numpy as np
import yaml
from pydantic import NonNegativeFloat

from regenkit.errors import UserError
from regenkit.given import Given
from regenkit.nearest import did_you_mean
from regenkit.spec import Field, Fields, Spec
from regenkit_video.face.face import POSE, SPEC
from regenkit_video.face.fit import RIDGE, SMOOTH, solved
from regenkit_video.face.linear import linear_face

TURNS = ("turn_right_axis", "turn_up_axis", "turn_depth_axis", "middle_right", "middle_up", "log_size")
"""What people call the six numbers of a pose."""
PLACES = 3


@final
class Coefficients:
    """Y′ is `coefficients`, one of each name a frame, and the pose as it is.

    model   a linear model of your own: a .npz or a folder of .obj (`regenkit_video.face.linear`); else that of py-feat
    ridge   weight of the squared coefficients
    smooth  weight of their squared changes from frame to frame
    pose    whether the pose is part of Y′. A voice tells little of it: without it the head is drawn still
    """

    version = 1

    def __init__(
        self, model: str | None = None, ridge: NonNegativeFloat = RIDGE, smooth: NonNegativeFloat = SMOOTH,
        pose: bool = True,
    ) -> None:  # fmt: skip
        self.model, self.ridge, self.smooth = linear_face(model), ridge, smooth
        shape = (None, len(self.model.names))
        field = Field(kind="continuous", shape=shape, hop=Fraction(1))
        self.spec = Spec({"coefficients": field, **({"pose": SPEC["pose"]} if pose else {})})
        self.names = {"coefficients": self.model.names, **({"pose": TURNS} if pose else {})}

    def convert(self, y: Fields) -> Fields:
        found = solved(np.float64(y["mesh"]) - self.model.mean, self.model, self.ridge, self.smooth)
        rep = {"coefficients": found.astype(np.float32), "pose": y["pose"]}
        return {name: rep[name] for name in self.spec}

    def given(self, options: Mapping[str, str]) -> Given:
        """NAME=VALUE: a coefficient that is the same in all frames. Raises UserError."""
        fixed = {}
        for name, value in options.items():
            if name not in self.model.names:
                raise UserError(f"--given {name}: no coefficient has that name{did_you_mean(name, self.model.names)}")
            try:
                fixed[name] = float(value)
            except ValueError as error:
                raise UserError(f"--given {name}={value}: right is a number, such as 0.5") from error
            if not np.isfinite(fixed[name]):
                raise UserError(f"--given {name}={value}: right is a finite number, such as 0.5")
        return Given(rest=fixed)

    def complete(self, rep: Fields, given: Given) -> Fields:
        coefficients = rep["coefficients"].copy()
        for name, value in given.rest.items():
            coefficients[:, self.model.names.index(name)] = value
        return {**rep, "coefficients": coefficients}

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        """A line for each name, with a number a frame."""
        head = yaml.safe_dump({"meta": {"title": str(meta.get("title", ""))}}, allow_unicode=True)
        lines = [head, f"# {len(rep['coefficients'])} frames, 25 a second; 0 is the face at rest\n"]
        for field, names in self.names.items():
            lines.append(f"{field}:\n")
            values = rep[field].T.astype(np.float64).round(PLACES).tolist()
            lines += [f"  {name}: {json.dumps(row)}\n" for name, row in zip(names, values, strict=True)]
        return "".join(lines)

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        try:
            read = yaml.safe_load(text)
            if not isinstance(read, dict) or not isinstance(meta := read.pop("meta", None) or {}, dict):
                raise ValueError("right is a map of coefficients and pose, with meta, a map as well")
            if unknown := [name for name in read if name not in self.spec]:
                raise ValueError(f"no part is named {unknown[0]!r}{did_you_mean(str(unknown[0]), self.spec)}")
            rep = {field: _columns(field, read.get(field), names) for field, names in self.names.items()}
            if len({len(value) for value in rep.values()}) > 1:
                raise ValueError("coefficients and a pose of several numbers of frames")
            self.spec.check(rep, "the file")
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise UserError(f"not the coefficients of a face: {error}") from error
        return rep, {str(name): value for name, value in meta.items()}


def _columns(field: str, read: Any, names: tuple[str, ...]) -> np.ndarray:
    """float32 [frames, names] of a map from names to lists; what is left out is 0. Raises ValueError."""
    if not isinstance(read, dict) or not read:
        raise ValueError(f"{field} is no map from names to a number a frame")
    if unknown := [name for name in read if name not in names]:
        raise ValueError(f"{field}: nothing is named {unknown[0]!r}{did_you_mean(str(unknown[0]), names)}")
    rows = {}
    for name, row in read.items():
        if not isinstance(row, list) or not row or not all(isinstance(each, int | float) for each in row):
            raise ValueError(f"{field}: {name} is no list of a number a frame")
        rows[name] = np.array(row, np.float64).astype(np.float32)
    lengths = {len(row) for row in rows.values()}
    if len(lengths) > 1:
        raise ValueError(f"{field}: rows of {' and '.join(map(str, sorted(lengths)))} frames; right is one length")
    nothing = np.zeros(lengths.pop(), np.float32)
    return np.stack([rows.get(name, nothing) for name in names], 1)


assert len(TURNS) == POSE
