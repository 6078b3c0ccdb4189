"""The notes of ABC by its standard 2.1: pitch, time, bars, keys and fields; real tunes."""

from pathlib import Path

import pytest
from music21 import abcFormat, corpus
from music21.pitch import Pitch

from regenkit_music.modality import files
from regenkit_music.modality.abc import read_tune, tunes
from regenkit_music.modality.abc_fields import key, metre, tempo, unit
from regenkit_music.modality.melody import Melody

CASES = Path(__file__).parent / "cases" / "music"


def tune(body: str, fields: str = "M:4/4\nL:1/4\nK:C") -> Melody:
    (found,) = read_tune(f"X:1\n{fields}\n{body}\n", "").tunes
    return found.melody


def pitches(body: str, fields: str = "M:4/4\nL:1/4\nK:C") -> list[int]:
    return [note.pitch for note in tune(body, fields).notes]


def times(body: str, fields: str = "M:4/4\nL:1/4\nK:C") -> list[tuple[int, int]]:
    return [(note.onset, note.duration) for note in tune(body, fields).notes]


def test_accidentals_last_to_the_barline() -> None:
    (found,) = files.reading(CASES / "34-abc-accidentals" / "a.abc").tunes
    assert [note.pitch for note in found.melody.notes] == [
        66, 66, 67, 69, 65, 65, 67, 69, 70, 70, 69, 67, 71, 69, 67, 60,
    ]  # fmt: skip


@pytest.mark.parametrize("clef", ["clef=bass", "bass", "alto middle=d", "treble stafflines=4"])
@pytest.mark.parametrize("field", ["[K:{}]", "\nK:{}\n"])
def test_a_clef_alone_keeps_the_key(clef: str, field: str) -> None:
    (found,) = read_tune(f"X:1\nM:4/4\nL:1/4\nK:D\nD F C D|E F{field.format(clef)}C D|F F F F|\n", "").tunes
    assert [note.pitch for note in found.melody.notes] == [62, 66, 61, 62, 64, 66, 61, 62, 66, 66, 66, 66]
    assert [note.onset for note in found.melody.notes] == [*range(0, 48, 4)]
    assert (found.melody.tonic, found.remarks) == (2, ())


@pytest.mark.parametrize(
    ("body", "sounding"),
    [
        ("^F F G A|F F G A|", [66, 66, 67, 69, 65, 65, 67, 69]),
        ("_B B =B B|B B _B2|", [70, 70, 71, 71, 71, 71, 70]),
        ("^F f F, F|", [66, 78, 54, 66]),  # all octaves
        ("^F2\nF F|", [66, 66, 66]),  # a line's end is no barline
        ("^F F||F F|]", [66, 66, 65, 65]),
        ("^F2 F2:|:F2 F2|", [66, 66, 65, 65]),
        ("^^F __B =F ^F|", [67, 69, 65, 66]),
        ("{^f}F F G G|", [66, 66, 67, 67]),  # on a grace note too
        ("^F4-|F2 F2|", [66, 65]),  # tied over the barline, and only the tied note
        ("^F4-|F4-|F4|", [66]),
        ("[^FA]2 F2|F4|", [69, 66, 65]),
    ],
)
def test_how_far_accidentals_reach(body: str, sounding: list[int]) -> None:
    assert pitches(body) == sounding


@pytest.mark.parametrize(
    ("propagation", "sounding"), [("not", [66, 65, 77, 65]), ("octave", [66, 66, 77, 66]), ("pitch", [66, 66, 78, 66])]
)
@pytest.mark.parametrize("sign", ["%%", "I:"])
def test_propagate_accidentals(sign: str, propagation: str, sounding: list[int]) -> None:
    body = "^F F f F|"
    assert pitches(body, f"{sign}propagate-accidentals {propagation}\nM:4/4\nL:1/4\nK:C") == sounding
    assert pitches(f"{sign}propagate-accidentals {propagation}\n{body}") == sounding
    text = f"{sign}propagate-accidentals {propagation}\n\nX:1\nM:4/4\nL:1/4\nK:C\n{body}\n"
    assert [note.pitch for note in read_tune(text, "").tunes[0].melody.notes] == sounding


