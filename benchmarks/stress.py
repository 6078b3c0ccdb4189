"""Do the words' stresses fall on strong places? Of people's songs, and of what trained generators make of their words.

    python benchmarks/stress.py people recipes/lyric2melody.yaml
    regenkit train recipes/lyric2melody.yaml --run runs/a --stage generator
    python benchmarks/stress.py runs runs/a [RUN ...] [--split validation] [--top-p 0.95]

Both scores are of the timing alone, so no renderer is needed. `people` also trains a linear probe from the words to
strong places, which says how much there is to learn. Figures by corpus: docs/stress.md explains them.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from regenkit.evaluation.scores import known_to_all

from regenkit.components import Evaluation
from regenkit.data.prepare import Prepared
from regenkit.pipeline import Pipeline
from regenkit.recipe import load
from regenkit.run import load_run
from regenkit.spec import Fields
from regenkit_music.analysis.rhythm import metrical_weights
from regenkit_music.metrics import phrase_end_length, stress_on_beat, two_sample
from regenkit_music.modality.lyrics import SPEC
from regenkit_music.modality.melody import onsets

STRONG = 3  # downbeat or half bar
SAMPLES = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("people", "runs"))
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--top-p", type=float, default=1.0, help="evaluate draws with 1, generate with 0.95")
    asked = parser.parse_args()
    for path in asked.paths:
        if asked.what == "people":
            people(Pipeline(load(path)))
        else:
            generated(load_run(path), asked.split, asked.top_p)


def people(pipeline: Pipeline) -> None:
    print(
        "| corpus | songs | their own words | another song's words | probe: AUC | bits saved of |\n"
        + "| --- " * 6
        + "|"
    )
    prepared = pipeline.prepare(lambda *_: None)
    learned, held_out = _songs(pipeline, prepared, "train"), []
    for split in ("validation", "test"):
        held_out += _songs(pipeline, prepared, split)
    for corpus in sorted({about for _, about in held_out}):
        mine = [sides for sides, about in held_out if about == corpus]
        known = [sides for sides, about in learned if about == corpus]
        own = _scores([side["y"] for side in mine], [side["x"] for side in mine])[0]
        before = [side["y"] for side in (mine[-1], *mine[:-1])]
        others_words = [_as_long(side["x"], len(y["pitch"])) for side, y in zip(mine, before, strict=True)]
        chance = _scores(before, others_words)[0]
        area, saved, of = _probe(known, mine)
        print(f"| {corpus} | {len(mine)} | {np.nanmean(own):.3f} | {np.nanmean(chance):.3f} | {area:.3f} "
              f"| {saved:.3f} of {of:.3f} |")  # fmt: skip


def generated(pipeline: Pipeline, split: str, top_p: float) -> None:
    """Of Y′ drawn from the words: both scores, how often a note inside a phrase is followed by a rest, and how well the
    timing is told from people's."""
    songs = _songs(pipeline, pipeline.prepare(lambda *_: None), split)
    sides, corpora = [sides for sides, _ in songs], np.array([corpus for _, corpus in songs])
    xs, truths = [side["x"] for side in sides], [side["rep"] for side in sides]
    given = [pipeline.given_of(rep) for rep in truths]
    drawn = [pipeline.predict_rep(xs, given, seed=seed, options={"top_p": top_p}) for seed in range(SAMPLES)]
    found, theirs = np.mean([_scores(reps, xs) for reps in drawn], 0), _scores(truths, xs)
    print(f"{pipeline.folder}, {split}\n\n| corpus | songs | stress on beat (people) | phrase end length (people) "
          "| rests within phrases (people) |\n" + "| --- " * 5 + "|")  # fmt: skip
    for corpus in (*sorted(set(corpora)), "all"):
        of = (corpora == corpus) | (corpus == "all")
        cells = [f"{np.nanmean(mine[of]):.3f} ({np.nanmean(real[of]):.3f})"
                 for mine, real in zip(found, theirs, strict=True)]  # fmt: skip
        print(f"| {corpus} | {of.sum()} | " + " | ".join(cells) + " |")
    told = [two_sample(_evaluation(reps, truths, xs)) for reps in drawn]
    print(f"\nTwo sample of the timing alone, every pitch the same: {np.mean(told):.3f}\n")


def _songs(pipeline: Pipeline, prepared: Prepared, split: str) -> list[tuple[dict[str, Fields], str]]:
    found = [prepared.example(int(index)) for index in prepared.indices(split, paired=True)]
    return [(known_to_all(pipeline, sides), about["corpus"]) for sides, about in found]


def _evaluation(timings: Sequence[Fields], references: Sequence[Fields], xs: Sequence[Fields]) -> Evaluation:
    samples, theirs = ([{**timing, "pitch": np.ones_like(timing["position"])} for timing in side]
                       for side in (timings, references))  # fmt: skip
    return Evaluation(samples=samples, references=theirs, conditions=xs, reps=samples, training=[],
                      training_conditions=[])  # fmt: skip


def _scores(timings: Sequence[Fields], xs: Sequence[Fields]) -> np.ndarray:
    """(3, songs): stress on beat, phrase end length, share of notes within phrases that a rest follows."""
    of = _evaluation(timings, timings, xs)
    rests = [np.mean((np.diff(onsets(y)) > y["duration"][:-1])[x["boundary"][:-1] < 3])
             for y, x in zip(timings, xs, strict=True)]  # fmt: skip
    return np.stack([stress_on_beat(of), phrase_end_length(of), np.array(rests)])


def _as_long(x: Fields, length: int) -> Fields:
    return {name: np.resize(value, length) for name, value in x.items()}


def _probe(learned: Sequence[Any], held_out: Sequence[Any]) -> tuple[float, float, float]:
    """Logistic regression from a syllable's fields, and the stress of three neighbours each way, to whether its note
    stands on a strong place: (area under the ROC curve, bits a note saved, bits a note without the words)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss, roc_auc_score

    def seen(x: Fields) -> np.ndarray:
        padded = np.pad(x["stress"], 3)
        columns = [(padded[by : by + len(x["stress"])], 3) for by in range(7)]
        columns += [(x[name], field.vocabulary or 0) for name, field in SPEC.items()]
        return np.concatenate([np.eye(size + 1)[values] for values, size in columns], 1)

    inputs, wanted = ([np.concatenate(each) for each in (
        [seen(side["x"]) for side in sides], [metrical_weights(side["y"]) >= STRONG for side in sides],
    )] for sides in (learned, held_out))  # fmt: skip
    said = LogisticRegression(max_iter=300, C=0.3).fit(*inputs).predict_proba(wanted[0])[:, 1]
    blind = log_loss(wanted[1], np.full(len(said), inputs[1].mean())) / np.log(2)
    return roc_auc_score(wanted[1], said), blind - log_loss(wanted[1], said) / np.log(2), blind


if __name__ == "__main__":
    main()
