"""What a window leaves to z: a variational lossy autoencoder of digits, by windows, priors and posteriors.

    PYTHONPATH=.:plugins python benchmarks/vlae.py --out vlae                  # 7 settings × 3 seeds, 6 minutes each
    PYTHONPATH=.:plugins python benchmarks/vlae.py --out vlae --seeds 1        # one seed
    PYTHONPATH=.:plugins python benchmarks/vlae.py --out vlae --steps 60 --pictures 8 --samples 64   # does it run?
    PYTHONPATH=.:plugins python benchmarks/vlae.py --out vlae --table          # table and figures of what is there

The data are those of recipes/vlae_digits.yaml, whose converter alone is trained: 28 × 28, cut at mid-grey, so of two
levels. All settings have the same network but for what they vary. A run that is done is a line of OUT/results.jsonl and
is not made again unless it is to be measured otherwise; one that was interrupted goes on. Of each:

    KL      the code's length, the mean of log q(z | x) − log p(z) over the test split, in bits
    bound   −log P(x) at most, nats a picture: −log P(x | z) + KL, over the test split
    NLL     −log P(x) by importance samples (Burda et al. 2016, arXiv 1509.00519), nats a picture, of some test pictures
    KL at equal bound   when the bound on the validation split had come to the best one of the factorised decoder

±: standard deviation over seeds. Weights are the averaged ones of the best validation.
"""

import argparse
import json
import math
import time
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from regenkit.errors import Interrupted
from regenkit.recipe import load
from regenkit_image.modality.files import write
from regenkit_image.modality.picture import Picture, levels
from regenkit_image.modality.sheet import sheet

RECIPE = Path(__file__).parent.parent / "recipes" / "vlae_digits.yaml"
SETTINGS: dict[str, dict[str, Any]] = {
    "window 0": {"window": 0},
    "window 3 × 1": {"window": [3, 1]},
    "window 5 × 2": {"window": [5, 2]},
    "window 7 × 3": {"window": [7, 3]},
    "window 11 × 5": {"window": [11, 5]},
    "Gaussian prior": {"window": [5, 2], "prior": "gaussian"},
    "Gaussian prior, IAF posterior": {"window": [5, 2], "prior": "gaussian", "posterior": "iaf"},
}
"""The first five have a flow as prior and a Gaussian posterior."""
FACTORISED = "window 0"
STEPS, PICTURES, SAMPLES = 2500, 200, 4096
SHOWN, DRAWN = 10, 3
"""Pictures of the figure, and how often each is drawn from its z."""
PAPER = (
    "The paper (arXiv 1611.02731) has 79.03 nats on statically binarised MNIST, by 4,096 samples; a code of 19.2 bits, "
    "of 37.3 with a factorised decoder. These figures do not compare with it: 10,000 of MNIST's digits in all, cut at "
    "mid-grey where its levels were drawn by lot, another split, a smaller network, and minutes of one core."
)


# --- a run ------------------------------------------------------------------------------------------------------------


