"""Tunes of ABC files, by the standard 2.1 (abcnotation.com/wiki/abc:standard:v2.1): the one reader of ABC.

music21 is not used here. By default it reads ABC 1.3, in which an accidental is the note's alone; it knows no words.
Told that a file is ABC 2.1, it still loses notes behind decorations ("Hc", "vB": in 12 of 50 tunes of O'Neill's) and
the accidental of a note tied over a barline, and "(3(ABc)" is no triplet to it.
"""

import quopri
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from regenkit.data.text_encoding import decoded, known
from regenkit.errors import UserError
from regenkit_music.modality.abc_tune import TuneReader
from regenkit_music.modality.reading import Reading, joined

FIELD = re.compile(r"([A-Za-z+]):(?![|:])(.*)")
COMMENT = re.compile(r"(?<!\\)%.*")
MAILED = re.compile(rb"=(?:3D|20|0D|[ \t]*\r?\n)")
"""What no natural sign is followed by."""
PLAIN_TEMPO = re.compile(rb"Q:(?![^\r\n\]]*=3D)[^\r\n\]=]*/\d+[ \t]*=[ \t]*\d")
"""A tempo whose "=" is written as it is ("1/4=200"), which no mail leaves so: it is no "=20" of a mail."""
QUOTED = re.compile(rb"=(?:[0-9A-F]{2}|[ \t]*\r?\n)")
CHARSET = re.compile(rb"(?m)^(?:%%|I:)\s*abc-charset\s+([\w-]+)")


def read_abc(path: Path, encoding: str | None = None) -> Reading:
    """The tunes of an ABC file, each by its reference number. Raises BadSource where none of them can be read."""
    found = list(tunes(text_of(path, encoding)))
    if not found:
        return joined(path, [Reading(tunes=(), left_out=(("", "has no tune (one begins with X:)"),))])
    alone = len(found) == 1
    return joined(path, (read_tune(text, "" if alone else name) for name, text in found))


def text_of(path: Path, encoding: str | None = None) -> str:
    """The text of an ABC file. Raises BadSource where its encoding can't be told.

    Some were saved out of e-mail as quoted-printable (RFC 2045): a natural is "=3D" there, which reads as the note D.
    """
    data = path.read_bytes()
    mailed = MAILED.search(data) and data.count(b"=") == len(QUOTED.findall(data))
    if mailed and not PLAIN_TEMPO.search(data):
        data = quopri.decodestring(data)
    return decoded(data, encoding or _charset(data), path)


def _charset(data: bytes) -> str | None:
    """What %%abc-charset says, where it names an encoding."""
    if not (said := CHARSET.search(data)):
        return None
    try:
        return known(said[1].decode("latin-1"))
    except UserError:
        return None


def tunes(text: str) -> Iterator[tuple[str, str]]:
    """(name, text) of each tune of a file: its reference number, made distinct, and its lines after the file's header.

    Text without X: is one tune if it has a key (K:).
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    head, *rest = re.split(r"(?m)^(?=X:)", text)
    if not rest:
        if re.search(r"(?m)^K:", head):
            yield "", head
        return
    seen: Counter[str] = Counter()
    for number, tune in enumerate(rest, start=1):
        name = tune[2:].partition("\n")[0].partition("%")[0].strip() or f"tune {number}"
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})", head + tune


def read_tune(text: str, name: str) -> Reading:
    """One tune, after the file's header if there is one: the voice with the most words, else the first."""
    reader = TuneReader(in_tune=not re.search(r"(?m)^X:", text))
    for key, value in _lines(text):
        reader.take(key, value)
    return reader.reading(name)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """(field's letter, value); "" for a line of music, "I" for a %% directive. Continued fields in one piece."""
    last: tuple[str, str] | None = None
    typeset = False
    for line in text.split("\n"):
        if line.startswith("%%"):
            typeset = line.startswith("%%begin") or (typeset and not line.startswith("%%end"))
            line = f"I:{line[2:]}"
        elif typeset or line.startswith("%"):
            continue
        if line.strip() and not (line := COMMENT.sub("", line)).strip():
            continue  # a comment alone is no empty line
        found = FIELD.match(line)
        key, value = (found[1], found[2]) if found else ("", line.rstrip())
        if last and (key == "+" or (key == last[0] == "w" and last[1].rstrip().endswith("\\"))):
            last = (last[0], f"{last[1].rstrip().removesuffix(chr(92))} {value.strip()}")
            continue
        if last:
            yield last
        last = (key, value)
    if last:
        yield last
