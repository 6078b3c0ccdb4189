"""The linear model of faces inverted, and its coefficients as text; of a model that is made here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_faces import bowl, pose, smooth
from scipy.spatial.transform import Rotation

from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf
from regenkit_video.converter.coefficients import Coefficients
from regenkit_video.face import face, linear
from regenkit_video.face.fit import aligned, error, fit, posed, solved
from regenkit_video.face.linear import linear_face
from regenkit_video.face.networks import POINTS
from regenkit_video.networks.mesh import LinearMesh


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
    wanted = (offsets.reshape(frames, -1) @ flat.T).reshape(-1)
    dense = np.linalg.solve(normal, wanted).reshape(frames, 3)
    np.testing.assert_allclose(solved(offsets, model, ridge=0.4, smooth=0.7), dense, atol=1e-9)
    pinned = np.linalg.solve(normal[3:, 3:], wanted[3:]).reshape(frames - 1, 3)  # the first frame has 0
    found = solved(offsets[1:], model, ridge=0.4, smooth=0.7, after_rest=True)
    np.testing.assert_allclose(found, pinned, atol=1e-9)


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


def test_a_model_that_is_damaged_or_something_else_is_one_message(tmp_path: Path) -> None:
    model = bowl()
    np.savez(tmp_path / "torn.npz", mean=model.mean, bases=model.bases)
    whole = (tmp_path / "torn.npz").read_bytes()
    (tmp_path / "torn.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bytes.npz").write_bytes(whole[:2000] + bytes(100) + whole[2100:])
    np.save(tmp_path / "one.npy", model.mean)
    np.savez(tmp_path / "names.npz", mean=model.mean, bases=model.bases, names=np.array(3))
    for name in ("torn.npz", "bytes.npz", "one.npy", "names.npz"):
        with pytest.raises(UserError, match=rf"{name}: is no linear model of faces \(.*right are mean \[468, 3\]"):
            linear_face(str(tmp_path / name))
    for name in ("neutral", "smile"):
        (tmp_path / f"{name}.obj").write_text("v 0 0 0\n" * POINTS)
    with pytest.raises(UserError, match=r"is no linear model of faces \(.*eyes at one place\)"):
        linear_face(str(tmp_path))


@pytest.mark.parametrize("identity", ["x", [1, 2], [[0, 0, float("nan")]] * POINTS, {"a": 1}])
def test_an_identity_that_is_no_shape_is_refused(identity: Any) -> None:
    fields = {"mesh": np.zeros((2, POINTS, 3), np.float32), "pose": np.zeros((2, 6), np.float32)}
    assert face.decode(fields, {"identity": [[0, 0, 1]] * POINTS}).identity.sum() == POINTS
    with pytest.raises(UserError, match="meta: identity is no shape of a face"):
        face.decode(fields, {"identity": identity})


@pytest.fixture
def converter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Coefficients]:
    """Of a model of one's own, which is the fetched one as well."""
    model = bowl()
    np.savez(tmp_path / "own.npz", mean=model.mean, bases=model.bases, names=np.array(model.names))
    monkeypatch.setattr(linear, "_fetched", lambda path: model)
    monkeypatch.setattr(linear, "located", lambda source, dataset: tmp_path)
    linear_face.cache_clear()
    yield Coefficients(model=str(tmp_path / "own.npz"), ridge=0.0, smooth=0.0)
    linear_face.cache_clear()


def test_a_mesh_becomes_coefficients_and_a_mesh_again(converter: Coefficients, tmp_path: Path) -> None:
    wanted = smooth(12).astype(np.float32)
    y = {"mesh": bowl().vertices(wanted), "pose": np.float32(pose(12))}
    rep = converter.convert(y)
    converter.spec.check(rep, "an example")
    np.testing.assert_allclose(rep["coefficients"], wanted, atol=1e-4)
    target = {"mesh": converter.spec["coefficients"]}
    renderer = LinearMesh(condition=converter.spec, target=target, model=str(tmp_path / "own.npz"))
    batch = {name: tf.constant(np.stack([value] * 2)) for name, value in rep.items()}
    mask = np.ones((2, 12), bool)
    mask[1, 5:] = False
    drawn = renderer.sample({**batch, "mask": tf.constant(mask)}, seed=0)["mesh"]
    np.testing.assert_allclose(drawn[0], y["mesh"], atol=1e-4)
    assert not drawn[1, 5:].any()
    both = {"mesh": target["mesh"], "pose": converter.spec["pose"]}
    still = LinearMesh(condition=converter.spec.without(["pose"]), target=both, model=str(tmp_path / "own.npz"))
    poses = still.sample({"coefficients": batch["coefficients"], "mask": tf.constant(mask)}, seed=0)["pose"]
    assert np.ptp(poses[0], axis=0).max() == 0 and not poses[1, 5:].any()
    with pytest.raises(ValueError, match="this renderer draws a mesh of 3 coefficients"):
        LinearMesh(condition=converter.spec.only(optional=True), target=both, model=str(tmp_path / "own.npz"))


