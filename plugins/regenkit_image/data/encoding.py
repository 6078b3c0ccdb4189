"""In which encoding captions are: text files do not say.

UTF-8 is sure where it is valid, UTF-16 where its mark is there. What is left is looked at together, because one caption
is too short to tell by and one person's files are in one encoding. A library (chardet) goes by the frequency of
letters; of its readings only those that read as text are believed, and nothing is where there is none, so that nobody
learns from "äåðåâî". On captions in 17 languages and 12 encodings, one line of them or thirty, it is right with these
two rules; charset-normalizer took French in Windows-1252 for Central European, and a line of KOI8-R for Japanese.
"""

import codecs
import re
import unicodedata
from collections.abc import Mapping

import chardet

from regenkit.errors import UserError

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CANDIDATES = (
    "cp1252", "cp1251", "koi8-r", "koi8-u", "cp866", "cp1250", "iso8859-2", "cp1253", "cp1254", "cp1255", "cp1256",
    "cp1257", "cp1258", "cp874", "cp932", "euc-jp", "gb18030", "cp950", "cp949",
)  # fmt: skip
SIGNS = frozenset("°€£¥§©®™¢µ…′″×÷±½¼¾²³")
"""Beside letters and figures in sound captions: 5 °C, 10€."""
NEARLY = 0.95
"""Of the likeliest reading's confidence: where Windows-1252, the commonest, has as much, it is taken."""
MISREAD = 0.1
"""Share of words beyond ASCII that may not be of one script."""
UNKNOWN = "is not UTF-8, and its encoding can't be told; say encoding: cp1252, cp1251, shift_jis …"


def decoded(files: Mapping[str, bytes], encoding: str | None) -> tuple[dict[str, str], dict[str, str]]:
    """({file: its text, with newlines alone for line breaks}, {file: why it can't be read}) of a person's text files.

    `encoding` is what the user says they are in; None: what is said above. Raises UserError where it is none.
    """
    if encoding is not None:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise UserError(f"encoding: {encoding!r} is none; right is a name as cp1251 or shift_jis") from None
    names = {file: encoding or _sure(data) for file, data in files.items()}
    rest = [data for file, data in files.items() if names[file] is None]
    guess = _guessed(b"\n".join(rest)) if rest else None
    texts, bad = {}, {}
    for file, data in files.items():
        name = names[file] or guess
        try:
            text = data.decode(name or "utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            bad[file] = f"is not text in {name} (byte {error.start})" if names[file] else UNKNOWN
            continue
        if "\0" in text or not (names[file] or _reads(text)):
            bad[file] = UNKNOWN
        else:
            texts[file] = re.sub("\r\n?", "\n", text)
    return texts, bad


def _guessed(data: bytes) -> str | None:
    found = chardet.detect_all(data, ignore_threshold=True, include_encodings=CANDIDATES, compat_names=False)
    sure: dict[str, float] = {}
    for each in found:
        name = each["encoding"]
        try:
            if name and _reads(data.decode(name)):
                sure[name] = each["confidence"]
        except UnicodeDecodeError:
            continue
    best = max(sure, key=lambda name: sure[name], default=None)
    return "cp1252" if best and sure.get("cp1252", 0.0) >= NEARLY * sure[best] else best


def _sure(data: bytes) -> str | None:
    """The encoding that the bytes themselves tell; None where they do not."""
    for mark, name in MARKS.items():
        if data.startswith(mark):
            return name
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _reads(text: str) -> bool:
    """Whether its words are words: each of one script, without controls and signs among its letters."""
    words = [word for word in text.split() if not word.isascii()]
    return sum(not _is_word(word) for word in words) <= MISREAD * len(words)


def _is_word(word: str) -> bool:
    beyond = [char for char in word if not char.isascii() and char not in SIGNS]
    if any(unicodedata.category(char)[0] in "CS" or unicodedata.category(char) == "No" for char in beyond):
        return False
    if re.search(r"[a-zß-öø-ÿа-яё][A-ZÀ-ÖØ-ÞА-ЯЁ]", word):
        return False
    return len({_script(char) for char in word if char.isalpha()}) < 2


def _script(char: str) -> str:
    script = unicodedata.name(char, "").partition(" ")[0]
    return "CJK" if script in ("HIRAGANA", "KATAKANA", "HALFWIDTH", "FULLWIDTH", "HANGUL") else script
