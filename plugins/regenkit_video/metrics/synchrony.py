"""Do mouth and voice agree in time: two small networks whose outputs are near where they do.

After SyncNet (Chung and Zisserman 2016, "Out of time"): one network sees the mouth in five frames, the other hears the
same fifth of a second; they are trained on the training pairs so that what belongs together is nearer than what is
heard elsewhere in the same clip (a softmax over the moments of a clip, arXiv 1807.03748). They are trained the first
time they are wanted, and kept in the cache under a digest of the pairs. How good they are, the references' own score
says.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import final

import numpy as np

from regenkit.components import Evaluation
from regenkit.digest import digest
from regenkit.errors import UserError
from regenkit.models.trained_once import trained_once
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

VERSION = 1
"""Raise it where anything changes that a trained network depends on."""
FRAMES, SIDE, FEATURES = 5, 24, 32
STEPS, MOMENTS, CLIPS, RATE = 400, 16, 4, 1e-3
SHARP = 10.0
"""By which cosines are multiplied."""
APART = (5, 15)
"""Frames by which what is heard is off, least and most."""


@final
class Networks(keras.Model):
    """Mouths [moments, 24, 24, 5] and voices [moments, 5 × features] → vectors of length 1, [moments, 32] each."""

    def __init__(self, voice: int) -> None:
        super().__init__()
        make, he = keras.layers, keras.initializers.HeNormal
        mouth = keras.Input((SIDE, SIDE, FRAMES))
        x = mouth
        for seed, channels in enumerate((16, 32, 32)):
            x = make.Conv2D(channels, 3, strides=2, padding="same", activation="relu", kernel_initializer=he(seed))(x)
        self.sees = keras.Model(mouth, make.Dense(FEATURES, kernel_initializer=he(3))(make.Flatten()(x)))
        heard = keras.Input((FRAMES * voice,))
        x = make.Dense(64, "relu", kernel_initializer=he(4))(heard)
        self.hears = keras.Model(heard, make.Dense(FEATURES, kernel_initializer=he(5))(x))
        self.built = True

    def call(self, mouths: tf.Tensor, voices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.math.l2_normalize(self.sees(mouths), -1), tf.math.l2_normalize(self.hears(voices), -1)


def synchrony(of: Evaluation) -> Callable[[np.ndarray, np.ndarray], float]:
    """Gives the score of frames [frames, size, size, 3] and a voice [frames, features]. Raises UserError where X has no
    voice."""
    pairs = [(y["frames"], x["voice"]) for y, x in zip(of.training, of.training_conditions, strict=True)
             if "voice" in x]  # fmt: skip
    if not pairs:
        raise UserError("head/sync wants training pairs whose X has a voice: take it out of the recipe's evaluate")
    content = hashlib.sha256()
    for frames, voice in pairs:
        content.update(np.float32(frames).tobytes() + np.float32(voice).tobytes())
    key = digest([VERSION, content.hexdigest()])
    model = trained_once(f"sync-{key}", lambda: Networks(pairs[0][1].shape[1]), lambda model: _train(model, pairs))
    return lambda frames, voice: _score(model, frames, voice)


def moments(frames: np.ndarray, voice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(mouths [moments, 24, 24, 5], voices [moments, 5 × features]) of each five frames; the lower half of the picture
    counts, grey, each place by its mean over the clip."""
    count = min(len(frames), len(voice))
    size = frames.shape[1]
    lower = frames[:count, size * 9 // 20 : size * 19 // 20, size // 4 : size * 3 // 4].mean(-1, keepdims=True)
    small = tf.image.resize(np.float32(lower), (SIDE, SIDE)).numpy()[..., 0]
    small -= small.mean(0)
    windows = np.lib.stride_tricks.sliding_window_view
    mouths = windows(4 * small, FRAMES, axis=0)
    voices = windows(voice[:count], FRAMES, axis=0).reshape(len(mouths), -1)
    return np.ascontiguousarray(mouths), np.ascontiguousarray(voices)


def _train(model: Networks, pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
    """Adam, the same moments each time: of a few clips some moments each, which are told from one another."""
    known = [found for frames, voice in pairs if len((found := moments(frames, voice))[0]) >= MOMENTS]
    if not known:
        raise UserError(f"head/sync wants training clips of {MOMENTS + FRAMES - 1} frames at least: take it out of the "
                        "recipe's evaluate")  # fmt: skip
    optimiser = keras.optimizers.AdamW(keras.optimizers.schedules.PolynomialDecay(RATE, STEPS, 0.0), weight_decay=1e-2)
    optimiser.build(model.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(mouths: tf.Tensor, voices: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            seen, heard = (tf.reshape(each, [CLIPS, MOMENTS, FEATURES]) for each in model(mouths, voices))
            alike = SHARP * tf.matmul(seen, heard, transpose_b=True)
            right = tf.tile(tf.range(MOMENTS)[None], [CLIPS, 1])
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(right, alike))
            back = tf.transpose(alike, [0, 2, 1])
            loss += tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(right, back))
        optimiser.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    random = np.random.default_rng(0)
    for _ in range(STEPS):
        chosen = [known[number] for number in random.integers(0, len(known), CLIPS)]
        places = [np.sort(random.choice(len(mouths), MOMENTS, replace=False)) for mouths, _ in chosen]
        step(*(tf.constant(np.concatenate([clip[side][place] for clip, place in zip(chosen, places, strict=True)]))
               for side in (0, 1)))  # fmt: skip


def _score(model: Networks, frames: np.ndarray, voice: np.ndarray) -> float:
    """NaN where there are too few frames."""
    if min(len(frames), len(voice)) < FRAMES + APART[1]:
        return float("nan")
    seen, heard = (each.numpy() for each in model(*map(tf.constant, moments(frames, voice))))
    alike = seen @ heard.T
    apart = np.abs(np.arange(len(alike))[:, None] - np.arange(len(alike)))
    off = (apart >= APART[0]) & (apart <= APART[1])
    return float(np.diag(alike).mean() - alike[off].mean())
