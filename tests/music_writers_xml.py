"""Melodies as MusicXML and as kern, by the formats' documents and independently of the readers and of music21.

`musicxml` and `kern` write whole melodies; `score`, `part`, `measure` and `note` are for scores made by hand.
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from regenkit_music.modality.melody import Melody, Note

DOCTYPE = (
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">'
)
SHARPS = [(step, alter) for step in "CDEFGAB" for alter in (0, 1) if step + str(alter) not in ("E1", "B1")]
FLATS = [(step, alter) for step in "CDEFGAB" for alter in (-1, 0) if step + str(alter) not in ("C-1", "F-1")]
MAJOR_KEYS = ["D-", "A-", "E-", "B-", "F", "C", "G", "D", "A", "E", "B", "F#"]  # from five flats to six sharps
MINOR_KEYS = ["b-", "f", "c", "g", "d", "a", "e", "b", "f#", "c#", "g#", "d#"]
SYLLABIC = {(False, False): "single", (False, True): "begin", (True, True): "middle", (True, False): "end"}
"""(within a word, it goes on) → MusicXML's word for it."""
STEPS_OF_KERN = {16: "1", 8: "2", 4: "4", 2: "8", 1: "16"}


def fifths(melody: Melody) -> int:
    return (7 * (melody.tonic - (9 if melody.mode == "minor" else 0)) + 5) % 12 - 5


