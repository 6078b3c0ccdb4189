"""Parts with words for scores made by hand, and what is read of them."""

from pathlib import Path

from music_writers_xml import SYLLABIC, attributes, lyric, note, rest, score

from regenkit_music.modality.reading import Reading
from regenkit_music.modality.score import read_score

HEAD = attributes(0, "major", "4/4")
FORWARD = '<barline location="left"><repeat direction="forward"/></barline>'
BACKWARD = '<barline location="right"><repeat direction="backward"/></barline>'


def ending(number: int, content: str, *, repeats: bool) -> str:
    sign = '<repeat direction="backward"/>' if repeats else ""
    return (
        f'<barline location="left"><ending number="{number}" type="start"/></barline>{content}'
        f'<barline location="right"><ending number="{number}" type="stop"/>{sign}</barline>'
    )


def sung(words: str, pitch: int = 60, length: int = 4, verse: str = "1") -> str:
    """A note a word, upwards from `pitch`: "Glo- ri- a"; "*" is without, "-" a rest; "a|b" are two verses."""
    found, inside = [], [False, False]
    for step, text in enumerate(words.split()):
        if text == "-":
            found.append(rest(length))
            continue
        lyrics = ""
        for row, each in enumerate(text.split("|")):
            if each != "*":
                goes_on = each.endswith("-")
                lyrics += lyric(each.removesuffix("-"), SYLLABIC[inside[row], goes_on], str(int(verse) + row))
                inside[row] = goes_on
        found.append(note(pitch + step, length, lyrics))
    return "".join(found)


def read_parts(folder: Path, *parts: str, names: tuple[str, ...] = ()) -> Reading:
    (folder / "a.musicxml").write_text(score(*parts, names=names), encoding="utf-8")
    return read_score(folder / "a.musicxml")


def words(reading: Reading) -> str:
    (tune,) = reading.tunes
    return " ".join(note.syllable for note in tune.melody.notes)


def times(reading: Reading) -> list[tuple[int, int]]:
    (tune,) = reading.tunes
    return [(note.onset, note.duration) for note in tune.melody.notes]
