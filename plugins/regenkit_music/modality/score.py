"""Melodies of scores: MusicXML (plain and compressed) and Humdrum kern.

One reader for all: `regenkit convert`, music/folder and music/corpus read the same notes of the same file.
"""

from dataclasses import replace
from pathlib import Path

from regenkit.errors import BadSource
from regenkit_music.modality.notation import Part, Score
from regenkit_music.modality.part_reading import choose, read_part
from regenkit_music.modality.reading import Reading, joined

SONG = 0.5  # share of the syllables of the part with the most, from which a part has the song
TUNE = 0.1  # share of the notes of the part with the most, from which a part without words counts


def open_score(path: Path, encoding: str | None = None) -> Score:
    """All parts of a score as written. Raises BadSource where it can't be read."""
    if path.suffix.lower() == ".krn":
        from regenkit_music.modality.kern import read_kern

        score = read_kern(path, encoding)
    else:
        from regenkit_music.modality.musicxml import read_musicxml

        score = read_musicxml(path, encoding)
    sing = [choose(part).syllables > 0 for part in score.parts if part.notes]
    in_choir = len(sing) > 1 and all(sing)
    return replace(score, parts=tuple(replace(part, in_choir=in_choir) for part in score.parts))


def read_score(path: str | Path, encoding: str | None = None) -> Reading:
    """The melody of a score, one for each stretch in one metre and key.

    Of several parts it is the first that has the song: half as many syllables as any, or, where nobody sings, the first
    with notes. Of several verses it is the fullest; a passage where only another verse has words (a refrain) has those.
    Every measure is read once: repeats are not played out, and of several endings the one of that verse is taken.

    encoding   of the file's text, in place of what it states; None: as it states

    Raises BadSource where the file can't be read or no melody of it can be modelled.
    """
    path = Path(path)
    score = open_score(path, encoding)
    part = song(score)
    if part is None:
        raise BadSource(path, "has no notes")
    reading = joined(path, [read_part(part, title=score.title)])
    others = [
        each.name or f"part {place + 1}"
        for place, each in enumerate(score.parts)
        if each is not part and choose(each).verse
    ]
    if others:
        first, *rest = reading.tunes
        remark = f"parts that have words too ({', '.join(others)}), not read: {len(others)}"
        reading = replace(reading, tunes=(replace(first, remarks=(*first.remarks, remark)), *rest))
    return reading


def song(score: Score) -> Part | None:
    """The part that is read; None where no part has a note."""
    syllables = [choose(part).syllables for part in score.parts]
    notes = [part.notes for part in score.parts]
    counts, share = (syllables, SONG) if any(syllables) else (notes, TUNE)
    return next(
        (part for part, count in zip(score.parts, counts, strict=True) if count and count >= share * max(counts)), None
    )
