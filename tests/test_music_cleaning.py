"""What the datasets make of tunes and words as written: metre, bars, misread words, segments, keys of related songs."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regenkit_music.data.grouping import fingerprints, groups
from regenkit_music.data.segments import SHORTEST, cut
from regenkit_music.data.words import damage, repaired
from regenkit_music.modality.melody import METRES, Melody, Note
from regenkit_music.modality.metre import in_quarters, rescale

melodies = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 40), st.integers(40, 90), st.sampled_from(["la", "la,", "a-", "b."])),
    max_size=150,
)


def made(parts: list[tuple[int, int, int, str]], metre: str = "3/4") -> Melody:
    notes, end = [], 0
    for rest, duration, pitch, syllable in parts:
        notes.append(Note(onset=end + rest, duration=duration, pitch=pitch, syllable=syllable))
        end += rest + duration
    return Melody(notes=tuple(notes), metre=metre)


@pytest.mark.parametrize(
    ("unit", "metre", "expected"),
    [
        (Fraction(1), "4/4", ("4/4", 1)),
        (Fraction(1, 2), "2/4", ("4/4", 2)),
        (Fraction(1, 2), "3/8", ("3/4", 2)),
        (Fraction(2), "4/2", ("4/4", Fraction(1, 2))),
        (Fraction(1, 2), "3/4", ("3/2", 2)),
        (Fraction(1, 2), "6/8", ("6/8", 1)),
        (Fraction(1, 4), "4/4", ("4/4", 4)),
        (Fraction(1), "5/4", None),
        (Fraction(1), "7/8", None),
    ],
)
def test_the_median_note_becomes_a_quarter(unit, metre, expected):
    assert rescale([unit] * 5 + [unit * 2], *map(int, metre.split("/"))) == expected


def test_words_misread_by_a_machine_are_mended():
    words = ["gio\u00ad", "ml-", "sv-", "1. Was", "{e", "fos-", "Ie"]
    notes = tuple(Note(onset=4 * place, duration=4, pitch=60, syllable=word) for place, word in enumerate(words))
    mended = repaired(Melody(notes=notes))
    assert [note.syllable for note in mended.notes] == ["gio", "mi-", "so-", "Was", "è", "fos-", "le"]
    assert damage(mended) == 0


@settings(max_examples=30, deadline=None)
@given(melodies, st.integers(16, 64))
def test_segments_keep_notes_order_and_places_in_the_bar(parts, longest):
    whole = made(parts)
    segments = cut(whole, longest, shortest=1)
    joined = [note for segment in segments for note in segment.notes]
    assert [(n.duration, n.pitch, n.syllable) for n in joined] == [
        (n.duration, n.pitch, n.syllable) for n in whole.notes
    ]
    assert [n.onset % whole.bar for n in joined] == [n.onset % whole.bar for n in whole.notes]
    assert all(0 < len(segment.notes) <= longest and segment.notes[0].onset < whole.bar for segment in segments)
    assert all(len(segment.notes) >= SHORTEST for segment in cut(whole, longest))


@settings(max_examples=30, deadline=None)
@given(melodies, st.integers(-12, 12), st.sampled_from(METRES))
def test_keys_do_not_know_the_key(parts, semitones, metre):
    tune = made(parts, metre)
    assert groups(tune) == groups(tune.transposed(semitones))
    assert fingerprints(tune) == fingerprints(tune.transposed(semitones))
    scaled = in_quarters(tune)
    assert len(scaled.notes) == len(tune.notes)
    assert all(a.onset + a.duration <= b.onset for a, b in pairwise(scaled.notes))


def test_scales_leave_no_fingerprint():
    scale = made([(0, 4, 48 + 2 * step, "la") for step in range(20)])
    assert fingerprints(scale) == () and not any(key.startswith("incipit") for key in groups(scale))


@pytest.mark.parametrize("pitches", [[60, 62, 67, 65, 64, 69, 62, 60], [60, 62, 64, 66, 68, 70, 72, 74, 76, 78]])
def test_copies_of_a_short_or_trivial_melody_stay_together(pitches):
    tune, copy, other = (
        made([(0, length, pitch + by, "") for pitch in pitches], "4/4") for length, by in ((4, 0), (4, 5), (2, 0))
    )
    assert set(groups(tune)) & set(groups(copy))
    if len(pitches) > 8:  # a scale in another rhythm is another scale
        assert not set(groups(tune)) & set(groups(other))
