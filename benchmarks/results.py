"""docs/results.md out of report.json files: `python benchmarks/results.py RUN [RUN ...] > docs/results.md`.

Several runs (training seeds) of one recipe are averaged; ± is then their standard deviation, else half the 95 %
bootstrap interval over test examples.
"""

import sys
from pathlib import Path

from regenkit.analysis.findings.wording import listed, plus_minus, with_interval
from regenkit.analysis.measures.combine import combine
from regenkit.analysis.results.files import read
from regenkit.analysis.results.report import Report
from regenkit.analysis.tables.report_tables import routes
from regenkit.analysis.tables.table import as_markdown


def main(runs: list[str]) -> None:
    reports = [read(Report, Path(run) / "report.json") for run in runs]
    report = combine(reports)
    seeds = [each.recipe["train"]["seed"] for each in reports]
    print(f"# Results\n\nLyrics to melody, {report.examples} held-out songs and segments, {report.steps:,.0f} notes; "
          f"training seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}; "
          f"Y′: {', '.join(report.recipe['converter']['parts'])}.\n")  # fmt: skip
    print("Written by `python benchmarks/results.py " + " ".join(runs) + "`, after\n")
    for run, seed in zip(runs, seeds, strict=True):
        print(f"    regenkit train recipes/lyric2melody.yaml --run {run} --set train.seed={seed}")
    print("    regenkit evaluate " + " ".join(runs) + "\n")
    print("## The detour against the direct route, seed by seed\n")
    print("Bits a note on the same songs, with the 95 % bootstrap interval over songs; below 0 the detour is better.\n")
    direct = list(report.bits.predicted_minus)
    print(f"| seed | {' | '.join(f'predicted − {each}' for each in direct)} |\n| --- {'| --- ' * len(direct)}|")
    for seed, each in zip(seeds, reports, strict=True):
        print(f"| {seed} | {' | '.join(with_interval(each.bits.predicted_minus[route]) for route in direct)} |")
    if len(reports) > 1:
        print(f"| all | {' | '.join(plus_minus(report.bits.predicted_minus[route]) for route in direct)} |")
    print("\n## Held-out bits a note\n\n| what | bits a note |\n| --- | --- |")
    for name, stage in report.bits.routes.items():
        print(f"| {name} | {plus_minus(stage.total.bits)} |")
        if stage.total.without_x:
            print(f"| {name}, X hidden | {plus_minus(stage.total.without_x)} |")
    if report.bits.constant_minus_oracle:
        print(f"| constant − oracle | {plus_minus(report.bits.constant_minus_oracle)} |")
    print("\nBy field: " + "; ".join(
        f"{route} " + listed({name: cost.bits.mean for name, cost in report.bits.routes[route].fields.items()})
        for route in ("generator", "oracle", *report.baselines)) + ".\n")  # fmt: skip
    print("## Every route\n")
    print(as_markdown(routes(report)))


if __name__ == "__main__":
    main(sys.argv[1:] or sys.exit(__doc__))
