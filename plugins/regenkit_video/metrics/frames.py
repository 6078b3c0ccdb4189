"""Clips as metrics judge them: as they are written, in levels."""

from collections.abc import Sequence

import numpy as np

from regenkit.spec import Fields
from regenkit_video.modality.clip import levels


def stacked(examples: Sequence[Fields]) -> np.ndarray:
    """uint8 [clips, frames, height, width, channels]. Raises UserError where a value is not a number."""
    return np.stack([levels(example["frames"]) for example in examples])
