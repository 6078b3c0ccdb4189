"""One recording, as people hold it: mono samples at a rate."""

from dataclasses import dataclass
from typing import final

import numpy as np


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Recording:
    """Samples float32 [n], mono, where full scale is −1…1.

    rate      samples a second
    speaker   the name of who speaks; "" where that is not known
    remarks   what is to be said of the file it came from, a sentence each ("is clipped")
    """

    samples: np.ndarray
    rate: int
    title: str = ""
    speaker: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate
