"""Videos as people have them: turned, torn, too fast, with frames at odd times; and what is written is read back."""

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import film, grey, tone
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from processes import end, start

from regenkit.errors import BadSource, UserError
from regenkit.plugins import host
from regenkit_video import formats
from regenkit_video.face.sound import heard
from regenkit_video.modality import Clip, Sound, Video
from regenkit_video.modality.film import film as opened
from regenkit_video.modality.windows import Shape, windows

LEVELS = [20, 60, 100, 140, 180, 220, 240, 250]


def greys(clip: Clip) -> list[int]:
    """The level of each frame's middle."""
    side = clip.frames.shape[1] // 2
    return clip.frames[:, side, side, 0].astype(int).tolist()


def near(found: list[int], wanted: list[int]) -> bool:
    return len(found) == len(wanted) and all(abs(a - b) <= 6 for a, b in zip(found, wanted, strict=True))


def test_the_suffixes_of_the_record_are_those_of_the_files() -> None:
    record = host().find("modality", "video")
    assert record.reads == formats.READS and record.writes == formats.WRITES
    assert not set(formats.READS) & set(formats.UNREAD)


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".mp4", "libx264"), (".mov", "mpeg4"), (".webm", "libvpx"), (".avi", "mjpeg"), (".mkv", "ffv1"),
     (".mpg", "mpeg1video")],
)  # fmt: skip
def test_each_container_is_read(tmp_path: Path, suffix: str, codec: str) -> None:
    rate = 25 if suffix == ".mpg" else 8  # MPEG-1 has few rates
    pixels = {"mjpeg": "yuvj420p", "ffv1": "bgr0"}.get(codec, "yuv420p")
    path = film(tmp_path / f"a{suffix}", grey(LEVELS), rate=rate, codec=codec, pixels=pixels)
    (clip,) = Video(frames=8, size=32, channels=3, rate=rate).read(path)
    assert near(greys(clip), LEVELS)


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [32, 33])
def test_what_is_written_is_read_back(tmp_path: Path, suffix: str, channels: int, size: int) -> None:
    y = Video(frames=8, size=size, channels=channels, rate=8)
    ramp = np.linspace(0, 255, size).astype(np.uint8)[None, :, None, None]
    frames = np.ascontiguousarray(np.broadcast_to(np.roll(ramp, 3, 1), (8, size, size, channels)))
    y.write(Clip(frames=frames, rate=Fraction(8)), tmp_path / f"a{suffix}")
    (read,) = y.read(tmp_path / f"a{suffix}")
    apart = np.abs(read.frames.astype(int) - frames)
    assert apart.mean() < (2.0 if suffix == ".gif" else 2.5 if size == 32 else 5), apart.mean()


def test_a_strip_shows_every_frame(tmp_path: Path) -> None:
    clip = Clip(frames=grey(LEVELS, 64, 64)[..., :1], rate=Fraction(8))
    Video().write(clip, tmp_path / "a.png")
    picture = np.asarray(Image.open(tmp_path / "a.png"))
    assert picture.shape == (64 + 4, 8 * 66 + 2) and [int(picture[30, 30 + 66 * n]) for n in range(8)] == LEVELS


