"""Scores: real chorales by hand, how bars are laid, what is written is whole."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from music_writers_xml import attributes, measure, note, part, rest, score
from songs import anything, chorale, first_part, melodies, without_words

from regenkit.errors import BadSource
from regenkit_music.modality import files
from regenkit_music.modality.melody import Melody
from regenkit_music.modality.part_reading import read_part
from regenkit_music.modality.reading import Tune
from regenkit_music.modality.score import read_score
from regenkit_music.modality.score_writer import write_score


@settings(anything, max_examples=25)
@given(melodies(), st.integers(1, 23))
def test_an_upbeat_is_bar_0_cut_short(tmp_path: Path, melody: Melody, onset: int) -> None:
    onset %= melody.bar
    shift = onset - melody.notes[0].onset
    melody = replace(melody, notes=tuple(replace(note, onset=note.onset + shift) for note in melody.notes))
    write_score(melody, tmp_path / "a.musicxml")
    assert read_score(tmp_path / "a.musicxml").tunes == (Tune(melody=melody),)
    measures = ElementTree.parse(tmp_path / "a.musicxml").findall("part/measure")
    divisions = int(measures[0].findtext("attributes/divisions", ""))
    lengths = [sum(int(length.text or "") for length in measure.findall("note/duration")) for measure in measures]
    quarters = [4 * length / divisions for length in lengths]
    assert quarters == [melody.bar - onset] + [melody.bar] * (len(measures) - 1)
    assert [measure.get("number") for measure in measures] == [str(n + (not onset)) for n in range(len(measures))]
    assert [measure.get("implicit") == "yes" for measure in measures] == [onset > 0] + [False] * (len(measures) - 1)


def test_chorale_by_hand() -> None:
    """BWV 269: 3/4, G major, an anacrusis of one quarter, melismas on "Le-" of "Lebelang" and others."""
    (tune,) = read_part(first_part("bach/bwv269")).tunes
    melody = tune.melody
    assert (melody.metre, melody.tonic, melody.mode) == ("3/4", 7, "major")
    first = [(note.onset, note.duration, note.pitch, note.syllable) for note in melody.notes[:4]]
    assert first == [(8, 4, 67, "in"), (12, 8, 67, "die-"), (20, 4, 74, "ser"), (24, 8, 71, "Mor-")]
    assert len(melody.notes) == 39
    assert "notes that prolong a syllable, merged into it: 7" in tune.remarks
    every = read_part(without_words(first_part("bach/bwv269"))).tunes[0].melody
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
    assert files.reading(path).tunes[0].melody.notes == melody.notes


def bars_of(metre: str, *bars: list[int]) -> str:
    """A part of one pitch: the durations of each bar in sixteenths, rests negative."""
    return part(
        *(
            measure(
                *(note(60, length) if length > 0 else rest(-length) for length in bar),
                head="" if number else attributes(0, "major", metre),
            )
            for number, bar in enumerate(bars)
        )
    )


def read_text(text: str, tmp_path: Path) -> Tune:
    (tmp_path / "a.musicxml").write_text(text, encoding="utf-8")
    (tune,) = read_score(tmp_path / "a.musicxml").tunes
    return tune


@pytest.mark.parametrize(
    ("metre", "bars", "modelled", "times"),
    [
        ("4/4", [[4], [8, 8], [16]], "4/4", [(12, 4), (16, 8), (24, 8), (32, 16)]),
        ("3/8", [[2], [2, 2, 2]], "3/4", [(8, 4), (12, 4), (16, 4), (20, 4)]),
        ("2/2", [[8, 8]], "4/4", [(0, 8), (8, 8)]),
        ("4/2", [[16, 16]], "4/4", [(0, 8), (8, 8)]),
        ("2+2/4", [[8, 8]], "4/4", [(0, 8), (8, 8)]),
        ("4/4", [[8, 4], [4, 4, 8], [16]], "4/4", [(4, 8), (12, 4), (16, 4), (20, 4), (24, 8), (32, 16)]),
        ("4/4", [[-4, -4, 4, 4], [16]], "4/4", [(8, 4), (12, 4), (16, 16)]),
        # a bar cut in two where a line of the text ends, and a short bar that is filled
        ("4/4", [[16], [12], [4], [16]], "4/4", [(0, 16), (16, 12), (28, 4), (32, 16)]),
        ("4/4", [[16], [12], [16]], "4/4", [(0, 16), (16, 12), (32, 16)]),
    ],
)
def test_bars(metre: str, bars: list[list[int]], modelled: str, times: list[tuple[int, int]], tmp_path: Path) -> None:
    melody = read_text(score(bars_of(metre, *bars)), tmp_path).melody
    assert melody.metre == modelled
    assert [(note.onset, note.duration) for note in melody.notes] == times


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (score(bars_of("5/4", [16, 4])), "is in 5/4"),
        (score(bars_of("4/4", [-16])), "no notes"),
        (score(bars_of("4/4", [16]).replace("<divisions>4<", "<divisions>3<")), "between the sixteenths|do not add up"),
        (score(bars_of("4/4", [16]).replace("<time>", "<no>").replace("</time>", "</no>")), "no metre"),
        (
            score(bars_of("4/4", [16]).replace("<beats>4</beats><beat-type>4</beat-type>", "<senza-misura/>")),
            "no metre",
        ),
        (score(bars_of("4/4", [16], [12], [16], [12], [16], [12], [16])), "bars that do not add up"),
    ],
)
def test_parts_that_are_no_melody(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=reason) as caught:
        read_text(text, tmp_path)
    assert caught.value.source == str(tmp_path / "a.musicxml")


def test_ties_and_chords(tmp_path: Path) -> None:
    first = measure(note(60, 8), note(64, 8, tied=(False, True)), head=attributes(0, "major", "4/4"))
    chord = note(60, 4) + note(67, 4, kind="<chord/>") + note(64, 4, kind="<chord/>")
    melody = read_text(
        score(part(first, measure(note(64, 4, tied=(True, False)), chord, note(72, 8)))), tmp_path
    ).melody
    assert [(note.onset, note.duration, note.pitch) for note in melody.notes] == [
        (0, 8, 60), (8, 12, 64), (20, 4, 67), (24, 8, 72),
    ]  # fmt: skip
