"""Measure a run on its test split: held-out bits, and every metric of the recipe by every route from X to Y.

    oracle        the renderer from true Y′                     what rendering loses
    predicted     the renderer from the generator's Y′          what the run makes; predicted − oracle is the mismatch
    direct        X → Y without Y′, parameters matched          what the detour is to beat
    direct_half   the same, no larger than the generator        matched size can overfit: the better one counts
    constant      the renderer from one and the same Y′         what Y′ is worth
    random        a training example, cut or repeated to length
    unigram       every token by its training frequency; where Y is of tokens
    mean          the mean of the training examples of the same X; where it is not

Bits are of the stages that have a likelihood, scores of samples by every route.

Given fields (a key, a metre) are supplied to every route.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from regenkit import plugins
from regenkit.analysis.evaluation.baselines import constant_rep
from regenkit.analysis.evaluation.bits import has_bits, stage_bits, unigram_bits
from regenkit.analysis.evaluation.bootstrap import interval
from regenkit.analysis.evaluation.boundary import boundary
from regenkit.analysis.evaluation.chosen import chosen
from regenkit.analysis.evaluation.scores import DIRECT, better, check_metrics, draw, known_to_all, mean, sampled, scores
from regenkit.data.fraction import shown
from regenkit.data.prepare import Prepared
from regenkit.distribute import is_chief, together
from regenkit.errors import UserError
from regenkit.files import write_json
from regenkit.pipeline import Pipeline
from regenkit.pipeline.load import load_run
from regenkit.run.alike import prepare_alike
from regenkit.run.folder import environment, identity, untrained
from regenkit.run.train import train_stage, working_on
from regenkit.spec import Fields

WRITTEN = ("report.json", "report.html", "MODEL_CARD.md")
Drawn = dict[str, list[Fields]]


def evaluate_runs(
    folders: Sequence[Path], samples: int, console: Console, examples: int | None = None
) -> dict[str, Any]:  # fmt: skip
    """Evaluate each run (into its report.json), training what is missing; several are averaged, with their spread.

    examples   measure so many of the test examples at most (see `chosen`)

    Raises UserError.
    """
    if len(folders) > 1:
        _check_alike(folders)
    reports = [evaluate_run(folder, samples, console, examples) for folder in folders]
    return reports[0] if len(reports) == 1 else combine(reports)


def _check_alike(folders: Sequence[Path]) -> None:
    """Before anything is measured, since runs of different recipes have no mean."""
    found = {identity(load_run(folder).recipe, but=("strategy", "seed")): folder for folder in folders}
    if len(found) > 1:
        raise UserError(
            f"{' and '.join(map(str, found.values()))} are of different recipes, so they have no mean: evaluate them "
            "one by one, or see `regenkit compare`"
        )


def evaluate_run(folder: Path, samples: int, console: Console, examples: int | None = None) -> dict[str, Any]:
    pipeline = load_run(folder)
    check_metrics(pipeline.recipe)
    strategy = pipeline.strategy = plugins.host().hook.make_strategy(recipe=pipeline.recipe)
    with working_on(folder, pipeline.recipe, strategy, console) as log:
        with together(strategy):
            if missing := untrained(folder, pipeline.recipe):  # before others are trained to be compared with
                raise UserError(f"{folder}: its {missing[0]} has not been trained; run `regenkit train` (it goes on "
                                "where it stopped)")  # fmt: skip
        prepared = prepare_alike(pipeline, strategy, log.counted)
        for stage in DIRECT:
            train_stage(pipeline, stage, prepared, strategy, log)
        places = chosen(prepared, "test", examples)
        routes = sampled(pipeline.specs["y"])
        log.say(f"{folder}: measuring {len(routes)} routes on {len(places)} test examples")
        begun = time.perf_counter()
        report, bits, drawn = measure(pipeline, prepared, places, samples)
        with together(strategy):
            if is_chief(strategy):
                from regenkit.analysis.report import provenance, write_card, write_gallery, write_html

                report["gallery"] = write_gallery(pipeline, folder / "gallery", bits, drawn, named(prepared, places))
                report |= provenance(pipeline, prepared)
                report["evaluation"] = {"samples": samples, "seconds": time.perf_counter() - begun}
                write_json(folder / "report.json", report)
                write_html(report, folder / "report.html")
                write_card(report, folder / "MODEL_CARD.md")
                log.say(f"written: {', '.join(str(folder / name) for name in WRITTEN)}")
    return report


def measure(
    pipeline: Pipeline, prepared: Prepared, places: Sequence[int], samples: int = 1
) -> tuple[dict[str, Any], np.ndarray | None, Drawn]:
    """(report, bits a step of the predicted route if it has any, Y by route) of a run whose stages are all trained.

    On the examples at `places`, in this order; of Y there are `samples` rounds of them.
    """
    prepared = shown(prepared)  # what is measured of the data itself, and baselines, know of no hidden X
    sides = [known_to_all(pipeline, prepared.example(place)[0]) for place in places]
    learned = [
        known_to_all(pipeline, prepared.example(int(place))[0]) for place in prepared.places("train", paired=True)
    ]
    steps = np.array([pipeline.specs["y"].steps(each["y"]) for each in sides])
    bits, by_field, worth, predicted = _bits(pipeline, sides, learned, steps)
    metrics, side, drawn = _metrics(pipeline, sides, learned, samples)
    report = {
        "run": str(pipeline.folder),
        "recipe": pipeline.recipe.plain(),
        "examples": len(places),
        "steps": int(steps.sum()),
        "parameters": pipeline.parameters,
        "continuous": [name for name, each in pipeline.sides("generator")[1].spec.items() if not each.vocabulary],
        "bits_per_step": bits,
        "bits_by_field": by_field,
        "worth_of_x": worth,
        "metrics": metrics,
        "better": side,
        **boundary(pipeline, learned, sides),
        "environment": environment(),
    }
    return report, None if predicted is None else predicted / steps, drawn


def named(prepared: Prepared, places: Sequence[int]) -> Callable[[int], tuple[str, Fields, dict[str, Any]]]:
    """Gives (id, X, meta) of an example by its number among `places`."""
    names = prepared.examples.column("id")

    def example(number: int) -> tuple[str, Fields, dict[str, Any]]:
        place = places[number]
        sides, meta = prepared.example(place)
        return str(names[place]), sides["x"] or {}, meta

    return example


def _bits(
    pipeline: Pipeline, sides: list[dict[str, Fields]], learned: list[dict[str, Fields]], steps: np.ndarray
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], np.ndarray | None]:
    """Totals and means by field of every route that has them, what X is worth to generator and direct, and bits of each
    example."""
    y_spec = pipeline.specs["y"].without(pipeline.given_spec)
    from_x = [stage for stage in ("generator", *DIRECT) if has_bits(pipeline, stage)]
    parts = {}
    for stage in from_x:
        parts[stage] = stage_bits(pipeline, stage, sides)
        parts[f"{stage}_without_x"] = stage_bits(pipeline, stage, sides, withhold=True)
    if has_bits(pipeline, "renderer"):
        parts["oracle"] = stage_bits(pipeline, "renderer", sides)
        parts["constant"] = stage_bits(pipeline, "renderer", sides, rep=constant_rep(pipeline, learned, sides))
    if {"generator", "oracle"} <= set(parts):
        parts["predicted"] = {**parts["generator"], **parts["oracle"]}
        parts["predicted_without_x"] = {**parts["generator_without_x"], **parts["oracle"]}
    if all(field.vocabulary for field in y_spec.values()):
        parts["unigram"] = unigram_bits(y_spec, [each["y"] for each in learned], sides)
    whole = {route: np.add.reduce(list(fields.values())) for route, fields in parts.items()}
    totals = {route: interval(value, steps) for route, value in whole.items()}
    for one, other in (*(("predicted", stage) for stage in DIRECT), ("constant", "oracle")):
        if {one, other} <= set(whole):
            totals[f"{one} − {other}"] = interval(whole[one] - whole[other], steps)
    worth = {
        stage: {
            "total": interval(whole[f"{stage}_without_x"] - whole[stage], steps),
            "by_field": {name: interval(parts[f"{stage}_without_x"][name] - value, steps)
                         for name, value in parts[stage].items()},
        }
        for stage in from_x
    }  # fmt: skip
    by_field = {
        route: {name: float(value.sum() / steps.sum()) for name, value in fields.items()}
        for route, fields in parts.items()
    }
    return totals, by_field, worth, whole.get("predicted")


def _metrics(
    pipeline: Pipeline, sides: list[dict[str, Fields]], learned: list[dict[str, Fields]], samples: int
) -> tuple[dict[str, Any], dict[str, str], Drawn]:
    """Every metric by route, which side of each is better, and Y by route."""
    drawn = {route: draw(pipeline, route, sides, learned, samples) for route in sampled(pipeline.specs["y"])}
    values = scores(pipeline, drawn, sides, learned, samples)
    found: dict[str, dict[str, Any]] = {}
    for name, by_route in values.items():
        found[name] = {route: mean(value) for route, value in by_route.items()}
        for other in ("oracle", *DIRECT):
            title = "gap" if other == "oracle" else f"predicted − {other}"
            found[name][title] = mean(by_route["predicted"] - by_route[other])
    return found, better([pipeline.recipe]), {route: ys for route, (ys, _) in drawn.items()}


def combine(reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Mean of every figure over runs, and their standard deviation as `spread`."""

    def merged(values: list[Any]) -> Any:
        first = values[0]
        if isinstance(first, dict) and "mean" in first:
            means = [value["mean"] for value in values]
            return {"mean": float(np.mean(means)), "spread": float(np.std(means, ddof=1))}
        if isinstance(first, dict):
            return {key: merged([value[key] for value in values]) for key in first}
        return float(np.mean(values)) if isinstance(first, float) else first

    figures = ("bits_per_step", "bits_by_field", "worth_of_x", "metrics")
    combined = {name: merged([report[name] for report in reports]) for name in figures}
    return {**reports[0], **combined, "run": [report["run"] for report in reports]}
