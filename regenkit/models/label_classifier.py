"""A small convolutional network that tells the label of a picture, for metrics that judge samples by their class.

It is trained on the training pairs the first time it is wanted, and kept in the cache under a digest of the pairs.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from regenkit.components import Evaluation
from regenkit.digest import digest
from regenkit.errors import UserError
from regenkit.models.trained_once import trained_once
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields

LARGEST = 32
"""Pixels a side; larger pictures are resized to it."""
AT_ONCE = 1000
Batches = Iterable[tuple[np.ndarray, np.ndarray]]
"""(uint8 [batch, height, width, channels], labels from 0, int32 [batch])"""


def labels(conditions: Sequence[Fields], instead: str) -> np.ndarray:
    """int32 [examples], 1 and up. Raises UserError where X is no label, with what there is `instead` for such an X."""
    for condition in conditions:
        if "label" not in condition:
            has = ", ".join(condition) or "nothing"
            raise UserError(f"metrics by class want a label as X, and X has {has}: take them out of the recipe's "
                            f"evaluate; {instead}")  # fmt: skip
    return np.array([condition["label"] for condition in conditions], np.int32)


def network(shape: tuple[int, ...], classes: int, *, channels: Sequence[int], features: int, last: type) -> keras.Model:
    """Untrained; its initial weights are those of fixed seeds. Levels as floats [batch, *shape] → (features, logits).

    last   the initializer of the logits
    """
    make, he = keras.layers, keras.initializers.HeNormal
    inputs = keras.Input(shape, dtype="float32")
    x = make.Rescaling(1 / 127.5, -1)(inputs)
    if shape[0] > LARGEST:
        x = make.Resizing(LARGEST, LARGEST, antialias=True)(x)
    for seed, size in enumerate(channels):
        x = make.Conv2D(size, 3, padding="same", activation="relu", kernel_initializer=he(seed))(x)
        x = make.MaxPooling2D()(x)
    dense = make.Dense(features, "relu", kernel_initializer=he(len(channels)))(make.Flatten()(x))
    return keras.Model(inputs, [dense, make.Dense(classes, kernel_initializer=last(len(channels) + 1))(dense)])


def trained(
    of: Evaluation, field: str, name: str, *, version: int, instead: str, build: Callable[[int], keras.Model],
    train: Callable[[keras.Model, np.ndarray], None],
) -> keras.Model:  # fmt: skip
    """The classifier of an evaluation's training pairs: trained now, or before.

    field    of Y that has the levels
    name     of its file in the cache, with "{key}" in it
    version  raised where anything changes that its weights depend on
    build    makes the network for so many classes
    train    trains it, given the labels of the training pairs

    Raises UserError where there are no pairs, or X is no label.
    """
    wanted = labels(of.training_conditions, instead)
    if not len(wanted):
        raise UserError("a classifier of the training pairs was asked for, and there are none")
    content = hashlib.sha256(wanted.tobytes())
    for fields in of.training:
        content.update(fields[field].tobytes())
    key = digest([version, of.training[0][field].shape, content.hexdigest()])
    return trained_once(name.format(key=key), lambda: build(int(wanted.max())), lambda model: train(model, wanted))


def fit(model: keras.Model, batches: Batches, steps: int, rate: float) -> None:
    """Train by Adam, with a learning rate that falls from `rate` to 0 in so many steps, on these batches in order."""
    optimiser = keras.optimizers.Adam(keras.optimizers.schedules.PolynomialDecay(rate, steps, 0.0))
    optimiser.build(model.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(levels: tf.Tensor, targets: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            _, logits = model(tf.cast(levels, tf.float32))
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))
        optimiser.apply(tape.gradient(loss, model.trainable_variables))

    for levels, targets in batches:
        step(tf.constant(levels), tf.constant(targets))


def judged(model: keras.Model, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(features, logits), float32 [pictures, …] each, of levels, uint8 [pictures, height, width, channels]."""
    parts = [model(tf.constant(levels[first : first + AT_ONCE], tf.float32))
             for first in range(0, len(levels), AT_ONCE)]  # fmt: skip
    features, logits = (np.concatenate([part[output].numpy() for part in parts]) for output in (0, 1))
    return features, logits
