"""Scores: MusicXML there and back, real chorales by hand, bars, ABC."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from music21 import bar, chord, converter, corpus, key, meter, stream, tie
from music21 import note as notes21
from songs import anything, chorale, melodies

from regenkit.errors import BadSource
from regenkit_music.modality import files
from regenkit_music.modality.melody import Melody
from regenkit_music.modality.score import melody_from_part, read_score, write_score


@settings(anything, max_examples=25)
@given(melodies())
def test_musicxml_there_and_back(tmp_path: Path, melody: Melody) -> None:
    write_score(melody, tmp_path / "a.musicxml")
    assert read_score(tmp_path / "a.musicxml") == [melody]


@settings(anything, max_examples=25)
@given(melodies(), st.integers(1, 23))
def test_an_upbeat_is_bar_0_cut_short(tmp_path: Path, melody: Melody, onset: int) -> None:
    onset %= melody.bar
    shift = onset - melody.notes[0].onset
    melody = replace(melody, notes=tuple(replace(note, onset=note.onset + shift) for note in melody.notes))
    write_score(melody, tmp_path / "a.musicxml")
    assert read_score(tmp_path / "a.musicxml") == [melody]
    measures = ElementTree.parse(tmp_path / "a.musicxml").findall("part/measure")
    divisions = int(measures[0].findtext("attributes/divisions", ""))
    lengths = [sum(int(length.text or "") for length in measure.findall("note/duration")) for measure in measures]
    quarters = [4 * length / divisions for length in lengths]
    assert quarters == [melody.bar - onset] + [melody.bar] * (len(measures) - 1)
    assert [measure.get("number") for measure in measures] == [str(n + (not onset)) for n in range(len(measures))]
    assert [measure.get("implicit") == "yes" for measure in measures] == [onset > 0] + [False] * (len(measures) - 1)


def test_chorale_by_hand() -> None:
    """BWV 269: 3/4, G major, an anacrusis of one quarter, melismas on "Le-" of "Lebelang" and others."""
    counts: Counter[str] = Counter()
    melody = melody_from_part(corpus.parse("bach/bwv269").parts[0], counts=counts)
    assert (melody.metre, melody.tonic, melody.mode) == ("3/4", 7, "major")
    first = [(note.onset, note.duration, note.pitch, note.syllable) for note in melody.notes[:4]]
    assert first == [(8, 4, 67, "in"), (12, 8, 67, "die-"), (20, 4, 74, "ser"), (24, 8, 71, "Mor-")]
    assert len(melody.notes) == 39
    assert counts["merged"] == 7
    every = melody_from_part(corpus.parse("bach/bwv269").parts[0], one_note_a_syllable=False)
    assert len(every.notes) == 39 + 7
    assert every.end == melody.end


@pytest.mark.parametrize("name", ["bach/bwv333", "bach/bwv10.7", "monteverdi/madrigal.3.10.mxl"])
def test_real_scores(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.musicxml"
    melody = chorale(name)
    ends = [note.onset + note.duration for note in melody.notes]
    assert all(note.onset >= end for note, end in zip(melody.notes[1:], ends, strict=False))
    assert all(note.syllable for note in melody.notes)
    files.write(melody, path)
    assert files.read(path)[0].notes == melody.notes


def test_choose_mode_is_asked() -> None:
    asked = []

    def choose(pitches, durations, sharps) -> str:
        asked.append((len(pitches), len(durations), sharps))
        return "minor"

    melody = melody_from_part(corpus.parse("bach/bwv269").parts[0], choose_mode=choose)
    assert asked == [(39, 39, 1)]
    assert (melody.tonic, melody.mode) == (4, "minor")


def part_of(metre: str, *bars: str) -> stream.Part:
    """A part from tiny notation, bar by bar."""
    part = stream.Part()
    for number, text in enumerate(bars):
        measure = stream.Measure(number=number)
        if number == 0:
            measure.append([key.KeySignature(0), meter.TimeSignature(metre)])
        measure.append(list(converter.parse(f"tinyNotation: {text}").recurse().notesAndRests))
        part.append(measure)
    return part


@pytest.mark.parametrize(
    ("metre", "bars", "modelled", "times"),
    [
        ("4/4", ["c4", "d2 e2", "f1"], "4/4", [(12, 4), (16, 8), (24, 8), (32, 16)]),
        ("3/8", ["c8", "d8 e8 f8"], "3/4", [(8, 4), (12, 4), (16, 4), (20, 4)]),
        ("2/2", ["c2 d2"], "4/4", [(0, 8), (8, 8)]),
        ("4/2", ["c1 d1"], "4/4", [(0, 8), (8, 8)]),
        ("4/4", ["c2 d4", "e4 f4 g2", "a1"], "4/4", [(4, 8), (12, 4), (16, 4), (20, 4), (24, 8), (32, 16)]),
        # a bar cut in two by a repeat sign, and a short bar that is filled
        ("4/4", ["c1", "d2.", "e4", "f1"], "4/4", [(0, 16), (16, 12), (28, 4), (32, 16)]),
        ("4/4", ["c1", "d2.", "e1"], "4/4", [(0, 16), (16, 12), (32, 16)]),
    ],
)
def test_bars(metre: str, bars: list[str], modelled: str, times: list[tuple[int, int]]) -> None:
    melody = melody_from_part(part_of(metre, *bars))
    assert melody.metre == modelled
    assert [(note.onset, note.duration) for note in melody.notes] == times


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (part_of("5/4", "c1 d4"), "5/4"),
        (part_of("4/4", "r1"), "no notes"),
        (part_of("2/4", "trip{c8 d e} f4", "trip{c8 d e} f4"), "between the sixteenths"),
        (stream.Part([notes21.Note("C4")]), "no time signature"),
        (stream.Part([meter.TimeSignature("4/4"), notes21.Note("C4", quarterLength=8.0), meter.TimeSignature("3/4"),
                      notes21.Note("C4", quarterLength=6.0)]), "changes its metre"),
    ],
)  # fmt: skip
def test_parts_that_are_no_melody(part: stream.Part, reason: str) -> None:
    with pytest.raises(BadSource, match=reason) as caught:
        melody_from_part(part, source="here")
    assert caught.value.source == "here"


def test_ties_chords_and_barlines() -> None:
    part = part_of("4/4", "c2 e2", "e4 g4 c'2")
    notes = list(part.recurse().notes)
    notes[1].tie, notes[2].tie = tie.Tie("start"), tie.Tie("stop")
    notes[3].activeSite.replace(notes[3], chord.Chord(["C4", "G4", "E4"], quarterLength=1.0))
    part.getElementsByClass("Measure")[1].rightBarline = bar.Barline("final")
    melody = melody_from_part(part)
    assert [(note.onset, note.duration, note.pitch) for note in melody.notes] == [
        (0, 8, 60), (8, 12, 64), (20, 4, 67), (24, 8, 72),
    ]  # fmt: skip


ABC = """X:1
T:Süßer Gesang
M:3/4
L:1/8
Q:1/4=100
K:Gm
G2|B4 A2|G4 d2|c2 B2 A2|G4|]
w:O Morn-ing | bright and fair to-day, Glück
w:A sec-ond verse

