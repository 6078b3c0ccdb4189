"""Whether characters could be text of some language, or are bytes misread: "Òèõî" is no word, and "Größe" is.

A word has letters of one script, capitals at its beginning, no signs in its midst, and common ideographs.
"""

import functools
import re
import string
import unicodedata
from itertools import pairwise

EAST_ASIAN = frozenset(
    {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "HALFWIDTH", "FULLWIDTH"}
)
COMMONEST = (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6), ("shift_jis", 0x88, 0x97), ("euc_kr", 0xB0, 0xC8))
"""(encoding, lowest, highest): the first bytes of the commonest ideographs and syllables in national standards."""
RARE = 0.3  # share of a word's ideographs that may lie outside them
KANA = 0.4  # share of letters from which a text is Japanese: no other reading of bytes makes so many
INSIDE_WORDS = frozenset("'’‘`´-‐‑–—.,:;!?…‿·・׳״()\"/\\&_~*")
SIGNS = frozenset("♪♫♥´°©®™€£¥§¢µ′″×÷±½¼¾²³")
"""What stands beside words and figures in sound text (10€, 5 °C), and in the midst of none."""
BESIDE = "".join(SIGNS) + string.digits + string.punctuation


def misread(text: str) -> float:
    """Share of the words with characters beyond ASCII that are words of no language."""
    words = [word for word in text.split() if not word.isascii() and not SIGNS.issuperset(word)]
    return sum(not is_word(word) for word in words) / max(len(words), 1)


def is_word(word: str) -> bool:
    """Whether characters without spaces could be a word, or a syllable, of some language."""
    letters = [char for char in word if char.isalpha()]
    if any(map(_is_foreign, word.strip(BESIDE))) or len({_script(char) for char in letters}) > 1:
        return False
    if any(before.islower() and after.isupper() for before, after in pairwise(word)):
        return False
    if unicodedata.category(word[0]).startswith("M"):  # an accent without its letter
        return False
    inside = "".join(re.findall(r"(?<=[^\W\d_])[^\w\s]+(?=[^\W\d_])", word))
    if any(char not in INSIDE_WORDS and not _is_east_asian_mark(char) and not _is_accent(char) for char in inside):
        return False
    ideographs = [char for char in letters if _script(char) == "EAST ASIAN"]
    return sum(not _is_common(char) for char in ideographs) <= RARE * len(ideographs)


def _is_foreign(char: str) -> bool:
    """A control, an unassigned character or a sign: no text has it within a word."""
    category = unicodedata.category(char)
    return not char.isascii() and (category in ("Cc", "Cn", "Co", "Cs", "No") or category[0] == "S")


def _is_east_asian_mark(char: str) -> bool:
    return "\u3000" <= char <= "\u303f" or "\uff00" <= char <= "\uff65"


def _is_accent(char: str) -> bool:
    return unicodedata.category(char).startswith("M") or char in "\u200c\u200d"


@functools.cache
def _script(char: str) -> str:
    first = unicodedata.name(char, "").partition(" ")[0]
    return "EAST ASIAN" if first in EAST_ASIAN else first


@functools.cache
def _is_common(char: str) -> bool:
    if _is_kana(char):
        return True
    for name, first, last in COMMONEST:
        try:
            encoded = char.encode(name)
        except UnicodeEncodeError:
            continue
        if len(encoded) == 2 and first <= encoded[0] <= last:
            return True
    return False


def _is_kana(char: str) -> bool:
    return unicodedata.name(char, "").startswith(("HIRAGANA", "KATAKANA"))


def is_japanese(text: str) -> bool:
    letters = [char for char in text if char.isalpha() and not char.isascii()]
    return bool(letters) and sum(map(_is_kana, letters)) >= KANA * len(letters)
