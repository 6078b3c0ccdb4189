"""How many notes of music/corpus sound otherwise, by how far an accidental of ABC reaches? Some five minutes.

    PYTHONPATH=.:plugins python benchmarks/abc_accidentals.py [COLLECTION ...]

By the standard 2.1 it lasts to the barline, in all octaves. Up to version 1 of music/corpus it was the note's alone, as
music21 reads a file that does not state its version of ABC. Some programs take it to last in its own octave only.
"""

import sys
from collections import Counter

from regenkit.data.text_encoding import decoded
from regenkit_music.data.corpus import COLLECTIONS, _files
from regenkit_music.modality.abc import read_tune, tunes
from regenkit_music.modality.reading import Reading

REACHES = {"not": "the note alone", "octave": "its octave"}


def pitches(reading: Reading) -> list[int]:
    return [note.pitch for tune in reading.tunes for note in tune.melody.notes]


def count(name: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for path in _files(name):
        for _, text in tunes(decoded(path.read_bytes(), None, path)):
            standard = read_tune(text, "")
            counts["tunes"] += bool(standard.tunes)
            counts["notes"] += len(pitches(standard))
            for reach in REACHES:
                other = read_tune(f"%%propagate-accidentals {reach}\n{text}", "")
                changed = sum(a != b for a, b in zip(pitches(standard), pitches(other), strict=True))
                counts[f"{reach} notes"] += changed
                counts[f"{reach} tunes"] += changed > 0
    return counts


def main() -> None:
    titles = "".join(f"   {said + ':':>15} tunes  notes" for said in REACHES.values())
    print(f"{'collection':12}{'tunes':>8}{'notes':>9}{titles}")
    for name in sys.argv[1:] or COLLECTIONS:
        counts = count(COLLECTIONS[name])
        line = f"{name:12}{counts['tunes']:8}{counts['notes']:9}"
        for reach in REACHES:
            tunes_changed = f"{counts[f'{reach} tunes']} ({counts[f'{reach} tunes'] / counts['tunes']:.1%})"
            line += f"   {tunes_changed:>21}{counts[f'{reach} notes']:7}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
