"""Videos and what lies beside them as people have them: covers, recordings of unstated length, suffixes in capitals."""

import shutil
import tracemalloc
from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from clips import film, grey, tone
from own_pictures import read_all
from PIL import Image

from regenkit import Evaluation
from regenkit.data.split import assign
from regenkit.errors import BadSource, UserError
from regenkit_video.data import Captions, Folder
from regenkit_video.data.melodies import Scored, danced, melodies
from regenkit_video.data.moving import spelled
from regenkit_video.data.own import parts
from regenkit_video.face.sound import heard
from regenkit_video.metrics import direction, motion
from regenkit_video.metrics.heads import perceptual_distance
from regenkit_video.modality import Sound, Video
from regenkit_video.modality.film import film as opened
from regenkit_video.modality.speaker import _beside, plain
from regenkit_video.modality.voice import again, wav
from regenkit_video.modality.windows import Shape, windows

CLIPS = Shape(16, 32, 3, Fraction(8), "crop")


def with_cover(path: Path, frames: np.ndarray | None, sound: np.ndarray | None) -> Path:
    """A picture that is a cover, and frames or sound."""
    with av.open(str(path), "w") as container:
        moving = container.add_stream("libx264", rate=8) if frames is not None else None
        heard = container.add_stream("aac", rate=16_000) if sound is not None else None
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt, cover.disposition = 64, 64, "yuvj420p", Disposition.attached_pic
        if moving is not None:
            moving.width, moving.height, moving.pix_fmt = 32, 32, "yuv420p"
        if heard is not None:
            heard.layout = "mono"
        frame = av.VideoFrame.from_ndarray(grey([200], 64, 64)[0], format="rgb24").reformat(format="yuvj420p")
        frame.pts = 0
        container.mux([*cover.encode(frame), *cover.encode(None)])
        for number, pixels in enumerate(frames if moving is not None and frames is not None else ()):
            shown = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            shown.pts = number
            container.mux(moving.encode(shown))
        for start in range(0, len(sound) if sound is not None else 0, 1024):
            part = av.AudioFrame.from_ndarray(np.float32(sound[None, start : start + 1024]), "fltp", "mono")
            part.sample_rate, part.pts = 16_000, start
            container.mux(heard.encode(part))
        for stream in (moving, heard):
            container.mux(stream.encode(None) if stream is not None else ())
    return path


def test_the_cover_of_a_piece_of_music_is_no_video(tmp_path: Path) -> None:
    music = with_cover(tmp_path / "music.mp4", None, tone(2))
    with av.open(str(music)) as container:
        assert container.streams.video and container.streams.audio
    with pytest.raises(BadSource, match="holds sound alone"):
        Video().read(music)
    sound = heard(music)
    assert sound is not None and len(sound.samples) / sound.rate == pytest.approx(2, abs=0.1)
    levels = range(20, 52, 2)
    both = with_cover(tmp_path / "both.mp4", grey(levels), None)
    (clip,) = Video(16, 32, 1).read(both)
    np.testing.assert_allclose(clip.frames.mean((1, 2, 3)), levels, atol=2)


