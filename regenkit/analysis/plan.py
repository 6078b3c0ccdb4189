"""What an evaluation will train before it can measure, and about how long that takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from regenkit.analysis.findings.wording import counted
from regenkit.analysis.measures.provenance import parameters
from regenkit.pipeline import Pipeline
from regenkit.run.origin import done, settings_of, taken_from, training_seconds
from regenkit.stages import ROUTE


@final
@dataclass(frozen=True)
class Planned:
    """A stage that is not trained yet; `seconds` are estimated, None where there is nothing to go by."""

    stage: str
    steps: int
    seconds: float | None


def planned(pipeline: Pipeline, baselines: Sequence[str]) -> list[Planned]:
    """The baselines that have to be trained, in their order. Raises UserError where one cannot be built."""
    assert pipeline.folder is not None
    pace, found = _pace(pipeline.folder), []
    for stage, size in parameters(pipeline, baselines).items():
        trained = bool(done(pipeline.folder / stage))
        copied = stage == "direct" and taken_from(pipeline.recipe, stage) is not None
        same = stage == "direct_half" and pipeline.contract(stage) == pipeline.contract("direct")
        if not (trained or copied or same):
            steps = settings_of(pipeline.recipe, stage).steps
            found.append(Planned(stage, steps, None if pace is None else pace * steps * size))
    return found


def _pace(folder: Path) -> float | None:
    """Seconds that the run's own stages took, a step and parameter."""
    seconds = work = 0.0
    for stage in ROUTE:
        found = done(folder / stage)
        if took := training_seconds(folder, stage):
            seconds += took
            work += found.get("steps", 0) * found.get("parameters", 0)
    return seconds / work if work else None


def in_words(stages: Sequence[Planned]) -> str:
    """ "direct (1,600 steps) and direct_half (1,600 steps), about 7 minutes"."""
    names = " and ".join(f"{each.stage} ({each.steps:,} steps)" for each in stages)
    seconds = [each.seconds for each in stages if each.seconds is not None]
    if len(seconds) < len(stages):
        return f"{names}; how long that takes is unknown, because this run has no log of its own training"
    return f"{names}, about {duration(sum(seconds))} at the pace of this run's own stages"


def duration(seconds: float) -> str:
    if seconds < 90:
        return counted(round(seconds), "second")
    return f"{seconds / 60:.0f} minutes" if seconds < 90 * 60 else f"{seconds / 3600:.1f} hours"
