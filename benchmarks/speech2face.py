"""Speech → a face's coefficients, each of GRID's clips held out in turn; against answers that need no learning.

    REGENKIT_GRID=my_clips python benchmarks/speech2face.py [--steps 200] [--seeds 3] [--velocity 0 4 16]

Every row is judged by the mesh that its coefficients make, against the tracked one. The intervals are of 95 %, by
bootstrap over clips; the stage's seeds are averaged a clip first.
"""

import argparse
import json
from collections.abc import Callable

import numpy as np
from sklearn.linear_model import RidgeCV

from regenkit.components import Evaluation
from regenkit.models.gaussian import Gaussian
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit_video.converter.coefficients import Coefficients
from regenkit_video.data import Grid
from regenkit_video.metrics.faces import jitter, landmark_error, lip_correlation, lip_lag, mouth_error
from regenkit_video.modality.voice import Voice

CONTEXT = 4
"""Frames before and after that ridge regression hears."""
PENALTIES = (1e1, 1e2, 1e3, 1e4, 1e5)
WIDTH, DEPTH, DROPOUT, RATE = 64, 2, 0.2, 2e-3
SCORES = {"mouth error": mouth_error, "landmark error": landmark_error, "lip correlation": lip_correlation,
          "lip lag": lip_lag, "jitter": jitter}  # fmt: skip


def context(voice: np.ndarray) -> np.ndarray:
    """[frames, (2 × CONTEXT + 1) × features]"""
    padded = np.pad(voice, ((CONTEXT, CONTEXT), (0, 0)))
    return np.concatenate([padded[shift : shift + len(voice)] for shift in range(2 * CONTEXT + 1)], 1)


class Stage:
    """The product's `gaussian` from voice to coefficients, trained anew for each fold in one graph."""

    def __init__(self, coefficients: Spec, steps: int, velocity: float) -> None:
        keras.utils.set_random_seed(0)
        target = Spec({"coefficients": coefficients["coefficients"]})
        self.model = Gaussian(condition=Voice.spec, target=target, width=WIDTH, depth=DEPTH, dropout=DROPOUT,
                              velocity=velocity)  # fmt: skip
        self.optimiser = keras.optimizers.Adam(RATE)
        self.optimiser.build(self.model.trainable_variables)
        self.begin = [variable.numpy() for variable in self.model.variables]
        self.fresh = [variable.numpy() for variable in self.optimiser.variables]
        self.steps = steps
        self.step = tf.function(self._step)

    def _step(self, voice: tf.Tensor, wanted: tf.Tensor, noise: tf.Tensor) -> None:
        mask = tf.ones(tf.shape(voice)[:2], tf.bool)
        batch = {"condition": {"voice": voice, "mask": mask}, "target": {"coefficients": wanted, "mask": mask}}
        with tf.GradientTape() as tape:
            parts = self.model.losses(batch, noise=noise)["main"].values()
            loss = tf.add_n([tf.reduce_sum(value) / tf.reduce_sum(weight) for value, weight in parts])
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, self.model.trainable_variables), 1.0)
        self.optimiser.apply(gradients, self.model.trainable_variables)

    def predict(self, voices: np.ndarray, wanted: np.ndarray, held: np.ndarray, seed: int) -> np.ndarray:
        random = np.random.default_rng(seed)
        for variable, value in zip(self.model.variables, self.begin, strict=True):
            kernel = value.ndim > 1 and seed > 0  # another seed begins with rows and columns in another order
            variable.assign(value[random.permutation(len(value))] if kernel else value)
        for variable, value in zip(self.optimiser.variables, self.fresh, strict=True):
            variable.assign(value)
        for _ in range(self.steps):
            noise = tf.constant(random.integers(0, 2**31 - 1, (len(voices), 2)), tf.int32)
            self.step(tf.constant(voices), tf.constant(wanted), noise)
        condition = {"voice": tf.constant(held[None]), "mask": tf.ones([1, len(held)], tf.bool)}
        return self.model.sample(condition, seed=0, temperature=0)["coefficients"][0]


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """(mean, low, high); clips in which a score is not defined are left out."""
    values = values[~np.isnan(values)]
    if not len(values):
        return (float("nan"),) * 3
    drawn = np.random.default_rng(0).choice(values, (4000, len(values))).mean(1)
    return float(values.mean()), *(float(each) for each in np.quantile(drawn, [0.025, 0.975]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--velocity", type=float, nargs="+", default=[0.0, 4.0, 16.0])
    chosen = parser.parse_args()
    data, converter = Grid(), Coefficients()
    examples = [each for source in data.sources() for each in data.read(source)]
    frames = min(len(each.y["mesh"]) for each in examples)
    meshes = np.stack([each.y["mesh"][:frames] for each in examples])
    voices = np.stack([each.x["voice"][:frames] for each in examples])
    reps = np.stack([converter.convert(each.y)["coefficients"][:frames] for each in examples])
    stages = {velocity: Stage(converter.spec, chosen.steps, velocity) for velocity in chosen.velocity}
    draw = converter.model.vertices
    wide = np.stack([context(voice) for voice in voices])
    found: dict[str, list[dict[str, float]]] = {}
    for held in range(len(examples)):
        rest = [number for number in range(len(examples)) if number != held]
        nearest = rest[int(np.abs(voices[rest] - voices[held]).mean((1, 2)).argmin())]

        def ridge(wanted: np.ndarray, rest: list[int] = rest, held: int = held) -> np.ndarray:
            model = RidgeCV(PENALTIES).fit(wide[rest].reshape(len(rest) * frames, -1),
                                           wanted[rest].reshape(len(rest) * frames, -1))  # fmt: skip
            return model.predict(wide[held]).reshape(frames, *wanted.shape[2:])

        rows: dict[str, Callable[[], list[np.ndarray]]] = {
            "true coefficients (oracle)": lambda held=held: [draw(reps[held])],
            "mean of all frames": lambda rest=rest: [draw(np.broadcast_to(reps[rest].mean((0, 1)), reps[0].shape))],
            "mean of each frame": lambda rest=rest: [draw(reps[rest].mean(0))],
            "nearest clip": lambda nearest=nearest: [draw(reps[nearest])],
            "ridge → coefficients": lambda: [draw(ridge(reps))],
            "ridge → mesh (direct)": lambda: [ridge(meshes)],
        }
        for velocity, stage in stages.items():
            rows[f"`gaussian`, velocity {velocity:g}"] = lambda stage=stage, rest=rest, held=held: [
                draw(stage.predict(voices[rest], reps[rest], voices[held], seed)) for seed in range(chosen.seeds)
            ]
        for name, made in rows.items():
            each = [Evaluation(samples=[{"mesh": mesh}], references=[{"mesh": meshes[held]}]) for mesh in made()]
            scores = {score: float(np.mean([measure(of)[0] for of in each])) for score, measure in SCORES.items()}
            found.setdefault(name, []).append(scores)
        print(f"{examples[held].id}: {json.dumps(found['ridge → coefficients'][-1])}", flush=True)
    print(f"\n{len(examples)} clips, each held out in turn; {chosen.seeds} seeds of {chosen.steps} steps\n")
    print(f"| | {' | '.join(SCORES)} |\n| --- |{' --- |' * len(SCORES)}")
    for name, scores in found.items():
        cells = []
        for score in SCORES:
            mean, low, high = interval(np.array([each[score] for each in scores]))
            cells.append(f"{mean:.3f} [{low:.3f}, {high:.3f}]" if score != "jitter" else f"{mean:.4f}")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
