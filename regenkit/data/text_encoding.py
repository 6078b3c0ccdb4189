"""In which encoding a text is: MIDI, ABC, captions and old text files do not say.

UTF-8 is sure where it is valid, UTF-16 where its mark is there. Of the older encodings a library (chardet) chooses by
the frequency of letters, but only among those in which the text reads as text (`words.py`): songs and captions are
short, and by frequency alone half a verse of Shift-JIS passes for Arabic. Where no encoding fits, the text is refused,
so that nobody learns from "Òèõî".
"""

import codecs
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from regenkit.data.words import is_japanese, misread
from regenkit.errors import BadSource, UserError

BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CANDIDATES = (
    "cp1252", "cp1251", "koi8-r", "koi8-u", "cp866", "cp1250", "iso8859-2", "cp1253", "cp1254", "cp1255", "cp1256",
    "cp1257", "cp1258", "cp874", "cp850", "iso8859-5", "mac-cyrillic", "cp932", "euc-jp", "gb18030", "cp950", "cp949",
)  # fmt: skip
MISREAD = 0.1  # share of words (or of MIDI texts) that may not read as text
ENOUGH = 20_000  # bytes of lines with letters beyond ASCII
SURER = 1.1
"""So much surer than of Windows-1252, by far the commonest, has chardet to be of another encoding."""
SAY_IT = "say encoding: cp1251, shift_jis, gbk …"
"""Ends a refusal, as a recipe's dataset has it; the command line says it by its own option."""
UNKNOWN = f"has text in an encoding that can't be told; {SAY_IT}"


def decoded(data: bytes, encoding: str | None, where: str | Path) -> str:
    """The text of a file, without a byte-order mark.

    encoding   what the user says it is in; None: UTF-8 or UTF-16 by its mark, else UTF-8 where valid, else found

    Raises BadSource (`where`) where it is in none that can be told, or not in `encoding`, and UserError where
    `encoding` is no encoding.
    """
    texts, bad = decoded_together({"": data}, encoding)
    if bad:
        raise BadSource(where, bad[""])
    return texts[""]


def decoded_together(files: Mapping[str, bytes], encoding: str | None) -> tuple[dict[str, str], dict[str, str]]:
    """({file: its text}, {file: why it can't be read}) of files that one person wrote.

    Each that is in Unicode says so; the others are in one encoding, and looked at together, because one caption is too
    short to tell by. See `decoded`.
    """
    sure = None if encoding is None else known(encoding)
    names = {file: sure or _unicode(data) for file, data in files.items()}
    unsure = [data for file, data in files.items() if names[file] is None]
    guess = _found(_sample(unsure, b"\n")) if unsure else None
    texts, bad = {}, {}
    for file, data in files.items():
        name = names[file] or guess
        if name is None:
            bad[file] = UNKNOWN
            continue
        try:
            text = data.decode(name).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            bad[file] = f"is not text in {name} (byte {error.start + 1}); {SAY_IT}" if names[file] else UNKNOWN
            continue
        if "\0" in text:
            bad[file] = f"is no text: it has NUL characters; where it is UTF-16 without its mark, {SAY_IT}"
        elif not names[file] and misread(text) > MISREAD:
            bad[file] = UNKNOWN
        else:
            texts[file] = text
    return texts, bad


def encoding_of(texts: Sequence[bytes], encoding: str | None, where: str | Path) -> str:
    """The one encoding of all texts within a file (syllables, titles), as Python names it. See `decoded`.

    A tenth of them may be damaged.
    """
    written = [text for text in texts if not text.isascii()]
    if encoding is not None:
        name = known(encoding)
        if not _read_nearly_all(written, name):
            raise BadSource(where, f"is not text in {name}; {SAY_IT}")
        return name
    if _read_nearly_all(written, "utf-8"):
        return "utf-8"
    spaced = sum(b" " in text or text[:1] in (b"\\", b"/") for text in texts) > MISREAD * len(texts)
    found = _found(_sample(texts, b"" if spaced else b" "))  # syllables as words where their spaces tell the words
    if found is None:
        raise BadSource(where, UNKNOWN)
    return found


def known(encoding: str) -> str:
    """The encoding as Python names it. Raises UserError where it is no encoding of text ("hex" is one of bytes)."""
    try:
        "a".encode(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, ValueError):
        right = "right is a name like utf-8, cp1251 or shift_jis"
        raise UserError(f"encoding: {encoding!r} is no encoding of text; {right}") from None


def _unicode(data: bytes) -> str | None:
    """The encoding that the bytes of a file tell themselves; None where they do not."""
    for mark, name in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return name
    return "utf-8" if _reads(data, "utf-8") else None


def _read_nearly_all(texts: Sequence[bytes], name: str) -> bool:
    return sum(not _reads(text, name) for text in texts) <= MISREAD * len(texts)


def _reads(text: bytes, name: str) -> bool:
    try:
        text.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _sample(texts: Sequence[bytes], between: bytes) -> bytes:
    """What tells the encoding: their lines, without those in ASCII."""
    lines = between.join(texts).splitlines()
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
    readings = {name: text for name, text in readings.items() if is_japanese(text)} or readings
    if len(set(readings.values())) <= 1:
        return next(iter(readings), None)
    # Letters are counted in lower case: words in capitals have frequencies of their own, or none.
    sure = {
        name: chardet.detect(
            text.lower().encode(name, "ignore"), include_encodings=[name], no_match_encoding=name, compat_names=False
        )["confidence"]
        for name, text in readings.items()
    }
    best = max(sure, key=lambda name: sure[name])
    return "cp1252" if sure.get("cp1252", 0.0) * SURER >= sure[best] else best
