"""Fréchet distance between Gaussians that are fitted to features (Heusel et al. 2017, arXiv 1706.08500).

Not the FID, whose network is Inception: a figure compares with others of the same network and as many samples, and
shrinks as there are more. With fewer samples than features it is defined, but mostly bias.
"""

import numpy as np

from regenkit.components import Evaluation
from regenkit_image.metrics.classifier import classifier
from regenkit_image.metrics.embeddings import embeddings
from regenkit_image.metrics.pictures import stacked


def frechet_distance(of: Evaluation) -> np.ndarray:
    """() between all samples and all references: EfficientNet-lite0, 112 means after stage 5, at 96 × 96 pixels.

    NaN with fewer than two pictures. Raises UserError where the network's weights are not here.
    """
    return between(embeddings(of.samples), embeddings(of.references))


def frechet_distance_classifier(of: Evaluation) -> np.ndarray:
    """() the same on the 128 features of a classifier of the training pairs (`classifier`), for data with labels.

    It sees what tells classes apart, at the pictures' own size. Raises UserError where X is no label.
    """
    judge = classifier(of)
    return between(judge(stacked(of.samples))[0], judge(stacked(of.references))[0])


def between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """() ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½) of features [examples, d].

    The trace of the root is the sum of the roots of the eigenvalues of Σ₁^½ Σ₂ Σ₁^½, which is symmetric: so nothing
    becomes complex, however singular a covariance is.
    """
    if min(len(one), len(other)) < 2:
        return np.array(np.nan)
    one, other = one.astype(np.float64), other.astype(np.float64)
    first, second = np.atleast_2d(np.cov(one, rowvar=False)), np.atleast_2d(np.cov(other, rowvar=False))
    values, vectors = np.linalg.eigh(first)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    distance = np.square(one.mean(0) - other.mean(0)).sum() + np.trace(first) + np.trace(second) - 2 * shared
    return np.array(max(0.0, float(distance)))
