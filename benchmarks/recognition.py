"""How well speech is recognised by way of phonemes and directly, over shares of recordings with a transcript.

    python benchmarks/recognition.py [--fractions 1.0 0.1 0.03] [--set KEY=VALUE ...] [--clips 300]
        [--folder runs/recognition] [--out docs/recognition.json] [--phonemes]

trains `speech2text` in a run a fraction, measures held-out clips, and writes the figures and the table of
docs/speech.md. The same command goes on where it was interrupted. What a renderer learns from, text alone, is the same
whatever the fraction, so the first run's spells for all.

    phonemes    errors (substitutions, deletions, insertions) a true phoneme, of Y′ as the generator predicts it
    predicted   errors a true character, and a true word, of what the renderer spells from it
    oracle      the same from true phonemes
    direct      the same of the direct route

With --phonemes the generator alone is trained and measured, and no table is written: to compare what it hears, as
with --set 'source={from: RUN}'. A phoneme is a sign of IPA; a space between words counts as one.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
from rich.console import Console

from regenkit.pipeline import Pipeline
from regenkit.recipe import load
from regenkit.run.train import train_recipe
from regenkit.spec import Fields

SEED = 0
RECIPE = Path("recipes/speech2text.yaml")
PAGE, BEGIN, END = Path("docs/speech.md"), "<!-- recognition -->\n", "<!-- end -->"
EXAMPLES = 6


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--fractions", type=float, nargs="+", default=[1.0, 0.1, 0.03])
    options.add_argument("--set", action="append", default=[])
    options.add_argument("--clips", type=int, default=300)
    options.add_argument("--folder", type=Path, default=Path("runs/recognition"))
    options.add_argument("--out", type=Path, default=Path("docs/recognition.json"))
    options.add_argument("--phonemes", action="store_true")
    asked = options.parse_args()
    speller: Pipeline | None = None
    found: dict[str, Any] = {"set": asked.set, "runs": {}}
    for fraction in asked.fractions:
        recipe, run = load(RECIPE, [*asked.set, f"dataset.paired_fraction={fraction}"]), asked.folder / f"{fraction:g}"
        stages = ["generator", "direct"] if speller else ["renderer", "generator", "direct"]
        train_recipe(recipe, run, Console(), ["generator"] if asked.phonemes else stages)
        pipeline = Pipeline(recipe, run)
        speller = speller or pipeline
        found["runs"][f"{fraction:g}"] = measured(pipeline, None if asked.phonemes else speller, asked.clips)
        asked.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        print(fraction, json.dumps(found["runs"][f"{fraction:g}"], ensure_ascii=False), flush=True)
    if asked.phonemes:
        return
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + begin + table(found["runs"]) + END + rest.partition(END)[2])


def measured(pipeline: Pipeline, speller: Pipeline | None, clips: int) -> dict[str, Any]:
    """Without a speller, phonemes alone."""
    prepared = pipeline.prepare(lambda *_: None)
    indices = np.random.default_rng(SEED).permutation(prepared.indices("test", paired=True))[:clips]
    examples = [prepared.example(int(index))[0] for index in sorted(indices)]
    xs, ys, reps = ([dict(each[side] or {}) for each in examples] for side in ("x", "y", "rep"))
    labels = pipeline.specs["y"]["language"].labels
    languages = [labels[int(y["language"]) - 1] for y in ys]
    wanted = [pipeline.y.decode(y) for y in ys]
    given = [pipeline.given_of(rep) for rep in reps]
    predicted = pipeline.predict_rep(xs, given, seed=SEED)
    said, true = ([spelled(pipeline, rep) for rep in each] for each in (predicted, reps))
    common = {"clips": len(ys), "pairs": len(prepared.indices("train", paired=True)),
              "parameters": pipeline.parameters, "phonemes": errors(said, true, languages, words=False)}  # fmt: skip
    if speller is None:
        return common
    drawn = pipeline.sample("direct", [{**x, **each.fields} for x, each in zip(xs, given, strict=True)], seed=SEED)
    direct = [pipeline.y.decode(pipeline.joined(rep, y)) for rep, y in zip(reps, drawn, strict=True)]
    by_phonemes, by_true = ([pipeline.y.decode(y) for y in speller.render_rep(each, seed=SEED)]
                            for each in (predicted, reps))  # fmt: skip
    every = max(1, len(ys) // EXAMPLES)
    return common | {
        "predicted": errors(by_phonemes, wanted, languages),
        "oracle": errors(by_true, wanted, languages),
        "direct": errors(direct, wanted, languages),
        "examples": [dict(zip(("said", "phonemes", "predicted", "direct"), each, strict=True))
                     for each in list(zip(wanted, said, by_phonemes, direct, strict=True))[::every][:EXAMPLES]],
    }  # fmt: skip


def spelled(pipeline: Pipeline, rep: Fields) -> str:
    labels = pipeline.specs["rep"]["phone"].labels
    return "".join(labels[token - 1] for token in rep["phone"] if token)


def errors(
    made: Sequence[str], wanted: Sequence[str], languages: Sequence[str], *, words: bool = True
) -> dict[str, dict[str, float]]:
    """By language and of all: errors a unit."""
    found = {}
    for language in ("all", *dict.fromkeys(languages)):
        pairs = [(one, other) for one, other, own in zip(wanted, made, languages, strict=True)
                 if language in ("all", own)]  # fmt: skip
        one, other = (list(each) for each in zip(*pairs, strict=True))
        found[language] = {"characters": float(jiwer.cer(one, other))}
        if words:
            found[language]["words"] = float(jiwer.wer(one, other))
    return found


def table(runs: dict[str, Any]) -> str:
    head = ("\n| pairs | phonemes wrong | characters wrong, by phonemes | direct | from true phonemes | "
            "words wrong, by phonemes | direct | from true phonemes |\n" + "| --- " * 8 + "|\n")  # fmt: skip
    rows = []
    for each in runs.values():
        cells = [f"{each['phonemes']['all']['characters']:.1%}"]
        cells += [f"{each[route]['all'][unit]:.1%}" for unit in ("characters", "words")
                  for route in ("predicted", "direct", "oracle")]  # fmt: skip
        rows.append(f"| {each['pairs']:,} | {' | '.join(cells)} |\n")
    return head + "".join(rows) + "\n"


if __name__ == "__main__":
    main()
