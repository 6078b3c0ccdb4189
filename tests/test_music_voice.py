"""What all readers share: bars of a voice as written become melodies."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regenkit.errors import BadSource
from regenkit_music.converter import Template
from regenkit_music.modality.files import reading, write
from regenkit_music.modality.line import Sung
from regenkit_music.modality.melody import encode
from regenkit_music.modality.reading import Reading, joined
from regenkit_music.modality.voice import Bar, read_voice


def bar(*pitches: int, metre: tuple[int, int] | None = (4, 4), unit: Fraction = Fraction(1), **about: object) -> Bar:
    """Notes of one length, 0 for a rest."""
    notes = [Sung(place * unit, (place + 1) * unit, pitch) for place, pitch in enumerate(pitches) if pitch]
    about = {"sharps": 0, "mode": "major", **about}
    return Bar(notes=tuple(notes), length=len(pitches) * unit, metre=metre, **about)  # type: ignore[arg-type] # of many types


def sung(words: str, *bars: Bar) -> list[Bar]:
    """The bars with a syllable a note, "*" for none and "_" for one that is held."""
    coming = iter(words.split())
    found = []
    for each in bars:
        syllables = [next(coming) for _ in each.notes]
        notes = [
            replace(note, syllable="" if text in "*_" else text, held=text == "_")
            for note, text in zip(each.notes, syllables, strict=True)
        ]
        found.append(replace(each, notes=tuple(notes)))
    return found


FULL = bar(60, 62, 64, 65)


def onsets(*bars: Bar) -> list[int]:
    (tune,) = read_voice(bars).tunes
    return [note.onset for note in tune.melody.notes]


def test_bars_keep_their_downbeats() -> None:
    assert onsets(bar(60), FULL) == [12, 16, 20, 24, 28]  # a pickup
    assert onsets(FULL, bar(60, 62), FULL)[4:] == [16, 20, 32, 36, 40, 44]  # a short bar is filled
    assert onsets(FULL, bar(60, 62, plain=False), bar(64, 65), FULL)[4:8] == [16, 20, 24, 28]  # cut by a repeat sign
    assert onsets(FULL, bar(60, 62, metre=(2, 4)), FULL)[4:] == [16, 20, 32, 36, 40, 44]  # a bar of another metre
    assert onsets(FULL, bar(*[60] * 6, metre=(6, 4)), FULL)[-4:] == [48, 52, 56, 60]
    assert onsets(bar(60, metre=(1, 4)), *[bar(60, 62, 64, metre=(3, 4))] * 3)[:3] == [
        8,
        12,
        16,
    ]  # a pickup's own metre
    assert onsets(replace(FULL, plain=False), bar(60), FULL)[4:] == [28, 32, 36, 40, 44]  # a section's pickup
    assert onsets(replace(FULL, plain=False), bar(60, ending=True), FULL)[4:] == [16, 32, 36, 40, 44]


def test_a_stretch_for_each_metre_and_key() -> None:
    three = bar(60, 62, 64, metre=(3, 4))
    found = read_voice([bar(60), *[FULL] * 3, *[three] * 3, *[replace(FULL, sharps=1)] * 3], name="voice 2", title="A")
    assert [(tune.name, tune.melody.metre, tune.melody.tonic) for tune in found.tunes] == [
        ("voice 2, from bar 0", "4/4", 0), ("voice 2, from bar 4", "3/4", 0), ("voice 2, from bar 7", "4/4", 7),
    ]  # fmt: skip
    assert {tune.melody.title for tune in found.tunes} == {"A"}
    assert [tune.melody.notes[0].onset for tune in found.tunes] == [12, 0, 0]
    found = read_voice([*[FULL] * 3, *[bar(60, metre=None)] * 3, *[bar(60, metre=(5, 4))] * 8], name="")
    assert [tune.name for tune in found.tunes] == ["from bar 1"]
    assert [name for name, _ in found.left_out] == ["from bar 4", "from bar 7"]
    assert [reason[:15] for _, reason in found.left_out] == ["fewer than 8 no", "is in 5/4; mode"]


def test_a_note_over_a_barline() -> None:
    """Tied to the next bar's first note, as scores have it, or longer than its bar, as MIDI has it."""
    first = replace(FULL, notes=(Sung(Fraction(0), Fraction(4), 60),))
    second = replace(FULL, notes=(Sung(Fraction(0), Fraction(2), 60, tied=True), Sung(Fraction(2), Fraction(4), 64)))
    longer = replace(FULL, notes=(Sung(Fraction(0), Fraction(6), 60),))
    shorter = replace(FULL, notes=(Sung(Fraction(2), Fraction(4), 64),))
    for bars in ([first, second], [longer, shorter]):
        (tune,) = read_voice(bars).tunes
        assert [(note.onset, note.duration) for note in tune.melody.notes] == [(0, 24), (24, 8)]


@pytest.mark.parametrize(
    ("words", "expected", "remarks"),
    [
        ("a b c d e f g h", "a b c d e f g h", ()),
        ("* b c d e f g h", "b c d e f g h", ("notes without a syllable where others are sung, left out: 1",)),
        ("a * c d- * e f g", "a c d- e f g", ("notes that prolong a syllable, merged into it: 2",)),
        ("♪ b c d e f g h", "b c d e f g h", ("notes without a syllable where others are sung, left out: 1",)),
        ("a * * * * * * *", "a", ("notes that prolong a syllable, merged into it: 7",)),
    ],
)
def test_one_note_a_syllable(words: str, expected: str, remarks: tuple[str, ...]) -> None:
    (tune,) = read_voice(sung(words, FULL, FULL)).tunes
    assert [note.syllable for note in tune.melody.notes] == expected.split()
    assert tune.remarks == remarks


