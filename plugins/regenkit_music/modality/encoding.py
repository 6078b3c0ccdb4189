"""In which encoding a text is: MIDI, ABC and old text files do not say.

UTF-8 is sure where it is valid. Of the older encodings a library (chardet) chooses by the frequency of letters, but
only among those in which the text reads as text: a word has letters of one script, capitals at its beginning, no signs
in its midst, and common ideographs. Songs are short; by frequency alone half a verse of Shift-JIS passes for Arabic.
Where no encoding fits, the text is refused, so that nobody sings "Òèõî".
"""

import codecs
import functools
import re
import unicodedata
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

from regenkit.errors import BadSource, UserError

BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CANDIDATES = (
    "cp1252", "cp1251", "koi8-r", "koi8-u", "cp866", "cp1250", "iso8859-2", "cp1253", "cp1254", "cp1255", "cp1256",
    "cp1257", "cp1258", "cp874", "cp850", "iso8859-5", "mac-cyrillic", "cp932", "euc-jp", "gb18030", "cp950", "cp949",
)  # fmt: skip
EAST_ASIAN = frozenset(
    {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "HALFWIDTH", "FULLWIDTH"}
)
COMMONEST = (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6), ("shift_jis", 0x88, 0x97), ("euc_kr", 0xB0, 0xC8))
"""First bytes that the national standards give to their commonest ideographs and syllables."""
RARE = 0.3  # share of a word's ideographs that may lie outside them
MISREAD = 0.1  # share of words (or of MIDI texts) that may not read as text
ENOUGH = 20_000  # bytes of lines with letters beyond ASCII
KANA = 0.4  # share of letters from which a text is Japanese: no other reading of bytes makes so many
INSIDE_WORDS = frozenset("'’‘`´-‐‑–—.,:;!?…‿·・׳״()\"/\\&_~*")
SIGNS = frozenset("♪♫♥´°©®™")  # beside words


def decoded(data: bytes, encoding: str | None, where: str | Path) -> str:
    """The text of a file, without a byte-order mark.

    encoding   what the user says it is in; None: UTF-8 or UTF-16 by its mark, else UTF-8 where valid, else found

    Raises BadSource (`where`) where it is in none that can be told, or not in `encoding`, and UserError where
    `encoding` is no encoding.
    """
    name = encoding_of([data], None, where) if encoding is None else _known(encoding)
    try:
        return data.decode(name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise BadSource(where, f"is not text in {name} (byte {error.start + 1}); say another encoding") from error


def encoding_of(texts: Sequence[bytes], encoding: str | None, where: str | Path) -> str:
    """The one encoding of all texts of a file (syllables, titles), as Python names it. See `decoded`.

    A tenth of them may be damaged.
    """
    written = [text for text in texts if not text.isascii()]
    if encoding is not None:
        name = _known(encoding)
        if not _read_nearly_all(written, name):
            raise BadSource(where, f"is not text in {name}; say another encoding")
        return name
    for mark, marked in BYTE_ORDER_MARKS.items():
        if len(texts) == 1 and texts[0].startswith(mark):  # a file's; an event of two bytes may be Cyrillic
            return marked
    if _read_nearly_all(written, "utf-8"):
        return "utf-8"
    found = _found(_sample(texts))
    if found is None:
        raise BadSource(where, "has text in an encoding that can't be told; say encoding: cp1251, shift_jis, gbk …")
    return found


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        right = "right is a name like utf-8, cp1251 or shift_jis"
        raise UserError(f"encoding: {encoding!r} is none; {right}") from None


def _read_nearly_all(texts: Sequence[bytes], name: str) -> bool:
    return sum(not _reads(text, name) for text in texts) <= MISREAD * len(texts)


def _reads(text: bytes, name: str) -> bool:
    try:
        text.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _sample(texts: Sequence[bytes]) -> bytes:
    """What tells the encoding: syllables as words where their spaces tell the words, without lines in ASCII."""
    spaced = sum(b" " in text or text[:1] in (b"\\", b"/") for text in texts) > MISREAD * len(texts)
    lines = (b"" if spaced else b" ").join(texts).splitlines()
    sizes = accumulate(0 if line.isascii() else len(line) for line in lines)
    return b"\n".join(
        line for line, size in zip(lines, sizes, strict=True) if not line.isascii() and size - len(line) < ENOUGH
    )


def _found(data: bytes) -> str | None:
    import chardet

    readings = {name: data.decode(name) for name in CANDIDATES if _reads(data, name)}
    wrong = {name: misread(text) for name, text in readings.items()}
    fewest = min(wrong.values(), default=1.0)
    readings = {name: text for name, text in readings.items() if wrong[name] == fewest <= MISREAD}
    readings = {name: text for name, text in readings.items() if _is_japanese(text)} or readings
    if len(set(readings.values())) <= 1:
        return next(iter(readings), None)
    # Letters are counted in lower case: words in capitals have frequencies of their own, or none.
    sure = {
        name: chardet.detect(
            text.lower().encode(name, "ignore"), include_encodings=[name], no_match_encoding=name, compat_names=False
        )["confidence"]
        for name, text in readings.items()
    }
    return max(sure, key=lambda name: sure[name])


def misread(text: str) -> float:
    """Share of the words with characters beyond ASCII that are words of no language."""
    words = [word for word in text.split() if not word.isascii() and not SIGNS.issuperset(word)]
    return sum(not is_word(word) for word in words) / max(len(words), 1)


def is_word(word: str) -> bool:
    """Whether characters without spaces could be a word, or a syllable, of some language."""
    letters = [char for char in word if char.isalpha()]
    if any(map(_is_foreign, word)) or len({_script(char) for char in letters}) > 1:
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
    """A control, an unassigned character or a sign: no text of a song has it."""
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


def _is_japanese(text: str) -> bool:
    letters = [char for char in text if char.isalpha() and not char.isascii()]
    return bool(letters) and sum(map(_is_kana, letters)) >= KANA * len(letters)
