"""Melodies from MIDI and karaoke files and into MIDI.

    midi_file.py      tracks as written        midi_words.py    what is sung
    midi_bars.py      bars and their grid      midi_pairing.py  words on notes
    midi_track.py     the part that is sung

MIDI does not say how its text is encoded. What is written here is UTF-8.
"""

from dataclasses import replace
from pathlib import Path

from regenkit.errors import BadSource
from regenkit_music.modality.melody import STEPS_PER_QUARTER, Melody
from regenkit_music.modality.midi_bars import filled, spans
from regenkit_music.modality.midi_file import Song, read_songs
from regenkit_music.modality.midi_track import sung_line
from regenkit_music.modality.midi_words import read_words
from regenkit_music.modality.reading import Reading, joined
from regenkit_music.modality.voice import read_voice

TICKS_PER_QUARTER = 480
VOICE = 52  # General MIDI program "Choir Aahs", counted from 0


def read_midi(path: Path, encoding: str | None = None, language: str | None = None) -> Reading:
    """The melodies of a MIDI or karaoke (.kar) file: one for each stretch in one metre and key, see `read_voice`.

    The part that the words belong to is sung; without words the highest line of all parts but drums. A file of type 2
    holds a song in each track. Without a key signature the notes tell the key; without a time signature it is 4/4, and
    without a tempo 120, as MIDI has it.

    encoding   of its text; None: UTF-8, else told from all of it
    language   of its words, where they must be cut into syllables; None: told from them

    Raises BadSource: no MIDI file or a damaged one, words in an unknown encoding, no notes.
    """
    songs = read_songs(path.read_bytes(), path)
    readings = [
        _reading(song, encoding, language, path, f"song {number}" if len(songs) > 1 else "")
        for number, song in enumerate(songs, start=1)
    ]
    return joined(path, readings)


def _reading(song: Song, encoding: str | None, language: str | None, path: Path, name: str) -> Reading:
    ends = [note.end for track in song.tracks for notes in track.notes.values() for note in notes]
    if not ends:
        return Reading(tunes=(), left_out=((name, "has no notes (drums aside)"),))
    words = read_words(song, encoding, path)
    bars = spans(song, max(ends))
    try:
        line = sung_line(song, words, bars, language)
    except BadSource as error:
        return Reading(tunes=(), left_out=((name, error.reason),))
    reading = read_voice(filled(song, line.track, line.notes, bars), name=name, title=words.title)
    remarks = (*song.remarks, *words.remarks, *line.remarks)
    tunes = (replace(tune, remarks=(*remarks, *tune.remarks)) for tune in reading.tunes)
    return replace(reading, tunes=tuple(tunes))


def write_midi(melody: Melody, path: str | Path) -> None:
    """Two tracks: tempo, metre, key and lyric events; then the notes, under the title as the track's name."""
    import pretty_midi

    midi = pretty_midi.PrettyMIDI(resolution=TICKS_PER_QUARTER, initial_tempo=melody.tempo, charset="utf-8")
    numerator, denominator = map(int, melody.metre.split("/"))
    midi.time_signature_changes.append(pretty_midi.TimeSignature(numerator, denominator, 0.0))
    key = melody.tonic + 12 * (melody.mode == "minor")
    midi.key_signature_changes.append(pretty_midi.KeySignature(key, 0.0))
    voice = pretty_midi.Instrument(program=VOICE, name=melody.title)
    for note in melody.notes:
        start, end = (
            midi.tick_to_time(steps * TICKS_PER_QUARTER // STEPS_PER_QUARTER)
            for steps in (note.onset, note.onset + note.duration)
        )
        voice.notes.append(pretty_midi.Note(velocity=90, pitch=note.pitch, start=start, end=end))
        if note.syllable:
            midi.lyrics.append(pretty_midi.Lyric(note.syllable, start))
    midi.instruments.append(voice)
    midi.write(str(path))
