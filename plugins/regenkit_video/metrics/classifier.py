"""A classifier of frames, to judge clips by: frame → label, where a run learns label → clip."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from regenkit.components import Evaluation
from regenkit.models import label_classifier
from regenkit.quiet import keras
from regenkit.spec import Fields
from regenkit_video.metrics.frames import stacked

VERSION = 1
"""Raise it where anything changes that a trained classifier depends on."""
STEPS, BATCH, RATE = 1200, 64, 2e-3
Judge = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
INSTEAD = "for captions of the moving sets there is video/direction"


def classifier(of: Evaluation) -> Judge:
    """Gives (features [clips, frames, 64], logits [clips, frames, classes]) of levels, uint8 [clips, frames, …].

    Raises UserError where X is no label.
    """
    model = label_classifier.trained(
        of, "frames", "video-{key}", version=VERSION, instead=INSTEAD,
        build=lambda classes: label_classifier.network(
            of.training[0]["frames"].shape[1:], classes, channels=(16, 32, 64), features=64,
            last=keras.initializers.HeNormal,
        ),
        train=lambda model, wanted: label_classifier.fit(model, _batches(stacked(of.training), wanted), STEPS, RATE),
    )  # fmt: skip

    def judge(clips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        features, logits = label_classifier.judged(model, clips.reshape(-1, *clips.shape[2:]))
        return features.reshape(*clips.shape[:2], -1), logits.reshape(*clips.shape[:2], -1)

    return judge


def labels(conditions: Sequence[Fields]) -> np.ndarray:
    """int32 [examples], 1 and up. Raises UserError where X is no label."""
    return label_classifier.labels(conditions, INSTEAD)


def _batches(clips: np.ndarray, wanted: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same frames each time: of each clip now one, now another."""
    random = np.random.default_rng(0)
    for _ in range(STEPS):
        places, moments = random.integers(0, len(clips), BATCH), random.integers(0, clips.shape[1], BATCH)
        yield clips[places, moments], wanted[places] - 1