def test_sound_is_kept(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", grey(LEVELS * 2), sound=tone(2.0))
    (clip,) = Video(rate=8).read(path)
    assert clip.sound is not None and clip.remarks == ()
    Video().write(clip, tmp_path / "b.mp4")
    (again,) = Video(rate=8).read(tmp_path / "b.mp4")
    assert again.sound is not None and again.sound.rate == 16_000
    assert abs(len(again.sound.samples) - 32_000) < 2_500
    spectrum = np.abs(np.fft.rfft(again.sound.samples[4000:20_000, 0]))
    assert spectrum.argmax() == 440, "the tone that was put in"


def test_sound_is_cut_where_its_pictures_are(tmp_path: Path) -> None:
    loud = np.concatenate([0 * tone(2.0), tone(2.0)])
    path = film(tmp_path / "a.mp4", grey(LEVELS * 4), sound=loud)
    first, second = Video(frames=16, rate=8).read(path)
    assert first.sound is not None and second.sound is not None
    assert len(first.sound.samples) == 32_000
    assert np.abs(first.sound.samples[:-3000]).mean() < 0.01 < 0.2 < np.abs(second.sound.samples[3000:-3000]).mean()
    (alone,) = windows(path, Shape(16, 32, 1, Fraction(8), "crop"), first=1)  # by seeking
    assert alone.sound is not None and np.abs(alone.sound.samples[3000:-3000]).mean() > 0.2


@pytest.mark.parametrize("rate", [30, 60, 120, Fraction(24000, 1001)])
def test_a_faster_video_is_brought_to_the_rate(tmp_path: Path, rate: Fraction | int) -> None:
    seconds = 2
    levels = [20 + 100 * int(number / float(rate) >= 1) for number in range(round(float(rate) * seconds))]
    (clip,) = Video(frames=16, rate=8).read(film(tmp_path / "a.mp4", grey(levels), rate=rate))
    assert near(greys(clip), [20] * 8 + [120] * 8)


def test_frames_at_odd_times_are_shown_until_the_next(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", grey([20, 120, 220]), times=[0.0, 0.25, 1.5], codec="ffv1", pixels="bgr0")
    (clip,) = Video(frames=13, rate=8).read(path)
    assert near(greys(clip), [20] * 2 + [120] * 10 + [220])


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_phone_that_was_turned(tmp_path: Path, quarters: int) -> None:
    upright = grey(LEVELS, 48, 32)
    upright[:, :16] = [255, 0, 0]  # red above
    stored = np.rot90(upright, -quarters, axes=(1, 2))
    path = film(tmp_path / "a.mp4", stored, quarters=quarters)
    frame = next(opened(path).frames())
    assert frame.shape == (48, 32, 3)
    assert frame[4, 16, 0] > 200 > 100 > frame[4, 16, 1] and abs(int(frame[40, 16, 1]) - LEVELS[0]) < 20


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    frames = np.zeros((4, 32, 32, 4), np.uint8)
    frames[:, :, :16, 3] = 255  # black on the left, nothing on the right
    path = film(tmp_path / "a.mov", frames, codec="png", pixels="rgba")
    (clip,) = Video(frames=4, size=32, rate=8).read(path)
    assert clip.frames[0, 16, 4, 0] < 5 and clip.frames[0, 16, 28, 0] > 250


def test_a_transparent_frame_of_many_rows(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    layers = chance.integers(0, 256, (600, 16, 4), np.uint8)
    (seen,) = opened(film(tmp_path / "a.mov", layers[None], codec="png", pixels="rgba")).frames()
    alpha = layers[:, :, 3:] / 255
    assert np.abs(seen - (layers[:, :, :3] * alpha + 255 * (1 - alpha))).max() <= 0.51


def test_pixels_where_no_thread_can_be_started(tmp_path: Path) -> None:
    """Where memory is short, the system refuses the stack of a thread: no frame needs one."""
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from regenkit_video.modality.film import film\n"
        "shown = film(Path(sys.argv[1])).frames()\n"
        "next(shown)\n"
        "pages = int(Path('/proc/self/statm').read_text().split()[0])\n"
        "resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 4_000_000,) * 2)\n"
        "print(1 + sum(1 for _ in shown))\n"
    )
    path = film(tmp_path / "a.mp4", grey(LEVELS))
    assert end(start([sys.executable, "-c", script, path], tmp_path)).split() == [str(len(LEVELS))]


def test_a_frame_that_is_too_large(tmp_path: Path) -> None:
    Image.new("P", (6001, 6000)).save(tmp_path / "a.gif")
    with pytest.raises(BadSource, match="6001 × 6000 pixels; at most 36,000,000 are read"):
        next(opened(tmp_path / "a.gif").frames())


def test_a_gif_of_one_frame(tmp_path: Path) -> None:
    Image.fromarray(grey([99])[0]).save(tmp_path / "a.gif")
    (clip,) = Video(frames=4, rate=8).read(tmp_path / "a.gif")
    assert near(greys(clip), [99] * 4)
    assert clip.remarks == ("too short by more than half: its last frame is held",)


def test_no_sound_and_too_little_sound(tmp_path: Path) -> None:
    (silent,) = Video().read(film(tmp_path / "a.mp4", grey(LEVELS * 2)))
    assert silent.sound is None and silent.remarks == ()
    (short,) = Video().read(film(tmp_path / "b.mp4", grey(LEVELS * 2), sound=tone(0.7)))
    assert short.remarks == ("its sound is shorter than its pictures",)


def test_a_video_of_odd_sizes(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", grey(LEVELS, 37, 51), codec="ffv1", pixels="bgr0")
    (clip,) = Video(frames=8, size=16, rate=8, fit="pad").read(path)
    assert clip.frames.shape == (8, 16, 16, 1) and near(greys(clip), LEVELS) and clip.frames[-1, 0].max() == 0


def test_a_file_that_is_cut_off_gives_what_is_there(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", np.random.default_rng(0).integers(0, 256, (64, 32, 32, 3), np.uint8),
                codec="ffv1", pixels="bgr0")  # fmt: skip
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    clips = Video().read(path)
    assert 1 <= len(clips) < 4, "some of four"
    torn = film(tmp_path / "b.mp4", grey(LEVELS)).read_bytes()
    (tmp_path / "b.mp4").write_bytes(torn[: len(torn) * 2 // 3])  # the index is at its end
    with pytest.raises(BadSource, match="has no frame: it is empty, or cut off"):
        Video().read(tmp_path / "b.mp4")


def test_a_corrupt_header_and_what_is_no_video(tmp_path: Path) -> None:
    data = bytearray(film(tmp_path / "a.mp4", grey(LEVELS)).read_bytes())
    data[:64] = bytes(64)
    (tmp_path / "a.mp4").write_bytes(data)
    with pytest.raises(BadSource, match="is no video that can be read"):
        Video().read(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").write_bytes(b"")
    with pytest.raises(BadSource, match="is no video that can be read"):
        Video().read(tmp_path / "b.mp4")


def test_a_playlist_opens_no_other_files(tmp_path: Path) -> None:
    secret = film(tmp_path / "secret.mp4", grey(LEVELS))
    (tmp_path / "list.mp4").write_text(f"#EXTM3U\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n")
    (tmp_path / "concat.mp4").write_text(f"ffconcat version 1.0\nfile {secret}\n")
    for name in ("list.mp4", "concat.mp4"):
        with pytest.raises(BadSource, match="is no video that can be read"):
            Video().read(tmp_path / name)


def test_a_file_of_sound_alone(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=16_000)
        part = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        part.sample_rate = 16_000
        container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    with pytest.raises(BadSource, match="holds sound alone"):
        Video().read(tmp_path / "a.mp4")


def test_codecs_that_nobody_knows(tmp_path: Path) -> None:
    """PyAV ends the process when it is to decode them."""
    path = film(tmp_path / "a.mp4", grey(LEVELS), sound=tone(1))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"avc1", b"zzzz"))
    with pytest.raises(BadSource, match="is of a codec that FFmpeg does not know"):
        Video().read(path)
    path.write_bytes(data.replace(b"mp4a", b"zzzz").replace(b"esds", b"zzzz"))
    found = opened(path)
    assert not list(found.sound()) and "its sound is left out" in found.remarks[0]
    assert len(list(found.frames())) == len(LEVELS)
    with pytest.raises(BadSource, match="its sound is of a codec that FFmpeg does not know"):
        heard(path)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such file"):
        Video().read(tmp_path / "a.mp4")
    with pytest.raises(UserError, match=r"videos are read from \.mp4"):
        Video().read(tmp_path / "a.txt")
    with pytest.raises(UserError, match=r"videos are written as \.mp4"):
        Video().write(Clip(frames=grey([1]), rate=Fraction(8)), tmp_path / "a.avi")
    with pytest.raises(UserError, match="does not exist; create it first"):
        Video().write(Clip(frames=grey([1]), rate=Fraction(8)), tmp_path / "none" / "a.mp4")
    assert not list(tmp_path.iterdir())


def test_a_clip_without_frames_is_none() -> None:
    with pytest.raises(ValueError, match="none of them 0"):
        Clip(frames=np.zeros((0, 4, 4, 1), np.uint8), rate=Fraction(8))


@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(1, 12), st.sampled_from([4, 8, 25]))
def test_windows_lose_no_frame_but_half_a_clip_at_the_end(count: int, length: int, rate: int) -> None:
    """Of frames that are numbered: those of all windows in turn are the file's."""
    from regenkit_video.modality.film import resampled

    class Numbered:
        def __init__(self, number: int) -> None:
            self.time, self.end, self.number = number / rate, (number + 1) / rate, number

    numbered: list[Any] = [Numbered(n) for n in range(count)]
    shown: Iterator[Any] = resampled(iter(numbered), Fraction(rate))
    assert [each.number for each in shown] == list(range(count))
    half: Iterator[Any] = resampled(iter(numbered), Fraction(rate, 2))
    assert [each.number for each in half] == list(range(0, count, 2))


def test_fields_and_back() -> None:
    y = Video(frames=4, size=8, channels=3)
    frames = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), np.uint8)
    sound = Sound(samples=np.zeros((100, 1), np.float32), rate=8000)
    fields, meta = y.encode(Clip(frames=frames, rate=Fraction(8), title="a", sound=sound))
    back = y.decode(fields, meta)
    assert np.array_equal(back.frames, frames) and back.title == "a"
    with pytest.raises(ValueError, match="frames has shape"):
        y.encode(Clip(frames=frames[:3], rate=Fraction(8)))
    with pytest.raises(UserError, match="not numbers"):
        y.decode({"frames": np.full((4, 8, 8, 3), np.nan)})
