"""Melodies that tests of files stand on."""

from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from music21 import corpus

from regenkit_music.modality.melody import METRES, MODES, Melody, Note
from regenkit_music.modality.notation import Part
from regenkit_music.modality.part_reading import read_part
from regenkit_music.modality.score import open_score

SYLLABLES = ["Glo-", "ri-", "a", "Größe,", "月", "亮，", "ö", "l❤️ve", "О-", "l'a-", "Heil!", "x y"]

anything = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def melodies(draw: st.DrawFn) -> Melody:
    """Any melody, its notes all with a syllable or all without."""
    sung, onset, found = draw(st.booleans()), draw(st.integers(0, 40)), []
    for _ in range(draw(st.integers(1, 24))):
        duration = draw(st.integers(1, 32))
        syllable = draw(st.sampled_from(SYLLABLES)) if sung else ""
        found.append(Note(onset=onset, duration=duration, pitch=draw(st.integers(36, 96)), syllable=syllable))
        onset += duration + draw(st.sampled_from([0, 0, 0, 1, 4, 40]))
    return Melody(
        notes=tuple(found),
        metre=draw(st.sampled_from(METRES)),
        tonic=draw(st.integers(0, 11)),
        mode=draw(st.sampled_from(MODES)),
        tempo=float(draw(st.integers(30, 240))),
        title=draw(st.sampled_from(["", "Süßer Gesang", "月", "a & <b>"])),
    )


def first_part(name: str = "bach/bwv269") -> Part:
    """The first part of a score of music21's corpus, as our reader has it."""
    return open_score(Path(corpus.getWork(name))).parts[0]


def without_words(part: Part) -> Part:
    """The part as an instrument plays it, every note for itself."""
    measures = [
        replace(measure, notes=tuple(replace(note, words={}) for note in measure.notes)) for measure in part.measures
    ]
    return replace(part, measures=tuple(measures))


def chorale(name: str = "bach/bwv269") -> Melody:
    return read_part(first_part(name), title=name).tunes[0].melody
