"""Comparisons as Markdown, for docs/results.md and docs/pictures.md.

    python benchmarks/comparisons.py comparison-….json […]
    python benchmarks/comparisons.py comparison-….json --scores frechet_distance class_accuracy

The files are those that `regenkit compare` writes to runs/NAME/compare; each holds the command that made it. With
--scores a table of these alone: of samples from true Y′, then from predicted Y′; ± the spread between training seeds.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from regenkit.analysis.report import scores
from regenkit.analysis.report.comparison import main_table

LONGEST = 48


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--scores", nargs="+", default=[], metavar="METRIC", help="these alone, as a table")
    options = parser.parse_args()
    for path in options.paths:
        report = json.loads(path.read_text())
        if options.scores:
            print(f"    {report['command']}\n")
            table(*of_scores(report, options.scores))
        else:
            whole(report)
        print()


def whole(report: dict[str, Any]) -> None:
    print(f"## {', '.join(report['cells'][0]['settings'])}\n\n    {report['command']}\n")
    print(f"Bits a step of Y, {report['split']} split: {report['examples']} examples, {report['steps']} steps.\n")
    table(*main_table(report))
    if report.get("better"):
        print("\nScores of samples; the gap is predicted − true.\n")
        table(scores.titles(report), scores.rows(report))
    print()
    for sentence in report["finding"]:
        print(f"- {sentence}")


def of_scores(report: dict[str, Any], wanted: list[str]) -> tuple[list[str], list[list[str]]]:
    """(titles, lines), a line a cell and one of the direct route; metrics by the end of their names."""
    names = [next(name for name in report["better"] if name.split("/")[-1] == each) for each in wanted]
    lines = []
    for cell in report["cells"]:
        shown = [", ".join(rounded(cell["scores"][name][route]) for route in ("oracle", "predicted")) for name in names]
        lines.append([cell["label"], *shown, f"{cell['parameters'] / 1e6:.2f}", f"{cell['seconds']:,.0f}"])
    for number, direct in enumerate(report["direct"] or []):
        of = [cell for cell in report["cells"] if cell["direct"] == number]
        shown = [rounded(of[0]["scores"][name]["direct"]) for name in names]
        label = "direct" if len(report["direct"]) == 1 else f"direct ({', '.join(cell['label'] for cell in of)})"
        lines.append([label, *shown, f"{direct['parameters'] / 1e6:.2f}", f"{direct['seconds']:,.0f}"])
    return ["", *(each.replace("_", " ") for each in wanted), "M parameters", "s"], lines


def rounded(value: dict[str, Any]) -> str:
    """To three digits, and as many places of its spread."""
    places = 0 if abs(value["mean"]) >= 100 else 1 if abs(value["mean"]) >= 10 else 3
    spread = f" ± {value['spread']:.{places}f}" if "spread" in value else ""
    return f"{value['mean']:.{places}f}{spread}"


def table(titles: Any, lines: Any) -> None:
    print("| " + " | ".join(titles) + " |\n" + "| --- " * len(titles) + "|")
    for line in lines:
        print("| " + " | ".join(map(short, line)) + " |")


def short(text: str) -> str:
    """A long label by its end, where cells of a grid differ."""
    return text if len(text) <= LONGEST else f"…{text[-LONGEST:]}"


if __name__ == "__main__":
    main()
