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
from rich.console import Console

from regenkit.components import Evaluation
from regenkit.data.prepare import Prepared
from regenkit.evaluation.chosen import chosen
from regenkit.evaluation.classes import right
from regenkit.models.representation import Representation
from regenkit.pipeline import Pipeline
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import load
from regenkit.run import settings_of, train_recipe
from regenkit.training.runlog import RunLog
from regenkit.training.train import Job, fit
from regenkit_image.metrics import class_accuracy, frechet_distance, frechet_distance_classifier

FOLDER = Path("runs/representation")
RESULTS = FOLDER / "results.jsonl"
STEPS, EVERY, SAMPLES, REFERENCES = 1000, 200, 500, 1000
PROBED, MEASURED, TIME = 2000, 1000, 0.25
"""Training and test pictures of a probe, and how noisy they are."""
RECIPE = f"""\
dataset: {{use: image/fashion_mnist, limit: 20000}}
converter: {{use: image/downsample}}
generator: {{use: diffusion, width: 32, depth: 1, steps: 20}}
renderer: {{use: diffusion, width: 32, depth: 1, steps: 20}}
train:
  {{batch_size: 64, learning_rate: 2.0e-3, warmup_steps: 100, validate_every: {STEPS}, checkpoint_every: {STEPS},
   sample_every: {EVERY}, strategy: none, direct: {{steps: {STEPS}}}}}
"""
TEACHER = """\
dataset: {use: image/fashion_mnist, limit: 20000}
converter: {use: image/autoencoder, noise: 0.5, size: 16}
generator: {use: diffusion}
renderer: {use: converter}
train: {batch_size: 64, learning_rate: 2.0e-3, strategy: none, converter: {steps: 1000}}
"""
NONE, DISPERSIVE = "null", "{use: dispersive}"
LEARNED, SEEN = f"{{from: {FOLDER / 'denoising'}}}", "{use: image/efficientnet}"


def repa(teacher: str = SEEN, **options: Any) -> str:
    return "{use: repa, teacher: " + teacher + "".join(f", {name}: {value}" for name, value in options.items()) + "}"


def dispersive(**options: Any) -> str:
    return "{use: dispersive" + "".join(f", {name}: {value}" for name, value in options.items()) + "}"


SPEED = {"none": NONE, "dispersive": DISPERSIVE, "REPA, EfficientNet": repa(), "REPA, denoising": repa(LEARNED)}
TABLES: dict[str, dict[str, str]] = {
    "speed": SPEED,
    "block": {
        "none": NONE,
        **{f"dispersive, block {number}": dispersive(block=number) for number in (1, 3, 4, 5)},
        "dispersive, block 2": DISPERSIVE,
        **{f"REPA, block {number}": repa(block=number) for number in (1, 3, 4, 5)},
        "REPA, block 2": repa(),
    },
    "weight": {
        "none": NONE,
        **{f"dispersive, λ {weight}": dispersive(weight=weight) for weight in (0.125, 2.0)},
        "dispersive, λ 0.5": DISPERSIVE,
        **{f"REPA, λ {weight}": repa(weight=weight) for weight in (0.125, 2.0)},
        "REPA, λ 0.5": repa(),
    },
    "form": {
        "none": NONE,
        "dispersive, infonce_l2": DISPERSIVE,
        **{f"dispersive, {form}": dispersive(form=form) for form in ("infonce_cosine", "hinge", "covariance")},
        "REPA, EfficientNet stage 5": repa(),
        "REPA, EfficientNet stage 3": repa("{use: image/efficientnet, stage: 3}"),
        "REPA, denoising autoencoder": repa(LEARNED),
    },
}
"""Table → title → what the recipe's line says; runs that several tables have in common are made once."""


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