X:2
T:In five
M:5/4
K:C
CDEFG|

X:3
T:Third
M:C|
L:1/4
K:Ddor
DEFG|"AGFE"A{B}G !fermata![FA]E|
w:one two | three~four _ se\\-ven - *
"""


def test_abc(tmp_path: Path) -> None:
    path = tmp_path / "tunes.abc"
    path.write_text(ABC, encoding="utf-8")
    first, third = files.read(path)
    assert (first.title, first.metre, first.tonic, first.mode, first.tempo) == ("Süßer Gesang", "3/4", 7, "minor", 100)
    assert [(note.onset, note.duration) for note in first.notes[:3]] == [(8, 4), (12, 8), (20, 4)]
    assert [note.syllable for note in first.notes] == [
        "O",
        "Morn-",
        "ing",
        "bright",
        "and",
        "fair",
        "to-",
        "day,",
        "Glück",
    ]
    assert (third.title, third.metre, third.mode) == ("Third", "4/4", "minor")
    assert [(note.syllable, note.duration) for note in third.notes] == [
        ("one", 4), ("two", 12), ("three four", 8), ("se-ven-", 8),
    ]  # fmt: skip
    path.write_text("X:1\nM:5/4\nK:C\nCDEFG|\n", encoding="utf-8")
    with pytest.raises(BadSource, match="5/4"):
        files.read(path)
