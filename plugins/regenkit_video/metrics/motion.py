"""Whether a bright thing on black moves as in the moving sets: its centroid is tracked."""

import numpy as np

from regenkit.components import Evaluation
from regenkit_video.data.motion import COMPASS
from regenkit_video.metrics.frames import stacked

NEAR = 0.5
"""Pixels a frame by which a step may differ from the clip's own speed, along each axis."""
STEPS = 3
"""First steps by which a direction is told."""


def motion(of: Evaluation) -> np.ndarray:
    """(samples,) the share of steps whose speed, down and right, is that of the clip: its median. A bounce turns the
    speed around and keeps its size. NaN where nothing is seen in some frame, and of one frame."""
    steps = np.abs(np.diff(centroids(stacked(of.samples)), axis=1))
    if not steps.shape[1]:
        return np.full(len(steps), np.nan)
    usual = np.median(steps, axis=1, keepdims=True)
    share = (np.abs(steps - usual) <= NEAR).all(2).mean(1)
    return np.where(np.isnan(steps).any((1, 2)), np.nan, share)


def direction(of: Evaluation) -> np.ndarray:
    """(samples,) 1 where the centroid begins in the direction that the caption names ("… moving up and left"), else 0,
    also where it stays; NaN where the caption names none, nothing is seen, or there is one frame. Chance is 1/8."""
    places = centroids(stacked(of.samples))
    way = places[:, min(STEPS, places.shape[1] - 1)] - places[:, 0]
    if places.shape[1] == 1:
        return np.full(len(places), np.nan)
    stays = ~way.any(1)
    eighth = np.round(np.arctan2(way[:, 0], way[:, 1]) / (2 * np.pi) * len(COMPASS))
    found = []
    for condition, towards, still in zip(of.conditions, eighth, stays, strict=True):
        tokens = np.asarray(condition.get("caption", ()), np.int64)
        words = bytes((tokens[tokens > 0] - 1).astype(np.uint8)).decode("utf-8", "replace")
        named = words.rpartition(" moving ")[2]
        known = named in COMPASS and not np.isnan(towards)
        found.append(float(not still and COMPASS[int(towards) % len(COMPASS)] == named) if known else np.nan)
    return np.array(found)


def centroids(frames: np.ndarray) -> np.ndarray:
    """float [clips, frames, 2] (down, right) of uint8 [clips, frames, height, width, channels]; NaN of black frames."""
    bright = frames.mean(4, dtype=np.float32)
    bright = np.where(bright > 40, bright, 0.0)  # not the faint grain that a model leaves on black
    whole = bright.sum((2, 3))
    down = (bright * np.arange(bright.shape[2])[:, None]).sum((2, 3))
    right = (bright * np.arange(bright.shape[3])).sum((2, 3))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([down, right], -1) / whole[..., None]
