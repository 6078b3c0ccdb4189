"""MIDI and karaoke files: there and back, words that find their notes, files that are broken."""

from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from music21 import converter
from songs import anything, chorale, melodies

from regenkit.errors import BadSource
from regenkit_music.data.corpus import _scores
from regenkit_music.modality import files
from regenkit_music.modality.melody import Melody
from regenkit_music.modality.midi import read_midi, write_midi


@settings(anything, max_examples=60)
@given(melodies())
def test_midi_there_and_back(tmp_path: Path, melody: Melody) -> None:
    write_midi(melody, tmp_path / "a.mid")
    assert read_midi(tmp_path / "a.mid").tunes[0].melody == melody


def karaoke(path: Path, events: list[str], charset: str, kind: str = "text") -> None:
    words, tune = mido.MidiTrack(), mido.MidiTrack()
    for text in ("@KMIDI KARAOKE FILE", "@TStille Nacht") if kind == "text" else ():
        words.append(mido.MetaMessage("text", text=text))
    for index, event in enumerate(events):
        words.append(mido.MetaMessage(kind, text=event, time=480 if index else 0))
        tune.append(mido.Message("note_on", note=60 + index, velocity=80, time=30 if index else 0))
        tune.append(mido.Message("note_off", note=60 + index, time=450))
    file = mido.MidiFile(charset=charset)
    file.tracks += [words, tune]
    file.save(path)


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_karaoke(tmp_path: Path, charset: str) -> None:
    karaoke(tmp_path / "a.kar", ["\\Stil", "le ", "Näch", "te, ", "/hei", "li", "ge", " Nacht"], charset)
    melody = files.reading(tmp_path / "a.kar").tunes[0].melody
    assert melody.title == "Stille Nacht"
    assert [note.syllable for note in melody.notes] == ["Stil-", "le", "Näch-", "te,", "hei-", "li-", "ge", "Nacht"]
    assert [(note.onset, note.duration) for note in melody.notes[:2]] == [(0, 4), (4, 4)]


def test_midi_words_find_their_part(tmp_path: Path) -> None:
    """Lyric events go to the part whose notes they fall on; the accompaniment above and the drums don't count."""
    karaoke(tmp_path / "a.mid", ["Stil-", "le", "Nacht"], "latin-1", "lyrics")
    file = mido.MidiFile(tmp_path / "a.mid")
    for channel, pitch in ((1, 90), (9, 40)):
        track = mido.MidiTrack()
        for _ in range(2):
            track.append(mido.Message("note_on", note=pitch, velocity=80, time=240, channel=channel))
            track.append(mido.Message("note_off", note=pitch, time=240, channel=channel))
        file.tracks.append(track)
    file.save(tmp_path / "b.mid")
    melody = read_midi(tmp_path / "b.mid").tunes[0].melody
    assert [(note.pitch, note.syllable) for note in melody.notes] == [(60, "Stil-"), (61, "le"), (62, "Nacht")]


def test_midi_anacrusis(tmp_path: Path) -> None:
    """A pickup written as a short bar of its own ends up late in bar 0."""
    head, tune = mido.MidiTrack(), mido.MidiTrack()
    head.append(mido.MetaMessage("time_signature", numerator=1, denominator=4))
    head.append(mido.MetaMessage("time_signature", numerator=3, denominator=4, time=480))
    for pitch in (60, 62, 64, 65):
        tune.append(mido.Message("note_on", note=pitch, velocity=80))
        tune.append(mido.Message("note_off", note=pitch, time=480))
    file = mido.MidiFile()
    file.tracks += [head, tune]
    file.save(tmp_path / "a.mid")
    melody = read_midi(tmp_path / "a.mid").tunes[0].melody
    assert melody.metre == "3/4"
    assert [note.onset for note in melody.notes] == [8, 12, 16, 20]


@pytest.mark.parametrize("name", ["bwv3.6", "bwv24.6", "bwv154.8", "bwv367"])
def test_a_chorale_in_midi_of_another_program_is_its_score(name: str, tmp_path: Path) -> None:
    """music21 writes all four voices, the words without hyphens, and a pickup as a whole bar: all else is the same."""
    path = _scores("bach")[name]
    converter.parse(path).write("midi", tmp_path / "a.mid")
    score, midi = files.reading(path).tunes[0].melody, read_midi(tmp_path / "a.mid").tunes[0].melody
    assert [(n.duration, n.pitch, n.syllable.rstrip("-")) for n in midi.notes] == [
        (n.duration, n.pitch, n.syllable.rstrip("-")) for n in score.notes
    ]
    assert (midi.metre, midi.tonic, midi.mode) == (score.metre, score.tonic, score.mode)
    assert len({m.onset - s.onset for m, s in zip(midi.notes, score.notes, strict=True)}) == 1


@settings(anything, max_examples=40)
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_midi_file_with_one_wrong_byte(tmp_path: Path, place: int, value: int) -> None:
    write_midi(chorale(), tmp_path / "a.mid")
    data = bytearray((tmp_path / "a.mid").read_bytes())
    data[place % len(data)] = value
    (tmp_path / "a.mid").write_bytes(data)
    try:
        assert read_midi(tmp_path / "a.mid").tunes
    except BadSource as error:
        assert error.reason
