"""Sounds of classes: the direct route, and whether a sound is of the class that was asked for."""

import numpy as np
import pytest
from own_sounds import tone
from speech_batches import (
    HOP,
    TEXT,
    WAVE,
    Batch,
    check_every_weight_is_moved,
    cut,
    fields,
)

from regenkit.components import Evaluation
from regenkit.errors import UserError
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import END, Spec, tokens
from regenkit_speech.metrics import class_accuracy
from regenkit_speech.models.label2wave import LabelToWave
from regenkit_speech.networks.durations import deviance

LABEL = Spec({"label": tokens(("kick", "snare", "hat"), scalar=True)})
ENTRIES = [20, 9, 13]


def small(segment: int = 30) -> LabelToWave:
    keras.utils.set_random_seed(0)
    return LabelToWave(condition=LABEL, target=WAVE, hop_length=HOP, width=16, depth=1, noise_size=4,
                       adversarial_start=0, judges_width=2, segment=segment)  # fmt: skip


def batch(rows: slice, longer: bool) -> tuple[Batch, Batch]:
    steps, longest = {"y": [HOP * each for each in ENTRIES]}, {"y": HOP * (30 if longer else 20)}
    condition = {"label": np.array([1, 3, 2], np.int32)}
    return cut(condition, rows), cut(fields(WAVE, steps, longest), rows)


@pytest.mark.exhaustive(minutes=0.2)
def test_examples_stand_alone() -> None:
    """To the judges, too, where the segment is as long as the longest sound."""
    model = small()
    noise = tf.constant([[1, 2], [3, 4], [5, 6]])
    for row in range(3):
        alone = model.losses(_both(slice(row, row + 1), True), noise=noise[row : row + 1])
        whole = model.losses(_both(slice(0, 3), False), noise=noise)
        for group, name in (("generator", "mel_distance"), ("generator", END), ("generator", "matched"),
                            ("generator", "fooled"), ("discriminator", "caught")):  # fmt: skip
            np.testing.assert_allclose(alone[group][name][0][0], whole[group][name][0][row], rtol=1e-3)


def test_a_sound_may_be_as_long_as_its_class_has_them() -> None:
    """No lid on what is learned but that of all samples."""
    model = small()
    for layer in (model.log_length,):
        layer.bias.assign([np.log(2000.0)])
        layer.kernel.assign(tf.zeros_like(layer.kernel))
    drawn = model.sample({"label": np.array([1], np.int32)}, seed=0)
    assert drawn["mask"].sum() == 2000 * HOP
    with tf.GradientTape() as tape:
        cost = tf.reduce_sum(deviance(tf.constant([3000.0]), model.log_length.bias, model.largest))
    assert float(tape.gradient(cost, model.log_length.bias)[0]) < 0


def _both(rows: slice, longer: bool) -> dict[str, Batch]:
    condition, target = batch(rows, longer)
    return tf.nest.map_structure(tf.constant, {"condition": condition, "target": target})


@pytest.mark.exhaustive(minutes=0.5)
def test_every_weight_is_moved() -> None:
    check_every_weight_is_moved(small(), *batch(slice(0, 3), False))


def test_sounds_of_a_class_differ_and_are_as_long_as_their_mask() -> None:
    model = small()
    condition = {"label": np.array([2, 2, 1], np.int32)}
    drawn = model.sample(condition, seed=1)
    assert drawn["wave"].shape == drawn["mask"].shape and not drawn["wave"][~drawn["mask"]].any()
    assert np.abs(drawn["wave"][0] - drawn["wave"][1]).max() > 1e-6
    np.testing.assert_array_equal(drawn["wave"], model.sample(condition, seed=1)["wave"])
    for length in (HOP * 7, HOP * 7 - 3):
        exact = model.sample(condition, seed=1, length=length)
        assert (exact["mask"].sum(1) == length).all() and exact["wave"].shape == exact["mask"].shape
    assert model.sample({"label": np.zeros(0, np.int32)}, seed=1)["wave"].shape == (0, 0)
    with pytest.raises(ValueError, match="draws from tokens, one an example"):
        LabelToWave(condition=TEXT, target=WAVE)


def test_what_costs_least_is_the_mean_of_the_durations() -> None:
    """Their geometric mean, which is below it, costs more."""
    durations = tf.constant([1.0, 1.0, 1.0, 9.0])
    logs = np.log(np.linspace(1.0, 9.0, 161, dtype=np.float32))
    costs = [float(tf.reduce_sum(deviance(durations, tf.fill([4], each)))) for each in logs]
    assert np.exp(logs[int(np.argmin(costs))]) == pytest.approx(3.0, abs=0.05)
    assert float(deviance(tf.constant(4.0), tf.math.log(4.0))) == pytest.approx(0.0, abs=1e-5)


def test_a_classifier_tells_classes() -> None:
    random = np.random.default_rng(0)

    def sound(label: int) -> dict[str, np.ndarray]:
        seconds = float(random.uniform(0.1, 0.6))
        return {"wave": tone(seconds, hertz=150.0 * 3.0**label * random.uniform(0.9, 1.1)) * random.uniform(0.3, 1)}

    labels = [1, 2, 3] * 8
    conditions = [{"label": np.array(label, np.int32)} for label in labels]
    real, training = [sound(label) for label in labels], [sound(label) for label in labels]
    of = {"references": real, "conditions": conditions, "training": training, "training_conditions": conditions}
    np.testing.assert_array_equal(class_accuracy(Evaluation(samples=real, **of)), 1.0)
    moved = [*real[1:], real[0]]  # each a sound of the next class
    np.testing.assert_array_equal(class_accuracy(Evaluation(samples=moved, **of)), 0.0)
    soft = [{"wave": each["wave"] * 0.05} for each in real]
    np.testing.assert_array_equal(class_accuracy(Evaluation(samples=soft, **of)), 1.0)
    with pytest.raises(UserError, match="X is no label"):
        class_accuracy(Evaluation(samples=real, references=real, conditions=[{}] * 24, training=training))
