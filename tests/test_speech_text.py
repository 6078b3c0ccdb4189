"""What is spoken of a written text: numbers, abbreviations, signs, unknown characters, phones."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regenkit.errors import UserError
from regenkit_speech.modality import Transcript
from regenkit_speech.modality.pronunciation import PHONES, phones
from regenkit_speech.modality.spoken import SYMBOLS, Language, spoken


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
    ],
)
def test_numbers_abbreviations_and_signs(language: Language, written: str, said: str) -> None:
    assert spoken(written, language)[0] == said


def test_what_nobody_speaks_is_left_out_and_said() -> None:
    said, remarks = spoken("press ☎ now 日", "en")
    assert said == "press now" and remarks == ("characters that nobody speaks were left out",)
    assert spoken("press now", "en")[1] == ()


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
    assert phones("zyzzqaxx") == tuple("zyzzqaxx")


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
    (tmp_path / "d.txt").write_text("\n")
    with pytest.raises(UserError, match="is empty"):
        transcript.read(tmp_path / "d.txt")
    with pytest.raises(UserError, match="1001 characters; at most 1000"):
        transcript.parse("a" * 1001)
    with pytest.raises(ValueError, match="the dictionary is of English"):
        Transcript(language="cs", units="phones")
