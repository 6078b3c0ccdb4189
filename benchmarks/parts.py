"""Which Y′? Held-out bits a note by choice of Y′, out of trained runs: `python benchmarks/parts.py RUN [RUN ...]`.

Runs of one Y′ (training seeds) are averaged, ± their standard deviation. The choice is made on validation, test is
shown beside it. Only generator and renderer are needed, so nothing is trained.
"""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from regenkit.evaluation.bits import stage_bits, steps_of
from regenkit.evaluation.scores import known_to_all
from regenkit.run import load_run

SPLITS = ("validation", "test")


def bits_of(run: str) -> tuple[str, dict[str, dict[str, float]]]:
    """(Y′, {split: bits a note}) of a run."""
    pipeline = load_run(Path(run))
    prepared = pipeline.prepare(lambda *_: None)
    found = {}
    for split in SPLITS:
        sides = [
            known_to_all(pipeline, prepared.example(int(place))[0]) for place in prepared.places(split, paired=True)
        ]
        notes = sum(steps_of(each["y"], pipeline.specs["y"]) for each in sides)
        parts = {
            "X → Y′": stage_bits(pipeline, "generator", sides),
            "without X": stage_bits(pipeline, "generator", sides, withhold=True),
            "Y′ → Y": stage_bits(pipeline, "renderer", sides),
        }
        found[split] = {name: float(sum(map(np.sum, fields.values()))) / notes for name, fields in parts.items()}
        found[split]["predicted"] = found[split]["X → Y′"] + found[split]["Y′ → Y"]
    return ", ".join(pipeline.recipe.resolved()["converter"]["parts"]), found


def main(runs: list[str]) -> None:
    print("## Which Y′\n\nBits a note. The choice is made on validation; test stands beside it. Written by "
          f"`python benchmarks/parts.py {' '.join(runs)}`, each run trained by\n")  # fmt: skip
    print("    regenkit train recipes/lyric2melody.yaml --run RUN --set 'converter.parts=[…]' --set train.seed=N\n")
    by_parts = defaultdict(list)
    for run in runs:
        parts, found = bits_of(run)
        by_parts[parts].append(found)
    columns = ("X → Y′", "without X", "Y′ → Y", "predicted")
    print("| Y′ | seeds | " + " | ".join(f"{split}: {name}" for split in SPLITS for name in columns) + " |")
    print("| --- " * (2 + 2 * len(columns)) + "|")
    ordered = sorted(by_parts.items(), key=lambda item: np.mean([each["validation"]["predicted"] for each in item[1]]))
    for parts, seeds in ordered:
        cells = []
        for split in SPLITS:
            for name in columns:
                values = [each[split][name] for each in seeds]
                cells.append(f"{np.mean(values):.3f}" + (f" ± {np.std(values, ddof=1):.3f}" if len(seeds) > 1 else ""))
        print(f"| {parts} | {len(seeds)} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
