"""Sentences of every route, of held-out examples that are drawn at random and not chosen.

    python benchmarks/sentences.py RUN [--count 20] > sentences.md

X, what a person wrote, the text from X by way of a predicted Y′, the text from the true Y′, and the direct route's
where the run has one (`regenkit evaluate` trains it).
"""

import argparse
from pathlib import Path

import numpy as np

from regenkit import load
from regenkit.given import Given
from regenkit.pipeline.editing import text_of
from regenkit.stages import BEST

SEED = 0


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("run", type=Path)
    options.add_argument("--count", type=int, default=20)
    asked = options.parse_args()
    pipeline = load(asked.run)
    prepared = pipeline.prepare(lambda *_: None)
    indices = np.random.default_rng(SEED).permutation(prepared.indices("test", paired=True))[: asked.count]
    examples = [prepared.example(int(index))[0] for index in indices]
    xs = [example["x"] for example in examples]
    reps = pipeline.predict_rep(xs, [Given()] * len(xs), seed=SEED)
    texts = {
        "people": [example["y"] for example in examples],
        "predicted Y′": pipeline.render_rep(reps, seed=SEED),
        "true Y′": pipeline.render_rep([example["rep"] for example in examples], seed=SEED),
    }
    if (asked.run / "direct" / BEST).exists():
        texts["direct"] = pipeline.sample("direct", xs, seed=SEED)
    for index, x in enumerate(xs):
        print(f"{index + 1}. {pipeline.x.describe(pipeline.x.decode(x))}")
        for route in texts:
            print(f"    - {route}: {pipeline.y.decode(texts[route][index])}")
        print(f"    - Y′, predicted: {text_of(pipeline.converter, reps[index], {}).strip()}")


if __name__ == "__main__":
    main()
