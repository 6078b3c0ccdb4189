"""ABC files: their words, voices, encodings and books; any melody is read as it was written."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from music_writers import abc
from songs import anything, melodies

from regenkit.errors import BadSource
from regenkit_music.modality import files
from regenkit_music.modality.abc import read_tune
from regenkit_music.modality.abc_fields import plain_text
from regenkit_music.modality.melody import Melody
from regenkit_music.modality.reading import Reading, Tune

CASES = Path(__file__).parent / "cases" / "music"
GARDEN = "Walk- ing down the gar- den path, I found a lit- tle yel- low bird there."
TUNE = [67, 69, 71, 72, 74, 72, 71, 69, 67, 69, 71, 67, 69, 66, 67, 67]


def words(melody: Melody) -> str:
    return " ".join(note.syllable for note in melody.notes)


@pytest.mark.parametrize("case", ["30-abc-words", "33-abc-single-voice-v"])
def test_words_and_a_voice_field(case: str) -> None:
    (found,) = files.reading(CASES / case / "a.abc").tunes
    assert [note.pitch for note in found.melody.notes] == TUNE
    assert words(found.melody) == GARDEN
    assert (found.name, found.melody.title, found.remarks) == ("", "Garden", ())


def test_a_byte_order_mark_and_windows_line_ends() -> None:
    book = files.reading(CASES / "31-abc-bom" / "a.abc")
    assert [(each.name, each.melody.title, len(each.melody.notes)) for each in book.tunes] == [
        ("1", "Garden", 16), ("2", "Second", 16),
    ]  # fmt: skip
    assert len(files.reading(CASES / "31-abc-bom" / "one.abc").tunes) == 1


def test_windows_1252() -> None:
    (found,) = files.reading(CASES / "32-abc-latin1" / "a.abc").tunes
    assert found.melody.title == "Frühlingsgrüße"
    assert words(found.melody) == "Sü- ßer Klang der grü- nen Au, ich fand ein klei- nes gel- bes Ding hier."


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Glo-ri-a in ex-cel-sis De-", "Glo- ri- a in ex- cel- sis De-"),
        ("O_ my dear love of_ old", "O my dear love of old"),
        ("O * my dear love of * old", "O my dear love of old"),
        ("A--men, a -men, so be", "A- men, a- men, so be"),
        ("of~the hill and al\\-so I go on", "of the hill and al-so I go on"),
        ("one two | three four five six", "one two three four five six"),
        ("1. one two three four five six seven eight", "one two three four five six seven eight"),
        ("1 one two three four five six seven eight", "one two three four five six seven eight"),
        ("2 hearts that beat as one, and 24.", "2 hearts that beat as one, and 24."),
        ("1.~one two three four five six seven eight", "one two three four five six seven eight"),
        ("Er-de, Gr\\\"un und Gras w\\'e gro\\ss ja", "Er- de, Grün und Gras wé groß ja"),
    ],
)
def test_words(line: str, expected: str) -> None:
    (found,) = read_tune(f"X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\nw:{line}\n", "").tunes
    assert words(found.melody) == expected


def test_a_held_syllable_is_one_note() -> None:
    (found,) = read_tune("X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\nw:O__ my | Glo_-ri-a\n", "").tunes
    assert [(note.syllable, note.duration) for note in found.melody.notes] == [
        ("O", 12), ("my", 4), ("Glo-", 8), ("ri-", 4), ("a", 4),
    ]  # fmt: skip


def test_words_of_several_lines() -> None:
    text = (
        "X:1\nM:4/4\nL:1/4\nK:C\nCD\\\nEF|\nw: one two\n+: three four\nw: a sec-ond verse\n"
        "GABc|\nw: five six \\\nw: seven eight nine % a comment\n"
    )
    (found,) = read_tune(text, "").tunes
    assert words(found.melody) == "one two three four five six seven eight"
    assert found.remarks == (
        "lines of further verses, not sung: 1", "syllables that find no note on their line, left out: 1",
    )  # fmt: skip


def test_words_below_several_lines_of_music_belong_to_all_of_them() -> None:
    """As the standard 2.1 has it in section 5.1, with its own examples."""
    header = "X:1\nM:4/4\nL:1/8\nK:C\n"
    waxies = (
        "gf|e2dc B2A2|B2G2 E2D2|\n.G2.G2 GABc|d4 B2|\n"
        "w: Sa-ys my au-l' wan to your aul' wan,\n+: Will~ye come to the Wa-x-ies dar-gle?\n"
    )
    (found,) = read_tune(header + waxies, "").tunes
    assert words(found.melody) == ("Sa- ys my au- l' wan to your aul' wan, Will ye come to the Wa- x- ies dar- gle?")
    assert found.remarks == ()
    blank = "C2D2E2F2|\nw: doh re mi fa\nG2G2G2G2|\nw:\nF2E2F2C2|\nw: fa mi re doh\n"
    (found,) = read_tune(header + blank, "").tunes
    assert [(note.onset, note.syllable) for note in found.melody.notes if note.onset >= 32] == [
        (32, "fa"), (36, "mi"), (40, "re"), (44, "doh"),
    ]  # fmt: skip
    cut = "C2D2E2F2|\\\nw: one two three four\nG2A2B2c2|\nw: five six seven eight\n"
    (found,) = read_tune(header + cut, "").tunes
    assert words(found.melody) == "one two three four five six seven eight"


def test_words_that_fit_the_last_line_of_music_are_its_own() -> None:
    played = "X:1\nM:4/4\nL:1/4\nK:C\nCDEF|\nGABc|cBAG|\nw: one two three four five six seven eight"
    for more, lost in (("", 0), (" nine", 1)):  # one too many does not move the words to where an instrument plays
        (found,) = read_tune(f"{played}{more}\n", "").tunes
        assert [(note.onset, note.syllable) for note in found.melody.notes][:2] == [(16, "one"), (20, "two")]
        assert ("syllables that find no note on their line, left out: 1" in found.remarks) == bool(lost)


def test_a_bar_of_rest_is_a_bar_of_the_words() -> None:
    for line in ("z4|CDEF|GABc|\nw: | one two three four | five", "CDEF|z4|GABc|\nw: one two three four || five"):
        (found,) = read_tune(f"X:1\nM:4/4\nL:1/4\nK:C\n{line} six seven eight\n", "").tunes
        assert words(found.melody) == "one two three four five six seven eight"
        assert found.remarks == ()


def test_of_several_voices_the_one_with_words() -> None:
    header = 'X:1\nM:4/4\nL:1/4\nV:1 nm="Flute"\nV:2 nm="Tenor"\nK:C\n'
    lines = "V:1\ncdef|gagf|\nV:2\nCDEF|GAGF|\nw:one two three four five six seven eight\n"
    (found,) = read_tune(header + lines, "").tunes
    assert [note.pitch for note in found.melody.notes] == [60, 62, 64, 65, 67, 69, 67, 65]
    assert found.remarks == ("one voice of several is read; left out: Flute",)
    inline = "[V:1] cdef|gagf|\n[V:2] CDEF|GAGF|\n"
    (found,) = read_tune(header + inline, "").tunes
    assert found.melody.notes[0].pitch == 72 and found.remarks == ("one voice of several is read; left out: Tenor",)


def test_a_book_names_what_it_leaves_out(tmp_path: Path) -> None:
    book = (
        "M:4/4\nL:1/4\n\nX:1\nT:One\nK:C\nCDEF|GABc|\n\nA free text | about music |\n\n"
        "X:2\nT:Free\nM:none\nK:C\nCDEF|\n\n"
        "X:3\nM:5/4\nK:C\nCDEFG|\n\nX:4\nK:C\n\nX:1\nT:Again\nK:C\nccee|\n\nX:6\nK:C\nCDEF|CD|CDE|C|CDEFG|CDE|\n"
    )
    (tmp_path / "a.abc").write_text(book)
    found = files.reading(tmp_path / "a.abc")
    assert [(each.name, each.melody.title) for each in found.tunes] == [("1", "One"), ("1 (2)", "Again")]
    assert all(each.song == each.name for each in found.tunes)
    assert [(name, reason[:12]) for name, reason in found.left_out] == [
        ("2", "has no metre"), ("3", "is in 5/4; m"), ("4", "has no notes"), ("6", "has 3 bars t"),
    ]  # fmt: skip
    (tmp_path / "a.abc").write_text("X:1\nM:5/4\nK:C\nCDEFG|\n")
    with pytest.raises(BadSource, match="5/4"):
        files.reading(tmp_path / "a.abc")
    (tmp_path / "a.abc").write_text("no tune at all")
    with pytest.raises(BadSource, match="has no tune"):
        files.reading(tmp_path / "a.abc")


ABC = """X:1
T:Süßer Gesang
M:3/4
L:1/8
Q:1/4=100
K:Gm
G2|B4 A2|G4 d2|c2 B2 A2|G4|]
w:O Morn-ing | bright and fair to-day, Glück
w:A sec-ond verse

