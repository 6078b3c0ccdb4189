"""docs/results.md out of report.json files: `python benchmarks/results.py RUN [RUN ...] > docs/results.md`.

Several runs (training seeds) of one recipe are averaged; ± is then their standard deviation, else half the 95 %
bootstrap interval over test examples.
"""

import json
import sys
from pathlib import Path

from regenkit.analysis.evaluation.evaluate import combine
from regenkit.analysis.report.table import ROUTES, columns, figure


def main(runs: list[str]) -> None:
    reports = [json.loads((Path(run) / "report.json").read_text()) for run in runs]
    report = reports[0] if len(reports) == 1 else combine(reports)
    bits = report["bits_per_step"]
    seeds = [each["recipe"]["train"]["seed"] for each in reports]
    print(f"# Results\n\nLyrics to melody, {report['examples']} held-out songs and segments, {report['steps']} notes; "
          f"training seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}; "
          f"Y′: {', '.join(report['recipe']['converter']['parts'])}.\n")  # fmt: skip
    print("Written by `python benchmarks/results.py " + " ".join(runs) + "`, after\n")
    for run, seed in zip(runs, seeds, strict=True):
        print(f"    regenkit train recipes/lyric2melody.yaml --run {run} --set train.seed={seed}")
    print("    regenkit evaluate " + " ".join(runs) + "\n")
    print("## The detour against the direct route, seed by seed\n")
    print("Bits a note on the same songs, with the 95 % bootstrap interval over songs; below 0 the detour is better.\n")
    differences = [name for name in bits if name.startswith("predicted − ")]
    print("| seed | " + " | ".join(differences) + " |\n| --- " + "| --- " * len(differences) + "|")
    for seed, each in zip(seeds, reports, strict=True):
        values = [each["bits_per_step"][name] for name in differences]
        print(f"| {seed} | " + " | ".join(f"{v['mean']:.3f} [{v['low']:.3f}, {v['high']:.3f}]" for v in values) + " |")
    if len(reports) > 1:
        print("| all | " + " | ".join(figure(bits[name]) for name in differences) + " |")
    print("\n## Held-out bits a note\n\n| what | bits a note |\n| --- | --- |")
    for name, value in bits.items():
        print(f"| {name} | {figure(value)} |")
    print("\nBy field: " + "; ".join(
        f"{route} " + ", ".join(f"{name} {value if isinstance(value, float) else value['mean']:.2f}"
                                for name, value in report["bits_by_field"][route].items())
        for route in ("generator", "oracle", "direct", "direct_half")) + ".\n")  # fmt: skip
    print("## Every route\n")
    shown = columns(report)
    print("| route | " + " | ".join(title.split("/")[-1].replace("_", " ") for title, _ in shown) + " |")
    print("| --- " * (len(shown) + 1) + "|")
    for route, name in ROUTES.items():
        print(f"| {name} | " + " | ".join(figure(figures.get(route)) for _, figures in shown) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