def trained(recipe_file: Path, choice: str, seed: int, prepared: Prepared) -> dict[str, Any]:
    """One run's line."""
    recipe = load(recipe_file, [f"direct.regularizer={choice}", f"train.seed={seed}"])
    pipeline = Pipeline(recipe)
    condition, target = pipeline.sides("direct")
    held_out = [prepared.example(place)[0] for place in chosen(prepared, "validation", REFERENCES)]
    learned = [prepared.example(int(place))[0] for place in prepared.places("train", paired=True)]
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
        print(f"  {choice} seed {seed}: {points[-1]}", flush=True)
        if step == STEPS:
            points[-1]["told"] = told(model, prepared)

    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, RunLog(Path(folder), Console(quiet=True)) as log:
        task = Job(name="direct", build=lambda: pipeline.build("direct"), condition=condition, target=target,
                   settings=settings_of(recipe, "direct"), folder=Path(folder) / "direct")  # fmt: skip
        result = fit(task, prepared, tf.distribute.get_strategy(), log, callbacks=[clock], sample=measure)
    return {"choice": choice, "seed": seed, "points": points, "step_seconds": clock.seconds(),
            "parameters": result["parameters"], "machine": job.machine()}  # fmt: skip


def told(model: Any, prepared: Prepared) -> dict[str, list[float]]:
    """By block: shares of test pictures whose class is told, by a linear probe and by neighbours."""
    inside = Representation(model)
    parts = [[prepared.example(place)[0] for place in chosen(prepared, split, count)]
             for split, count in (("train", PROBED), ("test", MEASURED))]  # fmt: skip
    labels, truth = (np.array([each["x"]["label"] for each in part]) for part in parts)
    fit, other = (
        [np.concatenate(each) for each in zip(*(
            inside({"pixels": np.stack([sides["y"]["pixels"] for sides in part[start : start + 50]])}, time=TIME,
                   first=start)
            for start in range(0, len(part), 50)
        ), strict=True)]
        for part in parts
    )  # fmt: skip
    return {str(number): [float(each.mean()) for each in right(of[0], labels, of[1], truth).values()]
            for number, of in enumerate(zip(fit, other, strict=True), 1)}  # fmt: skip


def known() -> dict[tuple[str, int], dict[str, Any]]:
    """Finished runs by (choice, seed); a line that was cut short is none."""
    found = {}
    for line in RESULTS.read_text().splitlines() if RESULTS.exists() else ():
        try:
            run = json.loads(line)
        except json.JSONDecodeError:
            continue
        found[run["choice"], run["seed"]] = run
    return found


