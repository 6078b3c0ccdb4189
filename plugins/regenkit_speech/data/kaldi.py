"""A folder of Kaldi: wav.scp ("id file"), text ("id words"), and where they are there utt2spk ("id speaker") and
segments ("id recording begin end")."""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from regenkit_speech.data.sound_names import NO_SOUND
from regenkit_speech.data.tables import Row, lines

COMMAND = "is a command, not a file; commands are not run"
TWICE = "its id stands in an earlier line"
NO_SEGMENT = "is no line of the form id recording begin end"


class Entry(NamedTuple):
    """twice = whether an earlier line of the file has this id."""

    line: int
    id: str
    rest: str
    twice: bool


def recordings(path: Path) -> Iterator[Row]:
    """The lines of a wav.scp; where there are segments, only those that are no files."""
    texts, speakers = _known(path.with_name("text")), _known(path.with_name("utt2spk"))
    cut = _known(path.with_name("segments"))
    for line, id, file, twice in _entries(path):
        fault = COMMAND if file.endswith("|") else TWICE if twice else ""
        if cut and not fault:
            continue
        yield Row(line=line, file=file, text=texts.get(id, ""), speaker=speakers.get(id, ""), fault=fault)


def segments(path: Path) -> Iterator[Row]:
    """The lines of segments, which cut the recordings."""
    texts, speakers = _known(path.with_name("text")), _known(path.with_name("utt2spk"))
    files = _known(path.with_name("wav.scp"))
    for line, id, rest, twice in _entries(path):
        recording, begin, end = _segment(rest)
        file = files.get(recording, "")
        fault = NO_SEGMENT if not recording else TWICE if twice else COMMAND if file.endswith("|") else ""
        yield Row(line=line, file=file, text=texts.get(id, ""), speaker=speakers.get(id, ""), part=(id, begin, end),
                  fault=fault)  # fmt: skip


def without_sound(path: Path) -> Iterator[Row]:
    """The lines of a text whose id neither segments, where they are there, nor wav.scp has, or has an earlier line."""
    cut = _known(path.with_name("segments"))
    known = cut or _known(path.with_name("wav.scp"))
    for line, id, _, twice in _entries(path):
        if twice or id not in known:
            yield Row(line=line, fault=TWICE if twice else NO_SOUND)


def _segment(rest: str) -> tuple[str, float, float]:
    """("", 0, 0) where it is none."""
    try:
        recording, begin, end = rest.split()
        first, last = float(begin), float(end)
    except ValueError:
        return "", 0.0, 0.0
    right = isfinite(first) and isfinite(last) and first >= 0 and (last > first or last < 0)
    return (recording, first, last) if right else ("", 0.0, 0.0)


def _known(path: Path) -> dict[str, str]:
    return {entry.id: entry.rest for entry in _entries(path) if not entry.twice}


def _entries(path: Path) -> Iterator[Entry]:
    """Any white space parts an id from the rest, as in Kaldi. None where there is no such file."""
    seen: set[str] = set()
    for number, line in lines(path) if path.is_file() else ():
        id, *rest = line.strip().split(None, 1)
        yield Entry(number, id, rest[0] if rest else "", id in seen)
        seen.add(id)
