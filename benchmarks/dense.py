"""Of trained runs of dense prediction: calibration, the time that drawing takes, and a page of pictures.

    python benchmarks/dense.py RUN [RUN …] -o OUT

The runs are of the same data. OUT gets report.json and pictures.png: for some test pictures the picture, the true maps,
and for each run its maps and its errors. Two runs' times are taken in turns, and the ratio is to the first run's.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

import regenkit
from regenkit.data.stack import stack
from regenkit.quiet import tensorflow as tf
from regenkit.run.folder import environment
from regenkit_dense.metrics.calibration import calibration_error
from regenkit_dense.modality import View
from regenkit_dense.modality.view import colours, errors, range_of

SHOWN = 6
ROUNDS = 15
BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    models = {str(run): regenkit.load(run) for run in given.runs}
    first = next(iter(models.values()))
    prepared = first.prepare(lambda *_: None)
    places = prepared.places("test", paired=True)
    sides = [prepared.example(int(place))[0] for place in places]
    xs, ys = [each["x"] for each in sides], [each["y"] for each in sides]
    report: dict[str, Any] = {"environment": environment(), "examples": len(sides), "runs": {}}
    for name, model in models.items():
        report["runs"][name] = {"calibration_error": calibration(model, xs, ys)}
    for name, seconds in timed(models, xs).items():
        report["runs"][name]["seconds_a_batch"] = statistics.median(seconds)
    base = report["runs"][str(given.runs[0])]["seconds_a_batch"]
    for each in report["runs"].values():
        each["ratio"] = each["seconds_a_batch"] / base
    (given.out / "report.json").write_text(json.dumps(report, indent=1))
    first.y.write(View(pixels=pictures(models, xs, ys)), given.out / "pictures.png")
    Console().print_json(data=report["runs"])


def calibration(model: Any, xs: list[Any], ys: list[Any]) -> dict[str, float]:
    """Of each map of classes the expected calibration error, over all pixels of the test pictures."""
    generator, found = model.stage("generator"), {}
    for name, field in generator.target.items():
        if field.vocabulary:
            parts = [tf.nn.softmax(generator.predict_steps(stack(xs[start : start + BATCH], generator.condition, None),
                                                           {})[name]).numpy()
                     for start in range(0, len(xs), BATCH)]  # fmt: skip
            found[name] = calibration_error(np.concatenate(parts), np.stack([each[name] for each in ys]))
    return found


def timed(models: dict[str, Any], xs: list[Any]) -> dict[str, list[float]]:
    """Seconds to draw one batch, in turns; the first turn is traced and left out."""
    found: dict[str, list[float]] = {name: [] for name in models}
    stages = {name: model.stage("generator") for name, model in models.items()}
    batch = stack(xs[:BATCH], next(iter(stages.values())).condition, None)
    for number in range(ROUNDS + 1):
        for name, stage in stages.items():
            began = time.perf_counter()
            stage.sample(batch, seed=0)
            found[name] += [time.perf_counter() - began] * bool(number)
    return found


def pictures(models: dict[str, Any], xs: list[Any], ys: list[Any]) -> np.ndarray:
    """A column a test picture: it, its true maps, and for each run its maps and below them its errors."""
    columns = []
    first = next(iter(models.values()))
    labels = len(first.y.labels)
    for place in np.linspace(0, len(xs) - 1, SHOWN).astype(int):
        pixels = np.round((xs[place]["pixels"] + 1) * 127.5).astype(np.uint8)
        true = first.y.decode(ys[place])
        column = [pixels.repeat(3 // pixels.shape[2], 2)]
        column += [colours(name, each, range_of(name, each, true), labels) for name, each in true.maps.items()]
        for model in models.values():
            said = model.y.decode(model.predict_rep([xs[place]], [model.given_of({})], [1], seed=0)[0])
            for name, each in said.maps.items():
                column += [colours(name, each, range_of(name, each, true), labels), errors(name, each, true.maps[name])]
        columns.append(np.concatenate(column))
    wide = np.concatenate(columns, 1)
    return wide.repeat(2, 0).repeat(2, 1)


if __name__ == "__main__":
    main()