@pytest.mark.parametrize(("curve", "name"), [(1, None), (13, None), (16, "PQ"), (18, "HLG")])
def test_a_video_of_high_dynamic_range_says_so(tmp_path: Path, curve: int, name: str | None) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p10le"
        stream.codec_context.color_trc = curve
        for pixels in grey(range(16)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    said = f"is of high dynamic range ({name}): its levels are taken as usual ones, which is paler"
    (clip,) = windows(tmp_path / "a.mp4", CLIPS)
    assert clip.remarks == ((said,) if name else ())


def test_other_kinds_of_videos_are_named(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", grey(range(16)))
    for name in ("b.TS", "c.m2v", "d.asf"):
        (tmp_path / name).write_bytes(b"no matter")
    assert Folder(str(tmp_path)).left_out == {
        name: f"is a video of a format that is not read, {suffix}"
        for name, suffix in (("b.TS", ".ts"), ("c.m2v", ".m2v"), ("d.asf", ".asf"))
    }


@pytest.mark.parametrize(("suffix", "codec"), [(".webm", "libvpx"), (".mkv", "libx264")])
def test_a_recording_of_unstated_length_is_read_in_parts(tmp_path: Path, suffix: str, codec: str) -> None:
    path = tmp_path / f"a{suffix}"
    with av.open(str(path), "w", options={"live": "1"}) as container:
        stream = container.add_stream(codec, rate=4)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for pixels in grey(np.arange(600) * 7 % 200):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    assert opened(path).seconds == 0
    found = parts(tmp_path, path.name, CLIPS)
    assert list(found) == [f"{path.name}:{start}-{start + 60} s" for start in (0, 60, 120)]
    cut = [
        clip.frames
        for each in found.values()
        for clip in islice(windows(path, CLIPS, each.first), None if each.last is None else each.last - each.first)
    ]
    np.testing.assert_array_equal(cut, [clip.frames for clip in windows(path, CLIPS)])


@pytest.mark.parametrize(("frames", "rate"), [(1, 1), (2, 8), (16, 8)])
def test_a_file_whose_sound_goes_on_has_no_clip_beyond_its_pictures(tmp_path: Path, frames: int, rate: int) -> None:
    film(tmp_path / "a.mp4", grey(np.arange(240) % 200), rate=4, sound=tone(70))
    data = Folder(str(tmp_path), frames=frames, rate=rate, size=16, channels=1)
    assert data.sources() == ["a.mp4:0-60 s", "a.mp4:60-120 s"]
    examples, left_out = read_all(data)
    assert len(examples) == 60 * rate // frames and not left_out
    assert len(list(windows(tmp_path / "a.mp4", data.y.shape))) == len(examples)


def test_captions_whose_suffix_is_in_capitals(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.MP4"):
        film(tmp_path / name.lower(), grey(range(16))).rename(tmp_path / name)
    for name, words in (("a.TXT", "first"), ("b.Txt", "second"), ("b.txt", "third"), ("c.TXT", "nobody")):
        (tmp_path / name).write_text(words)
    examples, left_out = read_all(Captions(str(tmp_path), size=16, channels=1))
    assert {each.id: each.meta["title"] for each in examples} == {"a.mp4": "first", "b.MP4": "third"}
    assert all(each.x is not None for each in examples)
    assert left_out == {"b.Txt": "b.txt is the caption of its video", "c.TXT": "a caption without a video"}


@pytest.mark.parametrize("splits", [False, True])
def test_a_copy_of_a_video_is_never_in_another_split(tmp_path: Path, splits: bool) -> None:
    for number in range(12):
        places = [tmp_path / "train", tmp_path / ("test" if number % 3 else "train")] if splits else [tmp_path] * 2
        for place in places:
            place.mkdir(exist_ok=True)
        first = film(places[0] / f"first{number}.mp4", grey(np.arange(16) * 9 + number))
        shutil.copy(first, places[1] / f"again{number}.mp4")
    data = Folder(str(tmp_path), size=16, channels=1)
    examples, _ = read_all(data)
    split = assign([each.id for each in examples], [each.groups for each in examples],
                   [np.array(each.fingerprints) for each in examples], np.ones(len(examples), bool),
                   np.array([each.split or "" for each in examples]))  # fmt: skip
    by_number: dict[str, set[str]] = {}
    for each, found in zip(examples, split, strict=True):
        by_number.setdefault(Path(each.id).stem[5:], set()).add(str(found))
    assert {"train", "test"} <= set(split) and len(by_number) == 12
    assert all(found - {"dropped"} == {max(found - {"dropped"})} for found in by_number.values())
    assert splits == ("dropped" in split)


def test_a_vast_text_is_no_caption_and_is_not_read(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", grey(range(16)))
    for name in ("a.txt", "notes.txt"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(200_000_000)
    tracemalloc.start()
    examples, left_out = read_all(Captions(str(tmp_path), size=16, channels=1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not examples and peak < 20_000_000
    assert left_out == {"a.mp4": "its caption is longer than 256 bytes", "notes.txt": "a caption without a video"}


TUNES = "".join(
    f"X:{number}\nT:{number}\nM:4/4\nL:1/4\nK:C\n{bar}|{bar}|\n\n" for number, bar in ((1, "CDEF"), (2, "GABc"))
)


def scored(root: Path, names: Sequence[str]) -> Path:
    """Videos a to d, and files of the melodies of these names."""
    (value,) = melodies().read(_written(root / "tune.abc", TUNES.partition("X:2")[0]))
    frames = np.uint8((danced(melodies().encode(value)[0], melodies().spec).repeat(3, 3) + 1) * 127.5)
    for name in "abcd":
        film(root / f"{name}.mp4", frames.repeat(2, 1).repeat(2, 2), rate=8)
    for name in names:
        if name.lower().endswith(".abc"):
            _written(root / name, TUNES)
        else:
            melodies().write(value, root / name.lower())
            (root / name.lower()).rename(root / name)
    (root / "tune.abc").unlink()
    return root


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_melodies_beside_videos(tmp_path: Path) -> None:
    data = Scored(str(scored(tmp_path, ["a.MID", "b.abc", "b.mid", "c.abc", "lonely.mid"])))
    examples, left_out = read_all(data)
    assert left_out == {"d.mp4": "no melody is beside it", "lonely.mid": "a melody without a video"}
    several = "several melodies are beside it: the first is used, by the order of formats"
    assert {each.id: each.remarks for each in examples} == {
        "a.mp4": (), "b.mp4": (several,), "c.mp4": ("holds 2 melodies: the first is used",),
    }  # fmt: skip
    assert len({each.y["pitch"].tobytes() for each in examples}) == 1


def test_a_portrait_beside_a_voice_is_found_in_capitals_and_is_on_white(tmp_path: Path) -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[2:4] = 200, 150, 100, 255
    pixels[6:] = 100, 100, 100, 51
    Image.fromarray(pixels).save(tmp_path / "a.PNG")
    Image.fromarray(pixels[:, :, :3]).save(tmp_path / "b.png")
    assert _beside(tmp_path / "a.wav") == [tmp_path / "a.PNG"]
    with Image.open(tmp_path / "a.PNG") as image:
        assert plain(image)[[0, 2, 6], 0].tolist() == [[255] * 3, [200, 150, 100], [224] * 3]
    deep = np.full((8, 8), 30_000, np.uint16)
    Image.fromarray(deep).save(tmp_path / "c.png")
    with Image.open(tmp_path / "c.png") as image:
        assert plain(image)[0, 0].tolist() == [117] * 3
    named = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) % 2)
    named.putpalette([10, 20, 30, 40, 50, 60])
    named.save(tmp_path / "d.png", transparency=1)
    with Image.open(tmp_path / "d.png") as image:
        assert plain(image)[0, :2].tolist() == [[10, 20, 30], [255] * 3]


def test_what_stays_has_no_direction_and_one_frame_no_motion() -> None:
    frames = -np.ones((8, 16, 16, 1), np.float32)
    frames[:, 5:9, 5:9] = 1
    of = Evaluation(samples=[{"frames": frames}], references=(), conditions=[spelled("7 moving right")])
    assert direction(of).tolist() == [0]
    one = Evaluation(samples=[{"frames": frames[:1]}], references=(), conditions=of.conditions)
    assert np.isnan(direction(one)).all() and np.isnan(motion(one)).all()
    moved = np.stack([np.roll(frames[0], step, 1) for step in range(4)])
    of = Evaluation(samples=[{"frames": moved}], references=(), conditions=of.conditions)
    assert direction(of).tolist() == [1]


def test_a_score_of_heads_sees_levels_as_they_are_written() -> None:
    one = np.ones((2, 32, 32, 3), np.float32)
    of = Evaluation(samples=[{"frames": 3 * one}, {"frames": 0 * one}], references=[{"frames": one}] * 2)
    assert perceptual_distance(of).tolist() == [0, 1]


def test_where_a_sound_cannot_be_found_or_written(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    sound = Sound(samples=np.zeros((1600, 1), np.float32), rate=16_000)
    with pytest.raises(UserError, match="cannot be written"):
        wav(sound, tmp_path / "no" / "a.wav")
    wav(sound, tmp_path / "a.wav")
    again_ = again({"heard": str(tmp_path / "a.wav"), "from": 0.05}, 1)
    assert again_ is not None and len(again_.samples) == 640
    for second in ("x", -1, float("nan"), None):
        with pytest.raises(UserError, match=r"from is .*; right is a second of"):
            again({"heard": str(tmp_path / "a.wav"), "from": second}, 1)
    assert not recwarn.list
