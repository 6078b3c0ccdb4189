"""Pictures of an evaluation as one array, as they would be written."""

from collections.abc import Sequence

import numpy as np

from regenkit.errors import UserError
from regenkit.spec import Fields
from regenkit_image.modality.picture import levels


def stacked(examples: Sequence[Fields]) -> np.ndarray:
    """uint8 [examples, size, size, channels]. Raises UserError where a pixel is not a number."""
    try:
        return levels(np.stack([fields["pixels"] for fields in examples]))
    except ValueError as error:
        raise UserError(f"pictures to be measured: {error}; has their model diverged?") from error
