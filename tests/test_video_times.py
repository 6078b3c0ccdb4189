"""When frames are seen and sound is heard: on one clock, from any second on, and in spite of damage."""

import struct
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from clips import film, grey
from hypothesis import given
from hypothesis import strategies as st
from own_sounds import encode
from PIL import Image

from regenkit_video.face.sound import heard
from regenkit_video.modality import Clip, Video
from regenkit_video.modality.clip import Sound
from regenkit_video.modality.clock import Clock
from regenkit_video.modality.film import film as opened
from regenkit_video.modality.footage import Footage

HERTZ = 16_000


def both(path: Path, pictures: float = 0.0, sound: float = 0.0, hole: tuple[float, float] = (0, 0)) -> Path:
    """Two seconds: white from 1.0 s of the file's clock on, and a step in the sound; each begins at its second."""
    with av.open(str(path), "w") as container:
        seen, said = container.add_stream("mpeg4", rate=25), container.add_stream("pcm_s16le", rate=HERTZ)
        seen.height = seen.width = 32
        seen.pix_fmt, said.layout = "yuv420p", "mono"
        packets = []
        for number in range(round(pictures * 25), 50):
            frame = av.VideoFrame.from_ndarray(grey([250 if number >= 25 else 5])[0], format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            packets += seen.encode(frame)
        for start in range(round(sound * HERTZ), 2 * HERTZ, 800):
            if hole[0] <= start / HERTZ < hole[1]:
                continue
            values = np.where(np.arange(start, start + 800) >= HERTZ, 16_000, 0).astype(np.int16)
            part = av.AudioFrame.from_ndarray(values[None], "s16", "mono")
            part.sample_rate, part.pts, part.time_base = HERTZ, start, Fraction(1, HERTZ)
            packets += said.encode(part)
        for packet in sorted(
            [*packets, *seen.encode(None), *said.encode(None)], key=lambda each: each.dts * each.time_base
        ):
            container.mux(packet)
    return path


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [(".mkv", {}), (".mkv", {"sound": 0.4}), (".mkv", {"pictures": 0.4}), (".mkv", {"hole": (0.25, 0.75)}),
     (".mov", {}), (".mov", {"sound": 0.4}), (".mov", {"pictures": 0.4})],
)  # fmt: skip
def test_a_step_is_heard_when_it_is_seen(tmp_path: Path, suffix: str, begins: dict) -> None:
    path = both(tmp_path / f"a{suffix}", **begins)
    source, right = opened(path), 1.0 - begins.get("pictures", 0.0)
    seen = [bool(frame.mean() > 128) for frame in source.frames(Fraction(25))].index(True) / 25
    whole = heard(path)
    pieces = np.concatenate([piece.samples for piece in source.sound()])
    assert whole is not None and seen == pytest.approx(right)
    for samples in (whole.samples, pieces):
        assert np.argmax(samples[:, 0] > 0.2) / HERTZ == pytest.approx(right, abs=0.002)
    late = heard(path, 0.5)
    assert late is not None and np.argmax(late.samples[:, 0] > 0.2) / HERTZ == pytest.approx(right - 0.5, abs=0.002)


@given(st.lists(st.floats(-0.4, 0.4), min_size=1, max_size=80))
def test_jitter_of_times_does_not_add_up(offs: list[float]) -> None:
    said: list[str] = []
    clock = Clock(0.0, 0.04, 0.0, said.append)
    stated = [max(0.0, 0.04 * number + off) for number, off in enumerate(offs)]
    times = [clock.at(each) for each in stated]
    assert all(before < after for before, after in pairwise(times)) and not said
    assert times[-1] <= max(stated) + 0.0004 * len(stated) + 1e-9


def test_a_clock_that_starts_again_and_a_time_that_is_damaged() -> None:
    said: list[str] = []
    clock = Clock(0.0, 0.04, 200.0, said.append)
    assert [clock.at(each) for each in (0.0, 90.0, 180.0)] == [0.0, 90.0, 180.0] and not said
    assert clock.at(0.0) == pytest.approx(180.04) and not said
    assert clock.at(9000.0) == pytest.approx(180.08) and "leaps by" in said[0]


@pytest.mark.parametrize(("suffix", "codec"), [(".avi", "libx264"), (".avi", "mpeg4"), (".mkv", "libx264")])
def test_frames_that_build_on_later_ones_keep_their_places(tmp_path: Path, suffix: str, codec: str) -> None:
    levels = [10 + 5 * (number % 48) for number in range(75)]
    with av.open(str(tmp_path / f"a{suffix}"), "w") as container:
        stream = container.add_stream(codec, rate=25, options={"bf": "2", "g": "12", "b": "2000000"})
        stream.height, stream.width, stream.pix_fmt = 32, 32, "yuv420p"
        for frame in grey(levels):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    source = opened(tmp_path / f"a{suffix}")
    shown = [int(frame[16, 16, 0]) for frame in source.frames(Fraction(25))]
    assert len(shown) == 75 and np.abs(np.subtract(shown, levels)).max() <= 2
    for start in (0.44, 1.0, 2.2):
        part = [int(frame[16, 16, 0]) for frame in source.frames(Fraction(25), start)]
        assert part == shown[round(start * 25) :]


