"""A portrait that is moved: what coefficients draw, what the U-Net makes of it, and what scores say."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from grids import seeds
from hypothesis import given
from hypothesis import strategies as st
from own_faces import bowl, smooth
from scipy.spatial.transform import Rotation
from toy_pictures import shaken
from toy_watch import difference

from regenkit import Field, Spec
from regenkit.components import Evaluation
from regenkit.distribute import make_strategy
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.train_settings import TrainSettings
from regenkit.training.state import State
from regenkit.training.step import TrainStep
from regenkit_video.face import driving
from regenkit_video.face.fit import posed
from regenkit_video.face.head import spec
from regenkit_video.face.sound import FEATURES
from regenkit_video.metrics import synchrony
from regenkit_video.modality.head import Head
from regenkit_video.modality.speaker import Speaker, portrait_spec
from regenkit_video.networks import portrait as portraits
from regenkit_video.networks.critic import pyramid_distance
from regenkit_video.networks.portrait import Portrait
from regenkit_video.networks.speaking import Speaking

SIZE, FRAMES = 16, 3
Y, STILL = spec(SIZE), portrait_spec(SIZE)
MOVED = Spec({name: Field(kind="continuous", shape=(None, size), hop=Fraction(1))
              for name, size in (("coefficients", 3), ("pose", 6))})  # fmt: skip
VOICE = Spec({"voice": Field(kind="continuous", shape=(None, FEATURES), hop=Fraction(1))})
REST = np.array([[0.1, -0.2, 0, 0.5, -0.5, np.log(0.4)]])


@pytest.fixture(autouse=True)
def made_face(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A model of faces, and its triangles, that are made here and not fetched."""
    place = np.arange(468).reshape(18, 26)
    a, b, c, d = (each.ravel() for each in (place[:-1, :-1], place[:-1, 1:], place[1:, :-1], place[1:, 1:]))
    corners = np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)]).astype(np.int32)
    face = bowl()
    monkeypatch.setattr(portraits, "linear_face", lambda model=None: face)
    monkeypatch.setattr(driving, "triangles", lambda: corners)
    yield


def a_portrait() -> np.ndarray:
    """Points of the bowl at rest, in widths of the frame."""
    return posed(bowl().vertices(np.zeros((1, 3))), REST, driving.UNIT)[0] / driving.UNIT[1]


def batch(condition: Spec, size: int = 4) -> dict[str, Any]:
    random = np.random.default_rng(0)
    mask = tf.sequence_mask([FRAMES, FRAMES, 2, FRAMES][:size], FRAMES)
    fields = {name: random.uniform(-1, 1, (size, *(each or FRAMES for each in field.shape))).astype(np.float32) / 4
              for name, field in (condition | Y).items()}  # fmt: skip
    fields["points"] = np.stack([a_portrait()] * size)
    known = {name: tf.constant(fields[name], tf.float32) for name in condition}
    return {"condition": {**known, "mask": mask}, "target": {"frames": tf.constant(fields["frames"]), "mask": mask}}


def model(condition: Spec = MOVED | STILL) -> Portrait:
    keras.utils.set_random_seed(0)
    return Portrait(condition=condition, target=Y, width=8, listen=16)


def cut(fields: Any, rows: slice) -> Any:
    return tf.nest.map_structure(lambda each: each[rows], fields)


def test_what_moves_a_portrait_is_found_and_is_nothing_for_itself() -> None:
    face, coefficients = bowl(), smooth(20)
    coefficients -= coefficients[0]
    pose = np.repeat(REST, 20, 0)
    pose[:, 1] += 0.1 * np.sin(np.arange(20) / 5)
    points = posed(face.vertices(coefficients), pose, driving.UNIT) / np.float32(driving.UNIT[1])
    found, turned = driving.driven(points, points[0], face)
    np.testing.assert_allclose(found[:, 0], coefficients[:, 0], atol=0.15)
    np.testing.assert_allclose(turned[:, 1], pose[:, 1] - pose[0, 1], atol=0.02)
    assert not found[0].any() and np.abs(turned[0]).max() < 1e-4, "0 at the portrait"
    identity, rest = driving.at_rest(points[0], face)
    np.testing.assert_allclose(rest, REST[0], atol=1e-3)
    np.testing.assert_allclose(identity, 0, atol=1e-3)


