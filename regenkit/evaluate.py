"""Measure a run on its test split: held-out bits, and every metric of the recipe by every route from X to Y.

    oracle        the renderer from true Y′                     what rendering loses
    predicted     the renderer from the generator's Y′          what the run makes; predicted − oracle is the mismatch
    direct        X → Y without Y′, parameters matched          what the detour is to beat
    direct_half   the same, as large as the generator alone     matched size can overfit: the better one counts
    constant      the renderer from one and the same Y′         what Y′ is worth
    random        a training example, cut or repeated to length
    unigram       every token by its training frequency

Given fields (a key, a metre) are supplied to every route.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from regenkit import plugins
from regenkit.alike import prepare_alike
from regenkit.baselines import constant_rep, random_training, unigram
from regenkit.bits import stage_bits, steps_of, unigram_bits
from regenkit.components import Evaluation
from regenkit.data.prepare import Prepared
from regenkit.distribute import is_chief, together
from regenkit.pipeline import Pipeline
from regenkit.run import load_run, train_stage, working_on
from regenkit.rundir import environment, write_json
from regenkit.spec import Fields

DIRECT = ("direct", "direct_half")
SAMPLED = ("reference", "oracle", "predicted", *DIRECT, "constant", "random", "unigram")
BOOTSTRAP = 1000


def evaluate_runs(folders: Sequence[Path], samples: int, console: Console) -> dict[str, Any]:
    """Evaluate each run (into its report.json), training what is missing; several are averaged, with their spread."""
    reports = [evaluate_run(folder, samples, console) for folder in folders]
    return reports[0] if len(reports) == 1 else combine(reports)


def evaluate_run(folder: Path, samples: int, console: Console) -> dict[str, Any]:
    pipeline = load_run(folder)
    strategy = pipeline.strategy = plugins.host().hook.make_strategy(recipe=pipeline.recipe)
    with working_on(folder, pipeline.recipe, strategy, console) as log:
        prepared = prepare_alike(pipeline, strategy, log.counted)
        for stage in DIRECT:
            train_stage(pipeline, stage, prepared, strategy, log)
        log.say(
            f"{folder}: measuring {len(SAMPLED)} routes on {len(prepared.places('test', paired=True))} test examples"
        )
        report = measure(pipeline, prepared, samples)
        with together(strategy):
            if is_chief(strategy):
                write_json(folder / "report.json", report)
                from regenkit.report import write_html

                write_html(report, folder / "report.html")
                log.say(f"written: {folder / 'report.json'}, {folder / 'report.html'}")
    return report


def measure(pipeline: Pipeline, prepared: Prepared, samples: int = 1, split: str = "test") -> dict[str, Any]:
    """The report of a run whose stages are all trained, on the paired examples of `split`."""
    places = [int(place) for place in prepared.places(split, paired=True)]
    sides = [_known(pipeline, prepared.example(place)[0]) for place in places]
    training = [prepared.example(int(place))[0] for place in prepared.places("train", paired=True)]
    steps = np.array([steps_of(each["y"], pipeline.specs["y"]) for each in sides])
    bits, by_field = _bits(pipeline, sides, [each["y"] or {} for each in training], steps)
    return {
        "run": str(pipeline.folder),
        "recipe": pipeline.recipe.resolved(),
        "examples": len(places),
        "steps": int(steps.sum()),
        "parameters": pipeline.parameters,
        "bits_per_step": bits,
        "bits_by_field": by_field,
        "metrics": _metrics(pipeline, sides, training, samples),
        "environment": environment(),
    }


def _known(pipeline: Pipeline, sides: dict[str, Fields | None]) -> dict[str, Fields]:
    """An example as every route is to see it: given scalars supplied, given sequences (as chords) withheld."""
    rep = dict(sides["rep"] or {})
    for name, field in pipeline.given_spec.items():
        if not field.scalar:
            rep[name] = np.zeros_like(rep[name])
    return {"x": sides["x"] or {}, "y": sides["y"] or {}, "rep": rep}


def _bits(
    pipeline: Pipeline, sides: list[dict[str, Fields]], training: list[Fields], steps: np.ndarray
) -> tuple[dict[str, Any], dict[str, Any]]:
    constant = constant_rep(pipeline, training, sides)
    y_spec = pipeline.specs["y"].without(pipeline.given_spec)
    parts = {
        "generator": stage_bits(pipeline, "generator", sides),
        "generator_without_x": stage_bits(pipeline, "generator", sides, withhold=True),
        "oracle": stage_bits(pipeline, "renderer", sides),
        **{stage: stage_bits(pipeline, stage, sides) for stage in DIRECT},
        **{f"{stage}_without_x": stage_bits(pipeline, stage, sides, withhold=True) for stage in DIRECT},
        "constant": stage_bits(pipeline, "renderer", sides, rep=constant),
        "unigram": unigram_bits(y_spec, training, sides),
    }
    parts["predicted"] = {**parts["generator"], **parts["oracle"]}
    parts["predicted_without_x"] = {**parts["generator_without_x"], **parts["oracle"]}
    totals = {route: interval(np.add.reduce(list(fields.values())), steps) for route, fields in parts.items()}
    for stage in DIRECT:
        difference = np.add.reduce(list(parts["predicted"].values())) - np.add.reduce(list(parts[stage].values()))
        totals[f"predicted − {stage}"] = interval(difference, steps)
    return totals, {
        route: {name: float(value.sum() / steps.sum()) for name, value in fields.items()}
        for route, fields in parts.items()
    }


def _metrics(
    pipeline: Pipeline, sides: list[dict[str, Fields]], training: list[dict[str, Any]], samples: int
) -> dict[str, Any]:
    host = plugins.host()
    metrics = {name: host.find("metric", name).load() for name in pipeline.recipe.evaluate}
    references = [each["y"] for each in sides] * samples
    conditions = [each["x"] for each in sides] * samples
    known = [each["y"] for each in training]
    scores: dict[str, dict[str, Any]] = {name: {} for name in metrics}
    drawn = {route: _draw(pipeline, route, sides, training, samples) for route in SAMPLED}
    for route, (ys, reps) in drawn.items():
        evaluation = Evaluation(samples=ys, references=references, conditions=conditions, reps=reps, training=known)
        for name, metric in metrics.items():
            value = np.asarray(metric(evaluation), np.float64)
            scores[name][route] = interval(value) if value.ndim else {"mean": float(value)}
    for name in scores:
        scores[name]["gap"] = {"mean": scores[name]["predicted"]["mean"] - scores[name]["oracle"]["mean"]}
    return scores


def _draw(
    pipeline: Pipeline, route: str, sides: list[dict[str, Fields]], training: list[dict[str, Any]], samples: int
) -> tuple[list[Fields], list[Fields]]:
    """(Y, the Y′ it is held against) of every test input by one route, `samples` times over."""
    ys: list[Fields] = []
    used: list[Fields] = []
    lengths = [steps_of(each["y"], pipeline.specs["y"]) for each in sides]
    xs, truths = [each["x"] for each in sides], [each["rep"] for each in sides]
    given = [pipeline.given_of(rep) for rep in truths]
    known = [each["y"] for each in training]
    for seed in range(samples):
        reps = truths
        if route == "reference":
            drawn = [each["y"] for each in sides]
        elif route == "random":
            drawn = random_training(pipeline, known, truths, lengths, seed)
        elif route == "unigram":
            drawn = unigram(pipeline, known, truths, lengths, seed)
        elif route in DIRECT:
            conditions = [{**x, **each.fields} for x, each in zip(xs, given, strict=True)]
            targets = pipeline.sample(route, conditions, lengths, seed=seed)
            drawn = [pipeline.joined(rep, target) for rep, target in zip(truths, targets, strict=True)]
        else:
            if route == "predicted":
                reps = pipeline.predict_rep(xs, given, lengths, seed=seed)
            elif route == "constant":
                reps = constant_rep(pipeline, known, sides)
            drawn = pipeline.render_rep(reps, lengths, seed=seed)
        ys += drawn
        used += reps
    return ys, used


def interval(values: np.ndarray, weights: np.ndarray | None = None) -> dict[str, float]:
    """Mean (Σ values / Σ weights) and its 95 % bootstrap interval over examples; undefined scores are left out."""
    values = np.asarray(values, np.float64)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    defined = np.isfinite(values)
    values, weights = values[defined], weights[defined]
    if not len(values):
        return {"mean": float("nan")}
    drawn = np.random.default_rng(0).integers(0, len(values), (BOOTSTRAP, len(values)))
    means = values[drawn].sum(1) / weights[drawn].sum(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return {"mean": float(values.sum() / weights.sum()), "low": float(low), "high": float(high)}


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

    figures = ("bits_per_step", "bits_by_field", "metrics")
    combined = {name: merged([report[name] for report in reports]) for name in figures}
    return {**reports[0], **combined, "run": [report["run"] for report in reports]}
