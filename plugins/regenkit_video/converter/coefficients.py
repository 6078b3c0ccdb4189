"""A face's expressions as named coefficients of a linear model, 25 times a second.

The model is inverted by regularised least squares over all frames at once (`regenkit_video.face.fit`). A person's own
shape is not in them, so that they move another face.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, final

import numpy as np
import yaml
from pydantic import NonNegativeFloat

from regenkit import plain_yaml
from regenkit.errors import UserError
from regenkit.given import Given
from regenkit.nearest import did_you_mean
from regenkit.spec import Field, Fields, Spec
from regenkit_video.converter.named import TURNS, columns, fixed, laid_over, lines
from regenkit_video.face.face import SPEC
from regenkit_video.face.fit import RIDGE, SMOOTH, solved
from regenkit_video.face.linear import on_mean_person


@final
class Coefficients:
    """Y′ is `coefficients`, one of each name a frame, and the pose as it is.

    model   bases of your own: a .npz or a folder of .obj (`regenkit_video.face.linear`); else those of py-feat. Your
            mean is not used, since meshes are of py-feat's mean person
    ridge   weight of the squared coefficients
    smooth  weight of their squared changes from frame to frame
    pose    whether the pose is part of Y′. A voice tells little of it: without it the head is drawn still
    """

    version = 2

    def __init__(
        self, model: str | None = None, ridge: NonNegativeFloat = RIDGE, smooth: NonNegativeFloat = SMOOTH,
        pose: bool = True,
    ) -> None:  # fmt: skip
        self.model, self.ridge, self.smooth = on_mean_person(model), ridge, smooth
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
        return fixed(options, self.model.names)

    def complete(self, rep: Fields, given: Given) -> Fields:
        return laid_over(rep, given, self.model.names)

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        """A line for each name, with a number a frame."""
        head = plain_yaml.dump({"meta": {"title": str(meta.get("title", ""))}})
        said = f"# {len(rep['coefficients'])} frames, 25 a second; 0 is the face at rest\n"
        return "".join([head, said, *lines(rep, self.names)])

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        try:
            read = plain_yaml.load(text)
            if not isinstance(read, dict) or not isinstance(meta := read.pop("meta", None) or {}, dict):
                raise ValueError("right is a map of coefficients and pose, with meta, a map as well")
            if unknown := [name for name in read if name not in self.spec]:
                raise ValueError(f"no part is named {unknown[0]!r}{did_you_mean(str(unknown[0]), self.spec)}")
            rep = {field: columns(field, read.get(field), names) for field, names in self.names.items()}
            if len({len(value) for value in rep.values()}) > 1:
                raise ValueError("coefficients and a pose of several numbers of frames")
            self.spec.check(rep, "the file")
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise UserError(f"not the coefficients of a face: {error}") from error
        return rep, {str(name): value for name, value in meta.items()}
