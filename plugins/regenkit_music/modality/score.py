"""Melodies from scores (MusicXML, ABC) and into MusicXML, through music21."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from regenkit.errors import BadSource
from regenkit_music.modality import abc_words
from regenkit_music.modality.line import MODELLED_AS, TIED, Sung, monophonic, on_grid, one_a_syllable
from regenkit_music.modality.melody import BAR, STEPS_PER_QUARTER, Melody, Note

ChooseMode = Callable[[Sequence[int], Sequence[int], int], str]
"""(MIDI pitches, durations in sixteenths, sharps of the signature) → "major" or "minor" (the relative minor)."""

ONE_METRE = 0.90  # share of the time that the main metre must govern
TEXT_FORMATS = {".abc": "abc", ".krn": "humdrum"}
HYPHENS = "-‐‑–—\u00ad~_"
MINOR_MODES = ("minor", "aeolian", "dorian", "phrygian", "locrian")


def melody_from_part(
    part: Any,
    *,
    one_note_a_syllable: bool = True,
    choose_mode: ChooseMode | None = None,
    title: str = "",
    source: str = "",
    counts: Counter[str] | None = None,
) -> Melody:
    """The melody of a music21 Part.

    Onsets count from the downbeat of bar 0; an anacrusis starts late in bar 0 (onset 12 in 4/4 for one quarter). Bars
    that a repeat sign cuts in two are joined; any other short bar is filled, so that positions stay true.

    Where the part has words and `one_note_a_syllable`, a melisma becomes one note: the first pitch, lasting to the
    end of the group; notes that no syllable reaches (before the first, or after a rest) are left out.
    The mode is `choose_mode`'s choice, else the key's own where it states one, else major.
    `counts`, if given, is added to: "merged", "unsung", "off_grid".

    Raises BadSource: no notes, no or changing or unsupported metre, more than a tenth of the notes off the grid.
    """
    counts = Counter() if counts is None else counts
    metre, scale = _metre(part, source)
    verse = _fullest_verse(part)
    written = monophonic(list(_notes(part, BAR[metre], scale, verse)))
    if verse is not None and one_note_a_syllable:
        written = one_a_syllable(written, counts)
    if not written:
        raise BadSource(source, "has no notes")
    notes = on_grid(written, scale, source, counts)
    sharps, stated = _signature(part)
    mode = choose_mode([n.pitch for n in notes], [n.duration for n in notes], sharps) if choose_mode else stated
    tonic = (7 * sharps + (9 if mode == "minor" else 0)) % 12
    return Melody(notes=notes, metre=metre, tonic=tonic, mode=mode, tempo=_tempo(part, scale), title=title)


def _metre(part: Any, source: str) -> tuple[str, Fraction]:
    """The metre that governs (nearly) all of the part."""
    signatures = [
        (s.getOffsetInHierarchy(part), s.ratioString) for s in part.recurse().getElementsByClass("TimeSignature")
    ]
    if not signatures:
        raise BadSource(source, "has no time signature, so its bars are unknown")
    governed: Counter[str] = Counter()
    ends = [offset for offset, _ in signatures[1:]] + [part.highestTime]
    for (start, metre), end in zip(signatures, ends, strict=True):
        governed[metre] += float(end - start)  # type: ignore[assignment]
    metre, time = governed.most_common(1)[0]
    if time < ONE_METRE * sum(governed.values()):
        raise BadSource(source, f"changes its metre ({', '.join(governed)}); only one metre a melody is modelled")
    if metre not in MODELLED_AS:
        raise BadSource(source, f"is in {metre}; modelled are {', '.join(MODELLED_AS)}")
    return MODELLED_AS[metre]


def _fullest_verse(part: Any) -> int | None:
    verses = Counter(lyric.number for note in part.recurse().notes for lyric in note.lyrics if _clean(lyric)[0])
    return max(verses, key=lambda number: (verses[number], -number)) if verses else None


def _clean(lyric: Any) -> tuple[str, bool]:
    """A lyric's text without hyphens at its ends, and whether its word goes on."""
    raw = str(lyric.text or "").replace("\u203f", " ").strip()
    goes_on = lyric.syllabic in ("begin", "middle") or raw.endswith(tuple("-‐‑\u00ad"))
    return raw.strip(HYPHENS + " "), goes_on


def _syllable(note: Any, verse: int | None) -> str:
    for lyric in note.lyrics:
        if lyric.number == verse:
            text, goes_on = _clean(lyric)
            return f"{text}-" if text and goes_on else text
    return ""


