"""A video file → the faces in it: found, followed, and brought to the head's own axes."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

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


def faces(path: str | Path, start: float = 0.0, frames: int = MOST) -> list[Face]:
    """The stretches of one face in `frames` frames from `start` seconds on.

    Raises UserError where the file or the networks are not here, BadSource where it can't be read or there is no face.
    """
    source = film(path)
    followed = track(islice(source.frames(RATE, start), frames), networks())
    if not len(followed.points):
        return []
    points = filled(followed.points)
    there = ~np.isnan(points[:, 0, 0])
    stretches = [each for each in runs(there) if each.stop - each.start >= LEAST]
    if not stretches:
        raise BadSource(path, "no face is seen in it" if not there.any() else "a face is seen for too short a time")
    remarks = list(source.remarks)
    if followed.several:
        remarks.append("there is more than one face: the largest is followed")
    if not there.all():
        remarks.append("the face leaves the picture: only the frames with it are used")
    sound = heard(path, start, len(points) / float(RATE)) if source.sounding else None
    return list(_stretches(points, stretches, followed.size, sound, remarks, Path(path).stem, start))


def _stretches(
    points: np.ndarray, stretches: list[slice], size: tuple[int, int], sound: Sound | None, remarks: list[str],
    stem: str, start: float,
) -> Iterator[Face]:  # fmt: skip
    for stretch in stretches:
        found = fit(points[stretch], size, linear_face())
        begin, end = (round(each / float(RATE) * HERTZ) for each in (stretch.start, stretch.stop))
        own = None if sound is None else Sound(samples=sound.samples[begin:end], rate=HERTZ)
        short = [] if own is None or len(own.samples) > 0.9 * (end - begin) else [
            "its sound is shorter than its pictures"
        ]  # fmt: skip
        second = start + stretch.start / float(RATE)
        yield Face(mesh=found.mesh, pose=found.pose, identity=found.identity, sound=own,
                   title=f"{stem} {second:g} s" if second else stem, remarks=(*remarks, *short))  # fmt: skip
