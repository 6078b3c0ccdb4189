"""Our reading of scores against partitura's, note by note, on files of music21's corpus; differences have a cause."""

import warnings
from pathlib import Path
from typing import Any

import music21
import pytest
from songs import chorale

from regenkit_music.modality.notation import Part
from regenkit_music.modality.score import open_score
from regenkit_music.modality.score_writer import write_score

CORPUS = Path(music21.__file__).parent / "corpus"
OCTAVE = {
    ("PMFC_04-Quanto piu caro", "Cantus"), ("PMFC_04-Quanto piu caro", "Contratenor"),
    ("PMFC_06_8-In Verde Prato", "Cantus"), ("PMFC_06_8-In Verde Prato", "Contratenor"),
    ("PMFC_23_15a-Kyrie Humano Generi a", "Tenor"), ("PMFC_23_21-Kyrie Guymont", "Contratenor"),
}  # fmt: skip
"""Parts with <octave-change>-1</octave-change>: partitura has the pitches as written, ours sound."""

Notes = list[tuple[float, int, float]]
"""(onset from the first note, MIDI pitch, length) in quarters, sorted."""


def by_partitura(path: Path, *, tied: bool = False) -> list[Notes]:
    """The notes of each part, graces aside. tied: tied notes as one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import partitura
        from partitura.score import GraceNote

        load = partitura.load_kern if path.suffix == ".krn" else partitura.load_musicxml
        parts: list[Any] = list(load(str(path)).parts)
        found: list[Notes] = []
        for part in parts:
            notes = [note for note in (part.notes_tied if tied else part.notes) if not isinstance(note, GraceNote)]
            ends = [note.end_tied.t if tied else note.end.t for note in notes]
            times = [
                (float(part.quarter_map(note.start.t)), float(part.quarter_map(end)))
                for note, end in zip(notes, ends, strict=True)
            ]
            found.append(_from_first([(s, note.midi_pitch, e - s) for note, (s, e) in zip(notes, times, strict=True)]))
        return found


def by_us(part: Part) -> Notes:
    found, begins = [], 0.0
    for measure in part.measures:
        found += [(begins + float(note.onset), note.pitch, float(note.length)) for note in measure.notes]
        begins += float(measure.length)
    return _from_first(found)


def _from_first(notes: Notes) -> Notes:
    first = min(onset for onset, _, _ in notes)
    return sorted((round(onset - first, 3), pitch, round(length, 3)) for onset, pitch, length in notes)


def compare(path: Path) -> None:
    theirs, ours = by_partitura(path), open_score(path).parts
    assert len(theirs) == len(ours)
    for reading, part in zip(theirs, ours, strict=True):
        lower = 12 if (path.stem, part.name) in OCTAVE else 0
        assert by_us(part) == [(onset, pitch - lower, length) for onset, pitch, length in reading], part.name


@pytest.mark.parametrize(
    "name",
    [
        "bach/bwv269.mxl", "bach/bwv277.krn", "bach/bwv366.krn", "bach/bwv10.7.mxl", "bach/bwv226.2.mxl",
        "monteverdi/madrigal.3.1.mxl", "trecento/PMFC_04-Quanto piu caro.xml", "trecento/PMFC_23_21-Kyrie Guymont.xml",
        "palestrina/Agnus_00.krn",
    ],
)  # fmt: skip
def test_the_same_notes_as_partitura(name: str) -> None:
    compare(CORPUS / name)


def test_cue_notes_are_the_only_difference() -> None:
    path = CORPUS / "schumann_robert" / "opus48no2.mxl"
    (at,) = [at for at, part in enumerate(open_score(path).parts) if part.remarks]
    theirs, part = by_partitura(path)[at], open_score(path).parts[at]
    assert part.remarks == ("cue notes, which another part plays, left out: 4",)
    assert len(theirs) == len(by_us(part)) + 4 and set(by_us(part)) <= set(theirs)


@pytest.mark.exhaustive(minutes=3)
def test_the_same_notes_as_partitura_in_many_files() -> None:
    kinds = {
        "bach/*.mxl": 14,
        "monteverdi/*.mxl": 8,
        "trecento/*.xml": 7,
        "palestrina/*.krn": 100,
    }
    files = [path for kind, every in kinds.items() for path in sorted(CORPUS.glob(kind))[::every]]
    # its "3" and "6" are not a third and a sixth of a whole note to partitura
    files = [path for path in files if path.stem != "Benedictus_66_b"]
    assert len(files) > 60
    for path in files:
        compare(path)


@pytest.mark.parametrize("name", ["bach/bwv333", "bach/bwv10.7", "monteverdi/madrigal.3.10.mxl"])
def test_what_we_write_partitura_reads(name: str, tmp_path: Path) -> None:
    melody = chorale(name)
    write_score(melody, tmp_path / "a.musicxml")
    (theirs,) = by_partitura(tmp_path / "a.musicxml", tied=True)
    first = melody.notes[0].onset
    assert theirs == [((note.onset - first) / 4, note.pitch, note.duration / 4) for note in melody.notes]