def work(tables: Sequence[str], seeds: Sequence[int]) -> None:
    """Train what is missing: all arms of a seed before the next seed, so that an early end leaves whole ones."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    recipe_file, teacher_file = FOLDER / "direct.yaml", FOLDER / "denoising.yaml"
    recipe_file.write_text(RECIPE)
    teacher_file.write_text(TEACHER)
    wanted = [(choice, seed) for seed in seeds for table in tables if table == "speed" or seed == seeds[0]
              for choice in TABLES[table].values()]  # fmt: skip
    wanted = [run for run in dict.fromkeys(wanted) if run not in known()]
    if any(LEARNED in choice for choice, _ in wanted):
        train_recipe(load(teacher_file), FOLDER / "denoising", Console(), ["converter"])
    prepared = Pipeline(load(recipe_file)).prepare(lambda *_: None)
    for number, (choice, seed) in enumerate(wanted, start=1):
        print(f"{number} of {len(wanted)}: {choice}, seed {seed}", flush=True)
        line = json.dumps(trained(recipe_file, choice, seed, prepared))
        with RESULTS.open("a") as file:
            file.write(line + "\n")


# --- the report ------------------------------------------------------------------------------------------------------


def spread(values: Sequence[float], form: str = ".1f") -> str:
    """Mean and, of several, from where to where."""
    mean = format(statistics.mean(values), form)
    return mean if len(values) < 2 else f"{mean} ({min(values):{form}}–{max(values):{form}})"


def reached(run: dict[str, Any], level: float) -> float:
    """Steps until the Fréchet distance is down to `level`, between measurements along a line of its logarithm."""
    before: dict[str, float] | None = None
    for point in run["points"]:
        if point["fd"] <= level:
            if before is None:
                return float(point["step"])
            share = np.log(before["fd"] / level) / np.log(before["fd"] / point["fd"])
            return float(before["step"] + share * (point["step"] - before["step"]))
        before = point
    return float("nan")


def speed(runs: dict[tuple[str, int], dict[str, Any]]) -> None:
    seeds = sorted({seed for choice, seed in runs if choice == NONE})
    print(f"\nFréchet distance (a classifier's features) of {SAMPLES} samples, seeds {seeds}; mean (least–greatest)\n")
    print(f"| | {' | '.join(f'{step} steps' for step in range(EVERY, STEPS + 1, EVERY))} | FD(E) at the end | class "
          "accuracy | CPU ms a step | steps to the end of `none`: × fewer | the same in CPU time |")  # fmt: skip
    print("| --- " * (STEPS // EVERY + 6) + "|")
    for title, choice in SPEED.items():
        mine = {seed: runs[choice, seed] for seed in seeds if (choice, seed) in runs}
        if not mine:
            continue
        columns = [spread([run["points"][place]["fd"] for run in mine.values()]) for place in range(STEPS // EVERY)]
        columns.append(spread([run["points"][-1]["fd_e"] for run in mine.values()]))
        columns.append(spread([run["points"][-1]["accuracy"] for run in mine.values()], ".3f"))
        columns.append(spread([1000 * run["step_seconds"] for run in mine.values()], ".0f"))
        gains, in_time = [], []
        for seed, run in mine.items():
            plain = runs[NONE, seed]
            gains.append(STEPS / reached(run, plain["points"][-1]["fd"]))
            in_time.append(gains[-1] * plain["step_seconds"] / run["step_seconds"])
        never = sum(np.isnan(gains))
        note = f"; {never} of {len(gains)} never" if never else ""
        for each in (gains, in_time):
            there = [value for value in each if not np.isnan(value)]
            columns.append((spread(there, ".2f") if there else "–") + note)
        print(f"| {title} | {' | '.join(columns)} |")


def probes(runs: dict[tuple[str, int], dict[str, Any]]) -> None:
    print(f"\nClass told after {STEPS} steps, linearly / by neighbours: {PROBED} training pictures, {MEASURED} of the "
          f"test split, under noise of time {TIME}; mean over seeds (least–greatest, linearly)\n")  # fmt: skip
    for title, choice in SPEED.items():
        mine = [run["points"][-1]["told"] for (each, _), run in sorted(runs.items()) if each == choice]
        if not mine:
            continue
        if title == "none":
            print(f"| | {' | '.join(f'block {block}' for block in mine[0])} |")
            print("| --- " * (1 + len(mine[0])) + "|")
        cells = []
        for block in mine[0]:
            linear, near = zip(*(run[block] for run in mine), strict=True)
            between = f" ({min(linear):.3f}–{max(linear):.3f})" if len(linear) > 1 else ""
            cells.append(f"{statistics.mean(linear):.3f} / {statistics.mean(near):.3f}{between}")
        print(f"| {title} | {' | '.join(cells)} |")


def ablation(table: str, runs: dict[tuple[str, int], dict[str, Any]]) -> None:
    seed = min(seed for _, seed in runs)
    print(f"\nBy {table}: after {STEPS} steps, seed {seed}\n\n| | FD | FD(E) | class accuracy | CPU ms a step |")
    print("| --- " * 5 + "|")
    for title, choice in TABLES[table].items():
        if run := runs.get((choice, seed)):
            last = run["points"][-1]
            print(f"| {title} | {last['fd']:.1f} | {last['fd_e']:.1f} | {last['accuracy']:.3f} "
                  f"| {1000 * run['step_seconds']:.0f} |")  # fmt: skip


def figure(runs: dict[tuple[str, int], dict[str, Any]]) -> Path:
    """Fréchet distance against steps: means, and from the least to the greatest of the seeds."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    drawing, axes = pyplot.subplots(figsize=(6, 4))
    for title, choice in SPEED.items():
        mine = [run["points"] for (each, _), run in sorted(runs.items()) if each == choice]
        if mine:
            steps, values = [point["step"] for point in mine[0]], np.array([[p["fd"] for p in run] for run in mine])
            axes.plot(steps, values.mean(0), marker="o", label=f"{title} ({len(mine)})")
            axes.fill_between(steps, values.min(0), values.max(0), alpha=0.2)
    axes.set(xlabel="steps", ylabel="Fréchet distance, a classifier's features", yscale="log")
    axes.legend()
    drawing.savefig(FOLDER / "speed.svg", bbox_inches="tight")
    return FOLDER / "speed.svg"


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
        print(f"\n{next(iter(runs.values()))['machine']}; {options.threads} threads")
        speed(runs)
        probes(runs)
        for table in TABLES:
            if table != "speed":
                ablation(table, runs)
        print(f"\n{figure(runs)}")


if __name__ == "__main__":
    main()
