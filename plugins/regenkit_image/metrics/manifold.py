"""Improved precision and recall (Kynkäänniemi et al. 2019, arXiv 1904.06991), on features of EfficientNet-lite0.

A set of pictures spans the balls around each, as wide as to its third nearest neighbour in the set.
"""

import numpy as np

from regenkit.components import Evaluation
from regenkit_image.metrics.embeddings import embeddings

NEIGHBOURS = 3
BLOCK = 1024


def precision(of: Evaluation) -> np.ndarray:
    """(samples,) 1 where a sample lies within what the references span: are the samples like real ones?

    NaN with fewer than five different references. Raises UserError where the network's weights are not here.
    """
    return within(embeddings(of.samples), embeddings(of.references))


def recall(of: Evaluation) -> np.ndarray:
    """(samples,) 1 where the sample's reference lies within what the samples span: are all kinds of real ones made?

    NaN with fewer than five different samples. Raises UserError where the network's weights are not here.
    """
    return within(embeddings(of.references), embeddings(of.samples))


def within(points: np.ndarray, known: np.ndarray) -> np.ndarray:
    """[points] 1.0 where one lies in a ball of `known`, else 0.0; features [points, d] and [known, d]."""
    known = np.unique(known, axis=0)  # several samples an example repeat its reference
    if len(known) < NEIGHBOURS + 2:
        return np.full(len(points), np.nan)
    radii = np.empty(len(known))
    for start in range(0, len(known), BLOCK):
        block = squared(known[start : start + BLOCK], known)
        radii[start : start + BLOCK] = np.partition(block, NEIGHBOURS, axis=1)[:, NEIGHBOURS]  # the nearest is itself
    found = [(squared(points[start : start + BLOCK], known) <= radii).any(1) for start in range(0, len(points), BLOCK)]
    return np.concatenate(found).astype(np.float64)


def squared(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """[one, other] squared distances."""
    lengths = np.square(one).sum(1)[:, None] + np.square(other).sum(1)
    distances: np.ndarray = np.maximum(lengths - 2 * one @ other.T, 0)
    return distances
