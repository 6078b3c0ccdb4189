"""Are garments drawn better, or sooner, by a diffusion model whose inner features are regularised?

    regenkit data fetch image/fashion_mnist
    regenkit data fetch image/frechet_distance
    python benchmarks/representation.py            # every run that RESULTS does not have yet, then the report
    python benchmarks/representation.py --only speed --seeds 0 1 2
    python benchmarks/representation.py --report   # tables and figure again, of what there is

One small diffusion model of pixels given a label (the direct route; U-Net, width 32, 0.4 M parameters), without a
regulariser, with the dispersive loss, and with REPA by two teachers: EfficientNet-lite0 (ImageNet's labels), and the
encoder of a denoising autoencoder that is trained here, without labels. Nothing else differs in runs of one seed: the
first weights, the order of the data, times and noise are the same.

    speed    Fréchet distance after so many steps, three seeds; steps and CPU time to where the model without a
             regulariser ends
    block    which block, of dispersive and of REPA            } one seed
    weight   λ of both                                         }
    form     of the dispersive loss; REPA's teachers           }
    size     the same, of twice the width                      }
    rate     the same, by a tenth of the learning rate         }

    probe    of the speed's models at the end: how often the class is told of a block's features (`regenkit probe`)

500 samples (of the labels of 500 validation pictures) against 1,000 validation pictures. "FD" goes by a classifier of
the training pairs, "FD(E)" by EfficientNet-lite0, which one of the teachers is: so it is no judge of that one. A
finished run is a line of RESULTS; one that was killed begins anew. A step's cost is the median CPU time of a call.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import job
import numpy as np
import representation_report
from representation_arms import (
    FOLDER,
    LEARNED,
    MEASURED,
    PROBED,
    RECIPE,
    REFERENCES,
    SAMPLES,
    STEPS,
    TABLES,
    TEACHER,
    TIME,
    Arm,
)
from representation_report import Runs
from rich.console import Console

from regenkit.analysis.measures.diffusion_features import DiffusionFeatures
from regenkit.analysis.measures.linear_probe import correct
from regenkit.analysis.measures.subset import subset
from regenkit.components import Evaluation
from regenkit.data.prepare import Prepared
from regenkit.pipeline import Pipeline
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import load
from regenkit.run.origin import settings_of
from regenkit.run.train import train_recipe
from regenkit.training.log import RunLog
from regenkit.training.train import Job, fit
from regenkit_image.metrics import class_accuracy, frechet_distance, frechet_distance_classifier

RESULTS = FOLDER / "results.jsonl"


class Clock(keras.callbacks.Callback):
    """CPU seconds between the calls of the graph; those with a validation or samples between them are longer."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[tuple[int, float]] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.marks.append((batch + 1, time.process_time()))

    def seconds(self) -> float:
        """A step, at the median."""
        pairs = zip(self.marks, self.marks[1:], strict=False)
        return statistics.median((late - early) / (last - first) for (first, early), (last, late) in pairs)


def trained(recipe_file: Path, arm: Arm, seed: int, prepared: Prepared) -> dict[str, Any]:
    """One run's line."""
    recipe = load(recipe_file, [*arm, f"train.seed={seed}"])
    pipeline = Pipeline(recipe)
    condition, target = pipeline.sides("direct")
    held_out = [prepared.example(index)[0] for index in subset(prepared, "validation", REFERENCES)]
    learned = [prepared.example(int(index))[0] for index in prepared.indices("train", paired=True)]
    labels = np.array([each["x"]["label"] for each in held_out[:SAMPLES]], np.int32)
    points: list[dict[str, Any]] = []

    def measure(model: Any, step: int) -> None:
        drawn = [
            {"pixels": picture} for start in range(0, SAMPLES, 50)
            for picture in model.sample({"label": labels[start : start + 50]}, seed=start)["pixels"]
        ]  # fmt: skip
        of = Evaluation(
            samples=drawn, references=[each["y"] for each in held_out], conditions=[{"label": each} for each in labels],
            training=[each["y"] for each in learned], training_conditions=[each["x"] for each in learned],
        )  # fmt: skip
        points.append({"step": step, "fd": float(frechet_distance_classifier(of)), "fd_e": float(frechet_distance(of)),
                       "accuracy": float(class_accuracy(of).mean())})  # fmt: skip
        print(f"  {', '.join(arm)} seed {seed}: {points[-1]}", flush=True)
        if step == STEPS:
            points[-1]["told"] = told(model, prepared)

    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, RunLog(Path(folder), Console(quiet=True)) as log:
        task = Job(name="direct", build=lambda: pipeline.build("direct"), condition=condition, target=target,
                   settings=settings_of(recipe, "direct"), folder=Path(folder) / "direct")  # fmt: skip
        result = fit(task, prepared, tf.distribute.get_strategy(), log, callbacks=[clock], sample=measure)
    return {"settings": arm, "seed": seed, "points": points, "step_seconds": clock.seconds(),
            "parameters": result["parameters"], "machine": f"{job.machine()}; {threads()} threads"}  # fmt: skip


def told(model: Any, prepared: Prepared) -> dict[str, list[float]]:
    """By block: shares of test pictures whose class is told, by a linear probe and by neighbours."""
    inside = DiffusionFeatures(model)
    parts = [[prepared.example(index)[0] for index in subset(prepared, split, count)]
             for split, count in (("train", PROBED), ("test", MEASURED))]  # fmt: skip
    labels, truth = (np.array([each["x"]["label"] for each in part]) for part in parts)
    fit, other = (inside([sides["y"] for sides in part], time=TIME) for part in parts)
    return {str(number): [float(each.mean()) for each in correct(of[0], labels, of[1], truth).values()]
            for number, of in enumerate(zip(fit, other, strict=True), 1)}  # fmt: skip


def threads() -> int:
    return int(tf.config.threading.get_intra_op_parallelism_threads())


def known() -> Runs:
    """A line that was cut short is none."""
    found = {}
    for line in RESULTS.read_text().splitlines() if RESULTS.exists() else ():
        try:
            run = json.loads(line)
        except json.JSONDecodeError:
            continue
        found[tuple(run["settings"]), run["seed"]] = run
    return found


def work(tables: Sequence[str], seeds: Sequence[int]) -> None:
    """Train what is missing: all arms of a seed before the next seed, so that an early end leaves whole ones."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    recipe_file, teacher_file = FOLDER / "direct.yaml", FOLDER / "denoising.yaml"
    recipe_file.write_text(RECIPE)
    teacher_file.write_text(TEACHER)
    wanted = [(arm, seed) for seed in seeds for table in tables if table == "speed" or seed == seeds[0]
              for arm in TABLES[table].values()]  # fmt: skip
    wanted = [run for run in dict.fromkeys(wanted) if run not in known()]
    if any(LEARNED in setting for arm, _ in wanted for setting in arm):
        train_recipe(load(teacher_file), FOLDER / "denoising", Console(), ["converter"])
    prepared = Pipeline(load(recipe_file)).prepare(lambda *_: None)
    for number, (arm, seed) in enumerate(wanted, start=1):
        print(f"{number} of {len(wanted)}: {', '.join(arm)}, seed {seed}", flush=True)
        line = json.dumps(trained(recipe_file, arm, seed, prepared))
        with RESULTS.open("a") as file:
            file.write(line + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="train nothing")
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    if not options.report:
        work(options.only, options.seeds)
    if runs := known():
        representation_report.show(runs)


if __name__ == "__main__":
    main()
