"""One figure, and the groups of figures that evaluations and comparisons have in common."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal, final

from pydantic import BeforeValidator

Number = Annotated[
    float, BeforeValidator(lambda value: math.nan if value is None else value, json_schema_input_type=float | None)
]
"""A float; where it is undefined NaN, which is null in JSON."""
Better = Literal["higher", "lower", "closer"]
"""Which side of a metric is better; "closer" to the reference's own value."""


@final
@dataclass(frozen=True)
class Figure:
    """A mean, and how far it can be relied on.

    low, high   its 95 % bootstrap interval over examples, where it is a mean over examples
    seeds       the mean of each training seed, in comparisons
    spread      the standard deviation between training seeds, where there are several
    """

    mean: Number
    low: float | None = None
    high: float | None = None
    seeds: tuple[Number, ...] = ()
    spread: float | None = None

    def __post_init__(self) -> None:
        """NaN is one object here, so that undefined figures are equal."""
        object.__setattr__(self, "mean", _same(self.mean))
        object.__setattr__(self, "seeds", tuple(map(_same, self.seeds)))

    @property
    def interval(self) -> tuple[float, float] | None:
        """(low, high)"""
        return None if self.low is None or self.high is None else (self.low, self.high)

    @property
    def defined(self) -> bool:
        return math.isfinite(self.mean)


def _same(value: float) -> float:
    return math.nan if math.isnan(value) else value


@final
@dataclass(frozen=True, kw_only=True)
class Cost:
    """Held-out bits a step of Y of one field, or of several together.

    without_x   the same with X hidden from the model
    saved       without_x − bits: what X is worth. Both are absent where the model reads no X, or never learned
                without it
    """

    bits: Figure
    without_x: Figure | None = None
    saved: Figure | None = None

    @property
    def share_saved(self) -> float:
        """Which part of the bits without X it saves; 0 where they are none."""
        if self.saved is None or not (whole := self.bits.mean + self.saved.mean) > 0:
            return 0.0
        return self.saved.mean / whole


@final
@dataclass(frozen=True, kw_only=True)
class StageCost:
    """What a stage, or a route of several, costs: in all, and each field that it predicts.

    infinite   examples that are impossible by the model, or whose bits are undefined: the figures leave them out
    """

    total: Cost
    fields: dict[str, Cost]
    infinite: int = 0


@final
@dataclass(frozen=True, kw_only=True)
class Loss:
    """How much worse than the reference a metric is; a negative loss is a gain.

    rendering      of Y rendered from the true Y′        predicting     what the predicted Y′ loses beyond that
    whole          both                                  split          rendering − predicting
    direct         of the direct route                   minus_direct   whole − direct
    """

    rendering: Figure
    predicting: Figure
    whole: Figure
    split: Figure
    direct: Figure | None = None
    minus_direct: Figure | None = None


@final
@dataclass(frozen=True, kw_only=True)
class Score:
    """A metric of samples.

    routes            by route: "reference", "oracle", "predicted", "direct" …
    predicted_minus   predicted − another route, of the same examples; from "oracle" it is the gap between the steps
    loss              against the reference; in comparisons
    """

    better: Better
    routes: dict[str, Figure]
    predicted_minus: dict[str, Figure]
    loss: Loss | None = None

    @property
    def gap(self) -> Figure:
        return self.predicted_minus["oracle"]
