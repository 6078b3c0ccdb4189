"""Voices and scores; and, where the networks can be fetched, real faces."""

import os
import warnings
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import film, tone
from face_clip import clips
from hypothesis import given
from hypothesis import strategies as st
from own_faces import bowl, smooth
from own_pictures import read_all
from own_sounds import encode, write
from own_sounds import tone as sine

from regenkit.components import Evaluation, Example
from regenkit.errors import BadSource, UserError
from regenkit_video import metrics
from regenkit_video.data import FaceFolder, Grid
from regenkit_video.face import reading
from regenkit_video.face.face import decode
from regenkit_video.face.fit import error, fit, posed
from regenkit_video.face.linear import linear_face
from regenkit_video.face.networks import networks
from regenkit_video.face.raster import shaded
from regenkit_video.face.reading import SEVERAL, SHORT, faces, stretches
from regenkit_video.face.sound import FEATURES, features, heard
from regenkit_video.face.topology import triangles
from regenkit_video.face.tracking import track
from regenkit_video.metrics import heads
from regenkit_video.metrics.faces import correlation, jitter, lag, landmark_error, lip_correlation
from regenkit_video.modality.clip import Sound
from regenkit_video.modality.film import film as opened
from regenkit_video.modality.voice import Voice, frames_of, wav


def test_features_are_at_the_frames(tmp_path: Path) -> None:
    loud = np.concatenate([0 * tone(1), tone(1)])
    path = film(tmp_path / "a.mp4", np.zeros((50, 32, 32, 3), np.uint8), rate=25, sound=loud)
    (value,) = Voice().read(path)
    fields, meta = Voice().encode(value)
    assert fields["voice"].shape[1] == FEATURES and abs(len(fields["voice"]) - 50) <= 2 and meta["heard"] == str(path)
    level = fields["voice"].mean(1)
    assert level[:23].max() < level[28:48].min()
    Voice().write(value, tmp_path / "a.wav")
    again = heard(tmp_path / "a.wav")
    assert again is not None
    np.testing.assert_allclose(again.samples, value.sound.samples, atol=1e-3)
    late = heard(path, 1.2, 0.5)
    assert late is not None and len(late.samples) == 8000 and np.abs(late.samples).mean() > 0.2
    silent = features(Sound(samples=np.zeros((100, 1), np.float32), rate=16_000), 10)
    assert silent.shape == (10, FEATURES) and not silent.any()


@pytest.mark.parametrize(("name", "codec", "format"), [("a.mp3", "libmp3lame", "mp3"), ("a.m4a", "aac", "ipod")])
def test_a_sound_from_a_place_on_is_that_of_the_whole(tmp_path: Path, name: str, codec: str, format: str) -> None:
    """From its first sample on, though a frame of these codecs builds on those before it."""
    wave = sum(np.sin(np.arange(16_000 * 6) * place) for place in (0.03, 0.11, 0.4)).astype(np.float32) / 6
    encode(tmp_path / name, wave, 16_000, codec, format)
    whole = heard(tmp_path / name)
    for start in (0.5, 2.0, 3.17):
        late = heard(tmp_path / name, start, 0.5)
        assert whole is not None and late is not None
        first = round(start * 16_000)
        np.testing.assert_allclose(late.samples, whole.samples[first : first + 8_000], atol=1e-3)


def test_channels_are_mixed_to_their_mean_and_none_is_cut_off(tmp_path: Path) -> None:
    one, other = sine(hertz=300, loudness=0.9), sine(hertz=410, loudness=0.9)
    for name, channels in (("mono", [one]), ("equal", [one, one]), ("stereo", [one, other]), ("six", [one] * 6)):
        write(tmp_path / f"{name}.wav", np.stack(channels, 1))
        found = heard(tmp_path / f"{name}.wav")
        assert found is not None
        np.testing.assert_allclose(found.samples[:, 0], np.mean(channels, 0), atol=1e-4)


def test_a_file_joined_of_mono_and_stereo_or_of_two_rates_is_heard_to_its_end(tmp_path: Path) -> None:
    forms = {"m": (44_100, "mono"), "s": (44_100, "stereo"), "r": (48_000, "mono")}
    for name, (rate, layout) in forms.items():
        encode(tmp_path / f"{name}.mp3", sine(1.0, rate), rate, "libmp3lame", "mp3", layout=layout)
    for first, second in ("ms", "sm", "mr", "rm"):
        (tmp_path / "both.mp3").write_bytes(
            (tmp_path / f"{first}.mp3").read_bytes() + (tmp_path / f"{second}.mp3").read_bytes()
        )
        found = heard(tmp_path / "both.mp3")
        assert found is not None and 31_000 < len(found.samples) < 34_000
        level = np.abs(found.samples[:, 0])
        assert min(level[2000:14_000].mean(), level[19_000:30_000].mean()) > 0.2


