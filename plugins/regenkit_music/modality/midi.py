"""Melodies from MIDI and karaoke files and into MIDI, through pretty_midi.

MIDI does not say how its text is encoded. What is written here is UTF-8; what is read is taken as UTF-8 where it is
valid, else as Windows-1252 (a superset of printable Latin-1).
"""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from regenkit.errors import BadSource
from regenkit_music.modality.line import MODELLED_AS, Sung, monophonic, on_grid, one_a_syllable
from regenkit_music.modality.melody import BAR, STEPS_PER_QUARTER, Melody

TICKS_PER_QUARTER = 480
VOICE = 52  # General MIDI program "Choir Aahs", counted from 0
NEAR = 1  # sixteenths that a lyric event may lie from its note
SPACED = 0.2  # share of lyric events with a space at an end from which spaces, not hyphens, part the words


def write_midi(melody: Melody, path: str | Path) -> None:
    """One track with notes, lyric events, tempo, key and metre; the title is the track's name."""
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


def read_midi(path: str | Path) -> Melody:
    """The melody of a MIDI or karaoke (.kar) file, on the grid of sixteenths by the file's own beats.

    The part that the words fit best; without words the highest line of all parts but drums. Notes without a syllable
    after one with are its melisma and merged into it. The key is the file's signature, else C major; the metre the
    longest-lasting one, 4/4 where none is stated (as MIDI has it); the tempo the longest-lasting one.

    Raises BadSource: not a MIDI file, no notes, a metre that is not modelled.
    """
    import pretty_midi

    path = Path(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tempo changes outside the first track: common, and read all the same
            midi = pretty_midi.PrettyMIDI(str(path))
    except Exception as error:  # mido and pretty_midi raise what their parsers happen to raise
        reason = f"is no MIDI file that can be read ({type(error).__name__}: {error})"
        raise BadSource(path, reason) from error
    parts = [instrument for instrument in midi.instruments if instrument.notes and not instrument.is_drum]
    if not parts:
        raise BadSource(path, "has no notes (drums aside)")
    metre, scale, start = _metre(midi, path)
    words, title = _words(midi)
    lines = [_line(midi, [part], start) for part in parts]
    sung = [_with_words(line, midi, words, start) for line in lines] if words else []
    best = max(range(len(sung)), key=lambda i: sum(bool(n.syllable) for n in sung[i]), default=None)
    if best is not None and any(note.syllable for note in sung[best]):
        written = one_a_syllable(sung[best], Counter())
        title = title or _text(parts[best].name)
    else:
        written = _line(midi, parts, start)
        title = title or (_text(parts[0].name) if len(parts) == 1 else "")
    bar = Fraction(BAR[metre], STEPS_PER_QUARTER) / scale
    early = -(written[0].onset // bar) * bar if written[0].onset < 0 else 0  # an anacrusis before the first full bar
    written = [replace(note, onset=note.onset + early, end=note.end + early) for note in written]
    tonic, mode = _key(midi)
    return Melody(
        notes=on_grid(written, scale, str(path), Counter(), limit=1.0),
        metre=metre,
        tonic=tonic,
        mode=mode,
        tempo=_longest_tempo(midi) * float(scale),
        title=title,
    )


def _text(raw: str) -> str:
    """What mido decoded as Latin-1, decoded again as what it is."""
    data = raw.encode("latin-1", "replace")
    try:
        return data.decode("utf-8").strip("\0")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace").strip("\0")


def _quarters(midi: Any, seconds: float) -> Fraction:
    """Rounded to sixteenths: a played file is seldom exact."""
    return Fraction(round(midi.time_to_tick(seconds) * STEPS_PER_QUARTER / midi.resolution), STEPS_PER_QUARTER)


def _metre(midi: Any, path: Path) -> tuple[str, Fraction, Fraction]:
    """The longest-lasting metre, the factor on time values, and where its first bar begins (quarters)."""
    changes = sorted(midi.time_signature_changes, key=lambda change: change.time)
    if not changes:
        return "4/4", Fraction(1), Fraction(0)
    lasting: Counter[str] = Counter()
    ends = [change.time for change in changes[1:]] + [max(midi.get_end_time(), changes[-1].time + 1e-6)]
    names = [f"{change.numerator}/{change.denominator}" for change in changes]
    for name, change, end in zip(names, changes, ends, strict=True):
        lasting[name] += end - change.time
    metre = max(lasting, key=lambda name: lasting[name])
    if metre not in MODELLED_AS:
        raise BadSource(path, f"is in {metre}; modelled are {', '.join(MODELLED_AS)}")
    return *MODELLED_AS[metre], _quarters(midi, changes[names.index(metre)].time)


def _key(midi: Any) -> tuple[int, str]:
    if not midi.key_signature_changes:
        return 0, "major"
    number = min(midi.key_signature_changes, key=lambda change: change.time).key_number
    return number % 12, "minor" if number >= 12 else "major"


def _longest_tempo(midi: Any) -> float:
    times, tempi = midi.get_tempo_changes()
    ends = [*times[1:], max(midi.get_end_time(), times[-1] + 1e-6)]
    longest = max(range(len(times)), key=lambda i: ends[i] - times[i])
    return round(float(tempi[longest]), 2)


def _line(midi: Any, parts: Sequence[Any], start: Fraction) -> list[Sung]:
    step = Fraction(1, STEPS_PER_QUARTER)
    notes = []
    for note in (note for part in parts for note in part.notes):
        onset = _quarters(midi, note.start) - start
        notes.append(Sung(onset, max(_quarters(midi, note.end) - start, onset + step), note.pitch, ""))
    return monophonic(notes)


def _words(midi: Any) -> tuple[list[tuple[float, str]], str]:
    """(seconds, syllable) pairs, "-" at the end where the word goes on, and the title if the file states one.

    Karaoke text: "@T" a title, other "@" lines about the file, "\\\\" and "/" begin a paragraph or line, a space parts
    words. Lyric events part words by spaces too, or have "-" at a syllable's end.
    """
    texts = [(event.time, _text(event.text)) for event in midi.text_events]
    title = next((text[2:].strip() for _, text in texts if text.startswith("@T")), "")
    events = [(lyric.time, _text(lyric.text)) for lyric in midi.lyrics]
    if not any(c.isalpha() for _, text in events for c in text):
        karaoke = any(text.startswith(("@", "\\", "/")) for _, text in texts)
        events = [(time, text) for time, text in texts if not text.startswith("@")] if karaoke else []
    marked = [
        (time, text.replace("\\", " ").replace("/", " ").replace("\r", " ").replace("\n", " ")) for time, text in events
    ]
    spaced = sum(text != text.strip() for _, text in marked) > SPACED * len(marked)
    if not spaced:
        return [(time, text.strip()) for time, text in marked if text.strip()], title
    found: list[tuple[float, str]] = []
    parted = True
    for time, text in marked:
        if found and not parted and text.strip() and not text.startswith(" "):
            found[-1] = (found[-1][0], found[-1][1].rstrip("-") + "-")
        if text.strip():
            found.append((time, text.strip()))
            parted = text.endswith(" ")
        else:
            parted = True
    return found, title


def _with_words(line: list[Sung], midi: Any, words: Sequence[tuple[float, str]], start: Fraction) -> list[Sung]:
    """Each syllable under the note that begins nearest, where one begins near."""
    onsets = [note.onset for note in line]
    sung = list(line)
    for seconds, syllable in words:
        time = _quarters(midi, seconds) - start
        index = min(range(len(onsets)), key=lambda i: abs(onsets[i] - time))
        if abs(onsets[index] - time) * STEPS_PER_QUARTER > NEAR:
            continue
        before = sung[index].syllable
        joined = f"{before.removesuffix('-')}{'' if before.endswith('-') else ' '}{syllable}" if before else syllable
        sung[index] = replace(sung[index], syllable=joined)
    return sung
