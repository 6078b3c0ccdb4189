"""Comparisons as Markdown, for docs/results.md: `python benchmarks/comparisons.py comparison-….json […]`.

The files are those that `regenkit compare` writes to runs/NAME/compare; each holds the command that made it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from regenkit.report import scores
from regenkit.report.comparison import main_table

LONGEST = 48


def main(paths: list[str]) -> None:
    for path in paths:
        report = json.loads(Path(path).read_text())
        print(f"## {', '.join(report['cells'][0]['settings'])}\n\n    {report['command']}\n")
        print(f"Bits a step of Y, {report['split']} split: {report['examples']} examples, {report['steps']} steps.\n")
        table(*main_table(report))
        if report.get("better"):
            print("\nScores of samples; the gap is predicted − true.\n")
            table(scores.titles(report), scores.rows(report))
        print()
        for sentence in report["finding"]:
            print(f"- {sentence}")
        print()


def table(titles: Any, lines: Any) -> None:
    print("| " + " | ".join(titles) + " |\n" + "| --- " * len(titles) + "|")
    for line in lines:
        print("| " + " | ".join(map(short, line)) + " |")


def short(text: str) -> str:
    """A long label by its end, where cells of a grid differ."""
    return text if len(text) <= LONGEST else f"…{text[-LONGEST:]}"


if __name__ == "__main__":
    main(sys.argv[1:])
