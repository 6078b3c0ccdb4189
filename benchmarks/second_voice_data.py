"""The data of *A second voice, by rule* (docs/speech.md): the prompts in their own split, and texts for espeak-ng.

python benchmarks/second_voice_data.py voices texts.txt
regenkit speak texts.txt voices/train/espeak

Texts are synopses of Debian's packages: plain words, drawn at random.
"""

import argparse
import random
import re
from pathlib import Path

import soundfile

from regenkit.pipeline import Pipeline
from regenkit.recipe import load
from regenkit_text.data import Debian

RECIPE = Path("recipes/text2speech_quick.yaml")
SENTENCES, PHRASES = 1100, 500
"""Texts of four words and more, and of one to three."""
LONGEST = 14
"""Words of a text."""
SYNOPSIS = re.compile(r"^Description(?:-en)?: (.+)$", re.MULTILINE)
PLAIN = re.compile(r"[A-Z]?[a-z]+(,? [a-z]+)*")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("texts", type=Path)
    options = asked.parse_args()
    pipeline = Pipeline(load(RECIPE))
    prepared = pipeline.prepare(lambda *_: None)
    rate = pipeline.y.sample_rate
    for split in ("train", "validation", "test"):
        folder = options.folder / split / "me"
        folder.mkdir(parents=True, exist_ok=True)
        indices = prepared.indices(split, paired=True)
        for index in indices:
            sides, meta = prepared.example(index)
            sound = folder / f"{index}.wav"
            soundfile.write(sound, sides["y"]["wave"], rate, subtype="FLOAT")
            sound.with_suffix(".txt").write_text(f"{meta['title']}\n", encoding="utf-8")
        print(f"{len(indices)} prompts are in {folder}")
    texts = synopses()
    options.texts.write_text("\n".join(texts) + "\n", encoding="utf-8")
    print(f"{len(texts)} texts are in {options.texts}")


def synopses() -> list[str]:
    found = {text for text in SYNOPSIS.findall(Debian().file.read_text(encoding="utf-8")) if PLAIN.fullmatch(text)}
    drawn = random.Random(0).sample(sorted(found), len(found))
    words = [len(text.split()) for text in drawn]
    sentences = [text for text, count in zip(drawn, words, strict=True) if 4 <= count <= LONGEST]
    return sentences[:SENTENCES] + [text for text, count in zip(drawn, words, strict=True) if count < 4][:PHRASES]


if __name__ == "__main__":
    main()