@given(st.integers(0, 999))
def test_a_turn_is_the_same_for_another_portrait(seed: int) -> None:
    """Taken off one portrait's pose and put on another's, it turns that one about the same axis of the camera."""
    random = np.random.default_rng(seed)
    pose, rest, other = (np.concatenate([random.normal(0, 0.6, (4, 3)), random.normal(size=(4, 3))], 1)
                         for _ in range(3))  # fmt: skip
    told = driving.turned(pose, rest[0], back=True)
    turn, mine, back = (Rotation.from_rotvec(each[:, :3]) for each in (pose, rest[:1], driving.turned(told, rest[0])))
    assert (turn * back.inv()).magnitude().max() < 1e-5
    moved = Rotation.from_rotvec(driving.turned(told, other[0])[:, :3])
    wanted = turn * mine.inv() * Rotation.from_rotvec(other[0, :3])
    assert (moved * wanted.inv()).magnitude().max() < 1e-5
    np.testing.assert_allclose(driving.turned(told, rest[0])[:, 3:], pose[:, 3:], atol=1e-5)


def test_a_map_shows_where_the_face_is() -> None:
    still = driving.maps(np.zeros((1, 2, 3)), np.zeros((1, 2, 6)), a_portrait()[None], 32, bowl())
    assert still.shape == (1, 2, 32, 32, 3)
    lengths = np.linalg.norm(still[0, 0], axis=-1)
    assert 0.2 < (lengths > 0.5).mean() < 1 and lengths.max() < 1.01
    pose = np.zeros((1, 2, 6))
    pose[0, 1, 3] = 0.25  # a quarter of the frame to the right
    moved = driving.maps(np.zeros((1, 2, 3)), pose, a_portrait()[None], 32, bowl())
    np.testing.assert_allclose(moved[0, 1, :, 8:], moved[0, 0, :, :-8], atol=1e-4)


@pytest.mark.parametrize("condition", [MOVED | STILL, VOICE | STILL], ids=["mesh", "voice"])
def test_losses_are_sums_over_examples_and_samples_fit_the_spec(condition: Spec) -> None:
    """So they do not depend on how a batch is cut among replicas."""
    network, whole = model(condition), batch(condition)
    own = tf.stack([tf.range(4), tf.range(4) + 7], 1)

    def found(rows: slice) -> Any:
        losses = network.losses(cut(whole, rows), noise=own[rows])
        assert set(losses) == {"main", "judge"} == set(network.groups())
        return [value for terms in losses.values() for pair in terms.values() for value in pair]

    for one, two, three in zip(*(found(rows) for rows in (slice(0, 4), slice(0, 1), slice(1, 4))), strict=True):
        np.testing.assert_allclose(one, tf.concat([two, three], 0), rtol=1e-4, atol=1e-5)
    drawn = network.sample(whole["condition"], seed=0)["frames"]
    assert drawn.shape == (4, FRAMES, SIZE, SIZE, 3) and np.abs(drawn).max() <= 1 and not drawn[2, 2].any()
    alone = network.sample(cut(whole["condition"], slice(2, 3)), seed=1)["frames"]
    np.testing.assert_allclose(alone[0], drawn[2], atol=1e-4)


def test_it_begins_as_the_portrait_and_each_group_learns() -> None:
    network, whole = model(), batch(MOVED | STILL)
    drawn = network.sample(whole["condition"], seed=0)["frames"]
    still = np.broadcast_to(whole["condition"]["reference"][:, None], drawn.shape)
    share = 1 / (1 + np.exp(-portraits.LEANING))
    np.testing.assert_allclose(drawn[0], (1 - share) * still[0], atol=1e-4)
    for variable in network.trainable_variables:  # the last layer begins as 0, and lets no gradient through
        variable.assign(variable + 0.01 * tf.random.stateless_normal(variable.shape, [1, 2]))
    with tf.GradientTape(persistent=True) as tape:
        losses = network.losses(whole, noise=tf.ones([4, 2], tf.int32))
        totals = {group: tf.add_n([tf.reduce_sum(value) for value, _ in terms.values()])
                  for group, terms in losses.items()}  # fmt: skip
    for group, variables in network.groups().items():
        slopes = tape.gradient(totals[group], [each.value for each in variables])
        assert all(slope is not None for slope in slopes), group
    assert not any(slope is not None for slope in
                   tape.gradient(totals["judge"], [each.value for each in network.groups()["main"]]))  # fmt: skip


def learned(condition: Spec, strategy: str) -> list[np.ndarray]:
    """The weights after a few steps of the loop; of some a single example is left, and none for one of two replicas."""
    settings = TrainSettings(warmup_steps=0, steps=6, ema=0.0)
    chosen = make_strategy(strategy)
    with chosen.scope():
        state = State(shaken(model(condition)), settings)
    data = {**batch(condition), "noise": tf.constant(seeds(4))}
    data = tf.nest.map_structure(lambda each: tf.concat([each, each[:3]], 0), data)
    batches = chosen.experimental_distribute_dataset(tf.data.Dataset.from_tensor_slices(data).batch(2).repeat())
    TrainStep(state, chosen, settings)(iter(batches), tf.constant(6))
    return [variable.numpy() for variable in state.model.variables]


