"""Written text → what is said: numbers and abbreviations as words, and no character that is not spoken or heard."""

import re
import unicodedata
from typing import Literal

Language = Literal["en", "cs", "nl"]
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
SIGNS: dict[str, dict[str, str]] = {
    "en": {"&": "and", "%": "percent", "+": "plus", "@": "at", "#": "number", "=": "equals", "$": "dollars",
           "€": "euros", "£": "pounds"},
    "cs": {"&": "a", "%": "procent", "+": "plus", "@": "zavináč", "#": "číslo", "=": "rovná se", "$": "dolarů",
           "€": "eur", "£": "liber"},
    "nl": {"&": "en", "%": "procent", "+": "plus", "@": "apenstaartje", "#": "nummer", "=": "is", "$": "dollar",
           "€": "euro", "£": "pond"},
}  # fmt: skip
ALIKE = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "–": "-", "—": "-", "…": ".", "\xa0": " ",
                       "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d",
                       **dict.fromkeys("\"„“”«»()[]{}<>*_|~^\n\t\r/\\", " ")})  # fmt: skip
NUMBER = re.compile(r"(\d+)(?:([.,])(\d+))?(st|nd|rd|th)?(?!\w)|\d+")


def spoken(text: str, language: Language) -> tuple[str, tuple[str, ...]]:
    """(words in lower case with single spaces, of SYMBOLS alone; what is to be said of what was left out)."""
    text = unicodedata.normalize("NFC", text).lower().translate(ALIKE)
    words = [ABBREVIATIONS[language].get(word, word) for word in text.split()]
    text = NUMBER.sub(lambda found: f" {_number(found, language)} ", " ".join(words))
    for sign, word in SIGNS[language].items():
        text = text.replace(sign, f" {word} ")
    kept, dropped = [], set[str]()
    for character in text:
        if character in SYMBOLS:
            kept.append(character)
            continue
        plain = [each for each in unicodedata.normalize("NFKD", character) if each in SYMBOLS]
        kept += plain
        if not plain and not unicodedata.combining(character):
            dropped.add(character)
    joined = re.sub(r"\s+", " ", "".join(kept))
    joined = re.sub(r" ([.,!?;:])", r"\1", joined).strip()
    joined = re.sub(r"([.,!?;:-])(?:\s?[.,!?;:-])+", r"\1", joined)
    remarks = ("characters that nobody speaks were left out",) if dropped else ()
    return joined, remarks


def words(text: str, language: Language) -> str:
    """What is said, as words of WORDS with single spaces; "" where nothing is."""
    return " ".join(spoken(text, language)[0].translate(dict.fromkeys(map(ord, PAUSES), " ")).split())


def _number(found: re.Match[str], language: Language) -> str:
    from num2words import num2words

    whole, point, part, ordinal = found.groups()
    digits = whole or found[0]
    if len(digits) > 15 or (len(digits) > 1 and digits[0] == "0"):  # a code, said digit by digit
        said = " ".join(num2words(int(digit), lang=language) for digit in digits)
    elif ordinal and language == "en":
        return str(num2words(int(digits), lang=language, to="ordinal")).replace(",", "")
    elif part and point == "," and len(part) == 3 and language == "en":  # 1,000
        said = num2words(int(digits + part), lang=language)
    elif part:
        said = num2words(float(f"{digits}.{part}"), lang=language)
    else:
        said = num2words(int(digits), lang=language)
    return str(said).replace(",", "") + (ordinal or "" if language != "en" else "")
