"""Pictures of this plugin's own datasets as the fields of the modality `image`, which is another plugin's."""

import numpy as np

from regenkit.spec import Fields


def fields(pixels: np.ndarray) -> Fields:
    """uint8 (height, width, channels) → the field `pixels`, float32 in [−1, 1]: level k is k / 127.5 − 1."""
    return {"pixels": pixels.astype(np.float32) / np.float32(127.5) - np.float32(1)}
