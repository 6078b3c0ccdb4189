"""How well speech is recognised: errors of trained runs of `speech2text` on held-out clips, by language.

    python benchmarks/recognition.py RUN [RUN ...] [--clips 300] [--out docs/recognition.json]

writes the figures, and the tables of docs/speech.md. A stage that was not trained has no figures.

    phonemes    errors (substitutions, deletions, insertions) a true phoneme, of Y′ as the generator predicts it
    predicted   errors a true character, and a true word, of what the renderer spells from it
    oracle      the same from true phonemes
    direct      the same of the direct route

A phoneme is a sign of IPA; spaces between words count as one.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jiwer
import numpy as np

from regenkit import load
from regenkit.pipeline import Pipeline
from regenkit.spec import Fields
from regenkit.stages import BEST

SEED = 0
PAGE, BEGIN, END = Path("docs/speech.md"), "<!-- recognition -->\n", "<!-- end -->"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("runs", type=Path, nargs="+")
    options.add_argument("--clips", type=int, default=300)
    options.add_argument("--out", type=Path, default=Path("docs/recognition.json"))
    asked = options.parse_args()
    found = json.loads(asked.out.read_text()) if asked.out.exists() else {}
    for run in asked.runs:
        found[run.name] = measured(run, asked.clips)
        print(run.name, found[run.name])
    asked.out.write_text(json.dumps(found, indent=1) + "\n")
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + begin + table(found) + END + rest.partition(END)[2])


def measured(folder: Path, clips: int) -> dict[str, Any]:
    pipeline = load(folder)
    prepared = pipeline.prepare(lambda *_: None)
    places = np.random.default_rng(SEED).permutation(prepared.places("test", paired=True))[:clips]
    examples = [prepared.example(int(place))[0] for place in sorted(places)]
    xs, ys, reps = ([dict(each[side] or {}) for each in examples] for side in ("x", "y", "rep"))
    labels = pipeline.specs["y"]["language"].labels
    languages = [labels[int(y["language"]) - 1] for y in ys]
    wanted = [pipeline.y.decode(y) for y in ys]
    found: dict[str, Any] = {
        "clips": len(ys), "pairs": len(prepared.places("train", paired=True)), "parameters": pipeline.parameters,
        "steps": {stage: steps(folder, stage) for stage in ("generator", "renderer", "direct")},
    }  # fmt: skip
    given = [pipeline.given_of(rep) for rep in reps]
    predicted: Sequence[Fields] = []
    if (folder / "generator" / BEST).exists():
        predicted = pipeline.predict_rep(xs, given, seed=SEED)
        said, true = ([spelled(pipeline, rep) for rep in each] for each in (predicted, reps))
        found["phonemes"] = errors(said, true, languages, words=False)
    if (folder / "renderer" / BEST).exists():
        for route, sources in (("predicted", predicted), ("oracle", reps)):
            if len(sources):
                made = [pipeline.y.decode(y) for y in pipeline.render_rep(sources, seed=SEED)]
                found[route] = errors(made, wanted, languages)
                found[f"{route} examples"] = some(wanted, made)
    if (folder / "direct" / BEST).exists():
        conditions = [{**x, **each.fields} for x, each in zip(xs, given, strict=True)]
        drawn = pipeline.sample("direct", conditions, seed=SEED)
        made = [pipeline.y.decode(pipeline.joined(rep, y)) for rep, y in zip(reps, drawn, strict=True)]
        found["direct"] = errors(made, wanted, languages)
        found["direct examples"] = some(wanted, made)
    return found


def some(wanted: list[str], made: list[str]) -> list[list[str]]:
    """Six of them, evenly from all: [what is said, what was written]."""
    return [list(pair) for pair in list(zip(wanted, made, strict=True))[:: max(1, len(made) // 6)]][:6]


def spelled(pipeline: Pipeline, rep: Fields) -> str:
    labels = pipeline.specs["rep"]["phone"].labels
    return "".join(labels[token - 1] for token in rep["phone"] if token)


def steps(folder: Path, stage: str) -> int | None:
    file = folder / stage / "done.json"
    return int(json.loads(file.read_text())["steps"]) if file.exists() else None


def errors(made: list[str], wanted: list[str], languages: list[str], *, words: bool = True) -> dict[str, Any]:
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


def table(found: dict[str, Any]) -> str:
    head = ("\n| run | pairs | phonemes wrong | characters wrong: by phonemes | direct | true phonemes | "
            "words wrong: by phonemes | direct | true phonemes |\n" + "| --- " * 9 + "|\n")  # fmt: skip
    rows = []
    for name, each in found.items():
        cells = [shown(each, "phonemes", "characters")]
        cells += [shown(each, route, unit) for unit in ("characters", "words")
                  for route in ("predicted", "direct", "oracle")]  # fmt: skip
        rows.append(f"| `{name}` | {each['pairs']:,} | {' | '.join(cells)} |\n")
    return head + "".join(rows) + "\n"


def shown(each: dict[str, Any], route: str, unit: str) -> str:
    return f"{each[route]['all'][unit]:.1%}" if route in each else "–"


if __name__ == "__main__":
    main()
