"""What DejaVu is worth: small networks alone and with it, its controls, redactions, modules, extensions, few labels.

    PYTHONPATH=.:plugins python benchmarks/dense_arms.py --out dense             # all that is not there yet
    PYTHONPATH=.:plugins python benchmarks/dense_arms.py --out dense --tune     # settings, by the validation split
    PYTHONPATH=.:plugins python benchmarks/dense_report.py --out dense           # docs/dense.json and its tables

Pictures are of 32 × 32 pixels (tiles of land are cut in four), so that many seeds are affordable. An arm is traced once
and trained from the weights, batches and noise of each seed; two arms of a seed begin with the same network and see the
same batches. The weights are those averages that predicted the validation split best (looked at every VALIDATE steps);
what is reported is of the test split.

Tuned, with one seed that is not reported, by the least validation loss of the network alone: first the learning rate of
the base network, then at that rate the weight of DejaVu, four values each. All arms of a task have the same.

`base, as long` is the base network with as many more steps as DejaVu takes processor time. Where only a part of the
training pictures has maps, half of each batch is drawn from that part and half from all, in both arms.
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from dense_report import lines
from dense_training import STEPS, TASKS, Arm, Data, read
from rich.console import Console

from regenkit import Evaluation
from regenkit.plugins import host

RATES, WEIGHTS, TUNED = (1e-3, 3e-3, 1e-2, 3e-2), (0.03, 0.1, 0.3, 1.0), 100
"""What is tried, and the seed that it is tried with."""
BEYOND = {"normals": (1e-4, 3e-4), "depth": (0.1,)}
"""Rates that are tried besides, where the best one was the least or the greatest."""
CONTROLS: dict[str, dict[str, Any]] = {
    "detached": {"maps": "detached"},
    "shuffled": {"maps": "shuffled"},
    "none": {"redaction": ("none",)},
    "total": {"redaction": ("total",)},
}
REDACTIONS: dict[str, dict[str, Any]] = {
    "pixels": {},
    "blocks": {"redaction": ("blocks",)},
    "low_pass": {"redaction": ("low_pass",)},
    "dct_low_pass": {"redaction": ("dct_low_pass",)},
    "grey": {"redaction": ("grey",), "strength": 1.0},
}
MODULES: dict[str, dict[str, Any]] = {
    "forward": {}, "recursive": {"module": "recursive"}, "attention": {"module": "attention", "width": 32},
}  # fmt: skip
EXTENSIONS: dict[str, dict[str, Any]] = {
    "shared attention": {"module": "attention", "shared_attention": True},
    "class supervision": {"class_supervision": 0.1},
    "cycle": {"cycle": 0.1},
}
CORNERS = {f"{redaction}, {module}": {**taken, **how}
           for redaction, taken in REDACTIONS.items() for module, how in MODULES.items() if taken or how}  # fmt: skip
ARMS: dict[str, dict[str, Any]] = {"dejavu": {}, **CONTROLS, **CORNERS, **EXTENSIONS}


@lru_cache(maxsize=12)
def arm_of(task: str, network: str, name: str) -> Arm:
    return Arm(task, network, None if name == "base" else ARMS[name])


def scores(task: str, data: Data, drawn: dict[str, np.ndarray]) -> dict[str, list[float]]:
    x, y = data.splits["test"]
    rows = range(len(next(iter(x.values()))))
    of = Evaluation(samples=[{name: value[row] for name, value in drawn.items()} for row in rows],
                    references=[{name: value[row] for name, value in y.items()} for row in rows])  # fmt: skip
    return {name: np.round(host().find("metric", f"dense/{name}").load()(of), 6).tolist() for name in TASKS[task][2]}


PAIR = ("base", "dejavu")
Run = tuple[str, str, float, str, int]
"""Task, network, share of labels, arm, seed."""


def plan() -> Iterator[Run]:
    """The question first; then two seeds of controls, and of the rest a first seed before there is a second."""
    whole = (*PAIR, "base, as long")
    for task in TASKS:
        yield from runs(task, whole, range(5))
    for task in TASKS:
        yield from runs(task, CONTROLS, range(1 if task == "depth" else 2))
    yield from few("land", range(2))
    for task in ("land", "brain"):
        yield from runs(task, EXTENSIONS, range(1))
    yield from few("land", range(5), (*whole, "detached"), (0.02,))
    yield from runs("land", CORNERS, range(1))
    for network in ("vit", "fpn"):
        yield from runs("land", PAIR, range(2), network)
    yield from few("brain", range(2))
    for task in ("normals", "brain", "depth"):
        yield from runs(task, CORNERS, range(1))
    for task in TASKS:
        for network in ("vit", "fpn", "larger"):
            yield from runs(task, PAIR, range(2), network)
    for task in TASKS:
        yield from runs(task, CONTROLS, range(3))
        yield from runs(task, (*EXTENSIONS, *CORNERS), range(2))
        yield from few(task, range(3))


def runs(task: str, arms: Iterable[str], seeds: Iterable[int], network: str = "unet") -> Iterator[Run]:
    yield from ((task, network, 1.0, arm, seed) for arm in arms if fits(task, arm) for seed in seeds)


def few(
    task: str, seeds: Iterable[int], arms: Iterable[str] = PAIR, shares: Iterable[float] = (0.02, 0.1, 0.5)
) -> Iterator[Run]:
    yield from ((task, "unet", share, arm, seed) for share in shares for arm in arms for seed in seeds)


def fits(task: str, arm: str) -> bool:
    """Slices of a brain have no colours that could be taken: there the cosine transform stands in its place."""
    if arm == "class supervision":
        return task in ("land", "brain")
    return not arm.startswith("grey" if task == "brain" else "dct_low_pass")


def run(out: Path, console: Console) -> None:
    path, settings = out / "results.jsonl", json.loads((out / "settings.json").read_text())
    done = {(each["task"], each["network"], each["labels"], each["arm"], each["seed"]): each for each in lines(path)}
    for task, network, fraction, name, seed in plan():
        if (task, network, fraction, name, seed) in done:
            continue
        steps = STEPS
        if name == "base, as long":
            spent = [np.median([done[task, network, 1.0, each, number]["seconds_a_step"] for number in range(5)])
                     for each in ("dejavu", "base")]  # fmt: skip
            steps = max(STEPS, round(STEPS * spent[0] / spent[1]))
        arm = arm_of(task, network, "base" if name.startswith("base") else name)
        data = read(task, arm.size, fraction)
        found = arm.train(data, seed, steps=steps, **settings[task])
        line = {"task": task, "network": network, "labels": fraction, "arm": name, "seed": seed, "steps": steps,
                **found, "parameters": arm.generator.count_params(),
                "scores": scores(task, data, arm.generator.sample(data.splits["test"][0], seed=0))}  # fmt: skip
        done[task, network, fraction, name, seed] = line
        append(path, line)
        shown = {name: round(float(np.nanmean(each)), 4) for name, each in line["scores"].items()}
        console.print(task, network, fraction, name, seed, f"{1000 * found['seconds_a_step']:.0f} ms", shown)


def tune(out: Path, console: Console) -> None:
    """settings.json: of each task the rate and the weight of the least validation loss, of all in tune.jsonl."""
    path, settings = out / "tune.jsonl", {}
    done = {(each["task"], each["rate"], each["weight"]): min(each["validation"]) for each in lines(path)}
    for task in TASKS:

        def tried(rate: float, weight: float | None, task: str = task) -> float:
            if (task, rate, weight) not in done:
                arm = arm_of(task, "unet", "base" if weight is None else "dejavu")
                found = arm.train(read(task, arm.size), TUNED, steps=STEPS, rate=rate, weight=weight or 0.0)
                append(path, {"task": task, "rate": rate, "weight": weight, "steps": STEPS, **found})
                console.print(task, rate, weight, f"{1000 * found['seconds_a_step']:.0f} ms", found["validation"])
                done[task, rate, weight] = min(found["validation"])
            return float(done[task, rate, weight])

        rate = min((*RATES, *BEYOND.get(task, ())), key=lambda each: tried(each, None))
        settings[task] = {"rate": rate, "weight": min(WEIGHTS, key=lambda each: tried(rate, each))}
    (out / "settings.json").write_text(json.dumps(settings, indent=1))


def one_answer(task: str) -> dict[str, float]:
    """The scores of one and the same answer for every pixel: the commonest class, the mean normal, the mean of the
    logarithms of depth."""
    data, drawn = read(task, 32), {}
    test = data.splits["test"][1]
    for name, values in data.splits["train"][1].items():
        if name == "classes":
            answer = np.asarray(np.bincount(values[values > 0]).argmax())
        elif name == "normals":
            answer = values.reshape(-1, 3).sum(0)
            answer = answer / np.linalg.norm(answer)
        else:
            answer = np.exp(np.log(values[values > 0]).mean())[None]
        drawn[name] = np.broadcast_to(answer.astype(test[name].dtype), test[name].shape)
    return {name: round(float(np.nanmean(each)), 4) for name, each in scores(task, data, drawn).items()}


def append(path: Path, line: dict[str, Any]) -> None:
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tune", action="store_true")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.tune or not (given.out / "settings.json").exists():
        tune(given.out, Console(width=170))
        (given.out / "one_answer.json").write_text(json.dumps({task: one_answer(task) for task in TASKS}, indent=1))
    if not given.tune:
        run(given.out, Console(width=170))


if __name__ == "__main__":
    main()