X:2
T:In five
M:5/4
K:C
CDEFG|

X:3
T:Third
M:C|
L:1/4
K:Ddor
DEFG|"AGFE"A{B}G !fermata![FA]E|
w:one two | three~four _ se\\-ven - *
"""


def test_a_book_of_several_kinds(tmp_path: Path) -> None:
    path = tmp_path / "tunes.abc"
    path.write_text(ABC, encoding="utf-8")
    first, third = (tune.melody for tune in files.reading(path).tunes)
    assert (first.title, first.metre, first.tonic, first.mode, first.tempo) == ("Süßer Gesang", "3/4", 7, "minor", 100)
    assert [(note.onset, note.duration) for note in first.notes[:3]] == [(8, 4), (12, 8), (20, 4)]
    assert words(first) == "O Morn- ing bright and fair to- day, Glück"
    assert (third.title, third.metre, third.mode) == ("Third", "4/4", "minor")
    assert [(note.syllable, note.duration) for note in third.notes] == [
        ("one", 4), ("two", 12), ("three four", 8), ("se-ven-", 8),
    ]  # fmt: skip


def test_music_after_an_empty_line_is_said() -> None:
    (found,) = read_tune("X:1\nM:4/4\nL:1/4\nK:C\nCDEF|\n\nCDEF|\n", "").tunes
    assert len(found.melody.notes) == 4
    assert found.remarks == ("lines of music after an empty line, which ends a tune, left out: 1",)


def test_an_encoding_that_the_file_states(tmp_path: Path) -> None:
    text = "%%abc-charset koi8-r\nX:1\nT:Песня\nM:4/4\nL:1/4\nK:C\nCDEF|\nw:Мо-ре, мо-ре\n"
    (tmp_path / "a.abc").write_bytes(text.encode("koi8-r"))
    (found,) = files.reading(tmp_path / "a.abc").tunes
    assert found.melody.title == "Песня" and found.melody.notes[0].syllable == "Мо-"
    (tmp_path / "b.abc").write_bytes(text.partition("\n")[2].encode("cp1251"))
    (found,) = files.reading(tmp_path / "b.abc", "cp1251").tunes
    assert found.melody.title == "Песня"


@pytest.mark.parametrize("charset", ["klingon", "hex", "utf-8"])
def test_a_comment_is_no_empty_line_and_an_unknown_charset_is_none(charset: str, tmp_path: Path) -> None:
    text = f"%%abc-charset {charset}\nX:1\nM:4/4\nL:1/4\nK:C\nCDEF|\n  % a comment\nGABc| % another\n%\nc4|\n"
    (tmp_path / "a.abc").write_text(text)
    (found,) = files.reading(tmp_path / "a.abc").tunes
    assert (len(found.melody.notes), found.remarks) == (9, ())


def test_files_saved_out_of_mail(tmp_path: Path) -> None:
    tune = "X:1\nT:{}\nM:4/4\nL:1/4\nK:D\nDE=FG|AB=cd|{}\nDEFG|A4|]\n"
    (tmp_path / "a.abc").write_bytes(tune.format("Größe", "").replace("\n\n", "\n").encode())
    mailed = tune.format("Größe", "").replace("=", "=3D").replace("ö", "=C3=B6").replace("ß", "=C3=9F")
    (tmp_path / "b.abc").write_bytes(mailed.replace("|\n\n", "=\n|=20\n").encode())
    assert files.reading(tmp_path / "a.abc") == files.reading(tmp_path / "b.abc")
    (tmp_path / "c.abc").write_bytes(b"X:1\nM:4/4\nL:1/4\nK:G\n=F2=F2|=EF=F2|")  # naturals
    (natural,) = files.reading(tmp_path / "c.abc").tunes
    assert [note.pitch for note in natural.melody.notes] == [65, 65, 64, 66, 65]


@pytest.mark.parametrize("tempo", ["1/4=200", "1/4 = 20", '"Allegro" 1/4=203', "3/8=20 % slow"])
def test_a_tempo_is_no_sign_of_mail(tmp_path: Path, tempo: str) -> None:
    """ "=20" is a blank in a mail, so the tempo was lost; and of "1/4=30" beside it a digit."""
    tune = "X:{}\nM:4/4\nL:1/4\nQ:{}\nK:C\nCDEF|\n"
    (tmp_path / "a.abc").write_text(f"{tune.format(1, tempo)}\n{tune.format(2, '1/4=30')}")
    found = [each.melody.tempo for each in files.reading(tmp_path / "a.abc").tunes]
    assert found == [read_tune(tune.format(1, tempo), "").tunes[0].melody.tempo, 30.0] and found[0] > 20 - 1e-6
    mailed = tune.format(1, "1/4=3D200=20").replace("CDEF", "=3DFC=20E2")
    (tmp_path / "b.abc").write_text(mailed)
    (one,) = files.reading(tmp_path / "b.abc").tunes
    assert one.melody.tempo == 200.0 and len(one.melody.notes) == 3


def test_text_by_its_mnemonics() -> None:
    written = r"""\"u \'e \`a \~n \^o \cc \vs \AE \oe \ss \aa \/o \u00fc &uuml; \& \% M\"unchen \HoX"""
    assert " ".join(plain_text(written).split()) == "ü é à ñ ô ç š Æ œ ß å ø ü ü & % München őX"
    assert plain_text(r"\ud83c\udfb5 \ud83c") == "🎵 \ufffd"  # one character, and half of one


