"""What `regenkit evaluate` finds out about a run: the content of its report.json."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, final

from regenkit.analysis.results.figure import Figure, Score, StageCost


@final
@dataclass(frozen=True, kw_only=True)
class Bits:
    """Held-out bits a unit of Y (a step, if it has no other), of the stages and routes that have a likelihood.

    routes                  "generator" (X → Y′), "oracle" (true Y′ → Y), "predicted" (both together), "direct",
                            "direct_half", "constant" (a constant Y′ → Y), "unigram"
    predicted_minus         predicted − a direct route, by its name
    constant_minus_oracle   what knowing the true Y′ saves the renderer
    """

    routes: dict[str, StageCost] = field(default_factory=dict)
    predicted_minus: dict[str, Figure] = field(default_factory=dict)
    constant_minus_oracle: Figure | None = None


@final
@dataclass(frozen=True, kw_only=True)
class FieldCode:
    """Bits a step of Y of one field, coded given so many tokens before each; step and channels of continuous ones.

    step       a value is rounded to it, in the field's own units; mean over channels
    """

    order0: Figure
    order1: Figure
    order2: Figure
    step: float | None = None
    channels: int | None = None

    @property
    def orders(self) -> tuple[Figure, Figure, Figure]:
        return self.order0, self.order1, self.order2


@final
@dataclass(frozen=True, kw_only=True)
class Compactness:
    """Code lengths of Y′ ("rep") and Y ("y"), without a trained model.

    examples      held-out ones that were coded
    fields        by side and field
    per_step      bits a step of Y, of all fields by their cheapest order
    per_example   the same, an example
    ratio         of Y′ to Y
    """

    examples: int
    fields: dict[str, dict[str, FieldCode]]
    per_step: dict[str, Figure]
    per_example: dict[str, Figure]
    ratio: Figure


@final
@dataclass(frozen=True, kw_only=True)
class Relevance:
    """Contrastive lower bounds on the mutual information of X with Y′ and with Y, bits a unit.

    unit             "example" or "window of N steps"; units: how many were measured
    rep, y           the bounds; …_shuffled the same with X shuffled, which should be 0
    kept             which share of the bound for Y the one for Y′ reaches; absent where the former may be 0
    cap, negatives   no bound can exceed log₂ of so many pairs, of which the right one is to be found
    """

    unit: str
    rep: Figure
    y: Figure
    rep_shuffled: Figure
    y_shuffled: Figure
    cap: float
    units: int
    negatives: int
    kept: Figure | None = None


@final
@dataclass(frozen=True, kw_only=True)
class Conversion:
    """Milliseconds that Y → Y′ takes, an example at a time."""

    median: float
    quartiles: tuple[float, float]
    examples: int


@final
@dataclass(frozen=True, kw_only=True)
class TokenUse:
    """How the training split uses the tokens of a field of Y′.

    perplexity   2^entropy of their frequencies
    commonest    share of the commonest token
    """

    tokens: int
    used: int
    dead: int
    perplexity: float
    commonest: float


@final
@dataclass(frozen=True, kw_only=True)
class Boundary:
    """What Y′ is worth by the data alone; `codebook` by field."""

    compactness: Compactness
    relevance: Relevance
    conversion: Conversion
    codebook: dict[str, TokenUse]


@final
@dataclass(frozen=True, kw_only=True)
class GalleryItem:
    """One held-out example, or a sheet of many, by several routes.

    rank        "best", "median" or "worst" by `bits` a step of the predicted route; "first" …; or "sheet"
    x           X in words
    files       by route, paths relative to the report
    described   by route, in words
    rep         the Y′ that a route rendered, as text, its beginning where it is long; of routes that have one
    """

    rank: str
    id: str
    x: str
    files: dict[str, tuple[str, ...]]
    described: dict[str, str]
    rep: dict[str, str] = field(default_factory=dict)
    bits: float | None = None


@final
@dataclass(frozen=True, kw_only=True)
class Data:
    """The dataset. `examples`: by split, "paired" and "unpaired"; `skipped`: sources that could not be used."""

    name: str
    summary: str
    licence: str
    size: str
    x: str
    y: str
    examples: dict[str, dict[str, int]]
    skipped: int


@final
@dataclass(frozen=True, kw_only=True)
class StageTraining:
    """What training a stage took.

    validation   the lowest validation loss, at `best_step`
    seconds      of its steps alone
    origin       the run, or the stage of this run, that it was taken from
    on           the Y′ that a renderer was fine-tuned on
    """

    steps: int
    best_step: int
    parameters: int
    validation: float | None = None
    seconds: float | None = None
    origin: str | None = None
    on: str | None = None


@final
@dataclass(frozen=True, kw_only=True)
class TrainedWith:
    """The command and the versions that a run was begun with; `recipe` is the recipe's digest."""

    name: str
    recipe: str = ""
    command: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)


@final
@dataclass(frozen=True, kw_only=True)
class Length:
    """How long the samples of a route are, in units of Y.

    mean   of all samples
    away   how far each is from the real Y of the same X
    """

    mean: Figure
    away: Figure


@final
@dataclass(frozen=True, kw_only=True)
class Report:
    """A run, or several of one recipe by different seeds, on the test split.

    examples, steps   held-out examples, and how much of Y is in them, in its `unit`: "step", "note", "second" …
    samples           samples of each route an input
    seconds           that measuring took
    baselines         the direct routes that were measured
    continuous        the predicted fields of Y′ that are not tokens: their bits are densities
    parameters        trainable ones, by stage
    scores            by metric
    lengths           by route, where X does not say how long Y is
    finding           the figures in sentences
    """

    VERSION: ClassVar[int] = 2
    MADE_BY: ClassVar[str] = "regenkit evaluate"

    version: Literal[2] = 2
    runs: tuple[str, ...]
    recipe: dict[str, Any]
    examples: int
    steps: float
    samples: int
    seconds: float
    baselines: tuple[str, ...]
    continuous: tuple[str, ...]
    parameters: dict[str, int]
    bits: Bits
    scores: dict[str, Score]
    boundary: Boundary
    data: Data
    training: dict[str, StageTraining]
    trained_with: TrainedWith
    environment: dict[str, str]
    unit: str = "step"
    lengths: dict[str, Length] = field(default_factory=dict)
    gallery: tuple[GalleryItem, ...] = ()
    finding: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return " ".join(self.runs)
