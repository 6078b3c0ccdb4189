"""A head that speaks as a portrait, and named coefficients that move it, 25 times a second.

The portrait is the first frame. Coefficients and pose are told from it, so that they move another portrait as well.
"""

import base64
import io
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, final

import numpy as np
import yaml
from PIL import Image

from regenkit import plain_yaml
from regenkit.errors import BadSource, UserError
from regenkit.given import Given
from regenkit.spec import Field, Fields, Spec
from regenkit_video.converter.named import TURNS, columns, fixed, laid_over, lines
from regenkit_video.face.driving import driven
from regenkit_video.face.face import POSE
from regenkit_video.face.head import placed
from regenkit_video.face.linear import linear_face
from regenkit_video.modality.clip import levels
from regenkit_video.modality.speaker import plain, portrait, portrait_spec


@final
class HeadCoefficients:
    """Y′ is `coefficients` and `pose` a frame, 0 at the portrait, and the portrait: `reference`, and its `points`.

    model   a linear model of your own (`regenkit_video.face.linear`); else that of py-feat
    """

    version = 2

    def __init__(self, y: Spec, model: str | None = None) -> None:
        self.model = linear_face(model)
        self.size = int(y["frames"].shape[1] or 0)
        self.names = {"coefficients": self.model.names, "pose": TURNS}

        def series(size: int) -> Field:
            return Field(kind="continuous", shape=(None, size), hop=Fraction(1))

        moved = Spec({"coefficients": series(len(self.model.names)), "pose": series(POSE)})
        self.spec = moved | portrait_spec(self.size)

    def convert(self, y: Fields) -> Fields:
        """Raises BadSource where no face is seen."""
        points = placed(levels(y["frames"]))
        coefficients, pose = driven(points, points[0], self.model)
        reference = np.asarray(y["frames"][0], np.float32)
        return {"coefficients": coefficients, "pose": pose, "reference": reference, "points": points[0]}

    def given(self, options: Mapping[str, str]) -> Given:
        """NAME=VALUE: a coefficient that is the same in all frames. Raises UserError."""
        return fixed(options, self.model.names)

    def complete(self, rep: Fields, given: Given) -> Fields:
        return laid_over(rep, given, self.model.names)

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        """A line for each name, with a number a frame; the portrait as a PNG in base 64."""
        file = io.BytesIO()
        Image.fromarray(levels(rep["reference"])).save(file, "PNG")
        picture = base64.b64encode(file.getvalue()).decode()
        head = plain_yaml.dump({"meta": {"title": str(meta.get("title", ""))}})
        said = f"# {len(rep['coefficients'])} frames, 25 a second; 0 is the portrait\n"
        return "".join([head, said, *lines(rep, self.names), f"portrait: {picture}\n"])

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        try:
            read = plain_yaml.load(text)
            if not isinstance(read, dict) or not isinstance(meta := read.pop("meta", None) or {}, dict):
                raise ValueError("right is a map of coefficients, pose and portrait, with meta, a map as well")
            if unknown := set(map(str, read)) - {*self.names, "portrait"}:
                raise ValueError(f"no part is named {min(unknown)!r}")
            rep = {field: columns(field, read.get(field), names) for field, names in self.names.items()}
            if len({len(value) for value in rep.values()}) > 1:
                raise ValueError("coefficients and a pose of several numbers of frames")
            rep |= self._portrait(read.get("portrait"))
            self.spec.check(rep, "the file")
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise UserError(f"not the coefficients of a head: {error}") from error
        return rep, {str(name): value for name, value in meta.items()}

    def _portrait(self, read: Any) -> Fields:
        """Of a PNG in base 64. Raises ValueError."""
        right = f"right is a PNG of {self.size} pixels a side with a face, in base 64"
        if read is None:
            raise ValueError(f"it has no portrait; {right}")
        try:
            image = Image.open(io.BytesIO(base64.b64decode(str(read))), formats=("PNG",))
        except Exception as error:  # a picture that claims to be vast has an error of its own
            raise ValueError(f"the portrait is no picture; {right}") from error
        if image.size != (self.size, self.size):
            raise ValueError(f"the portrait is of {image.width} × {image.height}; {right}")
        try:
            pixels = plain(image)
        except Exception as error:  # whatever a damaged byte leads a decoder to
            raise ValueError(f"the portrait can't be read ({str(error) or type(error).__name__}); {right}") from error
        try:
            return portrait(pixels)
        except BadSource as error:
            raise ValueError(f"no face is seen in the portrait; {right}") from error