def test_mpeg_from_a_second_on_is_the_same_part_of_the_whole(tmp_path: Path) -> None:
    path, chance = tmp_path / "a.mpg", np.random.default_rng(0)
    frames = np.kron(chance.integers(0, 256, (150, 4, 4, 3), np.uint8), np.ones((1, 16, 16, 1), np.uint8))
    seconds = np.arange(6 * 44_100)[None] / 44_100
    wave = np.int16(8000 * np.sin(2 * np.pi * (50 + 20 * seconds) * seconds))  # it rises, so that each moment is told
    with av.open(str(path), "w") as container:
        seen, said = container.add_stream("mpeg1video", rate=25), container.add_stream("mp2", rate=44_100)
        seen.height, seen.width, seen.pix_fmt, seen.bit_rate, said.layout = 64, 64, "yuv420p", 1_500_000, "mono"
        packets = []
        for frame in frames:
            packets += seen.encode(av.VideoFrame.from_ndarray(frame, format="rgb24"))
        for start in range(0, wave.shape[1], 1152):
            part = av.AudioFrame.from_ndarray(wave[:, start : start + 1152].copy(), "s16", "mono")
            part.sample_rate, part.pts, part.time_base = 44_100, start, Fraction(1, 44_100)
            packets += said.encode(part)
        for packet in sorted(
            [*packets, *seen.encode(None), *said.encode(None)], key=lambda each: each.dts * each.time_base
        ):
            container.mux(packet)
    source, sounding = opened(path), heard(path)
    whole = list(source.frames(Fraction(25)))
    assert sounding is not None and len(whole) >= 148
    for start in (1.0, 2.52, 4.0):
        part = list(islice(source.frames(Fraction(25), start), 10))
        first = round(start * 25)
        assert all(np.array_equal(*pair) for pair in zip(part, whole[first : first + 10], strict=True))
    for start in np.arange(1.0, 5.0, 0.11):
        late, place = heard(path, start, 0.5), round(start * HERTZ)
        assert late is not None
        shifts = [sounding.samples[place + shift : place + shift + 8000] for shift in range(-8, 9, 2)]
        assert min(np.abs(late.samples - each).max() for each in shifts) < 0.04, "off by half a millisecond at most"
    assert source.remarks == []


