"""The report's gap: nothing where the generator knows Y′, something where it guesses."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import letters
import numpy as np
import pytest

from regenkit import Metric, hookimpl, plugins
from regenkit.analysis.evaluate import Options, measure
from regenkit.analysis.measures.subset import subset
from regenkit.analysis.results.figure import Figure
from regenkit.components import Evaluation
from regenkit.pipeline import Pipeline
from regenkit.recipe import load

RECIPE = """\
dataset: {use: toy/data}
converter: {use: toy/parity}
generator: {use: transformer, width: 8, depth: 1, heads: 2}
renderer: {use: transformer, width: 8, depth: 1, heads: 2}
evaluate: [toy/error]
"""


def error(evaluation: Evaluation) -> np.ndarray:
    """How far each melody is from its reference."""
    pairs = zip(evaluation.samples, evaluation.references, strict=True)
    return np.array([np.abs(sample["high"] - reference["high"]).mean() for sample, reference in pairs])


class Metrics:
    @hookimpl
    def register_metrics(self) -> Iterator[Metric]:
        yield Metric(name="toy/error", target=f"{__name__}:error", modality="notes", better="lower")


class Oracle:
    """A generator that has seen all answers; what is likely it says as `model` does."""

    def __init__(self, model: Any, sides: list[dict[str, Any]]) -> None:
        self.model = model
        self.answers = {each["x"]["letter"].tobytes(): each["rep"]["parity"] for each in sides}

    def field_log_prob(self, condition: Any, target: Any) -> Any:
        return self.model.field_log_prob(condition, target)

    def sample(self, condition: Any, *, seed: int, given: Any, **options: Any) -> dict[str, np.ndarray]:
        parity = np.zeros_like(condition["letter"])
        for row, (word, length) in enumerate(zip(condition["letter"], condition["mask"].sum(1), strict=True)):
            parity[row, :length] = self.answers[np.ascontiguousarray(word[:length]).tobytes()]
        return {"parity": parity}


@pytest.mark.exhaustive(minutes=0.3)
def test_the_gap_is_nothing_where_the_generator_knows_y_prime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = plugins.Host([letters, Metrics()])
    monkeypatch.setattr(plugins, "host", lambda: host)
    (tmp_path / "toy.yaml").write_text(RECIPE)
    pipeline = Pipeline(load(tmp_path / "toy.yaml"), tmp_path)
    prepared = pipeline.prepare(lambda *_: None)
    sides = [prepared.example(int(index))[0] for index in prepared.indices("test", paired=True)]
    with ExitStack() as stack:
        for stage in ("renderer", "direct", "direct_half", "generator"):  # untrained: any renderer has this property
            stack.enter_context(pipeline.using(stage, pipeline.build(stage)))
        guessed = measure(pipeline, prepared, subset(prepared, "test"), Options()).scores["toy/error"]
        stack.enter_context(pipeline.using("generator", Oracle(pipeline.stage("generator"), sides)))
        known = measure(pipeline, prepared, subset(prepared, "test"), Options()).scores["toy/error"]
    assert known.gap == Figure(0.0, 0.0, 0.0), known
    assert known.routes["oracle"] == guessed.routes["oracle"] and guessed.gap.mean != 0
