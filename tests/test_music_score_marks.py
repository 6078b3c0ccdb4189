"""What notation says of a song beside its notes: verses, endings, elisions, voices, slurs; scores made by hand."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from music_marks import FORWARD, HEAD, ending, read_parts, sung, times, words
from music_writers_xml import lyric, measure, note, part, rest

from regenkit_music.modality.reading import Reading


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    return partial(read_parts, tmp_path)


def test_the_verse_that_is_sung_goes_through_its_own_ending(read) -> None:
    song = part(
        measure(FORWARD, sung("all|all hear|know a|a song|tune"), head=HEAD),
        measure(ending(1, sung("first end- ing here"), repeats=True)),
        measure(ending(2, sung("sec- ond end now", verse="2"), repeats=False)),
        measure(sung("and all is done")),
    )
    reading = read(song)
    assert words(reading) == "all hear a song first end- ing here and all is done"
    assert times(reading)[-1] == (44, 4)
    assert reading.tunes[0].remarks == (
        "measures of other endings, not read: 1", "syllables of other verses (verse 2), not read: 8",
    )  # fmt: skip


def test_a_verse_may_have_any_number(read) -> None:
    """Damaged files have numbers of more digits than Python reads."""
    song = part(measure(sung("here it is sung", verse="77"), head=HEAD), measure(sung("once more we sing", verse="77")))
    assert words(read(song.replace("77", "9" * 5000))) == "here it is sung once more we sing"


def test_without_words_the_last_ending_is_read(read) -> None:
    tune = part(
        measure(sung("* * * *", 60), head=HEAD),
        measure(ending(1, sung("* * * *", 65), repeats=True)),
        measure(ending(2, sung("* * * *", 70), repeats=False)),
        measure(sung("* * * *", 75)),
    )
    (found,) = read(tune).tunes
    assert [note.pitch for note in found.melody.notes] == [*range(60, 64), *range(70, 74), *range(75, 79)]


def test_repeats_are_written_in_one_part_and_hold_for_all(read) -> None:
    flute = part(
        measure(rest(16), head=HEAD),
        measure(ending(1, rest(16), repeats=True)),
        measure(ending(2, rest(16), repeats=False)),
    )
    voice = part(
        measure(sung("all of it sung"), head=HEAD),
        measure(sung("once and a- gain")),
        measure(sung("then it is done", verse="2")),
    )
    assert words(read(flute, voice)) == "all of it sung once and a- gain"


def test_a_refrain_has_the_words_of_the_verse_that_it_is_under(read) -> None:
    song = part(
        measure(sung("one|two of|of the|our songs|tunes"), head=HEAD),
        measure(sung("la|so si|fa do|mi re|re")),
        measure(sung("ev- ery bo- dy", verse="3")),
    )
    reading = read(song)
    assert words(reading) == "one of the songs la si do re ev- ery bo- dy"
    assert reading.tunes[0].remarks == ("syllables of other verses (verse 2, verse 3), not read: 8",)


def test_a_melisma_of_one_verse_is_not_filled_from_another(read) -> None:
    song = part(
        measure(sung("long|two- *|syl- the|la- last|bles"), head=HEAD),
        measure(sung("one|of that|them is|be fullest|short")),
    )
    assert words(read(song)) in ("long the last one that is fullest", "two- syl- la- bles of them be short")
    assert words(read(song)) == "two- syl- la- bles of them be short"  # the fullest verse


@pytest.mark.parametrize(
    ("inner", "right"),
    [
        (
            "<syllabic>end</syllabic><text>te</text><elision>‿</elision><syllabic>begin</syllabic><text>a</text>",
            "te a-",
        ),
        ("<syllabic>begin</syllabic><text>te</text><elision/><syllabic>end</syllabic><text>a</text>", "tea"),
        ("<syllabic>single</syllabic><text>te‿a</text>", "te a"),
        ("<text>te</text><elision> </elision><text>a</text>", "te a"),
        ("<syllabic>single</syllabic><text>1. Te</text>", "Te"),
        ("<syllabic>single</syllabic><text>1.2. Te</text>", "Te"),
        ("<syllabic>single</syllabic><text>1.) Te</text>", "Te"),
        ("<syllabic>single</syllabic><text>2 Te</text>", "Te"),
        ("<text>1.</text><elision> </elision><text>Te</text>", "Te"),
        ("<syllabic>single</syllabic><text>2</text>", "2"),
        ("<syllabic>single</syllabic><text>1.</text>", "mo"),
        ("<syllabic>single</syllabic><text>9:30</text>", "9:30"),
        ("<syllabic>begin</syllabic><text>Te-</text>", "Te-"),
        ("<text>Te\u00a0a</text>", "Te a"),
    ],
)
def test_texts_under_a_note(read, inner: str, right: str) -> None:
    first = note(60, 4, f'<lyric number="1">{inner}</lyric>')
    reading = read(part(measure(first, sung("mo i am", 62), head=HEAD)))
    assert reading.tunes[0].melody.notes[0].syllable == right


def test_a_number_within_a_verse_is_sung(read) -> None:
    song = part(measure(sung("on De- cem- ber", 60), head=HEAD), measure(sung("24. at 9:30 2.\u203fwe", 60)))
    assert words(read(song)) == "on De- cem- ber 24. at 9:30 we"


def test_words_of_an_upper_part_that_says_one_word_are_not_the_song(read) -> None:
    choir, solo = sung("Ah! * * *") + sung("* * * *"), sung("here is the song of") + sung("all of us")
    top, song = part(measure(choir, head=HEAD)), part(measure(solo, head=HEAD))
    reading = read(top, song, names=("Descant", "Song"))
    assert words(reading) == "here is the song of all of us"
    assert reading.tunes[0].remarks == ("parts that have words too (Descant), not read: 1",)


def test_two_texts_of_one_verse_on_one_note_are_both_sung(read) -> None:
    first = note(60, 4, lyric("te", "end") + lyric("a", "begin"))
    assert words(read(part(measure(first, sung("mo and more"), head=HEAD)))) == "te a- mo and more"


def test_words_where_nothing_sounds_are_counted(read) -> None:
    spoken = rest(4).replace("</note>", f"{lyric('spoken')}</note>")
    cue = note(60, 4, lyric("theirs"), kind="<cue/>")
    reading = read(part(measure(sung("now we"), spoken, cue, head=HEAD), measure(sung("sing once a- gain"))))
    assert words(reading) == "now we sing once a- gain"
    assert reading.tunes[0].remarks == (
        "cue notes, which another part plays, left out: 1",
        "syllables under rests, cues and notes without a pitch, left out: 2",
    )


def test_quarter_tones_are_rounded_and_counted(read) -> None:
    bent = note(61, 4).replace("<alter>1<", "<alter>0.5<")
    assert read(part(measure(bent, sung("* * *"), head=HEAD))).tunes[0].remarks == ("quarter tones, rounded: 1",)


def test_figured_bass_is_no_verse(read) -> None:
    reading = read(part(measure(sung("6 5 6 4"), head=HEAD)), part(measure(sung("these are the words"), head=HEAD)))
    assert words(reading) == "these are the words"
    assert words(read(part(measure(sung("6 5 6 4"), head=HEAD)))) == "   "


def test_a_song_that_changes_its_voice_with_the_stems(read) -> None:
    """Voice 2 under a descant, voice 1 where it is alone."""
    descant = "".join(note(79, 8) for _ in range(2)) + "<backup><duration>16</duration></backup>"
    low = sung("un- der the des-").replace("<voice>1<", "<voice>2<")
    song = part(measure(descant, low, head=HEAD), measure(sung("cant a- lone now")), measure(descant, low))
    reading = read(song)
    assert words(reading) == "un- der the des- cant a- lone now un- der the des-"
    assert reading.tunes[0].remarks == ("notes of other voices of the part, not read: 4",)


def test_a_word_under_the_lower_note_of_a_chord(read) -> None:
    chord = note(60, 4, lyric("low")) + note(67, 4, kind="<chord/>")
    reading = read(part(measure(chord, sung("and then one"), head=HEAD)))
    assert words(reading) == "low and then one"
    assert reading.tunes[0].melody.notes[0].pitch == 67


def test_a_word_under_a_grace_note_is_sung_on_its_note(read) -> None:
    grace = f"<note><grace/><pitch><step>B</step><octave>3</octave></pitch><voice>1</voice>{lyric('oh')}</note>"
    assert words(read(part(measure(grace, sung("* we sing now"), head=HEAD)))) == "oh we sing now"


def test_a_syllable_ends_at_a_rest_of_its_own_voice_though_another_voice_goes_on(read) -> None:
    other = "<backup><duration>16</duration></backup>" + "".join(note(48, 4, voice=2) for _ in range(4))
    reading = read(part(measure(sung("we - * sing"), other, head=HEAD), measure(sung("and then we stop"))))
    assert times(reading)[:2] == [(0, 4), (12, 4)]


EXTENDER_ENDS = '<extend type="stop"/>'
SOLO = "".join(measure(sung("* * * *")) for _ in range(3))


@pytest.mark.parametrize("follows", ["", measure(sung("then on we sing"))])
def test_a_solo_is_no_melisma(read, follows: str) -> None:
    song = part(measure(sung("here we sing it"), head=HEAD), measure(sung("all the way through")), SOLO, follows)
    assert times(read(song))[7] == (28, 4)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (note(64, 4, lyric("so"), slurs="start"), note(67, 4, slurs="stop")),
        (note(64, 4, lyric("so", after="<extend/>")), note(67, 4)),
        (note(64, 4, lyric("so", after='<extend type="start"/>')), note(67, 4, f"<lyric>{EXTENDER_ENDS}</lyric>")),
        (note(64, 4, lyric("so", "begin")), note(67, 4)),
    ],
)  # fmt: skip
def test_a_long_melisma_that_the_score_marks_is_one(read, first: str, last: str) -> None:
    song = part(
        measure(sung("here we sing"), first, head=HEAD), SOLO, measure(sung("* * *"), last), measure(sung("a b c d"))
    )
    assert times(read(song))[3] == (12, 4 + 48 + 16)


def test_in_a_choir_nobody_plays_a_solo(read) -> None:
    song = part(measure(sung("here we sing it"), head=HEAD), measure(sung("all the way through")), SOLO)
    assert times(read(song, song))[7] == (28, 52)


def test_no_syllable_is_held_from_one_ending_into_what_follows(read) -> None:
    song = part(
        measure(sung("all of it sung"), head=HEAD),
        measure(ending(1, sung("once and a- gain"), repeats=True)),
        measure(ending(2, sung("then|go it|on is|to done|it", verse="2"), repeats=False)),
        measure(sung("* * now on")),
    )
    reading = read(song)
    assert words(reading) == "all of it sung once and a- gain now on"
    assert times(reading)[7:9] == [(28, 4), (40, 4)]
    assert "notes after an ending before a syllable begins, left out: 2" in reading.tunes[0].remarks
