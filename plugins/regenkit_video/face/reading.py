"""A video file → the faces in it: found, followed, and brought to the head's own axes."""

from dataclasses import dataclass, replace
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
"""Frames that are followed and held at once: a minute."""
SEVERAL = "there is more than one face: the one that was the largest at first is followed"
SHORT = f"a face that is seen for fewer than {LEAST} frames is left out"


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Stretch:
    """Frames in which one face is followed.

    points   float32 [frames, 468, 3], pixels: right, down, away from the camera
    size     (height, width) of a frame
    first    number of its first frame, counted from where the reading began
    second   of the file, at which it begins
    sound    what is heard meanwhile
    """

    points: np.ndarray
    size: tuple[int, int]
    first: int
    second: float
    sound: Sound | None
    title: str
    remarks: tuple[str, ...]


def faces(path: str | Path, start: float = 0.0, frames: int | None = None) -> list[Face]:
    """The stretches of one face in `frames` frames (None: all) from `start` seconds on, each explained by the linear
    model.

    Raises as `stretches` does.
    """
    found = []
    for each in stretches(path, start, frames):
        result = fit(each.points, each.size, linear_face())
        found.append(Face(mesh=result.mesh, pose=result.pose, identity=result.identity, sound=each.sound,
                          title=each.title, remarks=each.remarks))  # fmt: skip
    return found


def stretches(path: str | Path, start: float = 0.0, frames: int | None = None) -> list[Stretch]:
    """The stretches of one face in `frames` frames (None: all) from `start` seconds on, minute by minute.

    Raises UserError where the file or the networks are not here, BadSource where it can't be read or there is no face.
    """
    source = film(path)
    shown, first = islice(source.frames(RATE, start), frames), 0
    found: list[Stretch] = []
    seen: list[np.ndarray] = []
    remarks: dict[str, None] = {}
    while len((followed := track(islice(shown, MOST), networks())).points):
        points = filled(followed.points, cuts=followed.cuts)
        seen.append(~np.isnan(points[:, 0, 0]))
        second = start + first / float(RATE)
        sound = heard(path, second, len(points) / float(RATE)) if source.sounding else None
        whole = Stretch(points=points, size=followed.size, first=first, second=second, sound=sound,
                        title=Path(path).stem, remarks=())  # fmt: skip
        parts = runs(seen[-1], followed.cuts)
        found += [_part(whole, each) for each in parts if each.stop - each.start >= LEAST]
        remarks |= dict.fromkeys(sound.remarks if sound else ())
        if followed.several:
            remarks[SEVERAL] = None
        if any(each.stop - each.start < LEAST for each in parts):
            remarks[SHORT] = None
        first += len(points)
    if not seen:
        return []
    there = np.concatenate(seen)
    if not found:
        raise BadSource(path, "a face is seen for too short a time" if there.any() else "no face is seen in it")
    if not there.all():
        remarks["the face leaves the picture: only the frames with it are used"] = None
    said = (*source.remarks, *remarks)
    return [replace(each, remarks=(*said, *each.remarks)) for each in found]


def _part(whole: Stretch, frames: slice) -> Stretch:
    """With its own sound."""
    begin, end = (round(each / float(RATE) * HERTZ) for each in (frames.start, frames.stop))
    own = None if whole.sound is None else Sound(samples=whole.sound.samples[begin:end], rate=HERTZ)
    short = own is not None and len(own.samples) <= 0.9 * (end - begin)
    second = whole.second + frames.start / float(RATE)
    return replace(
        whole, points=whole.points[frames], first=whole.first + frames.start, second=second, sound=own,
        title=f"{whole.title} {second:g} s" if second else whole.title,
        remarks=("its sound is shorter than its pictures",) if short else (),
    )  # fmt: skip
