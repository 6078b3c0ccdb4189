"""The figures of `dense_arms.py` as docs/dense.json, and that file as the tables of docs/dense.md.

    PYTHONPATH=.:plugins python benchmarks/dense_report.py --runs dense      # writes docs/dense.json, and the tables
    PYTHONPATH=.:plugins python benchmarks/dense_report.py                   # writes the tables of docs/dense.json

A difference is between two arms of the same seeds and test pictures. Its 95 % interval is of a bootstrap that draws
seeds and, within them, pictures; so it says what another seed and other pictures would give. Crops of a scene overlap,
so for depth and normals it is narrower than it should be.
"""

import argparse
import json
import re
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

PAGE = Path("docs/dense.md")
DRAWS = 2000
LOWER = ("abs_rel", "rmse", "angular_error", "median_angular_error", "hausdorff_95")
MAIN = {"land": "boundary_f", "brain": "dice", "normals": "angular_error", "depth": "abs_rel"}
"""Of each task the score of the tables that have one score only."""
CONTROLS = ("dejavu", "detached", "shuffled", "none", "total")
EXTENSIONS = ("attention", "shared attention", "class supervision", "cycle")
FEWEST = 0.02
REDACTIONS = ("pixels", "blocks", "low_pass", "dct_low_pass", "grey")
MODULES = ("forward", "recursive", "attention")
Row = dict[str, Any]
Key = tuple[str, str, float, str]
"""Task, network, share of labels, arm."""


def difference(mine: np.ndarray, theirs: np.ndarray) -> dict[str, Any]:
    """Of two scores [seeds, pictures], mine minus theirs."""
    apart = mine - theirs
    random, known = np.random.default_rng(0), np.isfinite(apart).astype(float)
    seeds, pictures = (random.multinomial(size, np.full(size, 1 / size), DRAWS) for size in apart.shape)
    sums, counts = (((seeds @ each) * pictures).sum(1) for each in (np.nan_to_num(apart), known))
    drawn = sums / np.maximum(counts, 1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"mean": _short(np.nanmean(apart)), "low": _short(low), "high": _short(high),
            "seeds": [_short(np.nanmean(each)) for each in apart]}  # fmt: skip


def written(folder: Path) -> dict[str, Any]:
    """What docs/dense.json says: scores of each arm over its seeds, and its differences from the base network."""
    groups: dict[Key, dict[int, Row]] = {}
    for each in lines(folder / "results.jsonl"):
        groups.setdefault((each["task"], each["network"], each["labels"], each["arm"]), {})[each["seed"]] = each
    report: dict[str, Any] = {"settings": json.loads((folder / "settings.json").read_text()), "tuned": [], "arms": []}
    for each in lines(folder / "tune.jsonl"):
        least = min(each["validation"])
        report["tuned"].append({"task": each["task"], "rate": each["rate"], "weight": each["weight"],
                                "validation": least})  # fmt: skip
    for (task, network, labels, arm), runs in groups.items():
        first = next(iter(runs.values()))
        row: Row = {"task": task, "network": network, "labels": labels, "arm": arm, "seeds": len(runs),
                    "steps": first["steps"], "parameters": first["parameters"],
                    "ms_a_step": round(1000 * statistics.median(each["seconds_a_step"] for each in runs.values()), 1),
                    "best_after": statistics.mean((int(np.argmin(each["validation"])) + 1) / len(each["validation"])
                                                  for each in runs.values()), "scores": {}}  # fmt: skip
        for metric in first["scores"]:
            found = {"mean": _short(np.mean([np.nanmean(each["scores"][metric]) for each in runs.values()])),
                     "seeds": [_short(np.nanmean(each["scores"][metric])) for each in runs.values()]}  # fmt: skip
            for name, other in (("minus_base", "base"), ("minus_base_as_long", "base, as long")):
                theirs = groups.get((task, network, labels, other), {})
                shared = sorted(set(runs) & set(theirs))
                if (
                    arm != other
                    and shared
                    and not (arm == "base" or (name == "minus_base_as_long" and arm != "dejavu"))
                ):
                    sides = (
                        np.array([side[seed]["scores"][metric] for seed in shared], float) for side in (runs, theirs)
                    )
                    found[name] = difference(*sides)
            row["scores"][metric] = found
        report["arms"].append(row)
    return {**report, "one_answer": json.loads((folder / "one_answer.json").read_text())}


def lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _short(value: Any) -> float:
    return float(f"{float(value):.4g}")


# --- tables ----------------------------------------------------------------------------------------------------------


