"""How much frames change beyond going on as they did."""

import numpy as np

from regenkit.components import Evaluation
from regenkit_video.metrics.frames import stacked


def flicker(of: Evaluation) -> np.ndarray:
    """(samples,) levels: the mean of |frame before − 2 × frame + frame after| over all values; NaN of two frames.

    What stands still, or changes evenly, has none. What moves has some, so a sample is to be close to its reference.
    """
    frames = stacked(of.samples).astype(np.float32)
    if frames.shape[1] < 3:
        return np.full(len(frames), np.nan)
    change = np.abs(frames[:, :-2] - 2 * frames[:, 1:-1] + frames[:, 2:])
    return change.mean((1, 2, 3, 4), dtype=np.float64)
