"""A classifier of frames, to judge clips by: frame → label, where a run learns label → clip.

A small convolutional network, trained on frames of the training pairs the first time it is wanted, and kept in the
cache under a digest of the pairs.
"""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from regenkit.cache import trained_once
from regenkit.components import Evaluation
from regenkit.digest import digest
from regenkit.errors import UserError
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields
from regenkit_video.metrics.frames import stacked

VERSION = 1
"""Raise it where anything changes that a trained classifier depends on."""
LARGEST = 32
FEATURES = 64
STEPS, BATCH, RATE = 1200, 64, 2e-3
Judge = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def classifier(of: Evaluation) -> Judge:
    """Gives (features [clips, frames, 64], logits [clips, frames, classes]) of levels, uint8 [clips, frames, …].

    Raises UserError where X is no label.
    """
    wanted = labels(of.training_conditions)
    if not len(wanted):
        raise UserError("a classifier of the training pairs was asked for, and there are none")
    content = hashlib.sha256(wanted.tobytes())
    for fields in of.training:
        content.update(fields["frames"].tobytes())
    key = digest([VERSION, of.training[0]["frames"].shape, content.hexdigest()])
    if key not in _known:  # all routes of a run have one training set
        _known[key] = _kept(key, of.training, wanted)
    model = _known[key]
    return lambda levels: _judged(model, levels)


_known: dict[str, keras.Model] = {}


def labels(conditions: Sequence[Fields]) -> np.ndarray:
    """int32 [examples], 1 and up. Raises UserError where X is no label."""
    for condition in conditions:
        if "label" not in condition:
            has = ", ".join(condition) or "nothing"
            raise UserError(f"metrics by class want a label as X, and X has {has}: take them out of the recipe's "
                            "evaluate; for captions of the moving sets there is video/direction")  # fmt: skip
    return np.array([condition["label"] for condition in conditions], np.int32)


def network(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Untrained; initial weights are by a fixed seed. Of levels as floats, [frames, height, width, channels]."""
    make, he = keras.layers, keras.initializers.HeNormal
    inputs = keras.Input(shape, dtype="float32")
    x = make.Rescaling(1 / 127.5, -1)(inputs)
    if shape[0] > LARGEST:
        x = make.Resizing(LARGEST, LARGEST, antialias=True)(x)
    for seed, channels in enumerate((16, 32, 64)):
        x = make.Conv2D(channels, 3, padding="same", activation="relu", kernel_initializer=he(seed))(x)
        x = make.MaxPooling2D()(x)
    features = make.Dense(FEATURES, "relu", kernel_initializer=he(3))(make.Flatten()(x))
    return keras.Model(inputs, [features, make.Dense(classes, kernel_initializer=he(4))(features)])


def _kept(key: str, training: Sequence[Fields], wanted: np.ndarray) -> keras.Model:
    """Trained, or out of the cache."""
    model = network(training[0]["frames"].shape[1:], int(wanted.max()))
    trained_once(model, f"classifiers/video-{key}", lambda: train(model, stacked(training), wanted))
    return model


def train(model: keras.Model, clips: np.ndarray, wanted: np.ndarray) -> None:
    """Adam, a rate that falls to 0, the same frames each time: of each clip now one, now another."""
    optimiser = keras.optimizers.Adam(keras.optimizers.schedules.PolynomialDecay(RATE, STEPS, 0.0))
    optimiser.build(model.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(frames: tf.Tensor, targets: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            _, logits = model(tf.cast(frames, tf.float32))
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))
        optimiser.apply(tape.gradient(loss, model.trainable_variables))

    random = np.random.default_rng(0)
    for _ in range(STEPS):
        places, moments = random.integers(0, len(clips), BATCH), random.integers(0, clips.shape[1], BATCH)
        step(tf.constant(clips[places, moments]), tf.constant(wanted[places] - 1))


def _judged(model: keras.Model, clips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    frames = clips.reshape(-1, *clips.shape[2:])
    parts = [model(tf.constant(frames[start : start + 1000], tf.float32)) for start in range(0, len(frames), 1000)]
    features, logits = (np.concatenate([part[output].numpy() for part in parts]) for output in (0, 1))
    return features.reshape(*clips.shape[:2], -1), logits.reshape(*clips.shape[:2], -1)