@given(st.integers(1, 3000))
def test_a_whole_number_of_frames_is_counted_as_such(frames: int) -> None:
    assert frames_of(Sound(samples=np.zeros((640 * frames, 1), np.float32), rate=16_000)) == frames
    assert frames_of(Sound(samples=np.zeros((640 * frames + 639, 1), np.float32), rate=16_000)) == frames


def test_a_voice_of_more_than_ten_minutes_is_refused(tmp_path: Path) -> None:
    wav(Sound(samples=np.zeros((16_000 * 600, 1), np.float32), rate=16_000), tmp_path / "long.wav")
    (value,) = Voice().read(tmp_path / "long.wav")
    assert frames_of(value.sound) == 15_000
    wav(Sound(samples=np.zeros((16_000 * 601, 1), np.float32), rate=16_000), tmp_path / "longer.wav")
    with pytest.raises(BadSource, match="has more than 600 s of sound"):
        Voice().read(tmp_path / "longer.wav")


def test_a_voice_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="has no sound"):
        Voice().read(film(tmp_path / "a.mp4", np.zeros((8, 32, 32, 3), np.uint8)))
    (tmp_path / "torn.wav").write_bytes(b"RIFF")
    with pytest.raises(BadSource, match="holds no sound that can be read"):
        Voice().read(tmp_path / "torn.wav")
    with pytest.raises(UserError, match="there is no such file"):
        Voice().read(tmp_path / "none.wav")
    with pytest.raises(UserError, match=r"sound is read from \.wav"):
        Voice().read(tmp_path / "none.txt")