@pytest.mark.parametrize(
    ("field", "scale", "tonic", "mode"),
    [
        ("C", "C D E F G A B c", 0, "major"),
        ("G", "G A B c d e ^f g", 7, "major"),
        ("Gmaj", "G A B c d e ^f g", 7, "major"),
        ("Em", "E ^F G A B c d e", 4, "minor"),
        ("E min", "E ^F G A B c d e", 4, "minor"),
        ("Eb", "_E F G _A _B c d _e", 3, "major"),
        ("F# minor", "^F ^G A B ^c d e ^f", 6, "minor"),
        ("Amix", "A B ^c d e ^f g a", 9, "major"),
        ("D Dorian", "D E F G A B c d", 2, "minor"),
        ("Ephr", "E F G A B c d e", 4, "minor"),
        ("Flyd", "F G A B c d e f", 5, "major"),
        ("D=c", "D E ^F G A B c d", None, None),
        ("Dmaj =c", "D E ^F G A B c d", None, None),
        ("D exp _b _e ^f", "D _E ^F G A _B c d", None, None),
        ("D Phr ^f", "D _E ^F G A _B c d", 2, "minor"),
        ("HP", "A B ^c d e ^f g a", None, None),
        ("Hp", "A B ^c d e ^f g a", None, None),
        ("none", "C D E F G A B c", 0, "major"),
        ("", "C D E F G A B c", 0, "major"),
    ],
)
def test_keys(field: str, scale: str, tonic: int | None, mode: str | None) -> None:
    """A scale written without signs under the key is the one written with them under C."""
    plain = scale.translate({ord(sign): None for sign in "^_="})
    found = tune(f"{plain}|", f"M:4/4\nL:1/8\nK:{field}")
    assert [note.pitch for note in found.notes] == pitches(f"{scale}|", "M:4/4\nL:1/8\nK:C")
    if tonic is not None:
        assert (found.tonic, found.mode) == (tonic, mode)


def test_minor_under_the_signature_of_the_tonics_major() -> None:
    """As the Essen collection writes it: K: G, and every B flat by hand."""
    found = tune("G2 A _B|c2 d2|_B A G2|d c _B A|G4|", "M:4/4\nL:1/4\nK:G")
    assert (found.tonic, found.mode) == (7, "minor")


@pytest.mark.parametrize(
    ("text", "found"),
    [("4/4", (4, 4)), ("C", (4, 4)), ("C|", (2, 2)), ("6/8", (6, 8)), (" 3 / 4", (3, 4)), ("(2+3)/8", (5, 8)),
     ("2+3+2/8", (7, 8)), ("none", None), ("", None), ("3/0", None), ("FREI4/4", None)],
)  # fmt: skip
def test_metres(text: str, found: tuple[int, int] | None) -> None:
    assert metre(text) == found


def test_units_and_tempi() -> None:
    assert [unit(text) for text in ("1/4", "1/8", "1/16 ", "1", "x", "1/0")] == [1, 0.5, 0.25, 4, None, None]
    assert tune("C D E F|", "M:2/4\nK:C").notes[0].duration == 1  # a sixteenth below 3/4
    assert tune("C D E F|", "M:3/4\nK:C").notes[0].duration == 2  # else an eighth
    eighth = unit("1/8")
    assert eighth is not None
    given = ["1/4=100", '"Allegro" 1/4=120', "3/8=40", "1/4 1/8=40", "120", "C=60", "1/4=0", "fast"]
    assert [tempo(text, eighth) for text in given] == [100, 120, 60, 60, 60, 30, None, None]
    assert tune("CDEF|", "Q:1/2=60\nM:4/4\nL:1/4\nK:C").tempo == 120


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("C2 D E|", [(0, 8), (8, 4), (12, 4)]),
        ("C/ D/ E3/2 F/2 G|", [(0, 2), (2, 2), (4, 6), (10, 2), (12, 4)]),
        ("C// D3// E F G|", [(0, 1), (1, 3), (4, 4), (8, 4), (12, 4)]),
        ("C>D E<F|", [(0, 6), (6, 2), (8, 2), (10, 6)]),
        ("C > D E {g}< F|", [(0, 6), (6, 2), (8, 2), (10, 6)]),
        ("C>>D E<<F|", [(0, 7), (7, 1), (8, 1), (9, 7)]),
        ("z C x D|z4|E4|", [(4, 4), (12, 4), (32, 16)]),
        ("C4|Z2|D4|", [(0, 16), (48, 16)]),
        ("[CEG]2 [C2E2]|", [(0, 8), (8, 8)]),
        ("[C/E/]2 C C C|", [(0, 4), (4, 4), (8, 4), (12, 4)]),
        ("C4-|C4|D4|", [(0, 32), (32, 16)]),
        ("C-D-D2|", [(0, 4), (4, 12)]),  # "-" between two pitches is a slur
        ("CD|EFGA|", [(8, 4), (12, 4), (16, 4), (20, 4), (24, 4), (28, 4)]),
        ("C2 & E2 | D4|", [(8, 8), (16, 16)]),
    ],
)
def test_times(body: str, expected: list[tuple[int, int]]) -> None:
    assert times(body) == expected


