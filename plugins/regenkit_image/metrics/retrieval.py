"""Does a sample show what its condition says, more than what others say?

There is no network at hand that reads captions and sees, so a sample is held against pictures: is it nearer to the
reference of its own condition than to the references of 99 others? What has no picture alike, it cannot tell.
"""

import numpy as np

from regenkit.components import Evaluation
from regenkit_image.metrics.embeddings import CONTENT, embeddings

AMONG = 100


def retrieval_at_1(of: Evaluation) -> np.ndarray:
    """(samples,) 1 where its own reference is the nearest of 100 by EfficientNet-lite0's last stage; chance is 0.01.

    NaN with fewer than 100 different references. Raises UserError where the network's weights are not here.
    """
    return _found(of, 1)


def retrieval_at_5(of: Evaluation) -> np.ndarray:
    """(samples,) 1 where its own reference is among the five nearest of 100; chance is 0.05. Otherwise as at 1."""
    return _found(of, 5)


def _found(of: Evaluation, count: int) -> np.ndarray:
    samples, references = embeddings(of.samples, CONTENT), embeddings(of.references, CONTENT)
    return (nearer(samples, references) < count).astype(np.float64)


def nearer(samples: np.ndarray, references: np.ndarray) -> np.ndarray:
    """[samples] how many of 99 other references, drawn by a fixed seed, are nearer to a sample than its own, by cosine.

    samples, references   [samples, d], parallel; equal references are one
    """
    known, own = np.unique(references, axis=0, return_inverse=True)
    if len(known) < AMONG:
        return np.full(len(samples), np.nan)
    known, samples = _unit(known), _unit(samples)
    random, found = np.random.default_rng(0), np.empty(len(samples))
    for place, (sample, mine) in enumerate(zip(samples, own.reshape(-1), strict=True)):
        others = random.choice(len(known) - 1, AMONG - 1, replace=False)
        others += others >= mine
        found[place] = np.sum(known[others] @ sample > known[mine] @ sample)
    return found


def _unit(vectors: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit
