"""Lyrics: syllables and stress against hand-checked words, features from text and from scores, texts of any kind."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from music21 import corpus

from regenkit.errors import UserError
from regenkit_music.modality import LyricsModality
from regenkit_music.modality.language import detect
from regenkit_music.modality.lyrics import (
    BOUNDARY,
    LONGEST_SONG,
    NEIGHBOURS,
    SPEC,
    encode,
    from_melody,
    from_syllables,
    from_text,
)
from regenkit_music.modality.score import read_score
from regenkit_music.modality.stress import stress
from regenkit_music.modality.syllables import syllabify

# written by hand from dictionaries: hyphens part syllables, capitals are stressed
WORDS = {
    "en": """O-ver EV-ery BEAU-ti-ful HEAV-en MORN-ing TA-ble a-BOUT i-DE-a MOVED WANT-ed LIT-tle FIRE LOVED SING-ing
        to-MOR-row re-MEM-ber YES-ter-day NEV-er PEO-ple BE-ing LI-on QUI-et the GLO-ry cre-AT-ed AN-gel WON-der-ful
        BETH-le-hem hal-le-LU-jah be-YOND RIV-er a-MAZ-ing GRACE for-EV-er WATCHED""",
    "de": """A-bend LO-be JE-sus er-BAR-me Fa-MI-lie The-A-ter TREU-e VÖ-ge-lein HER-zen SEE-le HIM-mel-reich GOT-tes
        SCHAU-en QUEL-le Ma-RI-a be-REIT E-wig FREU-den KÖ-ni-gin HAUS FEU-er KREUZ AN-ge-sicht al-LEIN NIE-mand
        Ü-bel EH-re SÜN-der ver-LAS-sen hin-AUS dar-UM ge-LO-bet ge-GE-ben BE-ten GE-ben stu-DIE-ren ge-BET""",
    "it": """MI-o a-MO-re GLO-ria QUE-sto po-e-SI-a CUO-re DOL-ce cit-TÀ PIÙ FIAM-ma GUAR-da FO-glia gio-vi-NET-ta
        CIE-lo TUOI MIEI BEL-la VER-gi-ne MAI SU-o so-SPI-ri QUEL-la PIAN-ge OC-chi pie-TÀ la-SCIA-re FI-glio
        tem-PE-sta A-ria A-ni-ma LA-gri-me si-GNOR NOT-te mat-TI-na NO-bi-le a-MI-ci fe-LI-ce""",
    "la": """GLO-ri-a ex-CEL-sis DE-o PAX ho-MI-ni-bus BO-nae vo-lun-TA-tis lau-DA-mus GRA-ti-as A-gi-mus TI-bi
        MA-gnam IE-su al-le-LU-ia cae-LE-stis om-NI-po-tens QUO-ni-am SANC-tus Ma-RI-a DO-mi-nus SAE-cu-lum LIN-gua
        TOL-lis KY-ri-e e-LE-i-son pec-CA-ta SPI-ri-tus FI-li-us be-ne-DIC-tus ae-TER-nam u-ni-GE-ni-tum PA-tris""",
}


@pytest.mark.parametrize("language", WORDS)
def test_hand_checked_words(language: str) -> None:
    """At least nine words of ten get the right number of syllables and the right stress."""
    words = WORDS[language].split()
    assert len(words) >= 30
    miscounted, misstressed = [], []
    for word in words:
        right = word.split("-")
        syllables = syllabify("".join(right).lower(), language)
        assert "".join(syllables) == "".join(right).lower()
        if len(syllables) != len(right):
            miscounted.append((word, syllables))
        elif stress(syllables, language) != [part == part.upper() and part != "O-" for part in right]:
            misstressed.append((word, syllables))
    assert len(miscounted) <= 0.05 * len(words), miscounted
    assert len(miscounted) + len(misstressed) <= 0.1 * len(words), (miscounted, misstressed)


def test_english_words_have_as_many_syllables_as_the_dictionary_counts() -> None:
    """Also where spelling takes an "e" for mute. "Tired" is sung on one note, unknown words go by their letters."""
    words = """sa-cred wic-ked na-ked hun-dred kin-dred can-dles cir-cles mir-a-cles set-tled strug-gled tem-ples
        kin-dled bot-tles rhy-thm pri-sm tired fires de-sired moved called changed loves world trem-bles ram-bles"""
    for word in words.split():
        assert syllabify(word.replace("-", ""), "en") == word.split("-")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Amazing grace, how sweet the sound that saved a wretch like me", "en"),
        ("Wie schön leuchtet der Morgenstern, voll Gnad und Wahrheit von dem Herrn", "de"),
        ("Quando la sera scende sul mio cuore, amore, non mi lasciar", "it"),
        ("Gloria in excelsis Deo et in terra pax hominibus bonae voluntatis", "la"),
        ("Sur le pont d'Avignon, l'on y danse tous en rond, les beaux messieurs", "fr"),
        ("月亮代表我的心", ""),
        ("", ""),
    ],
)
def test_language(text: str, language: str) -> None:
    assert detect(text) == language


@cache
def chorales(count: int = 16) -> list:
    melodies = []
    for path in corpus.getComposer("bach")[::12]:
        melody = read_score(path).tunes[0].melody
        if sum(any(c.isalpha() for c in note.syllable) for note in melody.notes) > 20:
            melodies.append(melody)
        if len(melodies) == count:
            break
    return melodies


def test_text_and_score_say_the_same() -> None:
    """Chorale words written out as a user writes them give the features of the chorale, nearly everywhere."""
    same_count, agree, total = 0, dict.fromkeys(SPEC, 0), 0
    for melody in chorales():
        scored = from_melody(melody, "de")
        typed = from_text("\n".join(_lines(scored)), "de")
        if len(typed.syllables) != len(scored.syllables):
            continue
        same_count += 1
        total += len(scored.syllables)
        ours, theirs = encode(scored)[0], encode(typed)[0]
        for name in SPEC:
            agree[name] += int((ours[name] == theirs[name]).sum())
    assert same_count >= 0.6 * len(chorales())
    for name in ("word", "stress", *NEIGHBOURS, "weight", "boundary", "left", "since", "line_left"):
        assert agree[name] >= 0.93 * total, (name, agree[name] / total)


def _lines(song) -> list[str]:
    lines = [""]
    for syllable in song.syllables:
        lines[-1] += syllable.text + " " * (syllable.word in ("single", "end"))
        if syllable.boundary != "none":
            lines.append("")
    return [line for line in lines if line]


def test_a_line_of_verse_is_as_long_as_a_phrase_between_marks() -> None:
    """Why a newline ends a phrase: the chorales' phrases have the length of lines of verse."""
    lengths = []
    for melody in chorales():
        fields, _ = encode(from_melody(melody, "de"))
        ends = fields["boundary"] >= BOUNDARY.index("phrase") + 1
        lengths += np.diff(np.flatnonzero(np.r_[True, ends])).tolist()
    assert 6 <= np.median(lengths) <= 8


def test_features_by_hand() -> None:
    fields, meta = encode(from_text("# no title here\nGlory to thee, my God!\nAgain", "en"))
    assert meta["syllables"] == ["no", "ti-", "tle", "here", "Glo-", "ry", "to", "thee,", "my", "God!", "A-", "gain"]
    fields, meta = encode(from_text("Glory to thee, my God!\nAgain", "en", "Evening"))
    assert meta["syllables"] == ["Glo-", "ry", "to", "thee,", "my", "God!", "A-", "gain"]
    assert meta["words"] == "Glory to thee, my God! Again"
    assert meta["title"] == "Evening"
    assert fields["word"].tolist() == [2, 4, 1, 1, 1, 1, 2, 4]
    assert fields["stress"].tolist() == [2, 1, 1, 1, 1, 2, 1, 2]
    assert fields["stress_before"].tolist() == [0, 2, 1, 1, 1, 1, 2, 1]
    assert fields["stress_next"].tolist() == [1, 1, 1, 1, 2, 1, 2, 0]
    assert fields["stress_second_next"].tolist() == [1, 1, 1, 2, 1, 2, 0, 0]
    assert fields["boundary"].tolist() == [1, 2, 2, 3, 2, 4, 1, 4]
    assert fields["left"].tolist() == [4, 3, 2, 1, 2, 1, 2, 1]
    assert fields["since"].tolist() == [1, 2, 3, 4, 1, 2, 1, 2]
    assert fields["line_left"].tolist() == [6, 5, 4, 3, 2, 1, 2, 1]


def test_one_syllable_has_no_neighbours() -> None:
    fields, _ = encode(from_text("Gloom", "en"))
    assert fields["stress"].tolist() == [2]
    assert all(fields[name].tolist() == [0] for name in NEIGHBOURS)


def test_verse_without_marks_ends_a_sentence_every_second_line() -> None:
    fields, _ = encode(from_text("la la\nla la\nla la\nla la\n\nla la\nla la", "en"))
    assert fields["boundary"].tolist() == [2, 3, 2, 4] * 2 + [2, 3, 2, 4]


def test_long_phrases_are_capped() -> None:
    fields, _ = encode(from_text("la " * 40, "en"))
    assert fields["left"].max() == fields["since"].max() == 16
    assert fields["line_left"].max() == 24
    SPEC.check(fields, "long")


def test_contradicting_syllabics_are_mended() -> None:
    song = from_syllables([("Her", "end"), ("ren", "middle"), ("kom", "begin"), ("me", "begin")], "de")
    assert [syllable.word for syllable in song.syllables] == ["single", "begin", "middle", "end"]


def test_capitals_begin_lines_in_italian_but_not_in_german() -> None:
    pairs = [(word, "single") for word in ["si", "va", "per", "la", "via", "Da", "me"]]
    boundaries = [syllable.boundary for syllable in from_syllables(pairs, "it").syllables]
    assert boundaries == ["none"] * 4 + ["phrase", "none", "line"]
    assert [s.boundary for s in from_syllables(pairs, "de").syllables] == ["none"] * 6 + ["line"]


@pytest.mark.parametrize(
    ("text", "syllables"),
    [
        ("月亮代表我的心，你问我", ["月", "亮", "代", "表", "我", "的", "心，", "你", "问", "我"]),
        ("안녕하세요", ["안", "녕", "하", "세", "요"]),
        ("きょうは", ["きょ", "う", "は"]),
        ("Подмосковные вечера", ["Под-", "мос-", "ков-", "ны-", "е", "ве-", "че-", "ра"]),
        ("Θάλασσα", ["Θά-", "λασ-", "σα"]),
        ("I ❤️ you 🎵", ["I", "you"]),
        ("1,000 miles", ["1,000", "mi-", "les"]),
        ("“Ah!” – he’s", ["“Ah!”–", "he’s"]),
        ("Glo-ri-a", ["Glo-", "ri-", "a"]),
        ("prst", ["prst"]),
    ],
)
def test_scripts_and_signs(text: str, syllables: list[str]) -> None:
    language = "en" if text.isascii() and "miles" not in text else ""
    assert from_text(text, language).texts == syllables


@pytest.mark.parametrize("text", ["", "  \n", "🎵🎵", "... - !", "'", "\u0301"])
def test_nothing_to_sing(text: str) -> None:
    with pytest.raises(UserError, match="no words to sing"):
        from_text(text)


def test_too_long_a_song() -> None:
    with pytest.raises(UserError, match=str(LONGEST_SONG)):
        from_text("la " * (LONGEST_SONG + 1))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.sampled_from([None, "en", "de", "it", "la", "fr", "ru", "xx", ""]))
def test_any_text_is_sung_or_refused(text: str, language: str | None) -> None:
    try:
        song = from_text(text, language)
    except UserError:
        return
    fields, meta = encode(song)
    SPEC.check(fields, repr(text))
    assert len(meta["syllables"]) == len(fields["word"])
    assert all(value.all() for name, value in fields.items() if name not in ("weight", *NEIGHBOURS))
    assert all(any(c.isalnum() for c in syllable.text) for syllable in song.syllables)


@settings(deadline=None)
@given(
    st.text("abcdefghijklmnopqrstuvwxyzäöüßéàìæœ'", min_size=1, max_size=24),
    st.sampled_from(["en", "de", "it", "la", "es"]),
)
def test_syllables_are_the_word(word: str, language: str) -> None:
    syllables = syllabify(word, language)
    assert "".join(syllables) == word
    assert all(syllables)
    assert len(stress(syllables, language)) == len(syllables)


def test_files_of_songs(tmp_path: Path) -> None:
    modality = LyricsModality()
    path = tmp_path / "songs.txt"
    path.write_bytes(
        "\ufeff# Erstes\r\nGroßer Gott,\r\nwir loben dich\r\n---\r\n\r\nZweites Lied\r\n-----\r\n".encode()
    )
    first, second = modality.read(path)
    assert (first.title, first.words, first.language) == ("Erstes", "Großer Gott, wir loben dich", "de")
    assert (second.title, second.words) == ("", "Zweites Lied")
    modality.write(first, tmp_path / "again.txt")
    assert modality.read(tmp_path / "again.txt")[0].syllables == first.syllables
    assert modality.describe(first) == "Erstes: de, 7 syllables, “Großer Gott, wir loben dich”"
    path.write_bytes("Großer Gott".encode("latin-1"))
    assert modality.read(path)[0].words == "Großer Gott"
    assert modality.parse("# Title\nla la").title == "Title"


def test_files_that_are_no_songs(tmp_path: Path) -> None:
    modality = LyricsModality()
    path = tmp_path / "x.txt"
    for data, message in [
        (b"", "empty"),
        (b"---\n---", "empty"),
        (b"\xff\0\x80", "not a text"),
        (b"a\n---\n!", "song 2 of 2"),
    ]:
        path.write_bytes(data)
        with pytest.raises(UserError, match=message):
            modality.read(path)
    with pytest.raises(UserError, match=r"\.txt"):
        modality.read(tmp_path / "x.docx")
    with pytest.raises(UserError, match="can't be read"):
        modality.read(tmp_path / "none.txt")
