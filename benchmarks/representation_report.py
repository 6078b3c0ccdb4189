"""Tables and figure of benchmarks/representation.py."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from representation_arms import EVERY, FOLDER, MEASURED, NONE, PROBED, SAMPLES, SPEED, STEPS, TABLES, TIME, Arm

Runs = dict[tuple[Arm, int], dict[str, Any]]
"""By settings and seed."""


def show(runs: Runs) -> None:
    print("\n" + "\n".join(sorted({run["machine"] for run in runs.values()})))
    speed(runs)
    probes(runs)
    for table in TABLES:
        if table != "speed":
            ablation(table, runs)
    print(f"\n{figure(runs)}")


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


def speed(runs: Runs) -> None:
    seeds = sorted({seed for arm, seed in runs if arm == NONE})
    print(f"\nFréchet distance (a classifier's features) of {SAMPLES} samples, seeds {seeds}; mean (least–greatest)\n")
    print(f"| | {' | '.join(f'{step} steps' for step in range(EVERY, STEPS + 1, EVERY))} | FD(E) at the end | class "
          "accuracy | CPU ms a step | steps to the end of `none`: × fewer | the same in CPU time |")  # fmt: skip
    print("| --- " * (STEPS // EVERY + 6) + "|")
    for title, arm in SPEED.items():
        mine = {seed: runs[arm, seed] for seed in seeds if (arm, seed) in runs}
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


def probes(runs: Runs) -> None:
    print(f"\nClass told after {STEPS} steps, linearly / by neighbours: {PROBED} training pictures, {MEASURED} of the "
          f"test split, under noise of time {TIME}; mean over seeds (least–greatest, linearly)\n")  # fmt: skip
    for title, arm in SPEED.items():
        mine = [run["points"][-1]["told"] for (each, _), run in sorted(runs.items()) if each == arm]
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


def ablation(table: str, runs: Runs) -> None:
    """A row an arm; gains are those of `speed`, over the table's own model without a regulariser."""
    seed = min(seed for _, seed in runs)
    plain = runs.get((TABLES[table]["none"], seed))
    if plain is None:
        return
    print(f"\nBy {table}: after {STEPS} steps, seed {seed}\n\n| | parameters | FD | FD(E) | class accuracy | CPU ms a "
          "step | × fewer steps | the same in CPU time |")  # fmt: skip
    print("| --- " * 8 + "|")
    for title, arm in TABLES[table].items():
        if run := runs.get((arm, seed)):
            last, gain = run["points"][-1], STEPS / reached(run, plain["points"][-1]["fd"])
            gains = (gain, gain * plain["step_seconds"] / run["step_seconds"])
            said = " | ".join("never" if np.isnan(value) else f"{value:.2f}" for value in gains)
            print(f"| {title} | {run['parameters']:,} | {last['fd']:.1f} | {last['fd_e']:.1f} | {last['accuracy']:.3f} "
                  f"| {1000 * run['step_seconds']:.0f} | {said} |")  # fmt: skip


def figure(runs: Runs) -> Path:
    """Fréchet distance against steps: means, and from the least to the greatest of the seeds."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    drawing, axes = pyplot.subplots(figsize=(6, 4))
    for title, arm in SPEED.items():
        mine = [run["points"] for (each, _), run in sorted(runs.items()) if each == arm]
        if mine:
            steps, values = [point["step"] for point in mine[0]], np.array([[p["fd"] for p in run] for run in mine])
            axes.plot(steps, values.mean(0), marker="o", label=f"{title} ({len(mine)})")
            axes.fill_between(steps, values.min(0), values.max(0), alpha=0.2)
    axes.set(xlabel="steps", ylabel="Fréchet distance, a classifier's features", yscale="log")
    for ticks in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        ticks("{x:.0f}")
    axes.legend(title="mean, least and greatest of so many seeds")
    drawing.savefig(FOLDER / "speed.svg", bbox_inches="tight")
    return FOLDER / "speed.svg"
