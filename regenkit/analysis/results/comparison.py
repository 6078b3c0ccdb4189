"""What `regenkit compare` finds out about a grid: the content of its comparison-….json."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, final

from regenkit.analysis.results.figure import Better, Figure, Score, StageCost


@final
@dataclass(frozen=True, kw_only=True)
class Setup:
    """What was compared, and how.

    recipe    its name, or the names of several
    folder    where the comparison is written
    unit      what Y is counted in: "step", "note", "second" …
    at_most   so many examples were to be measured; absent: all
    base      the recipe as it is but for what is varied; of several recipes, by name
    seeds     training seeds, of each cell
    better    the metrics that were compared, and which side of each is better
    """

    recipe: str
    folder: str
    split: Literal["validation", "test"]
    base: dict[str, Any]
    seeds: tuple[tuple[int, ...], ...]
    better: dict[str, Better]
    environment: dict[str, str]
    command: str
    at_most: int | None = None
    unit: str = "step"


@final
@dataclass(frozen=True, kw_only=True)
class Direct:
    """A direct route X → Y, which several cells may have in common; `cost` is absent without a likelihood."""

    parameters: int
    seconds: float | None = None
    cost: StageCost | None = None


@final
@dataclass(frozen=True, kw_only=True)
class Cell:
    """One choice of every varied setting; figures are of the mean over its runs, one a training seed.

    settings       key → value, as written
    given          fields that a user gives, so that they cost nothing
    shared         fields of Y′ that Y holds too
    density        Y′ is continuous: what it costs is a density and no number of bits
    seconds        of training, the direct route left out
    generator      X → Y′                  renderer       Y′ → Y
    total          both, bits a step       minus_lowest   total − that of the cell with the lowest
    direct         its direct route, by number from 0     minus_direct   total − that of the direct route
    scores         by metric
    """

    label: str
    settings: dict[str, str]
    runs: tuple[str, ...]
    given: tuple[str, ...]
    shared: tuple[str, ...]
    density: bool
    parameters: int
    scores: dict[str, Score]
    seconds: float | None = None
    generator: StageCost | None = None
    renderer: StageCost | None = None
    total: Figure | None = None
    minus_lowest: Figure | None = None
    direct: int | None = None
    minus_direct: Figure | None = None


@final
@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Every cell of a grid, measured on the examples that all of them hold out.

    examples, steps   of them, and how much of Y is in them, in its unit
    left_out          examples that some cells hold out but not all
    lowest            the cell of the lowest total, by number from 0; absent where no cell has finite bits of its whole
                      route
    finding, limits   the figures in sentences, and what they do not show
    """

    VERSION: ClassVar[int] = 2
    MADE_BY: ClassVar[str] = "regenkit compare"

    version: Literal[2] = 2
    setup: Setup
    examples: int
    steps: float
    left_out: int
    cells: tuple[Cell, ...]
    direct: tuple[Direct, ...]
    lowest: int | None = None
    finding: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def better(self) -> dict[str, Better]:
        return self.setup.better