def test_damaged_sound_is_silent_there_and_goes_on(tmp_path: Path) -> None:
    wave = np.random.default_rng(0).normal(0, 0.1, 10 * HERTZ).astype(np.float32)
    encode(tmp_path / "a.flac", wave, HERTZ, "flac", "flac")
    data = bytearray((tmp_path / "a.flac").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    (tmp_path / "b.flac").write_bytes(data)
    whole, torn = heard(tmp_path / "a.flac"), heard(tmp_path / "b.flac")
    assert whole is not None and torn is not None and whole.remarks == ()
    assert len(torn.remarks) == 1 and torn.remarks[0].startswith("its sound is damaged (")
    assert len(torn.samples) == len(whole.samples)
    same = (torn.samples == whole.samples)[:, 0]
    assert same[: 4 * HERTZ].all() and same[-4 * HERTZ :].all() and not torn.samples[~same].all()


@pytest.mark.parametrize(("delays", "tenths"), [([200, 200, 3000], 34), ([2000, 2000, 2000], 60)])
def test_the_last_frame_of_a_gif_stands_as_long_as_it_says(tmp_path: Path, delays: list[int], tenths: int) -> None:
    first, *rest = (Image.fromarray(frame) for frame in grey([0, 99, 255]))
    first.save(tmp_path / "a.gif", save_all=True, append_images=rest, duration=delays)
    source = opened(tmp_path / "a.gif")
    shown = len(list(source.frames(Fraction(10))))
    assert shown == tenths and source.remarks == []


def test_slides_that_stand_for_minutes(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", grey([20, 120, 220]), times=[0.0, 90.0, 180.0], codec="ffv1", pixels="bgr0")
    source = opened(path)
    levels = [int(frame[16, 16, 0]) for frame in source.frames(Fraction(1))]
    assert levels[:180] == [20] * 90 + [120] * 90 and set(levels[180:]) == {220} and source.remarks == []


def test_a_webm_that_is_transparent_is_laid_on_white(tmp_path: Path) -> None:
    layers = np.zeros((5, 64, 64, 4), np.uint8)
    layers[:, 16:48, 16:48] = (255, 0, 0, 255)
    path = film(tmp_path / "a.webm", layers, codec="libvpx-vp9", pixels="yuva420p")
    shown = list(opened(path).frames())
    assert len(shown) == 5
    assert (shown[-1][2, 2] > 250).all() and shown[-1][32, 32, 0] > 240 > 20 > shown[-1][32, 32, 1]


@pytest.mark.parametrize(
    ("matrix", "corner"),
    [((1, 0, 0, 1), (0, 0)), ((-1, 0, 0, 1), (0, 1)), ((1, 0, 0, -1), (1, 0)), ((-1, 0, 0, -1), (1, 1)),
     ((0, 1, -1, 0), (0, 1)), ((0, -1, 1, 0), (1, 0)), ((0, 1, 1, 0), (0, 0)), ((0, -1, -1, 0), (1, 1))],
)  # fmt: skip
def test_each_way_to_turn_and_to_mirror(tmp_path: Path, matrix: tuple[int, ...], corner: tuple[int, int]) -> None:
    """White at the top left of what is stored; where it is seen is told by the matrix of the file's header."""
    frames = grey([0], 32, 64)
    frames[:, :16, :32] = 255
    path = film(tmp_path / "a.mp4", frames)
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (each * 65_536 for each in matrix)
    data[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    (shown,) = opened(path).frames()
    assert shown.shape == ((32, 64, 3) if matrix[0] else (64, 32, 3))
    halves = [shown[y : y + shown.shape[0] // 2, x : x + shown.shape[1] // 2].mean()
              for y in (0, shown.shape[0] // 2) for x in (0, shown.shape[1] // 2)]  # fmt: skip
    assert int(np.argmax(halves)) == 2 * corner[0] + corner[1] and max(halves) > 200


@pytest.mark.parametrize(("suffix", "codec"), [(".mkv", "libx264"), (".webm", "libvpx")])
def test_a_film_that_is_cut_off_says_so_and_footage_does(tmp_path: Path, suffix: str, codec: str) -> None:
    path = film(
        tmp_path / f"a{suffix}", np.random.default_rng(0).integers(0, 256, (64, 32, 32, 3), np.uint8), codec=codec
    )
    assert Footage().read(path)[0].remarks == ()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (remark,) = Footage().read(path)[0].remarks
    assert remark.startswith("its header states 8.0 s, and ") and remark.endswith("it is cut off")


def test_footage_of_more_than_a_minute_says_so(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", grey(np.arange(488) % 250, 16, 16), codec="ffv1", pixels="bgr0")
    assert Footage().read(path)[0].remarks == ("is longer than a minute: its first minute is used",)


@pytest.mark.parametrize("rate", [8, 24, 25, 30, Fraction(30_000, 1001), 60])
def test_a_gif_runs_as_fast_as_its_clip(tmp_path: Path, rate: Fraction | int) -> None:
    levels = [5 * number for number in range(48)]
    Video().write(Clip(frames=grey(levels), rate=Fraction(rate)), tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        delays = []
        for number in range(image.n_frames):
            image.seek(number)
            delays.append(image.info["duration"])
    assert sum(delays) == pytest.approx(48_000 / rate, abs=10) and min(delays) >= 20
    shown = [int(frame[16, 16, 0]) // 5 for frame in opened(tmp_path / "a.gif").frames()]
    begins = np.cumsum([0, *delays[:-1]]) / 1000
    assert np.abs(begins - np.array(shown) / float(rate)).max() <= 0.5 / float(rate) + 0.01


@pytest.mark.parametrize("rate", [6000, 11_000, 37_800, 192_000])
def test_sound_of_a_rate_that_its_file_cannot_have_is_brought_to_the_next(tmp_path: Path, rate: int) -> None:
    samples = np.where(np.arange(2 * rate) >= rate, np.sin(np.arange(2 * rate) * 2 * np.pi * 440 / rate), 0)
    sound = Sound(samples=np.float32(samples[:, None].repeat(2, 1)), rate=rate)
    Video().write(Clip(frames=grey([9] * 16), rate=Fraction(8), sound=sound), tmp_path / "a.mp4")
    found = list(opened(tmp_path / "a.mp4").sound())
    whole = np.concatenate([piece.samples for piece in found])
    assert whole.shape[1] == 2 and len(whole) / found[0].rate == pytest.approx(2, abs=0.2)
    assert np.argmax(np.abs(whole[:, 0]) > 0.3) / found[0].rate == pytest.approx(1, abs=0.005)