@settings(anything, max_examples=80)
@given(melodies(), st.booleans())
def test_any_melody_is_read_as_written(melody: Melody, cut_upbeat: bool) -> None:
    assert read_tune(abc(melody, cut_upbeat=cut_upbeat), "") == Reading(tunes=(Tune(melody=melody),))


@settings(anything, max_examples=40)
@given(st.lists(melodies(), min_size=2, max_size=4), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_any_book_is_read_as_written(tmp_path: Path, book: list[Melody], line_end: str, mark: bool) -> None:
    text = "\n".join(abc(each, number=number) for number, each in enumerate(book, start=1)).replace("\n", line_end)
    (tmp_path / "a.abc").write_bytes(text.encode("utf-8-sig" if mark else "utf-8"))
    found = files.reading(tmp_path / "a.abc")
    assert [(each.name, each.melody) for each in found.tunes] == [
        (str(n), each) for n, each in enumerate(book, start=1)
    ]


@settings(anything, max_examples=150)
@given(st.text(alphabet="CDEFGABcdefgabz|:[](){}<>^_=-,'/123\n\\\"!&+~ XTMLKVQw%*.", max_size=120))
def test_no_text_is_too_strange(body: str) -> None:
    """Read, or left out with a reason; never an error of the reader's own."""
    found = read_tune(f"X:1\nM:4/4\nL:1/8\nK:C\n{body}", "1")
    assert all(reason for _, reason in found.left_out)
    assert all(each.melody.notes for each in found.tunes)
