"""What `regenkit probe` finds out about a stage: the content of its probe-STAGE.json."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

from regenkit.analysis.results.figure import Figure


@final
@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """The share of held-out examples whose class is predicted: by a linear classifier, and by the nearest neighbours.

    size   numbers a feature vector has
    """

    size: int
    linear: Figure
    knn: Figure


@final
@dataclass(frozen=True, kw_only=True)
class Probing:
    """How well the class of an example is predicted from representations.

    label                the field of X that is the class
    training, held_out   examples that the classifiers are fitted to, and measured on
    features             by what they are fitted to
    time                 level of noise of a diffusion model's features
    """

    VERSION: ClassVar[int] = 1
    MADE_BY: ClassVar[str] = "regenkit probe"

    version: Literal[1] = 1
    run: str
    stage: str
    label: str
    training: int
    held_out: int
    features: dict[str, Accuracy]
    time: float | None = None
