"""The converter: Y → Y′, by a rule."""

import numpy as np

from regenkit import Field, Spec
from regenkit.spec import Fields
from regenkit_glyphs.glyph import SIZE


class Rows:
    """Y′: for each row, the number of black squares. A token is the number + 1, because 0 means "absent"."""

    spec = Spec({"black": Field(vocabulary=SIZE + 1, shape=(SIZE,))})
    version = 1

    def convert(self, y: Fields) -> Fields:
        return {"black": ((y["squares"] == 2).sum(axis=1) + 1).astype(np.int32)}