@pytest.mark.parametrize(
    ("body", "metre", "lasting"),
    [
        ("(3CDE", "4/4", 4), ("(3(C D E)", "4/4", 4), ("(3:2:3CDE", "4/4", 4), ("(3:2CDE", "4/4", 4),
        ("(3::CDE", "4/4", 4), ("(2CD", "6/8", 6), ("(4CDEF", "6/8", 6), ("(5CDEFG", "4/4", 4), ("(5CDEFG", "6/8", 6),
        ("(6CDEFGA", "4/4", 4), ("(3:2:4CD/E/F", "4/4", 4), ("(3CzE", "4/4", 4), ("(3[CE]DE", "4/4", 4),
    ],
)  # fmt: skip
def test_tuplets(body: str, metre: str, lasting: int) -> None:
    """What comes after a tuplet comes after its `lasting` sixteenths (but the first note, where there is no room)."""
    assert tune(f"{body} {'G2 ' * 60}|", f"M:{metre}\nL:1/8\nK:C").notes[-59].onset == lasting + 4


def test_decorations_and_text_are_no_notes() -> None:
    body = '!fermata!C .D ~E HF | "Am7"uC v"^Adagio"D +trill+E TF | "D.C."C`D`E S F y | $ !p! C4 \\\n'
    assert pitches(body) == [60, 62, 64, 65] * 3 + [60]


def test_what_old_files_write_otherwise() -> None:
    assert pitches("CDEF|!GABc|!cBAG|!trill!FEDC|") == [60, 62, 64, 65, 67, 69, 71, 72, 72, 71, 69, 67, 65, 64, 62, 60]
    assert times("C2+E2G2+|+trill+F2 +ff+G2|") == [(0, 8), (8, 8), (16, 8), (24, 8)]  # a chord, and decorations
    assert pitches("C2+E2G2+|F2 G2|") == [60, 67, 65, 67]


def test_a_line_of_text_is_no_music() -> None:
    (found,) = read_tune("X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\nPlay it twice and fade.\ncBAG|\n", "").tunes
    assert [note.pitch for note in found.melody.notes] == [60, 62, 64, 65, 67, 69, 71, 72, 72, 71, 69, 67]
    assert found.remarks == ("lines of text among the music, left out: 1",)
    assert pitches('"slowly and lightly"C D "and so on"E F\nHG uA !trill!TB c|') == [60, 62, 64, 65, 67, 69, 71, 72]


@pytest.mark.parametrize("line", ["Play it twice | and then fade |", "A free text | about music", "(Refrain | twice)"])
def test_a_line_of_text_with_a_barline_is_no_music(line: str) -> None:
    (found,) = read_tune(f"X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n{line}\ncBAG|\n", "").tunes
    assert [note.pitch for note in found.melody.notes] == [60, 62, 64, 65, 67, 69, 71, 72, 72, 71, 69, 67]
    assert found.remarks == ("lines of text among the music, left out: 1",)


@pytest.mark.parametrize(
    "line", ["kgBkaTB kgBkaTB | kGBkaTc kGBkaTc |", '"_so it goes"CD "on and on"EF | HGuA uBvc |', "TBc CD EFGA |"]
)
def test_decorated_music_is_no_text(line: str) -> None:
    assert len(pitches(line, "M:4/4\nL:1/8\nK:C")) >= 8


