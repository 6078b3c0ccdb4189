"""How long the samples of each route are beside the real Y, where X does not say it."""

from collections.abc import Sequence

import numpy as np

from regenkit.analysis.measures.bootstrap import bootstrap
from regenkit.analysis.measures.examples import Pair
from regenkit.analysis.results.report import Length
from regenkit.data.lengths import drawn_axes
from regenkit.pipeline import Pipeline
from regenkit.spec import Fields


def length(pipeline: Pipeline, ys: Sequence[Fields], pairs: Sequence[Pair]) -> Length | None:
    """Of one route's samples, round after round of the examples of `pairs`; None where all have the length of X."""
    if not drawn_axes(pipeline.specs["x"], pipeline.specs["y"]):
        return None
    real = np.array([pipeline.units(each["y"]) for each in pairs])
    drawn = np.array([pipeline.units(y) for y in ys]).reshape(-1, len(real))
    return Length(mean=bootstrap(drawn.mean(0)), away=bootstrap(np.abs(drawn - real).mean(0)))
