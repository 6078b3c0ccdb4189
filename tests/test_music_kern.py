"""Humdrum kern beyond one spine: splits, chords, verses, repeats, graces; real files by hand."""

from pathlib import Path

import music21
import pytest

from regenkit_music.modality.reading import Tune
from regenkit_music.modality.score import read_score

CORPUS = Path(music21.__file__).parent / "corpus"


@pytest.fixture
def read(tmp_path: Path):
    def reading(*lines: str) -> Tune:
        """Lines whose tokens blanks part."""
        (tmp_path / "a.krn").write_text("\n".join("\t".join(line.split()) for line in lines) + "\n", encoding="utf-8")
        (tune,) = read_score(tmp_path / "a.krn").tunes
        return tune

    return reading


def notes(tune: Tune) -> list[tuple[int, int, int, str]]:
    return [(note.onset, note.duration, note.pitch, note.syllable) for note in tune.melody.notes]


def test_a_chorale_by_hand() -> None:
    """BWV 277: the soprano is the last of four spines; ü is written "\\u3"; two verses, the first is whole."""
    (tune,) = read_score(CORPUS / "bach" / "bwv277.krn").tunes
    melody = tune.melody
    assert (melody.title, melody.metre, melody.tonic, melody.mode) == (
        "25. Christ lag in Todesbanden",
        "4/4",
        9,
        "minor",
    )
    assert notes(tune)[:9] == [
        (12, 4, 69, "Christ"), (16, 4, 68, "lag"), (20, 4, 69, "in"), (24, 4, 72, "To-"), (28, 4, 74, "des-"),
        (32, 8, 72, "ban-"), (40, 4, 69, "den"), (44, 4, 69, "für"), (48, 4, 65, "un-"),
    ]  # fmt: skip
    assert "syllables of other verses (verse 2), not read: 14" in tune.remarks


def test_a_spine_that_splits_is_two_voices_and_the_words_are_the_lower_ones(read) -> None:
    tune = read(
        "**kern **text", "*M4/4 *", "*k[] *", "=1 =1", "*^ *", "2cc 4c low-", ". 4d -er", "2dd 4e words", ". 4f here",
        "*v *v *", "=2 =2", "1g end", "== ==", "*- *-",
    )  # fmt: skip
    assert notes(tune) == [
        (0, 4, 60, "low-"),
        (4, 4, 62, "er"),
        (8, 4, 64, "words"),
        (12, 4, 65, "here"),
        (16, 16, 67, "end"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_at_newlines_alone(tmp_path: Path, end: str) -> None:
    """Not at what the web and form feeds leave in titles and words."""
    rows = ["!!!OTL: one\u2028two\x0cthree", "**kern\t**text", "*M4/4\t*", "2c\tla\u2028lo", "2d\tle\x85", "*-\t*-"]
    (tmp_path / "a.krn").write_bytes(end.join([*rows, ""]).encode())
    (tune,) = read_score(tmp_path / "a.krn").tunes
    assert [note.pitch for note in tune.melody.notes] == [60, 62]
    assert tune.melody.notes[0].syllable.split() == ["la", "lo"] and tune.melody.notes[1].syllable.strip() == "le"


def test_rational_and_long_values_chords_and_graces(read) -> None:
    """ "0" is a breve, "2%3" three halves of a whole note; a chord is read by its top note."""
    tune = read("**kern", "*M4/2", "*k[]", "=1", "8qc", "0c", "=2", "2%3d", "2g", "=3", "1.c", "2d", "*-")
    assert notes(tune) == [(0, 16, 60, ""), (16, 12, 62, ""), (28, 4, 67, ""), (32, 12, 60, ""), (44, 4, 62, "")]
    assert tune.remarks == ("grace notes, left out: 1",)


def test_verses_endings_and_melismas(read) -> None:
    """The second verse is the fuller one, and goes through the second ending."""
    tune = read(
        "**kern **text **text", "*M4/4 * *", "*k[f#] * *", "*G: * *", "*>[A,A1,A,A2] *>[A,A1,A,A2] *>[A,A1,A,A2]",
        "*>A *>A *>A", "=1 =1 =1", "4g Glo- Hal-", "4a -ri- -le-", "4b -a -lu-", "4cc | -ja", "=2 =2 =2",
        "*>A1 *>A1 *>A1", "1d all .", "=:|! =:|! =:|!", "*>A2 *>A2 *>A2", "1e . none", "== == ==", "*- *- *-",
    )  # fmt: skip
    assert notes(tune) == [
        (0, 4, 67, "Hal-"), (4, 4, 69, "le-"), (8, 4, 71, "lu-"), (12, 4, 72, "ja"), (16, 16, 64, "none"),
    ]  # fmt: skip
    assert (tune.melody.tonic, tune.melody.mode) == (7, "major")


def test_words_where_no_note_begins_are_counted(read) -> None:
    tune = read(
        "**kern **text", "*M4/4 *", "*k[] *", "=1 =1", "2c one", "4r two", "4d three", "=2 =2", "1e four", "*- *-"
    )
    assert [each[3] for each in notes(tune)] == ["one", "three", "four"]
    assert tune.remarks == ("syllables where no note begins, left out: 1",)


@pytest.mark.parametrize(
    ("key", "right"), [("*a:", (9, "minor")), ("*C:", (0, "major")), ("*k[b-]", (5, "major")), ("*", (0, "major"))]
)
def test_keys(read, key: str, right: tuple[int, str]) -> None:
    ending = {"*a:": "1A", "*k[b-]": "1f"}.get(key, "1c")
    tune = read("**kern", "*M4/4", key, "=1", "4c", "4e", "4g", "4c", "=2", "4f", "4d", "4e", "4c", "=3", ending, "*-")
    assert (tune.melody.tonic, tune.melody.mode) == right


def test_pitch_is_sounding_whatever_the_printer_transposes(read) -> None:
    tune = read("**kern", "*ITrd1c2", "*k[]", "*M4/4", "=1", "2c", "2d", "*-")
    assert [each[2] for each in notes(tune)] == [60, 62]


def test_a_syllable_under_a_tied_note_is_said(read) -> None:
    tune = read("**kern **text", "*M4/4 *", "4c a", "[4d b", "4d] c", "4e d", "= =", "1f e", "== ==", "*- *-")
    assert notes(tune) == [(0, 4, 60, "a"), (4, 8, 62, "b"), (12, 4, 64, "d"), (16, 16, 65, "e")]
    assert tune.remarks == ("syllables under a note that is tied to the one before, left out: 1",)
