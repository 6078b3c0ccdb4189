"""Words of any script are words; what cannot be text is damage."""

import pytest
from test_text_encoding import LINES

from regenkit_music.data.words import damage
from regenkit_music.modality.language import detect
from regenkit_music.modality.lyrics import encode, from_melody, from_text
from regenkit_music.modality.melody import Melody, Note
from regenkit_music.modality.syllables import syllabify


def sung(syllables: list[str]) -> Melody:
    return Melody(notes=tuple(Note(onset=4 * i, duration=4, pitch=60, syllable=s) for i, s in enumerate(syllables)))


@pytest.mark.parametrize("text", LINES)
def test_a_line_of_any_script_is_no_damage(text: str) -> None:
    melody = sung(from_text(text).texts)
    assert damage(melody) == 0
    fields, meta = encode(from_melody(melody))
    assert len(fields["word"]) == len(meta["syllables"]) == len(melody.notes)
    assert damage(sung(from_text(text.upper()).texts)) == 0


@pytest.mark.parametrize("text", [text for text in LINES if not text[1:3].isascii()])
def test_a_line_in_a_wrong_encoding_is_damage(text: str) -> None:
    assert damage(sung(text.encode().decode("latin-1").split())) > 0.5
    for encoding in LINES[text]:
        assert damage(sung(text.encode(encoding, "replace").decode("cp1252", "replace").split())) > 0.5


@pytest.mark.parametrize(
    "syllables", ["Vlk a krt šli k pr- stu z hrst vln", "Den blå bøl- ge går på ø- en", "в са- ду мо- ём"]
)
def test_syllables_without_a_vowel_of_ours_are_words(syllables: str) -> None:
    assert damage(sung(syllables.split())) == 0


def test_signs_and_digits_inside_are_damage() -> None:
    for syllable in ("c{$o", "a}tro", "so2le", "ti!mo", "amOre", "са$ду", "сaду", "GrÃ¶ÃŸe", "\ufffd", "12", ""):
        assert damage(sung(["Gott", syllable])) == 0.5, syllable
    for syllable in ("“Ah!”", "l'a-", "mi‿a", "p’tit", "¿Qué?", "「さ」", "亮，", "ที่", "שָׁ", "Mc-"):
        assert damage(sung(["Gott", syllable])) == 0, syllable


def test_italian_and_latin_syllables_have_a_vowel() -> None:
    """There a scanner misread one without."""
    line = ["quan-", "do", "la", "se-", "ra", "scen-", "de", "sul", "mio", "trn-", "cor"]
    assert damage(sung(line)) == pytest.approx(1 / 11)


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("бледный", "блед-ный"), ("соловьи", "со-ло-вьи"), ("тоньше", "тонь-ше"), ("вятърът", "вя-тъ-рът"),
        ("чайка", "чай-ка"), ("vlk", "vlk"), ("čtvrtek", "čtvr-tek"), ("vítr", "ví-tr"), ("krtka", "krt-ka"),
        ("blåbær", "blå-bær"), ("øen", "ø-en"), ("hűvös", "hű-vös"), ("hışırdar", "hı-şır-dar"), ("world", "world"),
        ("სიყვარული", "სიყ-ვა-რუ-ლი"),
    ],
)  # fmt: skip
def test_syllables_of_words_in_no_language_we_know(word: str, syllables: str) -> None:
    assert "-".join(syllabify(word, "")) == syllables


@pytest.mark.parametrize("text", LINES)
def test_other_languages_are_not_taken_for_ours(text: str) -> None:
    known = {"Im Garten": "de", "Dans le": "fr", "En el": "es"}
    assert detect(text) == next((language for start, language in known.items() if text.startswith(start)), "")
