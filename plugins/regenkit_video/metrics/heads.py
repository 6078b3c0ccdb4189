"""Scores of heads that speak: (samples,) each, against the own reference, frame by frame as far as both go.

Lips, points and shape are told from the frames themselves: a face is tracked in those of the sample, as in those of the
reference. NaN where no face is seen in them. Values beyond ±1 are cut, as they are where clips are written.
"""

from collections.abc import Callable, Iterator

import numpy as np

from regenkit.components import Evaluation
from regenkit.errors import BadSource, UserError
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields
from regenkit_video.face.driving import UNIT
from regenkit_video.face.face import opening
from regenkit_video.face.fit import Fit, fit
from regenkit_video.face.head import placed
from regenkit_video.face.linear import linear_face
from regenkit_video.metrics import frames
from regenkit_video.metrics.faces import correlation, lag
from regenkit_video.metrics.flicker import flicker as flicker_of_clips
from regenkit_video.metrics.psnr import psnr as psnr_of_clips
from regenkit_video.metrics.ssim import ssim as ssim_of_clips
from regenkit_video.metrics.synchrony import synchrony
from regenkit_video.networks.critic import pyramid_distance


def psnr(of: Evaluation) -> np.ndarray:
    """(samples,) dB, see `metrics.psnr`."""
    return _each(of, psnr_of_clips)


def ssim(of: Evaluation) -> np.ndarray:
    """(samples,) structural similarity, at most 1, see `metrics.ssim`."""
    return _each(of, ssim_of_clips)


def flicker(of: Evaluation) -> np.ndarray:
    """Levels, see `metrics.flicker`."""
    return _each(of, flicker_of_clips)


def perceptual_distance(of: Evaluation) -> np.ndarray:
    """Absolute difference by bands of a Laplacian pyramid, in units of half the range of levels (`networks.critic`). It
    is not LPIPS, whose network is not to be had here."""

    def distance(one: Evaluation) -> np.ndarray:
        sample, reference = (tf.constant(each[0]["frames"]) for each in (one.samples, one.references))
        return np.array([float(tf.reduce_mean(pyramid_distance(sample, reference)))])

    return _each(of, distance)


def lip_correlation(of: Evaluation) -> np.ndarray:
    """Pearson's correlation of how far the lips are open; NaN where either does not move."""
    return np.array([correlation(*map(_lips, pair)) for pair in _tracked(of)])


def lip_lag(of: Evaluation) -> np.ndarray:
    """By how many frames, early or late, the lips' opening fits the reference best, 0 to 5."""
    return np.array([abs(lag(*map(_lips, pair))) for pair in _tracked(of)])


def landmark_error(of: Evaluation) -> np.ndarray:
    """Mean distance of all points, in distances of the eyes' outer corners, without pose and shape."""
    return np.array([np.nan if one is None or other is None else
                     float(np.linalg.norm(one.mesh - other.mesh, axis=2).mean())
                     for one, other in _tracked(of)])  # fmt: skip


def identity_distance(of: Evaluation) -> np.ndarray:
    """Mean distance of the person's own shape, as the sample shows it, to that of the reference; in distances of the
    eyes' outer corners. It is of geometry alone: colours and texture are for the scores of pixels."""
    return np.array([np.nan if one is None or other is None else
                     float(np.linalg.norm(one.identity - other.identity, axis=1).mean())
                     for one, other in _tracked(of)])  # fmt: skip


def sync(of: Evaluation) -> np.ndarray:
    """By how much the mouth agrees better with what is heard at the time than with what is heard 0.2 to 0.6 s off:
    0 = not in time. NaN where X has no voice. See `metrics.synchrony`."""
    judge = synchrony(of)
    return np.array([judge(np.clip(sample["frames"], -1, 1), condition["voice"]) if "voice" in condition else np.nan
                     for sample, condition in zip(of.samples, of.conditions, strict=True)])  # fmt: skip


def _each(of: Evaluation, score: Callable[[Evaluation], np.ndarray]) -> np.ndarray:
    """A score of clips of one length, of each pair for itself."""
    return np.array([float(score(Evaluation(samples=[sample], references=[reference]))[0])
                     for sample, reference in _pairs(of)])  # fmt: skip


def _pairs(of: Evaluation) -> Iterator[tuple[Fields, Fields]]:
    """Of one length each. Raises UserError where a sample is not a number."""
    if not all(np.isfinite(sample["frames"]).all() for sample in of.samples):
        raise UserError("frames that are not numbers (NaN or infinite); has their model diverged?")
    for pair in zip(of.samples, of.references, strict=True):
        count = min(len(each["frames"]) for each in pair)
        sample, reference = ({"frames": np.clip(each["frames"][:count], -1, 1)} for each in pair)
        yield sample, reference


def _tracked(of: Evaluation) -> Iterator[tuple[Fit | None, Fit | None]]:
    for sample, reference in _pairs(of):
        yield _fit(sample), _fit(reference)


def _fit(head: Fields) -> Fit | None:
    """None where no face is seen."""
    (shown,) = frames.stacked([head])
    key = hash(shown.tobytes())
    if key not in _known:
        if sum(len(each.mesh) for each in _known.values() if each) > MOST:
            _known.clear()
        try:
            _known[key] = fit(placed(shown) * UNIT[1], UNIT, linear_face())
        except BadSource:
            _known[key] = None
    return _known[key]


MOST = 30_000
"""Frames, of which the fits are kept: 170 MB."""
_known: dict[int, Fit | None] = {}
"""Several scores ask for the same fits."""


def _lips(found: Fit | None) -> np.ndarray:
    return np.zeros(0) if found is None else opening(found.mesh)
