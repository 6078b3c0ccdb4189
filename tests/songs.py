"""Melodies that tests of files stand on."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from music21 import corpus

from regenkit_music.modality.melody import METRES, MODES, Melody, Note
from regenkit_music.modality.score import melody_from_part

SYLLABLES = ["Glo-", "ri-", "a", "Größe,", "月", "亮，", "ö", "❤️", "О-", "l'a-", "Heil!", "x y"]

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


def chorale(name: str = "bach/bwv269") -> Melody:
    return melody_from_part(corpus.parse(name).parts[0], title=name)
