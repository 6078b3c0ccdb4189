"""A classifier of the training pairs, to judge samples by: picture → label, where a run learns label → picture.

On Fashion-MNIST training it takes 52 s of one core; of the test set it then knows 91.0 %.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from regenkit.components import Evaluation
from regenkit.models import label_classifier
from regenkit.quiet import keras
from regenkit.spec import Fields
from regenkit_image.metrics.pictures import stacked

VERSION = 1
"""Raise it where anything changes that a trained classifier depends on."""
STEPS, BATCH, RATE = 1800, 128, 2e-3
Judge = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
INSTEAD = "for captions there is image/retrieval_at_1"


def classifier(of: Evaluation) -> Judge:
    """Gives (features [pictures, 128], logits [pictures, classes]) of levels, uint8 [pictures, size, size, channels].

    Raises UserError where X is no label.
    """
    model = label_classifier.trained(
        of, "pixels", "{key}", version=VERSION, instead=INSTEAD,
        build=lambda classes: label_classifier.network(
            of.training[0]["pixels"].shape, classes, channels=(32, 64), features=128,
            last=keras.initializers.GlorotUniform,
        ),
        train=lambda model, wanted: label_classifier.fit(model, _batches(stacked(of.training), wanted), STEPS, RATE),
    )  # fmt: skip
    return partial(label_classifier.judged, model)


def labels(conditions: Sequence[Fields]) -> np.ndarray:
    """int32 [examples], 1 and up. Raises UserError where X is no label."""
    return label_classifier.labels(conditions, INSTEAD)


def _batches(levels: np.ndarray, wanted: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same order of examples each time."""
    random = np.random.default_rng(0)
    rounds = -(-STEPS * BATCH // len(levels))
    order = np.concatenate([random.permutation(len(levels)) for _ in range(rounds)])[: STEPS * BATCH]
    for places in order.reshape(STEPS, BATCH):
        yield levels[places], wanted[places] - 1