def _notes(part: Any, bar_steps: int, scale: Fraction, verse: int | None) -> Iterator[Sung]:
    """Pitched notes in time order (a chord by its top note), with bars laid end to end."""
    bar = Fraction(bar_steps, STEPS_PER_QUARTER) / scale
    measures = list(part.getElementsByClass("Measure")) or [part]
    start, filled = Fraction(0), Fraction(0)  # the current bar's downbeat, and how much of it is used
    for index, measure in enumerate(measures):
        length = Fraction(measure.highestTime)
        if index == 0 and 0 < length < bar:
            filled = bar - length  # an anacrusis
        elif filled and filled + length > bar:
            start, filled = start + bar, Fraction(0)
        for note in measure.recurse().notes:
            if note.duration.isGrace or not note.pitches or "ChordSymbol" in note.classes:
                continue
            onset = start + filled + Fraction(note.getOffsetInHierarchy(measure))
            end = onset + Fraction(note.duration.quarterLength)
            tied = note.tie is not None and note.tie.type in ("continue", "stop")
            pitch = max(note.pitches, key=lambda p: p.ps).midi
            yield Sung(onset, end, pitch, TIED if tied else _syllable(note, verse))
        filled += length
        while filled >= bar:
            start, filled = start + bar, filled - bar


def _signature(part: Any) -> tuple[int, str]:
    """Sharps (flats negative) and mode of the first key signature; C major where there is none."""
    signature = next(iter(part.recurse().getElementsByClass("KeySignature")), None)
    if signature is None or signature.sharps is None:
        return 0, "major"
    return int(signature.sharps), "minor" if getattr(signature, "mode", None) in MINOR_MODES else "major"


def _tempo(part: Any, scale: Fraction) -> float:
    mark = next(iter(part.recurse().getElementsByClass("MetronomeMark")), None)
    quarters = mark.getQuarterBPM() if mark is not None else None
    return round(float(quarters * scale), 3) if quarters else Melody(notes=()).tempo


def read_score(path: str | Path) -> list[Melody]:
    """The melodies of a MusicXML or ABC file: one for each tune, sung by the first part with words, else the first.

    Of a file with several tunes, those that can't be read are left out. Raises BadSource where none can.
    """
    from music21 import converter, stream

    path = Path(path)
    text = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if path.suffix.lower() in TEXT_FORMATS:
                text = _text(path.read_bytes())
                parsed = converter.parseData(text, format=TEXT_FORMATS[path.suffix.lower()])
            else:
                parsed = converter.parse(path, forceSource=True)
    except Exception as error:  # music21 raises what its parsers happen to raise
        raise BadSource(path, f"is no score that music21 can read ({type(error).__name__}: {error})") from error
    tunes = list(parsed.scores) if isinstance(parsed, stream.Opus) else [parsed]
    if path.suffix.lower() == ".abc" and len(abc_words.tunes(text)) == len(tunes):
        for abc, tune in zip(abc_words.tunes(text), tunes, strict=True):
            abc_words.add_words(abc, tune)
    found: list[Melody] = []
    faults: list[BadSource] = []
    for tune in tunes:
        try:
            found.append(_sung_part(tune, path))
        except BadSource as fault:
            faults.append(fault)
    if not found:
        raise faults[0] if faults else BadSource(path, "has no tunes")
    return found


def _text(data: bytes) -> str:
    """UTF-8, else Windows-1252: collections of ABC tunes are often old."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _sung_part(tune: Any, path: Path) -> Melody:
    parts = list(getattr(tune, "parts", ())) or [tune]
    part = next((part for part in parts if _fullest_verse(part) is not None), parts[0])
    metadata = getattr(tune, "metadata", None)
    title = (metadata.title or metadata.movementName or "") if metadata is not None else ""
    title = "" if title == path.name else title  # what music21 calls a score without a title
    return melody_from_part(part, title=str(title), source=str(path))


def write_score(melody: Melody, path: str | Path) -> None:
    """Write MusicXML: key, metre, tempo, bars, beams, and the words under the notes; an upbeat as bar 0, cut short."""
    from music21 import clef, key, metadata, meter, stream, tempo

    part = stream.Part(id="P1")
    fifths = (7 * (melody.tonic - (9 if melody.mode == "minor" else 0)) + 5) % 12 - 5
    signature = key.KeySignature(fifths).asKey(melody.mode)
    low = sum(note.pitch for note in melody.notes) < 57 * len(melody.notes)
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
    about = metadata.Metadata(title=melody.title)
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
        lyric.text = note.syllable.removesuffix("-") or note.syllable
        lyric.syllabic = ("middle" if inside else "begin") if goes_on else "end" if inside else "single"
        written.lyrics.append(lyric)
    return written
