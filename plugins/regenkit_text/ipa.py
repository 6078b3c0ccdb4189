"""The signs of the International Phonetic Alphabet, one code point each, as tokens."""

import unicodedata
from collections.abc import Collection

from regenkit.errors import UserError

_RANGES = (
    " -'.123456789", "abcdefghijklmnopqrstuvwxyz", "æðøħŋœβθχλ", "ǀǁǂǃ",
    map(chr, range(0x250, 0x2B0)), "ʰʱʲʳʴʷʸʼˈˌːˑˠˡˢˣˤ˞˥˦˧˨˩", map(chr, range(0x300, 0x370)), "ᵝε‿ⁿ↓↑↗↘", "ᵻ",
)  # fmt: skip
SIGNS = tuple(dict.fromkeys(sign for signs in _RANGES for sign in signs))
"""Letters, the marks of stress and length, tones, and combining marks: a letter with one is two signs (NFD)."""
PAUSES = (*SIGNS, *",!?;:")
"""With the marks at which a voice pauses; SIGNS have the full stop."""
_TOKEN = {sign: number for number, sign in enumerate(PAUSES, 1)}


def tokens_of(text: str, signs: Collection[str] = SIGNS) -> list[int]:
    """Raises UserError that names a sign that is none."""
    spelled = unicodedata.normalize("NFD", " ".join(text.split()))
    for sign in spelled:
        if sign not in signs:
            raise UserError(f"{sign} (U+{ord(sign):04X}) is no sign of IPA")
    return [_TOKEN[sign] for sign in spelled]


def text_of(tokens: list[int]) -> str:
    return unicodedata.normalize("NFC", "".join(PAUSES[token - 1] for token in tokens))
