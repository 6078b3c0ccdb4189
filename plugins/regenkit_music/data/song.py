"""The examples of one melody."""

from typing import Any

from regenkit.components import Example
from regenkit_music.data.grouping import fingerprints, groups
from regenkit_music.data.segments import cut
from regenkit_music.data.words import damage
from regenkit_music.modality import lyrics
from regenkit_music.modality import melody as melodies
from regenkit_music.modality.melody import Melody

DAMAGED = 0.1  # share of syllables that may be misread
SUSTAINED = (
    0.25  # share of notes that may last four quarters or longer: such a segment is melismas with their notes lost
)


def examples(
    melody: Melody, key: str, *, song: str, longest: int, meta: dict[str, Any], language: str | None = None
) -> list[Example]:
    """One example for each segment of at most `longest` notes: `key`, or `key#0`, `key#1`, … where there are several.

    song      what all segments (and voices) belong to: they fall into one split
    language  of the words, as the lyrics modality knows it; None where there are no words
    """
    segments = [segment for segment in cut(melody, longest) if language is None or _singable(segment)]
    shared = (f"song:{song}", *groups(melody))
    found = []
    for index, segment in enumerate(segments):
        fields, about = melodies.encode(segment)
        x = None
        if language is not None:
            x, words = lyrics.encode(lyrics.from_melody(segment, language))
            about = {**words, **about}
        found.append(
            Example(
                id=key if len(segments) == 1 else f"{key}#{index}",
                x=x,
                y=fields,
                groups=tuple(dict.fromkeys((*shared, *groups(segment)))),
                fingerprints=fingerprints(segment),
                meta={**about, **meta},
            )
        )
    return found


def _singable(segment: Melody) -> bool:
    """Whether words can be read and sung one note a syllable."""
    sustained = sum(note.duration >= 16 for note in segment.notes)
    return damage(segment) <= DAMAGED and sustained <= SUSTAINED * len(segment.notes)
