"""What the core asks of a modality, for faces: tracked in videos, written as a shaded mesh."""

from pathlib import Path
from typing import Any, final

from regenkit.errors import warn
from regenkit.spec import Fields
from regenkit_video.face import face as faces
from regenkit_video.face.face import RATE, Face
from regenkit_video.face.reading import faces as read_faces
from regenkit_video.face.showing import shown
from regenkit_video.modality import writing
from regenkit_video.modality.voice import again


@final
class FaceModality:
    """A face of 468 points and its pose, 25 times a second."""

    version = 2
    spec = faces.SPEC

    def read(self, path: str | Path) -> list[Face]:
        """The stretches of a face in a video. Raises UserError and BadSource."""
        found = read_faces(path)
        warn(path, (remark for face in found for remark in face.remarks))
        return found

    def write(self, value: Face, path: str | Path) -> None:
        """Write a .mp4 with its sound, a .gif, or a .png of frames side by side. Raises UserError."""
        writing.write(shown(value), path)

    def encode(self, value: Face) -> tuple[Fields, dict[str, Any]]:
        return faces.encode(value)

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> Face:
        """With the person's shape, and with the sound that it was made from, where `meta` tells of them."""
        return faces.decode(fields, meta, again(meta or {}, len(fields["mesh"])))

    def describe(self, value: Face) -> str:
        """One line: title, length, how far the lips open."""
        opening = faces.opening(value.mesh)
        return (f"{value.title or 'untitled'}: {len(value.mesh)} frames, {len(value.mesh) / float(RATE):.3g} s, "
                f"lips {opening.min():.2f} to {opening.max():.2f} of the eyes' distance apart")  # fmt: skip
