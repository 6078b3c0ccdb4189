"""Words as people type them, brought to one form, and the lines of a text."""

import unicodedata


def plain(text: str) -> str:
    """In Unicode's composed form (NFC), with single spaces for whatever parts its words: blanks, newlines, U+2028."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def lines(text: str) -> list[str]:
    """The lines of a text whose line breaks are newlines. (`str.splitlines` breaks at U+0085 and U+2028 as well, which
    people paste from the web into the midst of their sentences.)"""
    return text.split("\n")
