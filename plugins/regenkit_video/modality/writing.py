"""Clips into files, by the file's suffix: .mp4 with its sound, .gif, and .png as a strip of frames."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

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
TOGETHER = 1024
"""Samples of a frame of AAC."""
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
    """H.264 and AAC; a side of an odd number of pixels gets one more, as the format wants it, and a rate of sound that
    AAC does not have becomes the next that it has."""
    frames = np.repeat(clip.frames, 3, axis=3) if clip.frames.shape[3] == 1 else clip.frames
    frames = np.pad(frames, [(0, 0), *((0, side % 2) for side in frames.shape[1:3]), (0, 0)], mode="edge")
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=clip.rate, options={"crf": QUALITY, "threads": "1"})
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
        heard = container.add_stream("aac", rate=_heard_at(clip.sound.rate)) if clip.sound else None
        if heard is not None and clip.sound is not None:
            heard.layout = "mono" if clip.sound.samples.shape[1] == 1 else "stereo"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
        if heard is not None and clip.sound is not None:
            parts = _parts(clip.sound)
            for part in parts if heard.rate == clip.sound.rate else _resampled(parts, heard):
                container.mux(heard.encode(part))
            container.mux(heard.encode(None))


def _heard_at(rate: int) -> int:
    """The rate that AAC has."""
    known = av.Codec("aac", "w").audio_rates or (rate,)
    return min((each for each in known if each >= rate), default=max(known))


def _parts(sound: Sound) -> Iterator[av.AudioFrame]:
    """Of a thousand or so samples, as encoders take them."""
    for start in range(0, len(sound.samples), TOGETHER):
        values = np.ascontiguousarray(sound.samples[start : start + TOGETHER].T, np.float32)
        part = av.AudioFrame.from_ndarray(values, format="fltp", layout="mono" if len(values) == 1 else "stereo")
        part.sample_rate, part.pts, part.time_base = sound.rate, start, Fraction(1, sound.rate)
        yield part


def _resampled(parts: Iterator[av.AudioFrame], heard: Any) -> Iterator[av.AudioFrame]:
    into = av.AudioResampler(format="fltp", layout=heard.layout.name, rate=heard.rate, frame_size=TOGETHER)
    for part in chain(parts, [None]):
        yield from into.resample(part)


def _gif(clip: Clip, path: Path) -> None:
    """Times of a GIF are in hundredths of a second: frames begin at the nearest, and what is faster loses frames."""
    number, rate = len(clip.frames), min(clip.rate, FASTEST)
    kept = [int(place * clip.rate / rate) for place in range(max(1, round(number * rate / clip.rate)))]
    times = [round(100 * place / rate) for place in range(len(kept) + 1)]
    frames = [Image.fromarray(frame[:, :, 0] if frame.shape[2] == 1 else frame) for frame in clip.frames[kept]]
    with path.open("wb") as file:
        frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], loop=0, disposal=1,
                       duration=[10 * (end - begin) for begin, end in pairwise(times)])  # fmt: skip