def run(name: str, seed: int, options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Train a setting, or go on with it, and measure it; returns its line."""
    from regenkit.pipeline import Pipeline
    from regenkit.quiet import tensorflow as tf
    from regenkit.run.train import train_stage, working_on

    chosen = [f"converter.{key}={json.dumps(value)}" for key, value in SETTINGS[name].items()]
    recipe = load(RECIPE, [*chosen, f"train.seed={seed}", f"train.converter.steps={options.steps}",
                           f"train.converter.validate_every={max(20, options.steps // 25)}"])  # fmt: skip
    folder = folder_of(options.out, name, seed, options.steps)
    strategy, began = tf.distribute.get_strategy(), time.process_time()
    with working_on(folder, recipe, strategy, console) as log:
        pipeline = Pipeline(recipe, folder)
        data = pipeline.prepare(log.counted)
        trained = train_stage(pipeline, "converter", data, strategy, log)
    model, test = pipeline.stage("converter"), data.indices("test")
    y = np.stack([data.example(int(index))[0]["y"]["pixels"] for index in test])
    kept = y[np.linspace(0, len(y) - 1, min(options.pictures, len(y))).astype(int)]
    terms = bound_of(model, y)
    evidence = model.log_evidence(kept, samples=options.samples)
    np.savez(folder / "seen.npz", **looks(model, y[:: len(y) // SHOWN][:SHOWN]))
    return {
        "setting": name, "seed": seed, "steps": trained["steps"], "best_step": trained["best_step"],
        "parameters": trained["parameters"], "cpu_seconds": round(time.process_time() - began),
        "test": len(y), "divergence": terms["divergence"], "pixels": terms["pixels"],
        "nll": -float(evidence.mean()), "error": float(evidence.std() / math.sqrt(len(kept))),
        "pictures": len(kept), "samples": options.samples, "curve": curve(folder, model.values),
    }  # fmt: skip


def folder_of(out: Path, name: str, seed: int, steps: int) -> Path:
    return out / "runs" / f"{name.replace(' × ', 'x').replace(' ', '-')}-{steps}-{seed}"


def bound_of(model: Any, y: np.ndarray) -> dict[str, float]:
    """Nats a picture of each term of the bound; by 100 pictures at a time."""
    from regenkit.quiet import tensorflow as tf

    parts = [model.losses({"condition": {}, "target": {"pixels": tf.constant(y[start : start + 100])}}, noise=None)
             for start in range(0, len(y), 100)]  # fmt: skip
    return {
        term: float(np.concatenate([part["main"][term][0] for part in parts]).mean())
        for term in ("pixels", "divergence")
    }


def curve(folder: Path, values: float) -> list[tuple[float, float]]:
    """(bound, divergence) of each validation, nats a picture; a run that went on has logged none twice."""
    lines = map(json.loads, (folder / "log.jsonl").read_text().splitlines())
    found = [line for line in lines if line["kind"] == "validation"]
    return [(values * (line["pixels"] + line["divergence"]), values * line["divergence"]) for line in found]


def looks(model: Any, y: np.ndarray) -> dict[str, np.ndarray]:
    """Pictures, what is drawn of their z, and what is drawn of z from the prior, uint8."""
    from regenkit_image.networks.masked import levelled, shown

    rep = {"latent": np.asarray(model.encode({}, {"pixels": y})["latent"])}
    drawn = [model.sample(rep, seed=seed)["pixels"] for seed in range(DRAWN)]
    imagined = model.sample(model.imagine(len(y), seed=0), seed=0)["pixels"]
    cut = shown(levelled(y, model.levels), model.levels).numpy()
    return {"original": levels(cut), "drawn": levels(np.stack(drawn)), "imagined": levels(imagined)}


# --- what came of them ------------------------------------------------------------------------------------------------


def results(out: Path) -> list[dict[str, Any]]:
    path = out / "results.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def spread(values: Iterable[float], digits: int = 1) -> str:
    """Mean ± standard deviation over seeds; a single one alone."""
    found = list(values)
    deviation = f" ± {np.std(found, ddof=1):.{digits}f}" if len(found) > 1 else ""
    return f"{np.mean(found):.{digits}f}{deviation}" if found else "—"


def at_bound(curve: list[list[float]], bound: float) -> float | None:
    """The divergence when the bound came to this one, on a line between two validations; None where it did not."""
    for (before, first), (after, second) in pairwise(curve):
        if before >= bound > after:
            return first + (second - first) * (before - bound) / (before - after)
    return None


def table(lines: list[dict[str, Any]]) -> str:
    """Markdown, a row a setting."""
    by = {name: [line for line in lines if line["setting"] == name] for name in SETTINGS}
    last = {line["seed"]: min(bound for bound, _ in line["curve"]) for line in by[FACTORISED]}
    titles = "KL, bits", "NLL, nats", "bound, nats", "of it pixels", "KL at equal bound, bits", "parameters", "CPU s"
    rows = [f"| | {' | '.join(titles)} |", "| --- " * (len(titles) + 1) + "|"]
    for name, runs in by.items():
        if not runs:
            continue
        equal = [at_bound(line["curve"], last[line["seed"]]) for line in runs if line["seed"] in last]
        bits = [nats / math.log(2) for nats in equal if nats is not None]
        rows.append(
            f"| {name} | {spread(line['divergence'] / math.log(2) for line in runs)} "
            f"| {spread((line['nll'] for line in runs), 2)} "
            f"| {spread((line['divergence'] + line['pixels'] for line in runs), 2)} "
            f"| {spread((line['pixels'] for line in runs), 2)} | {spread(bits)} "
            f"| {runs[0]['parameters']:,} | {np.mean([line['cpu_seconds'] for line in runs]):.0f} |"
        )
    one = lines[0]
    seeds = sorted({line["seed"] for line in lines})
    said = (
        f"{one['steps']} steps, seeds {', '.join(map(str, seeds))}; KL and bound over {one['test']} test pictures, NLL "
        f"of {one['pictures']} of them by {one['samples']} samples (over pictures its standard error is "
        f"{np.mean([line['error'] for line in lines]):.2f})."
    )
    return "\n".join([*rows, "", said, "", PAPER, ""])


def figures(out: Path, lines: list[dict[str, Any]]) -> list[Path]:
    """kept.png: pictures, and for each window several rows drawn of their z; imagined.png: of z from the prior, a row a
    setting. Of the first seed that is there."""
    kept: list[np.ndarray] = []
    imagined: list[np.ndarray] = []
    for name in SETTINGS:
        if not (seeds := [line["seed"] for line in lines if line["setting"] == name]):
            continue
        with np.load(folder_of(out, name, min(seeds), lines[0]["steps"]) / "seen.npz") as seen:
            kept += [] if kept else [seen["original"]]
            kept += list(seen["drawn"]) if name.startswith("window") else []
            imagined.append(seen["imagined"])
    paths = []
    for name, rows in (("kept", kept), ("imagined", imagined)):
        pictures = [Picture(pixels=pixels) for row in rows for pixels in row]
        write(sheet(pictures, columns=SHOWN), out / f"{name}.png")
        paths.append(out / f"{name}.png")
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of runs, results.jsonl, table and figures")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(SETTINGS), default=list(SETTINGS), metavar="SETTING")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--pictures", type=int, default=PICTURES, help="of the test split, for the NLL")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of z, for the NLL of a picture")
    parser.add_argument("--table", action="store_true", help="train nothing")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    console = Console(soft_wrap=True)
    asked = (options.steps, options.pictures, options.samples)
    lines = [line for line in results(options.out) if asked == (line["steps"], line["pictures"], line["samples"])]
    done = {(line["setting"], line["seed"]) for line in lines}
    # seed by seed, so that what is there after any time compares
    for seed in range(options.seeds if not options.table else 0):
        for name in options.only:
            if (name, seed) not in done:
                try:
                    line = run(name, seed, options, console)
                except Interrupted:
                    raise SystemExit("saved; the same command goes on") from None
                with (options.out / "results.jsonl").open("a") as file:
                    file.write(json.dumps(line) + "\n")
                lines.append(line)
    if not lines:
        raise SystemExit(f"{options.out}: no run of {options.steps} steps, measured so, is done")
    text = table(lines)
    (options.out / "table.md").write_text(text)
    print(text, *(f"written: {path}" for path in figures(options.out, lines)), sep="\n")


if __name__ == "__main__":
    main()
