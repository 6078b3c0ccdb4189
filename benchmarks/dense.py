"""Of trained runs of dense prediction: calibration, what drawing costs, and a page of pictures.

    python benchmarks/dense.py RUN [RUN …] -o OUT

The runs are of the same data. OUT gets report.json and pictures.png: for some test pictures the picture, the true maps,
and for each run its maps, their errors and, of classes, the boundaries.

What drawing costs is said of one run by the other: whether both graphs have the same operations, parameters and
floating-point operations a picture; and the ratio of processor seconds to the first run's. Times are taken in turns,
in an order that changes with each, and the ratio is the median over turns, with a 95 % interval of a bootstrap.
"""

import argparse
import json
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
from regenkit_dense.modality.view import boundaries, colours, errors, range_of

SHOWN, GAP = 6, 2
TURNS = 60
BATCH = 32
DRAWS = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    models = {str(run): regenkit.load(run) for run in given.runs}
    first = next(iter(models.values()))
    prepared = first.prepare(lambda *_: None)
    indices = prepared.indices("test", paired=True)
    sides = [prepared.example(int(index))[0] for index in indices]
    xs, ys = [each["x"] for each in sides], [each["y"] for each in sides]
    graphs, seconds = {name: drawn_by(model) for name, model in models.items()}, timed(models, xs)
    base, base_seconds = next(iter(graphs.values())), next(iter(seconds.values()))
    report: dict[str, Any] = {"environment": environment(), "examples": len(sides), "turns": TURNS, "runs": {}}
    for name, model in models.items():
        low, middle, high = ratio(seconds[name], base_seconds)
        report["runs"][name] = {
            "calibration_error": calibration(model, xs, ys),
            "parameters": model.stage("generator").count_params(),
            "operations": len(graphs[name].get_operations()),
            "same_graph": structure(graphs[name]) == structure(base),
            "flops_a_picture": operations(graphs[name]),
            "ms_a_batch": round(1000 * float(np.median(seconds[name])), 2),
            "ratio": {"median": round(middle, 4), "low": round(low, 4), "high": round(high, 4)},
        }
    (given.out / "report.json").write_text(json.dumps(report, indent=1))
    first.y.write(View(pixels=pictures(models, xs, ys)), given.out / "pictures.png")
    Console().print_json(data=report["runs"])


def drawn_by(model: Any) -> Any:
    """The graph in which the generator draws the maps of one picture."""
    generator = model.stage("generator")
    shapes = {name: tf.TensorSpec((1, *field.shape), tf.float32) for name, field in generator.condition.items()}
    return tf.function(generator._answers, autograph=False).get_concrete_function(shapes).graph


def structure(graph: Any) -> list[tuple[str, tuple[str, ...]]]:
    """Of each operation what it is, and what it reads."""
    return [(each.type, tuple(f"{one.dtype} {one.shape}" for one in each.inputs)) for each in graph.get_operations()]


def operations(graph: Any) -> int:
    """Floating-point operations."""
    profiler = tf.compat.v1.profiler
    options = {**profiler.ProfileOptionBuilder.float_operation(), "output": "none"}
    return int(profiler.profile(graph, options=options).total_float_ops)


def ratio(mine: list[float], base: list[float]) -> tuple[float, float, float]:
    """(low, median, high) of the ratios of all turns."""
    each = np.array(mine) / np.array(base)
    drawn = np.random.default_rng(0).choice(each, (DRAWS, len(each)))
    low, high = np.quantile(np.median(drawn, 1), [0.025, 0.975])
    return float(low), float(np.median(each)), float(high)


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
    """Processor seconds to draw one batch; the first turn is traced and left out."""
    found: dict[str, list[float]] = {name: [] for name in models}
    stages = {name: model.stage("generator") for name, model in models.items()}
    batch = stack(xs[:BATCH], next(iter(stages.values())).condition, None)
    for turn in range(TURNS + 1):
        for name in list(stages)[:: 1 if turn % 2 else -1]:
            began = time.process_time()
            stages[name].sample(batch, seed=0)
            found[name] += [time.process_time() - began] * bool(turn)
    return found


def pictures(models: dict[str, Any], xs: list[Any], ys: list[Any]) -> np.ndarray:
    """A column a test picture: it, its true maps, and for each run its maps, below them its errors and boundaries."""
    columns = []
    first = next(iter(models.values()))
    labels = len(first.y.labels)
    for index in np.linspace(0, len(xs) - 1, SHOWN).astype(int):
        pixels = np.round((xs[index]["pixels"] + 1) * 127.5).astype(np.uint8)
        true = first.y.decode(ys[index])
        column = [pixels.repeat(3 // pixels.shape[2], 2)]
        column += [colours(name, each, range_of(name, each, true), labels) for name, each in true.maps.items()]
        for model in models.values():
            said = model.y.decode(model.predict_rep([xs[index]], [model.given_of({})], seed=0)[0])
            for name, each in said.maps.items():
                column += [colours(name, each, range_of(name, each, true), labels), errors(name, each, true.maps[name])]
                column += [boundaries(each, true.maps[name])] * (name == "classes")
        columns.append(np.pad(np.concatenate(column), ((0, 0), (0, GAP), (0, 0)), constant_values=255))
    wide = np.concatenate(columns, 1)
    return wide.repeat(2, 0).repeat(2, 1)


if __name__ == "__main__":
    main()
