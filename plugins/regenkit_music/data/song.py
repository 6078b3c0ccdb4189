"""The examples of one melody."""

from typing import Any

from regenkit.components import Example, LeftOut
from regenkit_music.data.grouping import fingerprints, groups
from regenkit_music.data.segments import SHORTEST, cut
from regenkit_music.data.words import damage
from regenkit_music.modality import lyrics
from regenkit_music.modality import melody as melodies
from regenkit_music.modality.melody import Melody
from regenkit_music.modality.metre import in_quarters
from regenkit_music.modality.reading import Reading, Tune

DAMAGED = 0.1  # share of syllables that may be misread
SUSTAINED = 0.25  # share of notes that may last four quarters or longer: such a segment is melismas, their notes lost


def named(source: str, name: str) -> str:
    """The id of a part of a source."""
    return f"{source}:{name}" if name else source


def left_out(reading: Reading, source: str) -> list[LeftOut]:
    """A `LeftOut` for each part of a file that could not be read."""
    return [LeftOut(id=named(source, name), reason=reason) for name, reason in reading.left_out]


def examples(
    tune: Tune, key: str, *, song: str, longest: int, meta: dict[str, Any], language: str | None = None
) -> list[Example | LeftOut]:
    """One example for each segment of at most `longest` notes: `key`, or `key#0`, `key#1`, … where there are several.

    song      what all segments (and voices) belong to: they fall into one split
    language  of the words, as the lyrics modality knows it; None where there are no words

    A `LeftOut` stands for a segment that can't be sung as it is read, and for a melody without eight notes on end.
    """
    melody = in_quarters(tune.melody)
    segments = cut(melody, longest)
    if not segments:
        return [LeftOut(id=key, reason=f"has no {SHORTEST} notes on end")]
    remarks = tune.remarks
    if short := len(melody.notes) - sum(len(segment.notes) for segment in segments):
        remarks += (f"notes between cuts, too few to stand alone, left out: {short}",)
    shared = (f"song:{song}", *groups(melody))
    found: list[Example | LeftOut] = []
    for index, segment in enumerate(segments):
        name = key if len(segments) == 1 else f"{key}#{index}"
        reason = _unsingable(segment) if language is not None else ""
        if reason:
            found.append(LeftOut(id=name, reason=reason))
            continue
        fields, about = melodies.encode(segment)
        x = None
        if language is not None:
            x, words = lyrics.encode(lyrics.from_melody(segment, language))
            about = {**words, **about}
        found.append(
            Example(
                id=name,
                x=x,
                y=fields,
                groups=tuple(dict.fromkeys((*shared, *groups(segment)))),
                fingerprints=fingerprints(segment),
                meta={**about, **meta},
                remarks=(*remarks, *melodies.unkept(segment)),
            )
        )
        remarks = ()  # said once a melody
    return found


def _unsingable(segment: Melody) -> str:
    """Why words can't be read and sung one note a syllable; "" where they can."""
    if damage(segment) > DAMAGED:
        return "more than a tenth of its syllables are damaged"
    if sum(note.duration >= 16 for note in segment.notes) > SUSTAINED * len(segment.notes):
        return "more than a quarter of its notes last four quarters or longer"
    return ""