def test_a_syllable_under_a_tied_note_is_said() -> None:
    first, second = sung("a b c d e f g h", bar(60, 62, 62, 64), FULL)
    notes = (*first.notes[:2], replace(first.notes[2], tied=True), first.notes[3])
    (tune,) = read_voice([replace(first, notes=notes), second]).tunes
    assert [(note.syllable, note.duration) for note in tune.melody.notes][:3] == [("a", 4), ("b", 8), ("d", 4)]
    assert tune.remarks == ("syllables under a note that is tied to the one before, left out: 1",)


def test_a_solo_is_no_melisma() -> None:
    """Notes after a word's end, for more than two bars; a word that goes on, or is said to be held, goes on."""
    words = "a b c d e f g h i j k l m n o p" + " *" * 12
    (tune,) = read_voice(sung(words, *[FULL] * 7)).tunes
    assert tune.melody.notes[-1].duration == 4
    assert tune.remarks == ("notes without a syllable where others are sung, left out: 12",)
    for last in ("p-" + " *" * 12, "p" + " _" * 12):
        (tune,) = read_voice(sung(f"a b c d e f g h i j k l m n o {last}", *[FULL] * 7)).tunes
        assert tune.melody.notes[-1].duration == 52


def test_a_few_words_make_no_song() -> None:
    (tune,) = read_voice(sung("Fine" + " *" * 11, bar(60, 0, 62, 64), *[FULL] * 2, bar(60))).tunes
    assert [note.syllable for note in tune.melody.notes] == [""] * 12
    assert tune.remarks == ("syllables left out, because most notes have none: 1",)


def test_keys() -> None:
    minor = bar(69, 71, 72, 74), bar(76, 74, 72, 71), bar(69, 68, 69, 69)
    for sharps, mode, expected in [(None, None, (9, "minor")), (0, None, (9, "minor")), (0, "major", (0, "major")),
                                   (-1, "dorian", (7, "minor")), (0, "phrygian", (4, "minor"))]:  # fmt: skip
        (tune,) = read_voice([replace(each, sharps=sharps, mode=mode) for each in minor]).tunes
        assert (tune.melody.tonic, tune.melody.mode) == expected


def test_the_longest_tempo_counts_in_the_unit_that_is_read() -> None:
    (tune,) = read_voice([replace(FULL, tempo=60), replace(FULL, tempo=90), replace(FULL, tempo=90)]).tunes
    assert tune.melody.tempo == 90
    eighths = bar(60, 62, 64, metre=(3, 8), unit=Fraction(1, 2), tempo=60)
    (tune,) = read_voice([eighths] * 3).tunes
    assert (tune.melody.metre, tune.melody.tempo, tune.melody.notes[1].onset) == ("3/4", 120, 4)


@pytest.mark.parametrize(("stated", "read"), [(0.5, 4), (1e9, 4000), (float("inf"), 4000)])
def test_a_tempo_that_nobody_plays_can_still_be_written(stated: float, read: float, tmp_path: Path) -> None:
    (tune,) = read_voice([replace(FULL, tempo=stated)] * 3).tunes
    assert tune.melody.tempo == read and tune.remarks[0].startswith("a tempo that nobody plays")
    write(tune.melody, tmp_path / "a.mid")
    (again,) = reading(tmp_path / "a.mid").tunes
    assert again.melody == tune.melody
    fields, meta = encode(tune.melody)
    template = Template()
    assert template.from_text(template.to_text(template.convert(fields), meta))[1]["tempo"] == read


def test_values_below_the_grid_are_scaled_where_that_helps() -> None:
    short = bar(*[60, 62] * 8, metre=(2, 4), unit=Fraction(1, 8), tempo=30)
    (tune,) = read_voice([short] * 2).tunes
    assert (tune.melody.metre, tune.melody.notes[1].duration, tune.melody.tempo) == ("4/4", 4, 240)
    assert tune.remarks == ()
    triplets = bar(*[60, 62, 64] * 4, unit=Fraction(1, 3))
    assert "sixteenths" in read_voice([triplets]).left_out[0][1]


def test_nothing_to_read() -> None:
    assert read_voice([]) == Reading(tunes=(), left_out=(("", "has no notes"),))
    assert read_voice([bar(0, 0)], name="2").left_out == (("2", "has no notes"),)
    with pytest.raises(BadSource, match=r"song\.x: has no notes"):
        joined("song.x", [read_voice([])])
    with pytest.raises(BadSource, match=r"song\.x: 2: has no notes"):
        joined("song.x", [read_voice([], name="2"), read_voice([], name="3")])
    assert len(joined("song.x", [read_voice([]), read_voice([FULL])]).tunes) == 1


@settings(deadline=None, max_examples=80)
@given(
    st.lists(
        st.builds(
            bar,
            *[st.integers(59, 61).map(lambda pitch: pitch if pitch > 59 else 0)] * 3,
            metre=st.sampled_from([(4, 4), (3, 4), (2, 4), (6, 8), (5, 4), None]),
            unit=st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(1, 3), Fraction(3, 2)]),
            plain=st.booleans(),
            ending=st.booleans(),
            sharps=st.sampled_from([None, 0, -3]),
        ),
        max_size=30,
    )
)
def test_every_note_is_read_or_left_out_by_name(bars: list[Bar]) -> None:
    found = read_voice(bars, name="v")
    for tune in found.tunes:
        notes = tune.melody.notes
        assert all(one.onset + one.duration <= other.onset for one, other in pairwise(notes))
        assert notes and notes[0].onset >= 0
    assert all(reason and name.startswith("v") for name, reason in found.left_out)
    if not found.left_out:
        assert sum(len(tune.melody.notes) for tune in found.tunes) == sum(len(each.notes) for each in bars)