def bars(melody: Melody, cut_upbeat: bool) -> Iterator[list[tuple[Note | None, int, bool, bool]]]:
    """(note or rest, sixteenths, goes on from before, goes on after) of each bar."""
    pieces: list[tuple[Note | None, int, bool, bool]] = []
    first = melody.notes[0].onset if cut_upbeat and melody.notes[0].onset < melody.bar else 0
    now = first

    def written(note: Note | None, until: int) -> Iterator[list[tuple[Note | None, int, bool, bool]]]:
        nonlocal now
        begun = now
        while now < until:
            stop = min(until, (now // melody.bar + 1) * melody.bar)
            pieces.append((note, stop - now, now > begun, stop < until))
            now = stop
            if now % melody.bar == 0:
                yield pieces.copy()
                pieces.clear()

    for note in melody.notes:
        yield from written(None, note.onset)
        yield from written(note, note.onset + note.duration)
    yield from written(None, -(-now // melody.bar) * melody.bar)


def musicxml(melody: Melody, *, cut_upbeat: bool = False) -> str:
    inside, found = False, []
    for number, bar in enumerate(bars(melody, cut_upbeat)):
        notes = []
        for each, length, before, after in bar:
            if each is None:
                notes.append(f"<note><rest/><duration>{length}</duration></note>")
                continue
            words = ""
            if each.syllable and not before:
                goes_on = each.syllable.endswith("-")
                words = lyric(each.syllable.removesuffix("-"), SYLLABIC[inside, goes_on])
                inside = goes_on
            notes.append(note(each.pitch, length, words, tied=(before, after), flat=fifths(melody) < 0))
        head = attributes(fifths(melody), melody.mode, melody.metre, melody.tempo) if not number else ""
        found.append(measure(*notes, head=head, number=str(number)))
    return score(part(*found), title=melody.title)


def attributes(sharps: int | None, mode: str | None, metre: str, tempo: float | None = None, extra: str = "") -> str:
    beats, unit = metre.split("/")
    stated = f"<mode>{mode}</mode>" if mode else ""
    key = f"<key><fifths>{sharps}</fifths>{stated}</key>" if sharps is not None else ""
    sound = f'<sound tempo="{tempo:g}"/>' if tempo else ""
    return (
        f"<attributes><divisions>4</divisions>{key}<time><beats>{beats}</beats><beat-type>{unit}</beat-type></time>"
        f"{extra}</attributes>{sound}"
    )


def note(pitch: int, length: int, inner: str = "", *, tied: tuple[bool, bool] = (False, False), flat: bool = False,
         voice: int = 1, kind: str = "", slurs: str = "") -> str:  # fmt: skip
    """A note of `length` sixteenths. kind: "<chord/>" or "<cue/>"; slurs: "start", "stop" or both."""
    step, alter = (FLATS if flat else SHARPS)[pitch % 12]
    ties = "".join(f'<tie type="{what}"/>' for what, there in zip(("stop", "start"), tied, strict=True) if there)
    notations = "".join(f'<slur type="{what}"/>' for what in slurs.split())
    return (
        f"<note>{kind}<pitch><step>{step}</step><alter>{alter}</alter><octave>{pitch // 12 - 1}</octave></pitch>"
        f"<duration>{length}</duration>{ties}<voice>{voice}</voice><notations>{notations}</notations>{inner}</note>"
    )


def rest(length: int, voice: int = 1) -> str:
    return f"<note><rest/><duration>{length}</duration><voice>{voice}</voice></note>"


def lyric(text: str, syllabic: str = "single", verse: str = "1", after: str = "") -> str:
    return f"<lyric number={quoteattr(verse)}><syllabic>{syllabic}</syllabic><text>{escape(text)}</text>{after}</lyric>"


def measure(*content: str, head: str = "", number: str = "1") -> str:
    return f'<measure number="{number}">{head}{"".join(content)}</measure>'


def part(*measures: str) -> str:
    return "".join(measures)


def score(*parts: str, title: str = "", names: tuple[str, ...] = ()) -> str:
    called = [*names, *["Voice"] * len(parts)]
    listed = "".join(
        f'<score-part id="P{i}"><part-name>{name}</part-name></score-part>'
        for i, name in zip(range(len(parts)), called, strict=False)
    )
    written = "".join(f'<part id="P{i}">{measures}</part>' for i, measures in enumerate(parts))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{DOCTYPE}<score-partwise version="4.0">'
        f"<work><work-title>{escape(title)}</work-title></work><part-list>{listed}</part-list>{written}</score-partwise>"
    )


def kern(melody: Melody) -> str:
    sharps = fifths(melody)
    signature = "f#c#g#d#a#e#"[: 2 * sharps] if sharps >= 0 else "b-e-a-d-g-"[: -2 * sharps]
    key = (MAJOR_KEYS if melody.mode == "major" else MINOR_KEYS)[sharps + 5]
    lines = [f"!!!OTL: {melody.title}"] if melody.title else []
    lines += ["**kern\t**text"] + [
        f"{sign}\t{'*' if sign[0] == '*' else sign}"
        for sign in (f"*k[{signature}]", f"*{key}:", f"*M{melody.metre}", f"*MM{melody.tempo:g}")
    ]
    inside = False
    for number, bar in enumerate(bars(melody, cut_upbeat=True)):
        lines.append(f"={number}\t={number}")
        for each, length, before, after in bar:
            sizes = [
                size for size in STEPS_OF_KERN for _ in range(length // size if size == 16 else bool(length & size))
            ]
            for place, size in enumerate(sizes):
                recip = STEPS_OF_KERN[size]
                if each is None:
                    lines.append(f"{recip}r\t.")
                    continue
                held, holds = before or place > 0, after or place < len(sizes) - 1
                tie = "_" if held and holds else "]" if held else "[" if holds else ""
                word = "."
                if each.syllable and not held:
                    word = f"-{each.syllable}" if inside else each.syllable
                    inside = each.syllable.endswith("-")
                start, end = (tie, "") if tie == "[" else ("", tie)
                lines.append(f"{start}{recip}{kern_pitch(each.pitch, sharps < 0)}{end}\t{word}")
    return "\n".join([*lines, "==\t==", "*-\t*-"]) + "\n"


def kern_pitch(pitch: int, flat: bool) -> str:
    step, alter = (FLATS if flat else SHARPS)[pitch % 12]
    octave = pitch // 12 - 1
    letters = step.lower() * (octave - 3) if octave >= 4 else step * (4 - octave)
    return letters + {1: "#", -1: "-", 0: ""}[alter]
