"""Numbers of a text → words: in groups, with a fraction, below zero, ordinal, or of money."""

import re

GROUP = {"en": ", ", "cs": ". ", "nl": ". "}
"""What may stand between groups of three digits."""
POINT = {"en": "point", "cs": "celá", "nl": "komma"}
MINUS = {"en": "minus", "cs": "minus", "nl": "min"}
ORDINAL = {"en": "st|nd|rd|th", "cs": "(?!)", "nl": "ste|de|e"}
SCALES = {"en": "thousand|million|billion|trillion", "cs": "tisíce?|milion[yů]?|miliard[ya]?",
          "nl": "duizend|miljoen|miljard|biljoen"}  # fmt: skip
MONEY: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"$": ("dollar", "dollars", "cent", "cents"), "€": ("euro", "euros", "cent", "cents"),
           "£": ("pound", "pounds", "penny", "pence")},
    "cs": {"$": ("dolarů",), "€": ("eur",), "£": ("liber",)},
    "nl": {"$": ("dollar", "dollar", "cent", "cent"), "€": ("euro", "euro", "cent", "cent"),
           "£": ("pond", "pond", "penny", "pence")},
}  # fmt: skip
"""One, several, and their hundredths. num2words says "zero dollars" and "pounds sterling", and knows few in Czech."""
HALVES = {"en": ("and", "a half", "a quarter", "three quarters"), "cs": ("a", "půl", "čtvrt", "tři čtvrtě"),
          "nl": ("en", "een half", "een kwart", "drie kwart")}  # fmt: skip
"""How they are joined to a number, and ½, ¼, ¾."""
CODE = 15
"""More digits than so are said one by one."""

BARE = re.compile(r"(?<![\w.,])\.(?=\d)")
BELOW = re.compile(r"(?<![\w)\]}.,%–—-])[-–](?=[$€£]?\d)|−(?=\s?[$€£]?\d)")
"""A minus; no hyphen between words, and none of a range."""
NUMBER = {
    language: re.compile(
        r"(?:(?P<sign>[$€£])\s?)?"
        r"(?:(?P<whole>(?:(?<!\w)|(?=\d+[.,]))"  # "mp3 200" is no group
        rf"[1-9]\d{{0,2}}(?P<mark>[{group}])\d{{3}}(?:(?P=mark)\d{{3}})*(?!(?P=mark)\d)|\d+)"
        rf"(?:[.,](?P<part>\d+))?(?!\d|[.,]\d)(?:(?P<ordinal>{ORDINAL[language]})(?!\w))?"
        r"|(?P<several>\d+(?:[.,]\d+)+))"
        rf"(?P<unit>[^\W\d_]+|\s(?:{SCALES[language]})(?!\w))?"
        r"(?(sign)|(?:\s?(?P<after>[$€£])(?!\s?\d))?)"
    )
    for language, group in GROUP.items()
}


def numbers(text: str, language: str) -> str:
    """A text of small letters, with words in place of its numbers."""
    text = BELOW.sub(f" {MINUS[language]} ", BARE.sub("0.", text))
    return NUMBER[language].sub(lambda found: f" {_said(found, language)} ", text)


def halves(text: str, language: str) -> str:
    """A text with words in place of its ½, ¼ and ¾."""
    joined, *names = HALVES[language]
    for sign, name in zip("½¼¾", names, strict=True):
        text = re.sub(rf"(?<=\d)\s?{sign}", f" {joined} {name} ", text).replace(sign, f" {name} ")
    return text


def _said(found: re.Match[str], language: str) -> str:
    unit = found["unit"] or ""
    if found["several"]:  # a version, a date, a list
        said = re.sub(r"\d+", lambda part: _whole(part[0], language), found["several"])
        said = said.replace(",", ", ").replace(".", " point " if language == "en" else ". ")
    else:
        said = _number(re.sub(r"\D", "", found["whole"]), found["part"], found["ordinal"], language)
    names = MONEY[language].get(found["sign"] or found["after"])
    if names is None:
        return f"{said} {unit}"
    whole, part = found["whole"] or "", found["part"]
    if len(names) == 1 or unit or found["several"] or (part and len(part) != 2):
        return f"{said} {unit} {names[-1 if len(names) == 1 else 1]}"
    return _money(re.sub(r"\D", "", whole), part or "", names, language)


def _number(whole: str, part: str | None, ordinal: str | None, language: str) -> str:
    from num2words import num2words

    if ordinal and not part and len(whole) <= CODE:
        return str(num2words(int(whole), lang=language, to="ordinal")).replace(",", "")
    fraction = f" {POINT[language]} {_digits(part, language)}" if part else ""
    return f"{_whole(whole, language)}{fraction} {ordinal or ''}"


def _money(whole: str, part: str, names: tuple[str, ...], language: str) -> str:
    """Five dollars and fifty cents; vijf euro vijftig."""
    one, many, cent, cents = names
    said = f"{_whole(whole, language)} {one if int(whole) == 1 else many}"
    if not part or not int(part):
        return said
    hundredths = _whole(str(int(part)), language)
    if not int(whole):
        return f"{hundredths} {cent if int(part) == 1 else cents}"
    if language == "nl":
        return f"{said} {hundredths}"
    return f"{said} and {hundredths} {cent if int(part) == 1 else cents}"


def _whole(digits: str, language: str) -> str:
    """A number; a code, which begins with a zero or is long, digit by digit."""
    from num2words import num2words

    if len(digits) > CODE or (len(digits) > 1 and int(digits[0]) == 0):
        return _digits(digits, language)
    return str(num2words(int(digits), lang=language)).replace(",", "")


def _digits(digits: str, language: str) -> str:
    from num2words import num2words

    return " ".join(str(num2words(int(digit), lang=language)) for digit in digits)
