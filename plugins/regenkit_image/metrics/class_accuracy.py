"""Is a sample of the class that was asked for?"""

import numpy as np

from regenkit.components import Evaluation
from regenkit_image.metrics.classifier import classifier, labels
from regenkit_image.metrics.pictures import stacked


def class_accuracy(of: Evaluation) -> np.ndarray:
    """(samples,) 1 where a classifier of the training pairs (`classifier`) takes a sample for its condition's class.

    How good the classifier itself is, the references' own score says. Raises UserError where X is no label.
    """
    _, scores = classifier(of)(stacked(of.samples))
    return (scores.argmax(1) + 1 == labels(of.conditions)).astype(np.float64)
