"""What notation says of time, tempo and key: stretches, metres, rests, triplets; scores made by hand."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from music_marks import HEAD, read_parts, sung, times, words
from music_writers_xml import attributes, measure, note, part, rest, score

from regenkit.errors import BadSource
from regenkit_music.data.voices import sung_melodies
from regenkit_music.modality.reading import Reading


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    return partial(read_parts, tmp_path)


def test_a_stretch_where_nobody_sings_is_no_song_and_is_named(tmp_path: Path) -> None:
    waltz = attributes(0, "major", "3/4")
    song = part(
        *(measure(sung("we walk a- long"), head=HEAD * (not bar)) for bar in range(3)),
        *(measure(sung("* * *"), head=waltz * (not bar)) for bar in range(3)),
    )
    (tmp_path / "a.musicxml").write_text(score(song), encoding="utf-8")
    reading = sung_melodies(tmp_path / "a.musicxml", "first", "a")
    (tune,) = reading.tunes
    assert len(tune.melody.notes) == 12 and all(note.syllable for note in tune.melody.notes)
    assert reading.left_out == (("voice1, from bar 4", "fewer than 8 syllables in one metre and key"),)


def test_a_metre_change_makes_two_tunes_and_both_are_named(read) -> None:
    waltz = attributes(0, "major", "3/4")
    song = part(
        *(measure(sung("we walk a- long"), head=HEAD * (not bar)) for bar in range(3)),
        *(measure(sung("and we dance"), head=waltz * (not bar)) for bar in range(3)),
    )
    first, second = read(song).tunes
    assert [(tune.name, tune.melody.metre, len(tune.melody.notes)) for tune in (first, second)] == [
        ("from bar 1", "4/4", 12), ("from bar 4", "3/4", 9),
    ]  # fmt: skip
    assert second.melody.notes[0].onset == 0


def test_measures_without_content_last_as_long_as_the_others(read) -> None:
    song = part(measure(sung("be- fore the rest"), head=HEAD), measure(), measure(), measure(sung("and af- ter it")))
    assert times(read(song))[4] == (48, 4)


def test_a_whole_rest_is_a_bar_in_any_metre(read) -> None:
    whole = '<note><rest measure="yes"/><duration>16</duration></note>'
    song = part(
        measure(sung("one two three"), head=attributes(0, "major", "3/4")),
        measure(whole),
        measure(sung("four five six")),
    )
    assert times(read(song))[3] == (24, 4)


def test_tempo_is_written_in_the_first_part_only(read) -> None:
    flute = part(measure(rest(16), head=attributes(0, "major", "4/4", tempo=72)))
    assert read(flute, part(measure(sung("sing it like this"), head=HEAD))).tunes[0].melody.tempo == 72
    dotted = "<beat-unit>quarter</beat-unit><beat-unit-dot/><per-minute>c. 60</per-minute>"
    mark = f"<direction><direction-type><metronome>{dotted}</metronome></direction-type></direction>"
    assert read(part(measure(mark, sung("sing it like this"), head=HEAD))).tunes[0].melody.tempo == 90


@pytest.mark.parametrize(
    ("sharps", "mode", "pitches", "key"),
    [
        (None, None, [69, 71, 72, 74, 76, 68, 69, 69], (9, "minor")),
        (None, None, [64, 66, 68, 69, 71, 75, 76, 64], (4, "major")),
        (-1, None, [62, 64, 65, 67, 69, 61, 62, 62], (2, "minor")),
        (-1, None, [65, 67, 69, 70, 72, 64, 65, 65], (5, "major")),
        (-1, "major", [62, 64, 65, 67, 69, 61, 62, 62], (5, "major")),
    ],
)
def test_what_the_score_does_not_say_of_its_key_the_notes_do(read, sharps, mode, pitches, key) -> None:
    notes = [note(pitch, 4) for pitch in pitches]
    head = attributes(sharps, mode, "4/4")
    melody = read(part(measure(*notes[:4], head=head), measure(*notes[4:]))).tunes[0].melody
    assert (melody.tonic, melody.mode) == key


def test_triplets_off_the_grid_are_counted_or_refused_by_name(read) -> None:
    def triplet(*pitches: int) -> str:
        return "".join(note(pitch, 1) for pitch in pitches)

    thirds = HEAD.replace("<divisions>4<", "<divisions>3<")
    quarters = "".join(note(60, 3) for _ in range(3))
    first, plain = measure(triplet(60, 62, 64), quarters, head=thirds), measure(quarters, note(60, 3))
    rounded = read(part(first, *[plain] * 8))
    assert rounded.tunes[0].remarks == ("notes between the sixteenths, rounded: 3",)
    with pytest.raises(BadSource, match="between the sixteenths"):
        read(part(measure(triplet(60, 62, 64) * 4, head=thirds)))


def test_percussion_has_no_melody_and_says_so(read) -> None:
    drum = part(measure("<note><unpitched/><duration>16</duration></note>", head=HEAD))
    with pytest.raises(BadSource, match="no notes"):
        read(drum)
    assert words(read(drum, part(measure(sung("but this one sings"), head=HEAD)))) == "but this one sings"
