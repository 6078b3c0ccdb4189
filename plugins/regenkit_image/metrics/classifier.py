"""A classifier of the training pairs, to judge samples by: picture → label, where a run learns label → picture.

A small convolutional network, trained the first time it is wanted and kept in the cache under a digest of the pairs.
On Fashion-MNIST that takes 52 s of one core; of the test set it then knows 91.0 %.
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
from regenkit_image.metrics.pictures import stacked

VERSION = 1
"""Raise it where anything changes that a trained classifier depends on."""
LARGEST = 32
"""Pixels a side; larger pictures are brought to it."""
FEATURES = 128
STEPS, BATCH, RATE = 1800, 128, 2e-3
Judge = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def classifier(of: Evaluation) -> Judge:
    """Gives (features [pictures, 128], logits [pictures, classes]) of levels, uint8 [pictures, size, size, channels].

    Raises UserError where X is no label.
    """
    wanted = labels(of.training_conditions)
    if not len(wanted):
        raise UserError("a classifier of the training pairs was asked for, and there are none")
    content = hashlib.sha256(wanted.tobytes())
    for fields in of.training:
        content.update(fields["pixels"].tobytes())
    key = digest([VERSION, of.training[0]["pixels"].shape, content.hexdigest()])
    if key not in _known:  # all routes of a run have one training set
        _known[key] = _kept(key, of.training, wanted)
    model = _known[key]
    return lambda levels: _judged(model, levels)


_known: dict[str, keras.Model] = {}


def _kept(key: str, training: Sequence[Fields], wanted: np.ndarray) -> keras.Model:
    """Trained, or out of the cache."""
    model = network(training[0]["pixels"].shape, int(wanted.max()))
    trained_once(model, f"classifiers/{key}", lambda: train(model, stacked(training), wanted))
    return model


def labels(conditions: Sequence[Fields]) -> np.ndarray:
    """int32 [examples], 1 and up. Raises UserError where X is no label."""
    for condition in conditions:
        if "label" not in condition:
            has = ", ".join(condition) or "nothing"
            raise UserError(f"metrics by class want a label as X, and X has {has}: take them out of the recipe's "
                            "evaluate; for captions there is image/retrieval_at_1")  # fmt: skip
    return np.array([condition["label"] for condition in conditions], np.int32)


def network(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Untrained; initial weights are by a fixed seed. Of levels as floats → (features, logits)."""
    make, he = keras.layers, keras.initializers.HeNormal
    inputs = keras.Input(shape, dtype="float32")
    x = make.Rescaling(1 / 127.5, -1)(inputs)
    if shape[0] > LARGEST:
        x = make.Resizing(LARGEST, LARGEST, antialias=True)(x)
    for seed, channels in enumerate((32, 64)):
        x = make.Conv2D(channels, 3, padding="same", activation="relu", kernel_initializer=he(seed))(x)
        x = make.MaxPooling2D()(x)
    features = make.Dense(FEATURES, "relu", kernel_initializer=he(2))(make.Flatten()(x))
    logits = make.Dense(classes, kernel_initializer=keras.initializers.GlorotUniform(3))(features)
    return keras.Model(inputs, [features, logits])


def train(model: keras.Model, levels: np.ndarray, wanted: np.ndarray) -> None:
    """Adam, a rate that falls to 0, the same order of examples each time."""
    optimiser = keras.optimizers.Adam(keras.optimizers.schedules.PolynomialDecay(RATE, STEPS, 0.0))
    optimiser.build(model.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(pictures: tf.Tensor, targets: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            _, logits = model(tf.cast(pictures, tf.float32))
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))
        optimiser.apply(tape.gradient(loss, model.trainable_variables))

    random = np.random.default_rng(0)
    rounds = -(-STEPS * BATCH // len(levels))
    order = np.concatenate([random.permutation(len(levels)) for _ in range(rounds)])[: STEPS * BATCH]
    for places in order.reshape(STEPS, BATCH):
        step(tf.constant(levels[places]), tf.constant(wanted[places] - 1))


def _judged(model: keras.Model, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    parts = [model(tf.constant(levels[start : start + 1000], tf.float32)) for start in range(0, len(levels), 1000)]
    features, logits = (np.concatenate([part[output].numpy() for part in parts]) for output in (0, 1))
    return features, logits
