"""Clips into files, by the file's suffix: .mp4 with its sound, .gif, and .png as a strip of frames."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from PIL import Image

from regenkit.errors import UserError
from regenkit.files import beside
from regenkit_video.formats import WRITES
from regenkit_video.modality.clip import Clip, Sound
from regenkit_video.modality.strip import strip

QUALITY = "18"
"""Of H.264 (its constant rate factor): hardly told from the frames themselves."""
FASTEST = Fraction(50)
"""Frames a second of a GIF: browsers slow down what is faster."""


def write(clip: Clip, path: str | Path) -> None:
    """Whole or not at all. Raises UserError where it can't be."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITES:
        raise UserError(f"{path}: videos are written as {', '.join(WRITES)}, not {path.suffix or 'without a suffix'!r}")
    if not path.parent.is_dir():
        raise UserError(f"{path}: the folder {path.parent} does not exist; create it first")
    with beside(path) as temporary:
        if suffix == ".mp4":
            _mp4(clip, temporary)
        elif suffix == ".gif":
            _gif(clip, temporary)
        else:
            picture = strip(clip.frames)
            with temporary.open("wb") as file:
                Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture).save(file, "PNG")


def _mp4(clip: Clip, path: Path) -> None:
    """H.264 and AAC; a side of an odd number of pixels gets one more, as the format wants it."""
    frames = np.repeat(clip.frames, 3, axis=3) if clip.frames.shape[3] == 1 else clip.frames
    frames = np.pad(frames, [(0, 0), *((0, side % 2) for side in frames.shape[1:3]), (0, 0)], mode="edge")
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=clip.rate, options={"crf": QUALITY, "threads": "1"})
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
        heard = container.add_stream("aac", rate=clip.sound.rate) if clip.sound else None
        if heard is not None and clip.sound is not None:
            heard.layout = "mono" if clip.sound.samples.shape[1] == 1 else "stereo"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
        if heard is not None and clip.sound is not None:
            for part in _parts(clip.sound):
                container.mux(heard.encode(part))
            container.mux(heard.encode(None))


def _parts(sound: Sound) -> list[av.AudioFrame]:
    """Of a thousand or so samples, as encoders take them."""
    found = []
    for start in range(0, len(sound.samples), 1024):
        values = np.ascontiguousarray(sound.samples[start : start + 1024].T, np.float32)
        part = av.AudioFrame.from_ndarray(values, format="fltp", layout="mono" if len(values) == 1 else "stereo")
        part.sample_rate, part.pts = sound.rate, start
        found.append(part)
    return found


def _gif(clip: Clip, path: Path) -> None:
    """Times of a GIF are in hundredths of a second: frames begin at the nearest, and what is faster loses frames."""
    number, rate = len(clip.frames), min(clip.rate, FASTEST)
    kept = [int(place * clip.rate / rate) for place in range(max(1, round(number * rate / clip.rate)))]
    times = [round(100 * place / rate) for place in range(len(kept) + 1)]
    frames = [Image.fromarray(frame[:, :, 0] if frame.shape[2] == 1 else frame) for frame in clip.frames[kept]]
    with path.open("wb") as file:
        frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], loop=0, disposal=1,
                       duration=[10 * (end - begin) for begin, end in pairwise(times)])  # fmt: skip
