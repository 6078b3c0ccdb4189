"""What the fields of a melody do not hold is said, in training and by `convert`, and nothing else is."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from songs import melodies

from regenkit.components import Example
from regenkit.errors import UserError
from regenkit_music.data import Folder
from regenkit_music.modality import MelodyModality
from regenkit_music.modality.files import write
from regenkit_music.modality.melody import Melody, Note, decode, encode, unkept

LONG = "notes longer than eight quarters, shortened: 1"
FAR = "notes outside three octaves about the others, moved by octaves: 2"
REST = "rests of a bar and longer, shortened by whole bars: 1"


@settings(deadline=None)
@given(melodies(), st.sampled_from([0, 0, 40]))
def test_it_is_said_where_and_only_where_decode_gives_another_melody(melody: Melody, longer: int) -> None:
    *notes, last = melody.notes
    melody = replace(melody, notes=(*notes, replace(last, duration=last.duration + longer)))
    before = melody.notes[0].onset // melody.bar * melody.bar  # bars of rest before the first note
    there = [(note.onset - before, note.duration, note.pitch) for note in melody.notes]
    back = [(note.onset, note.duration, note.pitch) for note in decode(*encode(melody)).notes]
    assert (unkept(melody) == ()) == (back == there)


def song(*more: Note) -> Melody:
    """Twelve quarters and a note of nine, and `more`."""
    quarters = [Note(onset=4 * step, duration=4, pitch=60 + step % 5) for step in range(12)]
    return Melody(notes=(*quarters, Note(onset=48, duration=36, pitch=60), *more))


def test_it_is_counted() -> None:
    far = [Note(onset=116 + 4 * step, duration=4, pitch=108) for step in range(2)]  # after two bars of rest
    assert unkept(song(*far)) == (FAR, LONG, REST)


def test_notes_that_midi_has_no_number_for(tmp_path: Path) -> None:
    """An ABC file may state them, and a model draws about as high as the melody was."""
    for by in (96, -96):
        high = song().transposed(by)
        assert unkept(high)[0].startswith("notes that MIDI has no number for, moved by octaves: ")
        with pytest.raises(UserError, match="MIDI has no number for"):
            write(high, tmp_path / "a.mid")
        back = decode(*encode(high))
        assert all((one.pitch - other.pitch) % 12 == 0 for one, other in zip(back.notes, high.notes, strict=True))
        write(back, tmp_path / "a.mid")


def test_training_and_convert_say_the_same(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(song(), tmp_path / "a.musicxml")
    (example,) = Folder(str(tmp_path)).read("a.musicxml")
    assert isinstance(example, Example) and example.remarks == (LONG,)
    with caplog.at_level(logging.WARNING):
        MelodyModality().read(tmp_path / "a.musicxml")
    assert [each.getMessage() for each in caplog.records] == [f"{tmp_path}/a.musicxml: {LONG}"]