@given(st.integers(-5, 5))
def test_lips_that_are_late_are_found_to_be(late: int) -> None:
    wave = np.random.default_rng(0).normal(size=80).cumsum()
    assert lag(np.roll(wave, late)[10:-10], wave[10:-10]) == late
    assert np.isnan(correlation(np.ones(9), wave[:9])) and np.isnan(lag(np.ones(9), wave[:9]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(correlation(np.zeros(0), wave)) and np.isnan(lag(np.zeros(0), wave))


def test_scores_of_the_reference_itself() -> None:
    mesh = bowl().vertices(smooth(20))
    of = Evaluation(samples=[{"mesh": mesh}], references=[{"mesh": mesh}])
    assert landmark_error(of).tolist() == [0] and np.allclose(lip_correlation(of), 1)


def test_what_a_model_that_diverged_drew_is_refused_and_not_left_out() -> None:
    mesh, frames = bowl().vertices(smooth(20)), np.zeros((3, 16, 16, 3), np.float32)
    samples = [{"mesh": mesh * np.nan, "frames": frames + np.inf}]
    of = Evaluation(samples=samples, references=[{"mesh": mesh, "frames": frames}])
    for score in (landmark_error, lip_correlation, jitter, heads.perceptual_distance, heads.psnr, metrics.flicker):
        with pytest.raises(UserError, match="has their model diverged"):
            score(of)
    with pytest.raises(UserError, match=r"no number .*a coefficient that is far too large"):
        decode({"mesh": mesh + np.inf, "pose": np.zeros((20, 6), np.float32)})


@pytest.fixture(scope="module")
def real() -> Iterator[Path]:
    found = clips()
    linear_face.cache_clear()
    yield found


def shown(path: Path, count: int = 25) -> np.ndarray:
    return np.stack(list(islice(opened(path).frames(Fraction(25)), count)))


def test_a_face_is_followed_and_explained(real: Path) -> None:
    frames = shown(real / "single_face.mp4")
    found = track(frames, networks())
    assert found.seen.all() and found.several == 0
    result = fit(found.points, found.size, linear_face())
    explained = posed(linear_face().vertices(result.coefficients) + result.identity, result.pose, found.size)
    at_rest = posed(np.repeat((linear_face().mean + result.identity)[None], 25, 0), result.pose, found.size)
    assert error(found.points, explained).mean() < min(0.01, error(found.points, at_rest).mean())
    mesh = linear_face().vertices(np.zeros((1, 20)))
    picture = shaded(posed(mesh, np.array([[0, 0, 0, 0.5, -0.5, np.log(0.5)]]), (96, 96)), triangles(), 96, 96)
    assert picture.std() > 30 and picture[0, 48, 48].min() > 60, "a face in the middle"


def test_two_faces_and_a_face_that_leaves(real: Path, tmp_path: Path) -> None:
    one = shown(real / "single_face.mp4", 30)[:, :, 160:480]
    small = np.zeros_like(one)
    small[:, : one.shape[1] // 2, : one.shape[2] // 2] = one[:, ::2, ::2]
    two = np.concatenate([one, small], 2)
    (face,) = faces(film(tmp_path / "two.mp4", two, rate=25))
    assert SEVERAL in face.remarks
    two[:10, :, one.shape[2] :] = 0
    (face,) = faces(film(tmp_path / "later.mp4", two, rate=25))
    assert SEVERAL in face.remarks, "the second face comes later"
    gone = one.copy()
    gone[15:] = 0
    (face,) = faces(film(tmp_path / "gone.mp4", gone, rate=25))
    assert "the face leaves the picture: only the frames with it are used" in face.remarks
    assert 12 <= len(face.mesh) <= 16


@pytest.mark.exhaustive(minutes=0.2)
def test_each_shot_and_each_minute_is_a_stretch_of_its_own(real: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """With the sound that belongs to it; and the dataset goes on to the file's end."""
    frames = shown(real / "single_face.mp4", 30)[:, :, 160:480]
    bright = 255 - (255 - frames[::-1]) // 3
    sound = np.concatenate([tone(1.2), np.zeros(160), 0 * tone(1.19), tone(0.6)])
    path = film(tmp_path / "cut.mkv", np.concatenate([frames, bright, frames[:15]]), rate=25, sound=sound)
    found = stretches(path)
    assert [(each.first, len(each.points)) for each in found] == [(0, 30), (30, 30), (60, 15)]
    assert [each.second for each in found] == [0, 1.2, 2.4]
    levels = [float(np.abs(each.sound.samples).mean()) for each in found if each.sound]
    assert levels[0] > 0.2 > 0.05 > levels[1] and levels[2] > 0.2
    monkeypatch.setattr(reading, "MOST", 20)
    found = stretches(path)
    assert [(each.first, len(each.points)) for each in found] == [(0, 20), (40, 20), (60, 15)]
    assert all(SHORT in each.remarks for each in found), "frames 20 to 30 and 30 to 40 are too few"
    examples = FaceFolder(str(tmp_path)).read("cut.mkv")
    assert [len(each.y["mesh"]) for each in examples if isinstance(each, Example)] == [20, 20, 15]


def test_a_folder_of_ones_own_names_what_has_no_face(real: Path, tmp_path: Path) -> None:
    one = shown(real / "single_face.mp4", 20)
    film(tmp_path / "face.mp4", one, rate=25, sound=tone(0.8))
    film(tmp_path / "quiet.mp4", one, rate=25)
    film(tmp_path / "turned.mp4", np.rot90(one, -1, axes=(1, 2)), rate=25, quarters=1)
    film(tmp_path / "none.mp4", np.zeros((20, 64, 64, 3), np.uint8), rate=25)
    (tmp_path / "torn.mp4").write_bytes(b"torn")
    examples, left_out = read_all(FaceFolder(str(tmp_path)))
    assert left_out["none.mp4"] == "no face is seen in it" and left_out["torn.mp4"].startswith("is no video")
    known = {each.id: each for each in examples}
    assert set(known) == {"face.mp4", "quiet.mp4", "turned.mp4"}
    assert known["quiet.mp4"].x is None and known["face.mp4"].x["voice"].shape == (20, FEATURES)
    apart = np.abs(known["turned.mp4"].y["mesh"] - known["quiet.mp4"].y["mesh"]).mean()
    assert apart < 0.02, "a phone that was turned sees the same face"
    assert {each.split for each in examples} <= {"train", "validation", "test"}
    with pytest.raises(UserError, match="test names nobody"):
        FaceFolder(str(tmp_path), test=("nobody",))


def test_grid_wants_its_clips(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("REGENKIT_GRID", raising=False)
    with pytest.raises(UserError, match="Set path:, or REGENKIT_GRID"):
        Grid()
    monkeypatch.setenv("REGENKIT_GRID", str(tmp_path / "none"))
    with pytest.raises(UserError, match="does not exist"):
        Grid()


@pytest.mark.exhaustive(minutes=0.5)
def test_clips_of_grid(real: Path) -> None:
    root = os.environ.get("REGENKIT_GRID")
    if not root:
        pytest.skip("REGENKIT_GRID names no folder of clips")
    data: Any = Grid(test=())
    (example,) = data.read(data.sources()[0])
    assert len(example.y["mesh"]) == len(example.x["voice"]) == 75 and example.remarks == ()
