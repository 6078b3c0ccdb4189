"""Comparisons as Markdown, for docs/results.md and docs/pictures.md.

    python benchmarks/comparisons.py comparison-….json […]
    python benchmarks/comparisons.py comparison-….json --scores frechet_distance class_accuracy

The files are those that `regenkit compare` writes to runs/NAME/compare; each holds the command that made it. With
--scores a table of these alone: of samples from true Y′, then from predicted Y′; ± the spread between training seeds.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from regenkit.analysis.results.comparison import Comparison
from regenkit.analysis.results.figure import Figure
from regenkit.analysis.results.files import read
from regenkit.analysis.tables.comparison_tables import main_table, scores_table
from regenkit.analysis.tables.table import Cell, Table, as_markdown, count, value, words

LONGEST = 48


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--scores", nargs="+", default=[], metavar="METRIC", help="these alone, as a table")
    options = parser.parse_args()
    for path in options.paths:
        comparison = read(Comparison, path)
        if options.scores:
            print(f"    {comparison.setup.command}\n")
            print(as_markdown(of_scores(comparison, options.scores), short))
        else:
            whole(comparison)
        print()


def whole(comparison: Comparison) -> None:
    setup = comparison.setup
    print(f"## {', '.join(comparison.cells[0].settings)}\n\n    {setup.command}\n")
    held = f"{comparison.examples} examples, {comparison.steps:,.0f} {setup.unit}s"
    print(f"Bits a {setup.unit} of Y, {setup.split} split: {held}.\n")
    print(as_markdown(main_table(comparison), short))
    if comparison.better:
        print("\nScores of samples; the gap is predicted − true.\n")
        print(as_markdown(scores_table(comparison), short))
    print()
    for sentence in comparison.finding:
        print(f"- {sentence}")


def of_scores(comparison: Comparison, wanted: Sequence[str]) -> Table:
    """A row a cell and one a direct route; metrics by the end of their names."""
    names = [next(name for name in comparison.better if name.split("/")[-1] == each) for each in wanted]
    rows = []
    for cell in comparison.cells:
        routes = [cell.scores[name].routes for name in names]
        shown = [words(", ".join(rounded(each[route]) for route in ("oracle", "predicted"))) for each in routes]
        rows.append([words(cell.label), *shown, *cost(cell.parameters, cell.seconds)])
    for number, direct in enumerate(comparison.direct):
        of = [cell for cell in comparison.cells if cell.direct == number]
        shown = [words(rounded(of[0].scores[name].routes["direct"])) for name in names]
        label = "direct" if len(comparison.direct) == 1 else f"direct ({', '.join(cell.label for cell in of)})"
        rows.append([words(label), *shown, *cost(direct.parameters, direct.seconds)])
    titles = ["", *(each.replace("_", " ") for each in wanted), "M parameters", "s"]
    return Table(titles=titles, rows=rows)


def cost(parameters: int, seconds: float | None) -> list[Cell]:
    spent = None if seconds is None else round(seconds)
    return [value(parameters / 1e6, lambda millions: f"{millions:.2f}"), count(spent)]


def rounded(figure: Figure) -> str:
    """To three digits, and as many places of its spread."""
    places = 0 if abs(figure.mean) >= 100 else 1 if abs(figure.mean) >= 10 else 3
    spread = f" ± {figure.spread:.{places}f}" if figure.spread is not None else ""
    return f"{figure.mean:.{places}f}{spread}"


def short(text: str) -> str:
    """A long label by its end, where cells of a grid differ."""
    return text if len(text) <= LONGEST else f"…{text[-LONGEST:]}"


if __name__ == "__main__":
    main()
