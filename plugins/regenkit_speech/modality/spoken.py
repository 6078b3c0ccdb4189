"""Written text → what is said: numbers and abbreviations as words, and no character that is not spoken or heard."""

import re
import unicodedata
from typing import Literal

from regenkit_speech.modality.numbers import halves, numbers

Language = Literal["en", "cs", "nl"]
LANGUAGE = "language"
"""The field that says what language a text is in, where there are several."""
LETTERS = "abcdefghijklmnopqrstuvwxyzáčďéěíňóřšťúůýžàâäçèêëîïñôöûüÿ"
PAUSES = ".,!?;:-"
SYMBOLS = (*LETTERS, "'", " ", *PAUSES)
"""The characters of a transcript, of all languages, so that one model may learn several."""
WORDS = (*LETTERS, "'", " ")
"""The characters of what recognition writes: no marks, which are not heard."""

ABBREVIATIONS: dict[str, dict[str, str]] = {
    "en": {"mr.": "mister", "mrs.": "missis", "ms.": "miss", "dr.": "doctor", "st.": "saint", "prof.": "professor",
           "no.": "number", "vs.": "versus", "etc.": "et cetera", "e.g.": "for example", "i.e.": "that is"},
    "cs": {"p.": "pan", "pí": "paní", "č.": "číslo", "atd.": "a tak dále", "např.": "například", "tj.": "to jest",
           "dr.": "doktor", "ing.": "inženýr"},
    "nl": {"dhr.": "de heer", "mevr.": "mevrouw", "dr.": "dokter", "nr.": "nummer", "enz.": "enzovoort",
           "bijv.": "bijvoorbeeld", "d.w.z.": "dat wil zeggen"},
}  # fmt: skip
BEFORE_NAMES = {"st.", "ms.", "p.", "pí"}
BEFORE_NUMBERS = {"no."}
"""Elsewhere these are a street, a word at the end of a sentence, a number."""
SHORT = {
    language: re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, known))})(?:(?<=\.)|(?!\w))", re.IGNORECASE)
    for language, known in ABBREVIATIONS.items()
}
SIGNS: dict[str, dict[str, str]] = {
    "en": {"&": "and", "%": "percent", "+": "plus", "@": "at", "#": "number", "=": "equals", "$": "dollars",
           "€": "euros", "£": "pounds", "№": "number", "²": "squared", "³": "cubed"},
    "cs": {"&": "a", "%": "procent", "+": "plus", "@": "zavináč", "#": "číslo", "=": "rovná se", "$": "dolarů",
           "€": "eur", "£": "liber", "№": "číslo", "²": "na druhou", "³": "na třetí"},
    "nl": {"&": "en", "%": "procent", "+": "plus", "@": "apenstaartje", "#": "nummer", "=": "is", "$": "dollar",
           "€": "euro", "£": "pond", "№": "nummer", "²": "kwadraat", "³": "tot de derde"},
}  # fmt: skip
ALIKE = str.maketrans({**dict.fromkeys("’‘‛ʼ`´", "'"), **dict.fromkeys("‐‑‒–—―−", "-"), "…": ".",
                       "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d",
                       **dict.fromkeys("\"“”„‚‹›«»()[]{}", " ")})  # fmt: skip
WHOLE = "´™℠№²³"
"""Characters that Unicode would take apart, into what they are not."""
AT_A_BEGIN = {"en": "tis|twas|em|til|n", "cs": "(?!)", "nl": "t|s|n|k|m|r|ie"}
"""Words that are written with an apostrophe before them."""
APOSTROPHE = {
    language: re.compile(rf"'(?![{LETTERS}])|(?<![{LETTERS}])'(?!(?:{known})(?![{LETTERS}]))")
    for language, known in AT_A_BEGIN.items()
}
"""One that is none: a quotation mark."""


def spoken(text: str, language: Language) -> tuple[str, tuple[str, ...]]:
    """(words in lower case with single spaces, of SYMBOLS alone; what is to be said of what was left out)."""
    text = " ".join(_plain(halves(unicodedata.normalize("NFC", text), language)).split())
    text = numbers(_in_full(text, language).lower(), language).translate(ALIKE)
    for sign, word in SIGNS[language].items():
        text = text.replace(sign, f" {word} ")
    kept, dropped = [], False
    for character in text:
        if character in SYMBOLS:
            kept.append(character)
            continue
        plain = [each for each in unicodedata.normalize("NFKD", character) if each in SYMBOLS]
        mark = unicodedata.combining(character) > 0
        dropped = dropped or not (plain or mark)
        kept += plain or ([] if mark or unicodedata.category(character) == "Cf" else [" "])
    joined = APOSTROPHE[language].sub(" ", "".join(kept))
    joined = re.sub(r" ([.,!?;:])", r"\1", re.sub(r"\s+", " ", joined)).strip()
    joined = re.sub(r"([.,!?;:-])(?:\s?[.,!?;:-])+", r"\1", joined)
    return joined, ("characters that nobody speaks were left out",) if dropped else ()


def words(text: str, language: Language) -> str:
    """What is said, as words of WORDS with single spaces; "" where nothing is."""
    return " ".join(spoken(text, language)[0].translate(dict.fromkeys(map(ord, PAUSES), " ")).split())


def _plain(text: str) -> str:
    """With plain characters for the same written otherwise (ｆ, ﬁ), and ⅓ and ⁴ apart from the number beside them."""
    found = []
    for character in text:
        plain = character if character in WHOLE else unicodedata.normalize("NFKC", character)
        apart = plain[:1].isdecimal() and not character.isdecimal()
        found.append(f" {plain} " if apart else plain)
    return unicodedata.normalize("NFC", "".join(found))


def _in_full(text: str, language: Language) -> str:
    """With whole words in place of abbreviations."""

    def full(found: re.Match[str]) -> str:
        short, follows = found[0].lower(), text[found.end() :].lstrip()[:1]
        if (
            text[found.end() :][:1].islower()  # "e.g.a"
            or (short in BEFORE_NAMES and not follows.isupper())
            or (short in BEFORE_NUMBERS and not follows.isdecimal())
        ):
            return found[0]
        return f" {ABBREVIATIONS[language][short]} "

    return SHORT[language].sub(full, text)
