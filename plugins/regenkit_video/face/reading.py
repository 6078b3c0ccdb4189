"""A video file → the faces in it: found, followed, and brought to the head's own axes."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import final

import numpy as np

from regenkit.errors import BadSource
from regenkit_video.face.face import RATE, Face
from regenkit_video.face.fit import fit
from regenkit_video.face.linear import linear_face
from regenkit_video.face.networks import networks
from regenkit_video.face.sound import HERTZ, heard
from regenkit_video.face.tracking import filled, runs, track
from regenkit_video.modality.clip import Sound
from regenkit_video.modality.film import film

LEAST = 12
"""Frames of a face, without which it is left out."""
MOST = 1500
"""Frames that are followed at once: a minute."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Stretch:
    """Frames in which one face is followed.

    points   float32 [frames, 468, 3], pixels: right, down, away from the camera
    size     (height, width) of a frame
    second   of the file, at which it begins
    sound    what is heard meanwhile
    """

    points: np.ndarray
    size: tuple[int, int]
    second: float
    sound: Sound | None
    title: str
    remarks: tuple[str, ...]


def faces(path: str | Path, start: float = 0.0, frames: int = MOST) -> list[Face]:
    """The stretches of one face in `frames` frames from `start` seconds on, each explained by the linear model.

    Raises as `stretches` does.
    """
    found = []
    for each in stretches(path, start, frames):
        result = fit(each.points, each.size, linear_face())
        found.append(Face(mesh=result.mesh, pose=result.pose, identity=result.identity, sound=each.sound,
                          title=each.title, remarks=each.remarks))  # fmt: skip
    return found


def stretches(path: str | Path, start: float = 0.0, frames: int = MOST) -> list[Stretch]:
    """The stretches of one face in `frames` frames from `start` seconds on.

    Raises UserError where the file or the networks are not here, BadSource where it can't be read or there is no face.
    """
    source = film(path)
    followed = track(islice(source.frames(RATE, start), frames), networks())
    if not len(followed.points):
        return []
    points = filled(followed.points)
    there = ~np.isnan(points[:, 0, 0])
    long = [each for each in runs(there) if each.stop - each.start >= LEAST]
    if not long:
        raise BadSource(path, "no face is seen in it" if not there.any() else "a face is seen for too short a time")
    remarks = list(source.remarks)
    if followed.several:
        remarks.append("there is more than one face: the largest is followed")
    if not there.all():
        remarks.append("the face leaves the picture: only the frames with it are used")
    sound = heard(path, start, len(points) / float(RATE)) if source.sounding else None
    return list(_stretches(points, long, followed.size, sound, remarks, Path(path).stem, start))


def _stretches(
    points: np.ndarray, long: list[slice], size: tuple[int, int], sound: Sound | None, remarks: list[str], stem: str,
    start: float,
) -> Iterator[Stretch]:  # fmt: skip
    for stretch in long:
        begin, end = (round(each / float(RATE) * HERTZ) for each in (stretch.start, stretch.stop))
        own = None if sound is None else Sound(samples=sound.samples[begin:end], rate=HERTZ)
        short = [] if own is None or len(own.samples) > 0.9 * (end - begin) else [
            "its sound is shorter than its pictures"
        ]  # fmt: skip
        second = start + stretch.start / float(RATE)
        yield Stretch(points=points[stretch], size=size, second=second, sound=own,
                      title=f"{stem} {second:g} s" if second else stem, remarks=(*remarks, *short))  # fmt: skip