def test_pickups_halved_bars_ties_graces_and_endings() -> None:
    found = tune("D|G2-G2|{cd}B2 A:|\n|:A|B2d2|[1 G2 G:|[2 G3|[M:3/4]G6|]", "T:A test\nM:2/4\nL:1/8\nK:Gm")
    assert (found.title, found.tonic, found.mode) == ("A test", 7, "minor")
    # D is the upbeat, B2 A + A one bar cut by the repeat sign
    assert [(note.onset, note.duration, note.pitch) for note in found.notes] == [
        (6, 2, 62), (8, 8, 67), (16, 4, 70), (20, 2, 69), (22, 2, 69), (24, 4, 70), (28, 4, 74),
        (32, 6, 67), (40, 12, 67),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ("|:CDEF|GABc|1 d4:|2 c4|]", "CDEFGABcc"),
        ("|:CDEF|GABc|1 d4:|2 c4|EFGA|BAGF|]", "CDEFGABccEFGABAGF"),  # nothing says where the last one ends
        ("|:CDEF|GABc|1-3 d4:|\n[4 c4:||:EFGA|[1,2 BAGF:|[3 B4|]", "CDEFGABccEFGAB"),
        ("|:CDEF|GABc|1 d4:|EFGA|]", "CDEFGABcEFGA"),  # its second pass goes on without a bracket
        ("|:CDEF|GABc|1 d4|]", "CDEFGABcd"),
        ("|:CDEF|GABc|1 d4:|2 c4|EFGA|]\nw:a b c d e f g h i * k l m n", "CDEFGABcdEFGA"),  # the one that has words
    ],
)
def test_of_several_endings_one_is_read(body: str, read: str) -> None:
    (found,) = read_tune(f"X:1\nM:4/4\nL:1/4\nK:C\n{body}\n", "").tunes
    (only,) = read_tune(f"X:1\nM:4/4\nL:1/4\nK:C\n{read}|\n", "").tunes
    assert [note.pitch for note in found.melody.notes] == [note.pitch for note in only.melody.notes]
    left_out = [remark for remark in found.remarks if remark.startswith("measures of other endings, not read: ")]
    assert len(left_out) == (read[8:] != "d")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("M:none\nL:1/8\nK:C\nCDEF GABc|", "no metre"),
        ("M:5/4\nL:1/4\nK:C\nCDEFG|GABcd|", "is in 5/4; modelled are"),
        (
            "M:4/4\nL:1/4\nK:C\nCDEF|CD|CDE|C|CDEFG|CDE|",
            "has 3 bars that do not add up to 4/4, of 6; the first is bar 2, of 2 quarters",
        ),
        (
            "M:3/4\nL:1/4\nK:C\nC|CDE|CDE|CDE|CDEFG|CD|CDEF|CDE|",
            "has 3 bars that do not add up to 3/4, of 8; the first is bar 4, of 5 quarters",
        ),
        ("M:4/4\nL:1/4\nK:C\n(3CDE(3CDE(3CDE(3CDE(3CDE(3CDE|", "sixteenths"),
        ("M:4/4\nK:C\nz8|", "no notes"),
        ("M:4/4\nL:1/4\nK:C\nCDEF|G99999999|", "lasts more than 20,000 quarters"),
    ],
)
def test_tunes_that_cannot_be_used(text: str, reason: str) -> None:
    found = read_tune(f"X:1\n{text}\n", "7")
    assert not found.tunes and [name for name, _ in found.left_out] == ["7"] and reason in found.left_out[0][1]


def test_bars_that_repeats_cut_and_sections_that_begin_with_a_pickup() -> None:
    body = "G|c2 d2|e3:|G|c2 d2|e3||\nG|c4|[1 d4:|[2 e4|]"
    expected = [(12, 4), (16, 8), (24, 8), (32, 12), (44, 4), (48, 8), (56, 8), (64, 12), (76, 4), (80, 16), (96, 16)]
    assert times(body) == expected
    assert times("G|c4|d4:|2 e4|]") == [(12, 4), (16, 16), (32, 16), (48, 16)]


def test_inline_fields_and_changes() -> None:
    assert pitches("F4|[K:G]F4|[K:C]F4|") == [65, 66, 65]
    first, second = read_tune("X:1\nM:4/4\nL:1/4\nK:C\nFFFF|FFFF|[M:3/4][K:D]FFF|FFF|FFF|\n", "5").tunes
    assert [note.pitch for note in first.melody.notes] == [65] * 8 and first.name == "5, from bar 1"
    assert [note.pitch for note in second.melody.notes] == [66] * 9 and second.name == "5, from bar 3"
    assert (first.melody.metre, second.melody.metre) == ("4/4", "3/4") and first.song == second.song == "5"
    assert times("CDEF|[L:1/8]CDEF GABc|\nL:1/2\nCD|")[-3:] == [(30, 2), (32, 8), (40, 8)]
    assert tune("CDEF|[M:2/4]GA|[M:4/4]CDEF|").notes[-4].onset == 32  # one bar of another metre is filled


def test_keys_by_their_signatures() -> None:
    assert [key(text).sharps for text in ("C", "F#", "Cb", "G#m", "Dmix", "Bloc", "HP", "none", "D exp ^f ^c")] == [
        0, 6, -7, 5, 1, 0, 2, None, 2,
    ]  # fmt: skip


def test_real_tunes_against_music21() -> None:
    """music21 told that the file is ABC 2.1: the same pitches in all tunes of an Essen book."""
    path = next(path for path in corpus.getComposer("essenFolksong") if Path(path).stem == "erk5")
    for reference, text in tunes(Path(path).read_text()):
        handler = abcFormat.ABCHandler(abcVersion=(2, 1, 0))
        handler.process(text)
        names = [
            token.pitchName for token in handler.tokens if isinstance(token, abcFormat.ABCNote) and token.pitchName
        ]
        ties = sum(isinstance(token, abcFormat.ABCTie) for token in handler.tokens)
        if not ties:
            reading = read_tune(text, reference)
            ours = [note.pitch for each in reading.tunes for note in each.melody.notes]
            if not reading.left_out:
                assert ours == [int(Pitch(name.replace("n", "")).midi) for name in names], reference