def test_a_mean_of_ones_own_is_not_pressed_into_the_coefficients(converter: Coefficients, tmp_path: Path) -> None:
    """A mesh is of the mean person of the fetched model, whatever the mean of one's own."""
    model, wanted = bowl(), smooth(12).astype(np.float32)
    np.savez(tmp_path / "broad.npz", mean=model.mean * (1.25, 1, 1), bases=model.bases * 1.25)
    broad = Coefficients(model=str(tmp_path / "broad.npz"), ridge=0.0, smooth=0.0)
    still = {"mesh": model.vertices(np.zeros((3, 3))), "pose": np.float32(pose(3))}
    np.testing.assert_allclose(broad.convert(still)["coefficients"], 0, atol=1e-5)
    y = {"mesh": model.vertices(wanted), "pose": np.float32(pose(12))}
    rep = broad.convert(y)
    renderer = LinearMesh(condition=broad.spec, target={"mesh": broad.spec["coefficients"]},
                          model=str(tmp_path / "broad.npz"))  # fmt: skip
    batch = {name: tf.constant(value[None]) for name, value in rep.items()}
    drawn = renderer.sample({**batch, "mask": tf.ones((1, 12), bool)}, seed=0)["mesh"][0]
    at_rest = np.linalg.norm(y["mesh"] - still["mesh"][:1], axis=2).mean()
    assert np.linalg.norm(drawn - y["mesh"], axis=2).mean() < 0.2 * at_rest


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
    small, _ = converter.from_text(text.replace(line, "  smile: [1e-3, 1e-3, -2.5E+1, 0, 0]"))
    np.testing.assert_allclose(small["coefficients"][:, 1], [0.001, 0.001, -25, 0, 0])


@pytest.mark.parametrize(("old", "new", "said"), [("  smile:", "  smiel:", "did you mean 'smile'"),
                                                  ("  smile: [", "  smile: [0.1, ", "rows of 5 and 6 frames"),
                                                  ("coefficients:", "coefficient:", "did you mean 'coefficients'"),
                                                  ("  smile: [", "  smile: [.nan, ", "smile has .nan; right are"),
                                                  ("  smile: [", "  smile: [high, ", "smile has high; right are"),
                                                  ("  smile: [", "  smile: [1e300, ", r"smile has 1e\+300; right are"),
                                                  ("  smile: [", f"  smile: [1{'0' * 400}, ", "smile has 1000")]
                        )  # fmt: skip
def test_text_that_is_wrong(converter: Coefficients, old: str, new: str, said: str) -> None:
    text = converter.to_text({"coefficients": smooth(5), "pose": pose(5)}, {})
    with pytest.raises(UserError, match=f"not the coefficients of a face: .*{said}"):
        converter.from_text(text.replace(old, new))


def test_a_coefficient_can_be_given(converter: Coefficients) -> None:
    rep = {"coefficients": smooth(5).astype(np.float32), "pose": np.float32(pose(5))}
    fixed = converter.complete(rep, converter.given({"smile": "0.7"}))["coefficients"]
    assert np.allclose(fixed[:, 1], 0.7) and np.array_equal(fixed[:, 0], rep["coefficients"][:, 0])
    for options, said in (({"smiel": "1"}, "did you mean 'smile'"), ({"smile": "much"}, "right is a number"),
                          ({"smile": "nan"}, "finite"), ({"smile": "1e39"}, "finite")):  # fmt: skip
        with pytest.raises(UserError, match=said):
            converter.given(options)
