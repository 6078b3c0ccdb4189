"""Numbers as they are said: grouped, with a fraction, below zero, ordinal, of money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regenkit_speech.modality.spoken import SYMBOLS, Language, spoken

MARKS = {"en": ", \xa0\u202f\u2009", "cs": ". \xa0\u202f\u2009", "nl": ". \xa0\u202f\u2009"}
POINTS = {"en": (".", "point"), "cs": (",", "celá"), "nl": (",", "komma")}
LANGUAGES = st.sampled_from(["en", "cs", "nl"])


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "1,000,000 people", "one million people"),
        ("en", "1,234,567.89", "one million two hundred and thirty-four thousand five hundred and sixty-seven "
                               "point eight nine"),
        ("en", "1,000.50", "one thousand point five zero"),
        ("en", "1,000th, 10,000th", "one thousandth, ten thousandth"),
        ("en", "1st 2ND 21st 11th 01st", "first second twenty-first eleventh first"),
        ("en", "0,001", "zero point zero zero one"),
        ("en", "1.5km 12.55GHz 1,000km", "one point five km twelve point five five ghz one thousand km"),
        ("en", "05.5 007.5", "zero five point five zero zero seven point five"),
        ("en", ".5 and -.5", "zero point five and minus zero point five"),
        ("en", "1.0 1.50", "one point zero one point five zero"),
        ("en", "-5 degrees, (−5) or 7 − 5", "minus five degrees, minus five or seven minus five"),
        ("en", "10 000, 10\xa0000\u202f000", "ten thousand, ten million"),
        ("en", "mp3 200, 2020 100, 10 00, 10 0000",
         "mp three two hundred, two thousand and twenty one hundred, ten zero zero, ten zero zero zero zero"),
        ("en", "1,2,3 and version 1.2.3", "one, two, three and version one point two point three"),
        ("en", "$5, €1, £0.01, $0.50", "five dollars, one euro, one penny, fifty cents"),
        ("en", "costs $5.50.", "costs five dollars and fifty cents."),
        ("en", "$5.00, -$5 and 9.99$", "five dollars, minus five dollars and nine dollars and ninety-nine cents"),
        ("en", "£3,000,000, $1.5 million, $1.50M",
         "three million pounds, one point five million dollars, one point five zero m dollars"),
        ("en", "5 $10 bills", "five ten dollars bills"),
        ("nl", "1.000, 12.000 mensen, 1.000.000", "duizend, twaalfduizend mensen, een miljoen"),
        ("nl", "1.234,56", "duizendtweehonderdvierendertig komma vijf zes"),
        ("nl", "20e eeuw, 21ste, 1e, 2de, 1.000e", "twintigste eeuw, eenentwintigste, eerste, tweede, duizendste"),
        ("nl", "€ 5,50 of 5,50 €, €1.500, €0,50",
         "vijf euro vijftig of vijf euro vijftig, duizendvijfhonderd euro, vijftig cent"),
        ("nl", "-5 en 1.5", "min vijf en één komma vijf"),
        ("nl", "6.5.2020", "zes. vijf. tweeduizendtwintig"),
        ("cs", "10 000 Kč, 1 000 000, 1.000.000", "deset tisíc kč, milion, milion"),
        ("cs", "3,14 a 12.30", "tři celá jedna čtyři a dvanáct celá tři nula"),
        ("cs", "€5, 5 €, $1,5", "pět eur, pět eur, jedna celá pět dolarů"),
        ("cs", "–5, 5. května, 02 21913271",
         "minus pět, pět. května, nula dva dvacet jedna milionů devětset třináct tisíc dvěstě sedmdesát jedna"),
    ],
)  # fmt: skip
def test_numbers(language: Language, written: str, said: str) -> None:
    assert spoken(written, language) == (said, ())


@pytest.mark.parametrize(
    "written", ["5-6", "5–6", "pages 5—7", "F-16", "well-known 5", "2021-05-06", "- 5", "(555)-1234"]
)
def test_a_hyphen_is_no_minus(written: str) -> None:
    assert "minus" not in spoken(written, "en")[0]


@given(st.integers(0, 10**9), LANGUAGES, st.data())
def test_groups_change_nothing(number: int, language: Language, data: st.DataObject) -> None:
    grouped = f"{number:,}".replace(",", data.draw(st.sampled_from(MARKS[language])))
    assert spoken(grouped, language) == spoken(str(number), language)
    minus = "min" if language == "nl" else "minus"
    assert _said(f"-{grouped}", language) == f"{minus} {_said(number, language)}"


@given(st.integers(0, 10**9), st.text("0123456789", min_size=1, max_size=9), LANGUAGES)
def test_a_fraction_is_said_digit_by_digit(number: int, part: str, language: Language) -> None:
    sign, point = POINTS[language]
    digits = " ".join(_said(int(digit), language) for digit in part)
    assert _said(f"{number}{sign}{part}", language) == f"{_said(number, language)} {point} {digits}"


@given(st.integers(0, 10**20), LANGUAGES, st.sampled_from(["{}", "a {} b", "({})", "{}!", "“{}”"]))
def test_a_number_is_said_the_same_wherever_it_stands(number: int, language: Language, around: str) -> None:
    assert _said(number, language) in _said(around.format(number), language)


@given(st.text("0123456789.,-– $€xe\xa0th½²", max_size=24), LANGUAGES)
def test_whatever_looks_like_numbers_is_said(text: str, language: Language) -> None:
    said, _ = spoken(text, language)
    assert set(said) <= set(SYMBOLS)
    assert any(map(str.isalpha, said)) == any(each.isalnum() or each in "$€" for each in text)
    assert spoken(said, language)[0] == said


def _said(text: object, language: Language) -> str:
    return spoken(str(text), language)[0]
