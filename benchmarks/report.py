"""What `regenkit evaluate` takes beyond sampling, in CPU seconds, and how large its page is.

    PYTHONPATH=.:plugins python benchmarks/report.py [TESTS]        2,000 by default: five minutes

Bach's chorales over and over, under new names, eight in training for each that is tested; models as they are
initialised, 8 wide, because what they have learned costs no time. The metrics are those of recipes/lyric2melody.yaml.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from rich.console import Console

from regenkit import plugins
from regenkit.analysis import evaluate
from regenkit.analysis.measures.examples import Side
from regenkit.analysis.measures.subset import subset
from regenkit.analysis.pages.card import write_card
from regenkit.analysis.pages.report_page import write_html
from regenkit.components import Evaluation
from regenkit.data.prepare import Prepared
from regenkit.data.shards import Shards
from regenkit.pipeline.load import load_run
from regenkit.recipe import load
from regenkit.run.train import train_recipe

RECIPE = Path(__file__).parents[1] / "recipes" / "lyric2melody.yaml"
TINY = ("width=8", "depth=1", "heads=2")
SETTINGS = (
    "dataset.paired=[bach]", "dataset.unpaired=[]", "train.generator.steps=0", "train.renderer.steps=0",
    "train.direct.steps=0", "direct={}", *(f"{stage}.{each}" for stage in ("generator", "renderer") for each in TINY),
)  # fmt: skip
STAGES = ("generator", "renderer", "direct", "direct_half")
spent: Counter[str] = Counter()
"""CPU seconds by part, which a machine shared with others does not lengthen."""


class Repeated:
    """Records of a shard in another order, some of them often, each time under a name of its own."""

    def __init__(self, shards: Shards, indices: np.ndarray) -> None:
        self.shards, self.indices = shards, indices

    def __getitem__(self, index: int) -> bytes:
        return self.shards[int(self.indices[index])]

    def column(self, name: str) -> np.ndarray:
        found = self.shards.column(name)[self.indices]
        return np.array([f"{each}#{index}" for index, each in enumerate(found)]) if name == "id" else found


def repeated(prepared: Prepared, tests: int) -> Prepared:
    """`tests` test examples and eight times as many to learn from, none of them in both."""
    known = {split: prepared.indices(split, paired=True) for split in ("train", "test")}
    indices = np.concatenate([np.resize(known["train"], 8 * tests), np.resize(known["test"], tests)])
    examples, reps = (cast(Shards, Repeated(each, indices)) for each in (prepared.examples, prepared.reps))
    return replace(prepared, examples=examples, reps=reps, split=prepared.split[indices],
                   paired=prepared.paired[indices], steps=prepared.steps[indices])  # fmt: skip


def timed(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **options: Any) -> Any:
        begun = time.process_time()
        try:
            return function(*args, **options)
        finally:
            spent[part] += time.process_time() - begun

    return wrapped


def score(pipeline: Any, drawn: Any, pairs: Any, learned: Any, samples: int) -> Any:
    """As `measures.scores.score`, each metric timed by itself."""
    evaluation = Evaluation(
        samples=drawn.ys, references=[each["y"] for each in pairs], conditions=[each["x"] for each in pairs],
        reps=drawn.reps, training=Side(learned, "y"), training_conditions=Side(learned, "x"),
        x=pipeline.x, y=pipeline.y,
    )  # fmt: skip
    metrics = {name: timed(name, plugins.host().find("metric", name).load()) for name in pipeline.recipe.evaluate}
    return {name: np.asarray(metric(evaluation), np.float64) for name, metric in metrics.items()}


def main() -> None:
    tests = int(sys.argv[1]) if sys.argv[1:] else 2000
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "run"
        train_recipe(load(RECIPE, SETTINGS), folder, Console(quiet=True), STAGES)
        pipeline = load_run(folder)
        prepared = repeated(pipeline.prepare(lambda *_: None), tests)
        indices = subset(prepared, "test")
        for name, part in (("draw", "sampling"), ("held_out_bits", "bits"), ("boundary", "boundary")):
            setattr(evaluate, name, timed(part, getattr(evaluate, name)))
        evaluate.score = score
        begun, options = time.process_time(), evaluate.Options()
        found = evaluate.measure(pipeline, prepared, indices, options)
        spent["reading"] = time.process_time() - begun - sum(spent.values())
        items = timed("gallery", found.gallery.write)(folder / "gallery", evaluate.named(prepared, indices))
        report = replace(evaluate.as_report(pipeline, prepared, found, options), gallery=items)
        timed("page", write_html)(report, folder / "report.html")
        timed("card", write_card)(report, folder / "MODEL_CARD.md")
        size = (folder / "report.html").stat().st_size
    for part, seconds in spent.most_common():
        print(f"{part:24}{seconds:8.1f} s")
    print(f"{'all but sampling':24}{sum(spent.values()) - spent['sampling']:8.1f} s")
    print(f"page of {report.examples} examples: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
