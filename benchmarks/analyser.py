"""How far the key and chord analysers, who hear the soprano alone, agree with human analyses of Bach's chorales.

music21 ships Roman-numeral analyses (Tymoczko et al.) of the first chorales of Riemenschneider's edition. Some seconds:

    PYTHONPATH=.:plugins python benchmarks/analyser.py
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from regenkit.errors import BadSource
from regenkit.spec import Fields
from regenkit_music.analysis.chord import chord_parts, chord_spans, chord_token
from regenkit_music.analysis.key import find_key
from regenkit_music.modality.melody import LOWEST, Melody, encode, home, onsets
from regenkit_music.modality.notation import Part
from regenkit_music.modality.part_reading import read_part
from regenkit_music.modality.reading import joined
from regenkit_music.modality.score import open_score

QUALITIES = ("major", "minor", "diminished", "augmented")
TRIAD = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 8))
TRIADS = {"": 0, "7": 0, "maj7": 0, "m": 1, "m7": 1, "dim": 2, "m7b5": 2, "+": 3}

FITTING = 0.6
"""Below this an analysis is of another transposition than the score: two are (0.41, 0.08); the rest exceed 0.8."""


@dataclass(frozen=True)
class Analysed:
    """A soprano with what the analyst says of it.

    harmony  (notes, 2) root and quality under each note, transposed like the fields; −1 where he names no common one
    """

    name: str
    melody: Melody
    fields: Fields
    key: tuple[int, str]
    harmony: np.ndarray


def _every_note(part: Part) -> Part:
    """The part without its words, so that no notes are merged, and without a stated mode, so that it is chosen."""
    measures = [
        replace(measure, mode=None, notes=tuple(replace(note, words={}) for note in measure.notes))
        for measure in part.measures
    ]
    return replace(part, measures=tuple(measures))


def chorales(limit: int | None = None) -> Iterator[Analysed]:
    """Chorales of music21's corpus that have both a score and an analysis, in Riemenschneider's order."""
    from music21 import corpus

    scores = {
        Path(path).stem: Path(path) for path in corpus.getComposer("bach") if str(path).endswith((".mxl", ".xml"))
    }
    found = 0
    for path in sorted(Path(str(path)) for path in corpus.getComposer("bach") if str(path).endswith(".rntxt")):
        if found == limit:
            return
        number = re.search(r"BWV:\s*(\S+)", path.read_text(encoding="utf-8"))
        assert number is not None
        try:
            soprano = open_score(scores[f"bwv{number[1]}"]).parts[0]
            melody = joined(path, [read_part(_every_note(soprano))]).tunes[0].melody
        except (KeyError, BadSource):  # two cantata movements are not in the corpus under the analyst's name
            continue
        analysis = corpus.parse(path)
        numerals = list(analysis.recurse().getElementsByClass("RomanNumeral"))
        fields, meta = encode(melody)
        first = round((numerals[0].beat - 1) * numerals[0].beatDuration.quarterLength * 4 if numerals else 0)
        starts = np.array([round(numeral.getOffsetInHierarchy(analysis) * 4) for numeral in numerals])
        labels = np.array(
            [
                (
                    (numeral.root().pitchClass + meta["shift"]) % 12,
                    QUALITIES.index(numeral.quality) if numeral.quality in QUALITIES else -1,
                )
                for numeral in numerals
            ]
        )
        at = np.searchsorted(starts + first, onsets(fields), side="right") - 1
        tonic = numerals[-1].key
        harmony = np.where(at[:, None] >= 0, labels[np.maximum(at, 0)], -1)
        if fitting(fields, harmony) < FITTING:
            continue
        yield Analysed(
            number[1], melody, fields, (tonic.tonic.pitchClass, tonic.mode),
            harmony,
        )  # fmt: skip
        found += 1


def fitting(fields: Fields, harmony: np.ndarray) -> float:
    """Share of notes that belong to the analyst's triad above them."""
    pitch_class = (fields["pitch"] - 1 + LOWEST) % 12
    inside = [
        (pitch - root) % 12 in TRIAD[quality]
        for pitch, (root, quality) in zip(pitch_class.tolist(), harmony.tolist(), strict=True)
        if quality >= 0
    ]
    return float(np.mean(inside))


def as_pairs(tokens: np.ndarray) -> np.ndarray:
    """(n, 2) root and quality of chord tokens."""
    parts = [chord_parts(int(token)) for token in tokens]
    return np.array([(part[0], TRIADS[part[1]]) if part else (-2, -2) for part in parts]).reshape(-1, 2)


def agreement(found: np.ndarray, harmony: np.ndarray) -> tuple[float, float]:
    """Shares of notes with the analyst's root, and with his root and quality."""
    root = found[:, 0] == harmony[:, 0]
    return float(root.mean()), float((root & (found[:, 1] == harmony[:, 1])).mean())


def ceiling(song: Analysed) -> np.ndarray:
    """The best that one chord a span can do: each span's most frequent chord of the analyst's."""
    _, span = chord_spans(song.fields)
    best = np.empty_like(song.harmony)
    for index in np.unique(span):
        rows = song.harmony[span == index]
        values, counts = np.unique(rows, axis=0, return_counts=True)
        best[span == index] = values[counts.argmax()]
    return best


def measure(songs: list[Analysed]) -> dict[str, tuple[float, float]]:
    """(root, root and quality) agreement, averaged over notes, of the analyser, the constant tonic and the ceiling."""
    ways: dict[str, list[np.ndarray]] = {"constant tonic": [], "analyser": [], "ceiling, one chord a span": []}
    for song in songs:
        mode = song.melody.mode
        tonic = chord_token(home(mode), "" if mode == "major" else "m")
        tokens, span = chord_spans(song.fields)
        ways["constant tonic"].append(as_pairs(np.full(len(span), tonic)))
        ways["analyser"].append(as_pairs(tokens[span]))
        ways["ceiling, one chord a span"].append(ceiling(song))
    harmony = np.concatenate([song.harmony for song in songs])
    return {way: agreement(np.concatenate(found), harmony) for way, found in ways.items()}


def measure_keys(songs: list[Analysed]) -> dict[str, float]:
    """Shares of songs: mode given the signature, key given the signature, key found freely."""
    free = [
        find_key(np.array([n.pitch for n in song.melody.notes]), np.array([n.duration for n in song.melody.notes]))
        for song in songs
    ]
    return {
        "mode, given the signature": float(np.mean([song.melody.mode == song.key[1] for song in songs])),
        "key, given the signature": float(
            np.mean([(song.melody.tonic, song.melody.mode) == song.key for song in songs])
        ),
        "key, found freely": float(np.mean([key == song.key for key, song in zip(free, songs, strict=True)])),
    }


def main() -> None:
    songs = list(chorales())
    print(f"{len(songs)} chorales, {sum(len(song.harmony) for song in songs)} soprano notes\n")
    print("| key | songs |\n| --- | --- |")
    for name, share in measure_keys(songs).items():
        print(f"| {name} | {share:.0%} |")
    print("\n| chord under each note | root | root and quality |\n| --- | --- | --- |")
    for name, (root, quality) in measure(songs).items():
        print(f"| {name} | {root:.1%} | {quality:.1%} |")


if __name__ == "__main__":
    main()
