"""Melodies into MusicXML, through music21."""

import re
import warnings
from pathlib import Path
from typing import Any

from regenkit_music.modality.melody import STEPS_PER_QUARTER, Melody, Note

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML file may hold (XML 1.0, 2.2): control characters of old files."""


def write_score(melody: Melody, path: str | Path) -> None:
    """Write MusicXML: key, metre, tempo, bars, beams, and the words under the notes; an upbeat as bar 0, cut short."""
    from music21 import clef, instrument, key, metadata, meter, stream, tempo

    part = stream.Part(id="P1")
    fifths = (7 * (melody.tonic - (9 if melody.mode == "minor" else 0)) + 5) % 12 - 5
    signature = key.KeySignature(fifths).asKey(melody.mode)
    low = sum(note.pitch for note in melody.notes) < 57 * len(melody.notes)
    singer = instrument.Instrument()
    singer.partId = "P1"  # else music21 draws one, and no two files of one melody are alike
    part.insert(0, singer)
    for mark in (clef.BassClef() if low else clef.TrebleClef(), signature, meter.TimeSignature(melody.metre)):
        part.insert(0, mark)
    part.insert(0, tempo.MetronomeMark(number=melody.tempo, referent=1.0))
    inside = False
    for note in melody.notes:
        part.insert(note.onset / STEPS_PER_QUARTER, _written(note, signature, inside))
        inside = note.syllable.endswith("-")
    whole_bars = -(-melody.end // melody.bar) * melody.bar / STEPS_PER_QUARTER
    part.makeRests(fillGaps=True, inPlace=True, timeRangeFromBarDuration=False, refStreamOrTimeRange=(0.0, whole_bars))
    upbeat = melody.notes and 0 < melody.notes[0].onset < melody.bar
    about = metadata.Metadata(title=NO_XML.sub("", melody.title))
    about.composer = ""
    score = stream.Score([about, _with_upbeat(part) if upbeat else part])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score.write("musicxml", fp=path)


def _with_upbeat(part: Any) -> Any:
    """The part in measures, the first without its leading rests and numbered 0."""
    from music21 import stream

    measures = list(part.makeNotation().getElementsByClass("Measure"))
    measures[0].padAsAnacrusis(useInitialRests=True)
    measures[0].showNumber = stream.enums.ShowNumber.NEVER  # MusicXML's implicit="yes"
    shortened = stream.Part(id=part.id)
    for number, measure in enumerate(measures):
        measure.number = number
        shortened.append(measure)
    return shortened


def _written(note: Note, signature: Any, inside: bool) -> Any:
    """A music21 note, spelled as its key spells it. `inside`: its syllable carries a word on."""
    from music21 import note as notes
    from music21 import pitch

    spelled = pitch.Pitch(midi=note.pitch)
    own = {p.pitchClass: p for p in signature.pitches}
    alter = spelled.accidental.alter if spelled.accidental is not None else 0
    if spelled.pitchClass in own:
        spelled.name = own[spelled.pitchClass].name
    elif alter and (alter < 0) != (signature.sharps < 0):
        spelled.getEnharmonic(inPlace=True)
    spelled.octave += round((note.pitch - spelled.midi) / 12)
    written = notes.Note(spelled, quarterLength=note.duration / STEPS_PER_QUARTER)
    if note.syllable:
        goes_on = note.syllable.endswith("-")
        lyric = notes.Lyric(applyRaw=True)
        syllable = NO_XML.sub("", note.syllable)
        lyric.text = syllable.removesuffix("-") or syllable
        lyric.syllabic = ("middle" if inside else "begin") if goes_on else "end" if inside else "single"
        written.lyrics.append(lyric)
    return written
