"""Frames side by side: a clip as one picture, and many clips as one clip."""

from collections.abc import Sequence

import numpy as np

from regenkit_video.modality.clip import Clip

GAP = 2
WHITE = 255
MOST = 16
"""Frames of a strip: of more, so many evenly chosen ones."""
LEAST = 48
"""Pixels a side that a frame is enlarged to, so that a person sees it."""


def strip(frames: np.ndarray) -> np.ndarray:
    """uint8 (height, width, channels) of frames, uint8 (frames, height, width, channels), in rows of eight."""
    chosen = frames[np.linspace(0, len(frames) - 1, min(len(frames), MOST)).round().astype(int)]
    return tiled(chosen, columns=8)


def tiled(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Pictures, uint8 (pictures, height, width, channels), as one with white between them, each pixel enlarged."""
    scale = max(1, LEAST // min(pictures.shape[1:3]))
    pictures = pictures.repeat(scale, 1).repeat(scale, 2)
    count, height, width, channels = pictures.shape
    rows, columns = -(-count // columns), min(columns, count)
    out = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, channels), WHITE, np.uint8)
    for place, picture in enumerate(pictures):
        top, left = GAP + place // columns * (height + GAP), GAP + place % columns * (width + GAP)
        out[top : top + height, left : left + width] = picture
    return out


def sheet(clips: Sequence[Clip], columns: int = 8) -> Clip:
    """Clips of one shape, side by side, all playing at once. Raises ValueError where they are of several."""
    if len({clip.frames.shape for clip in clips}) != 1:
        raise ValueError("a sheet is of one clip at least, and of one shape")
    moments = zip(*(clip.frames for clip in clips), strict=True)
    return Clip(frames=np.stack([tiled(np.stack(moment), columns) for moment in moments]), rate=clips[0].rate)