def tables(report: dict[str, Any]) -> dict[str, str]:
    """By title, in Markdown."""
    found: dict[str, str] = {}
    say = found.__setitem__
    arms: dict[Key, Row] = {(each["task"], each["network"], each["labels"], each["arm"]): each
                            for each in report["arms"]}  # fmt: skip
    tasks = list(report["settings"])

    def cell(task: str, network: str, labels: float, arm: str, metric: str, which: str = "minus_base") -> str:
        row = arms.get((task, network, labels, arm))
        return "" if row is None else told(row["scores"][metric].get(which), metric)

    def scored(task: str, network: str, labels: float, arm: str, metric: str) -> str:
        row = arms.get((task, network, labels, arm))
        if row is None:
            return ""
        seeds = row["scores"][metric]["seeds"]
        return f"{row['scores'][metric]['mean']:.4g}" + (f" ± {statistics.stdev(seeds):.2g}" if len(seeds) > 1 else "")

    rows = []
    for task in tasks:
        for metric in arms[task, "unet", 1.0, "base"]["scores"]:
            rows.append([task, named(metric), f"{report['one_answer'][task][metric]:.4g}",
                         scored(task, "unet", 1.0, "base", metric), cell(task, "unet", 1.0, "dejavu", metric),
                         cell(task, "unet", 1.0, "dejavu", metric, "minus_base_as_long")])  # fmt: skip
    table(say, "Alone and with DejaVu", ("task", "score", "one answer", "base", "DejaVu − base, equal steps",
                                         "DejaVu − base, equal seconds"), rows)  # fmt: skip
    table(say, "Controls, minus base", ("task", "score", *CONTROLS), [
        [task, named(MAIN[task]), *(cell(task, "unet", 1.0, arm, MAIN[task]) for arm in CONTROLS)]
        for task in tasks
    ])  # fmt: skip
    rows = [[task, named(MAIN[task]), f"{labels:.0%}", scored(task, "unet", labels, "base", MAIN[task]),
             cell(task, "unet", labels, "dejavu", MAIN[task])]
            for task in tasks for labels in sorted({key[2] for key in arms if key[0] == task})
            if len({key[2] for key in arms if key[0] == task}) > 1]  # fmt: skip
    table(say, "Few labels", ("task", "score", "labels", "base", "DejaVu − base"), rows)
    least = {arm: cell("land", "unet", FEWEST, arm, MAIN["land"]) for arm in ("dejavu", "detached", "base, as long")}
    table(say, "Two per cent of labels, land", ("score", *(f"{arm}, minus base" for arm in least)), [
        [named(MAIN["land"]), *least.values()]
    ])  # fmt: skip
    networks = list(dict.fromkeys(key[1] for key in arms))
    rows = [[task, network, f"{arms[task, network, 1.0, 'base']['parameters']:,}",
             str(arms[task, network, 1.0, "base"]["seeds"]), named(MAIN[task]),
             scored(task, network, 1.0, "base", MAIN[task]), cell(task, network, 1.0, "dejavu", MAIN[task])]
            for task in tasks for network in networks if (task, network, 1.0, "base") in arms]  # fmt: skip
    table(say, "Networks", ("task", "network", "parameters", "seeds", "score", "base", "DejaVu − base"), rows)
    for task in tasks:
        rows = [[redaction, *(cell(task, "unet", 1.0, corner(redaction, module), MAIN[task]) for module in MODULES)]
                for redaction in REDACTIONS
                if any((task, "unet", 1.0, corner(redaction, module)) in arms for module in MODULES)]  # fmt: skip
        table(say, f"Redactions and modules, {task}, {named(MAIN[task])} minus base", ("redaction", *MODULES), rows)
    rows = [[task, named(MAIN[task]), *(cell(task, "unet", 1.0, corner("pixels", arm) if arm in MODULES else arm,
                                             MAIN[task]) for arm in EXTENSIONS)] for task in tasks]  # fmt: skip
    table(say, "Extensions, minus base", ("task", "score", *EXTENSIONS), rows)
    for title, told_of in (("learning rate of the base network", "rate"), ("weight of DejaVu", "weight")):
        mine = [each for each in report["tuned"] if (each["weight"] is None) == (told_of == "rate")]
        values = sorted({each[told_of] for each in mine})
        least_of = {(each["task"], each[told_of]): each["validation"] for each in mine}
        table(say, f"Least validation loss by the {title}", ("task", *(f"{value:g}" for value in values)), [
            [task, *(f"{least_of[task, value]:.4g}" if (task, value) in least_of else "" for value in values)]
            for task in tasks
        ])  # fmt: skip
    table(say, "Cost", ("task", "network", "arm", "ms a step", "best weights after"), [
        [row["task"], row["network"], row["arm"], f"{row['ms_a_step']:g}", f"{row['best_after']:.0%}"]
        for row in report["arms"] if row["labels"] == 1 and row["arm"] in ("base", "dejavu")
    ])  # fmt: skip
    return found


def corner(redaction: str, module: str) -> str:
    return "dejavu" if (redaction, module) == ("pixels", "forward") else f"{redaction}, {module}"


def named(metric: str) -> str:
    return f"{metric.replace('_', ' ')} {'↓' if metric in LOWER else '↑'}"


def told(found: dict[str, Any] | None, metric: str) -> str:
    """A difference with its interval; in bold, with its direction, where the interval excludes 0. Of fewer seeds than
    three there is no interval that means anything."""
    if found is None:
        return ""
    if len(found["seeds"]) == 1:
        return f"{found['mean']:+.2g}".replace("-", "−")
    if len(found["seeds"]) < 3:
        return f"{found['mean']:+.2g} (seeds {', '.join(f'{each:+.2g}' for each in found['seeds'])})".replace("-", "−")
    text = f"{found['mean']:+.2g} ({found['low']:+.2g} … {found['high']:+.2g})".replace("-", "−")
    if found["low"] <= 0 <= found["high"]:
        return text
    return f"**{text}** {'better' if (found['mean'] < 0) == (metric in LOWER) else 'worse'}"


def table(say: Callable[[str, str], None], title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if any(any(row[1:]) for row in rows):
        say(title, "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *rows)))


def filled(page: str, found: dict[str, str]) -> str:
    """The page with each table in the place of the one that stands below its title in a comment."""
    for title, text in found.items():
        page, places = re.subn(rf"(?<=<!-- {re.escape(title)} -->\n\n)(\|.*\n)*", lambda _, text=text: text, page)
        if places != 1:
            raise SystemExit(f"{PAGE}: has the comment <!-- {title} --> {places} times; right is once")
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=Path)
    parser.add_argument("--report", type=Path, default=Path("docs/dense.json"))
    given = parser.parse_args()
    if given.runs is not None:
        given.report.write_text(json.dumps(written(given.runs), indent=1) + "\n")
    PAGE.write_text(filled(PAGE.read_text(), tables(json.loads(given.report.read_text()))))


if __name__ == "__main__":
    main()