@pytest.mark.exhaustive(minutes=1)
@pytest.mark.parametrize("condition", [MOVED | STILL, VOICE | STILL], ids=["mesh", "voice"])
def test_two_replicas_learn_as_one(condition: Spec) -> None:
    """Of frames that are cut to windows of one length; the judge learns as well."""
    one, two = (learned(condition, strategy) for strategy in ("none", "mirrored"))
    assert difference(one, two) < 1e-5


def test_a_portrait_is_passed_on_and_the_rest_is_drawn() -> None:
    keras.utils.set_random_seed(0)
    network = Speaking(condition=VOICE | STILL, target=MOVED | STILL, width=16, depth=1, dropout=0.0)
    whole = batch(VOICE | STILL)
    target = {**batch(MOVED | STILL)["condition"]}
    losses = network.losses({"condition": whole["condition"], "target": target}, noise=tf.ones([4, 2], tf.int32))
    assert set(losses["main"]) == {"coefficients", "pose"}
    drawn = network.sample(whole["condition"], seed=0, temperature=0)
    assert set(drawn) == set(MOVED | STILL)
    np.testing.assert_array_equal(drawn["reference"], whole["condition"]["reference"])
    assert drawn["coefficients"].shape == (4, FRAMES, 3) and drawn["pose"].any()
    still = Speaking(condition=VOICE | STILL, target=MOVED | STILL, width=16, depth=1, pose=False, velocity=4.0)
    losses = still.losses({"condition": whole["condition"], "target": target}, noise=tf.ones([4, 2], tf.int32))
    assert set(losses["main"]) == {"coefficients", "coefficients change"}
    held = still.sample(whole["condition"], seed=0)
    assert {name: value.shape for name, value in held.items()} == {name: value.shape for name, value in drawn.items()}
    assert not held["pose"].any()
    with pytest.raises(ValueError, match="passes a portrait on"):
        Speaking(condition=VOICE, target=MOVED | STILL)


@pytest.mark.parametrize(("condition", "target", "said"), [
    (MOVED | STILL, MOVED, "draws frames of a portrait"),
    (STILL, Y, "wants coefficients and pose, or a voice"),
    (MOVED | portrait_spec(20), spec(20), "size 20; right is a multiple of 16"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(condition: Spec, target: Spec, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Portrait(condition=condition, target=target)


@pytest.mark.parametrize("size", [7, 1025])
def test_a_head_too_small_to_be_seen_or_too_large_to_be_held_is_refused(size: int) -> None:
    for modality in (Head, Speaker):
        with pytest.raises(ValueError, match=f"size {size}; right are 8 to 1024 pixels a side"):
            modality(size)
    assert Head(8).spec["frames"].shape == (None, 8, 8, 3) and Speaker(1024).spec["reference"].shape == (1024, 1024, 3)


def test_bands_of_detail() -> None:
    random = np.random.default_rng(0)
    one = tf.constant(random.uniform(-1, 1, (2, 16, 16, 3)), tf.float32)
    assert not pyramid_distance(one, one).numpy().any()
    np.testing.assert_allclose(pyramid_distance(one, one + 0.5), 0.5, atol=1e-5)  # all of it in the last band
    fine = one + 0.5 * (2 * (np.indices((16, 16)).sum(0) % 2) - 1)[..., None]
    np.testing.assert_allclose(pyramid_distance(one, tf.cast(fine, tf.float32)), 0.5, atol=1e-5)


def speaking(clips: int, seed: int) -> tuple[list[dict], list[dict]]:
    """Mouths, dark bars that are as high as their voice is loud."""
    random = np.random.default_rng(seed)
    ys, xs = [], []
    for _ in range(clips):
        loud = np.convolve(random.uniform(0, 1, 60), np.ones(3) / 3, "same")
        frames = np.zeros((60, 32, 32, 3), np.float32)
        for number, level in enumerate(loud):
            frames[number, 20 : 20 + int(1 + 9 * level), 10:22] = -1
        voice = np.repeat(loud[:, None], 8, 1) + random.normal(0, 0.05, (60, 8))
        ys.append({"frames": frames})
        xs.append({"voice": np.float32(voice)})
    return ys, xs


@pytest.mark.exhaustive(minutes=0.2)
def test_mouths_and_voices_that_agree_in_time(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path))
    training, training_x = speaking(6, 0)
    ys, xs = speaking(3, 1)
    of = Evaluation(samples=ys, references=ys, conditions=xs, training=training, training_conditions=training_x)
    judge = synchrony.synchrony(of)
    together = [judge(y["frames"], x["voice"]) for y, x in zip(ys, xs, strict=True)]
    late = [judge(np.roll(y["frames"], 8, axis=0), x["voice"]) for y, x in zip(ys, xs, strict=True)]
    assert min(together) > 0.3 and max(late) < 0.2
    assert np.isnan(judge(ys[0]["frames"][:10], xs[0]["voice"]))
