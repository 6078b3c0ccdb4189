"""Is a clip of the class that was asked for, and are clips as real ones: by a classifier of frames."""

import numpy as np

from regenkit.components import Evaluation
from regenkit_video.metrics.classifier import classifier, labels
from regenkit_video.metrics.frames import stacked


def class_accuracy(of: Evaluation) -> np.ndarray:
    """(samples,) the share of frames that a classifier of the training pairs takes for the condition's class.

    How good the classifier itself is, the references' own score says. Raises UserError where X is no label.
    """
    _, logits = classifier(of)(stacked(of.samples))
    return (logits.argmax(2) + 1 == labels(of.conditions)[:, None]).mean(1, dtype=np.float64)


def frechet_distance(of: Evaluation) -> np.ndarray:
    """() between all samples and all references (Unterthiner et al. 2018, arXiv 1812.01717, with another network).

    A clip is the mean of its frames' features and the mean change of them from frame to frame, 2 × 64 numbers of a
    classifier of the training pairs. It is not the FVD, whose network is I3D: figures compare with others of the same
    data and as many samples. NaN with fewer than two clips. Raises UserError where X is no label.
    """
    judge = classifier(of)
    one, other = (_vectors(judge(stacked(clips))[0]) for clips in (of.samples, of.references))
    if min(len(one), len(other)) < 2:
        return np.array(np.nan)
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    values, vectors = np.linalg.eigh(first)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    distance = np.square(one.mean(0) - other.mean(0)).sum() + np.trace(first) + np.trace(second) - 2 * shared
    return np.array(max(0.0, float(distance)))


def _vectors(features: np.ndarray) -> np.ndarray:
    """float64 [clips, 128] of [clips, frames, 64]."""
    change = np.abs(np.diff(features, axis=1)).mean(1) if features.shape[1] > 1 else 0 * features[:, 0]
    return np.concatenate([features.mean(1), change], 1).astype(np.float64)
