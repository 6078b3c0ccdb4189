"""Our reading of scores against partitura's, note by note, over the scores of music21's corpus.

    python benchmarks/score_readers.py readings.jsonl     read, or go on; about a second a file
    python benchmarks/score_readers.py readings.jsonl --table

A file is a line of readings.jsonl: of each part whether both have the same notes (onset, pitch, length in quarters),
and if not, what differs.
"""

import argparse
import json
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import music21

from regenkit_music.modality.notation import Part
from regenkit_music.modality.score import open_score

CORPUS = Path(music21.__file__).parent / "corpus"
KINDS = {"bach/*.mxl": 1, "monteverdi/*.mxl": 1, "trecento/*.xml": 1, "palestrina/*.krn": 16}
"""Files of the corpus: every one of a kind, or every sixteenth."""

Notes = list[tuple[float, int, float]]
"""(onset from the first note, MIDI pitch, length) in quarters, sorted."""


def by_partitura(path: Path) -> list[Notes]:
    """The notes of each part, grace notes aside."""
    import partitura
    from partitura.score import GraceNote

    load = partitura.load_kern if path.suffix == ".krn" else partitura.load_musicxml
    found = []
    parts: list[Any] = list(load(str(path)).parts)
    for part in parts:
        notes = [note for note in part.notes if not isinstance(note, GraceNote)]
        times = [(float(part.quarter_map(note.start.t)), float(part.quarter_map(note.end.t))) for note in notes]
        found.append(_from_first([(s, note.midi_pitch, e - s) for note, (s, e) in zip(notes, times, strict=True)]))
    return found


def by_us(part: Part) -> Notes:
    found, begins = [], 0.0
    for measure in part.measures:
        found += [(begins + float(note.onset), note.pitch, float(note.length)) for note in measure.notes]
        begins += float(measure.length)
    return _from_first(found)


def _from_first(notes: Notes) -> Notes:
    first = min((onset for onset, _, _ in notes), default=0.0)
    return sorted((round(onset - first, 3), pitch, round(length, 3)) for onset, pitch, length in notes)


def difference(ours: Notes, theirs: Notes, part: Part) -> str:
    """In words; empty where there is none."""
    if ours == theirs:
        return ""
    for octaves in (-1, 1):
        if ours == [(onset, pitch + 12 * octaves, length) for onset, pitch, length in theirs]:
            return f"all notes {'an octave lower' if octaves < 0 else 'an octave higher'} than partitura's"
    mine, other = Counter(ours), Counter(theirs)
    missing, more = other - mine, mine - other
    if not more and part.remarks:
        return f"without {missing.total()} notes: {'; '.join(part.remarks)}"
    at = min([*missing, *more])
    return f"{more.total()} notes are only ours, {missing.total()} only partitura's, from quarter {at[0]:g} on"


def compared(path: Path) -> dict[str, Any]:
    line: dict[str, Any] = {"file": str(path.relative_to(CORPUS)), "equal": 0, "different": {}}
    try:
        theirs = by_partitura(path)
    except Exception as error:  # whatever partitura raises
        return {**line, "partitura": f"{type(error).__name__}: {error}"[:200]}
    try:
        parts = open_score(path).parts
    except Exception as error:
        return {**line, "ours": f"{type(error).__name__}: {error}"[:200]}
    if len(parts) != len(theirs):
        return {**line, "different": {"": f"{len(parts)} parts are ours, {len(theirs)} partitura's"}}
    for number, (part, reading) in enumerate(zip(parts, theirs, strict=True), 1):
        if found := difference(by_us(part), reading, part):
            line["different"][f"{number} {part.name}"] = found
        else:
            line["equal"] += 1
    return line


def table(lines: list[dict[str, Any]]) -> str:
    rows = ["| files | read by both | parts | equal | different |", "| --- | --- | --- | --- | --- |"]
    for kind in KINDS:
        mine = [line for line in lines if Path(line["file"]).match(kind)]
        both = [line for line in mine if "partitura" not in line and "ours" not in line]
        equal, other = sum(line["equal"] for line in both), sum(len(line["different"]) for line in both)
        rows.append(f"| {kind} | {len(both)} of {len(mine)} | {equal + other} | {equal} | {other} |")
    listed = [f"- {line['file']}, part {part}: {said}" for line in lines for part, said in line["different"].items()]
    refused = [f"- {line['file']}: {who} {line[who]}" for line in lines for who in ("partitura", "ours") if who in line]
    return "\n".join([*rows, "", *listed, *refused])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    lines = [json.loads(line) for line in options.file.read_text().splitlines()] if options.file.exists() else []
    if options.table:
        print(table(lines))
        return
    done = {line["file"] for line in lines}
    files = [path for kind, every in KINDS.items() for path in sorted(CORPUS.glob(kind))[::every]]
    with options.file.open("a") as output, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, path in enumerate(files, 1):
            if str(path.relative_to(CORPUS)) not in done:
                print(json.dumps(compared(path)), file=output, flush=True)
                print(f"{number}/{len(files)} {path.name}", end="\r", file=sys.stderr)


if __name__ == "__main__":
    main()
