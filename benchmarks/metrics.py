"""Which scores tell real melodies from trivial ones? Held-out chorales against what needs no model. About a minute.

    PYTHONPATH=.:plugins python benchmarks/metrics.py

Every eighth chorale of music21's Bach is held out, the rest (and nothing that shares its words, opening or a run of
ten intervals) is training. Cohen's d is of real against trivial, over songs.

"Real" is each reference judged against itself, so it is perfect by definition in overlap, distance, coverage and the
adherences to its own rhythm and cadences; there only the order of the trivial ones tells anything. For the two-sample
test it is one half of the real melodies against the other.
"""

from collections.abc import Callable, Sequence

import numpy as np

from regenkit.components import Evaluation, Example
from regenkit.errors import BadSource
from regenkit.spec import Fields
from regenkit_music import metrics
from regenkit_music.converter import Template
from regenkit_music.data import Corpus
from regenkit_music.modality.melody import BAR, METRES

TEMPLATE = Template(parts=("rhythm", "cadence", "chords"))
SEEDS = 3
EVERY = 8


def split(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """(training, held out): no group and no fingerprint in both."""
    keys = sorted({example.groups[0] for example in examples})
    held = set(keys[::EVERY])
    out = [example for example in examples if example.groups[0] in held]
    seen = {group for example in out for group in example.groups}
    prints = {print_ for example in out for print_ in example.fingerprints}
    training = [e for e in examples if not seen & set(e.groups) and not prints & set(e.fingerprints)]
    return training, out


def recut(reference: Fields, training: Sequence[Fields], rng: np.random.Generator) -> Fields:
    """A random training melody, cut to the reference's length or begun again."""
    chosen = training[int(rng.integers(len(training)))]
    count = len(reference["pitch"])
    return {name: np.resize(values, count) if values.ndim else values for name, values in chosen.items()}


def unigram(reference: Fields, training: Sequence[Fields], rng: np.random.Generator) -> Fields:
    """Each token of each note by itself, as often as in training."""
    notes = len(reference["pitch"])
    drawn = {
        name: rng.choice(np.concatenate([fields[name] for fields in training]), notes)
        for name in ("position", "duration", "pitch")
    }
    return {**reference, **drawn}


def shuffled(reference: Fields, training: Sequence[Fields], rng: np.random.Generator) -> Fields:
    """The reference's own notes in random order."""
    order = rng.permutation(len(reference["pitch"]))
    return {name: values[order] if values.ndim else values for name, values in reference.items()}


def constant(reference: Fields, training: Sequence[Fields], rng: np.random.Generator) -> Fields:
    """G4 in quarters."""
    notes = np.arange(len(reference["pitch"]))
    position = (4 * notes % BAR[METRES[int(reference["metre"]) - 1]] + 1).astype(np.int32)
    return {
        **reference,
        "position": position,
        "duration": np.full_like(position, 4),
        "pitch": np.full_like(position, 20),
    }


TRIVIAL: dict[str, Callable[[Fields, Sequence[Fields], np.random.Generator], Fields]] = {
    "random training melody": recut,
    "unigram": unigram,
    "shuffled notes": shuffled,
    "constant": constant,
}


def cohen(real: np.ndarray, trivial: np.ndarray) -> float:
    """(mean − mean) / pooled standard deviation."""
    real, trivial = real[~np.isnan(real)], trivial[~np.isnan(trivial)]
    spread = np.sqrt((real.var(ddof=1) + trivial.var(ddof=1)) / 2)
    return float((real.mean() - trivial.mean()) / max(spread, 1e-3))


def two_halves(real: Sequence[Fields]) -> float:
    """The two-sample test between two disjoint halves of the real melodies: what chance looks like at this size."""
    values = []
    for seed in range(SEEDS):
        order = np.random.default_rng(seed).permutation(len(real))
        half = len(real) // 2
        halves = [real[i] for i in order[:half]], [real[i] for i in order[half : 2 * half]]
        values.append(float(metrics.two_sample(Evaluation(samples=halves[0], references=halves[1]))))
    return float(np.mean(values))


def main() -> None:
    corpus = Corpus(paired=("bach",), unpaired=())
    examples: list[Example] = []
    for source in corpus.sources():
        try:
            examples += (each for each in corpus.read(source) if isinstance(each, Example))
        except BadSource:
            continue
    training_examples, held = split(examples)
    training = [example.y for example in training_examples]
    real = [example.y for example in held]
    words = [example.x or {} for example in held]
    reps = [TEMPLATE.convert(fields) for fields in real]
    print(f"{len(training)} training melodies, {len(real)} held out with {sum(len(r['pitch']) for r in real)} notes\n")
    print("| metric | real | " + " | ".join(TRIVIAL) + " |\n| --- | --- |" + " --- |" * len(TRIVIAL))
    made = {
        name: [
            [make(fields, training, np.random.default_rng((seed, i))) for i, fields in enumerate(real)]
            for seed in range(SEEDS)
        ]
        for name, make in TRIVIAL.items()
    }
    for name in metrics.__all__:
        metric = getattr(metrics, name)
        own = metric(Evaluation(samples=real, references=real, conditions=words, reps=reps, training=training))
        cells = [f"{two_halves(real) if name == 'two_sample' else np.nanmean(own):.3f}"]
        for draws in made.values():
            values = np.stack(
                [
                    metric(Evaluation(samples=s, references=real, conditions=words, reps=reps, training=training))
                    for s in draws
                ]
            )
            effect = f" (d {cohen(own, values.ravel()):+.1f})" if own.ndim else ""
            cells.append(f"{np.nanmean(values):.3f}{effect}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
