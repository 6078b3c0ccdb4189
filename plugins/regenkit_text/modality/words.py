"""Text as people type it, brought to one form, and what no text should hold.

The form is Unicode's composed one (NFC), with single spaces for whatever parts words. Nothing else is changed: case,
scripts, emoji with their joiners, combining marks that have no composed form, and marks of direction stay.
"""

import unicodedata

SPACES = "\t\n\v\f\r\x85"
"""The control characters that are blanks."""
REPLACEMENT = "\ufffd"


def plain(text: str) -> str:
    """In NFC, with single spaces for blanks, tabs and line breaks, and none at either end."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def unfit(text: str) -> str | None:
    """The first character that no text should hold, named: a control, half of a surrogate pair, or a noncharacter."""
    for place, character in enumerate(text):
        if _is_unfit(character):
            return f"the character U+{ord(character):04X} at {place + 1}"
    return None


def printable(text: str) -> str:
    """With U+FFFD for each character that no text should hold: a model may draw any."""
    return "".join(REPLACEMENT if _is_unfit(character) else character for character in text)


def _is_unfit(character: str) -> bool:
    if character.isprintable() or character in SPACES:
        return False
    code = ord(character)
    return unicodedata.category(character) in ("Cc", "Cs") or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
