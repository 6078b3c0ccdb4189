"""How people lay out recordings and what is said in them: LJSpeech, Common Voice, Kaldi, or a .txt beside each file."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import final

from regenkit.data.split import Split
from regenkit.errors import UserError
from regenkit.files import read_text
from regenkit.tree import tree
from regenkit_speech.formats import READS

NO_SOUND = "a transcript without its sound file"
OFFICIAL: dict[str, Split] = {"train.tsv": "train", "dev.tsv": "validation", "test.tsv": "test"}
PATHS, SENTENCES, SPEAKERS = ("path", "file", "audio"), ("sentence", "text", "transcript"), ("client_id", "speaker")
"""Names of columns of a .tsv, of which one is there."""


@final
@dataclass(frozen=True, kw_only=True)
class Said:
    """A file of sound, by its name below the folder; the text is None where nobody wrote it down."""

    text: str | None
    speaker: str = ""
    split: Split | None = None


@final
@dataclass(kw_only=True)
class Layout:
    """Names start at the folder.

    said      by sound file
    left_out  by name, why: rows of tables and texts without their sound, and what can't be opened
    ignored   by name, why: what is no data
    """

    said: dict[str, Said] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)


def read(root: Path, dataset: str) -> Layout:
    """Raises UserError where there is no sound in the folder, or a table of it can't be read."""
    found = tree(root, READS)
    sounds = [name for name in found.files if name.lower().endswith(READS)]
    if not sounds:
        raise UserError(f"{dataset}: there is no {', '.join(READS)} file in {root} or its subfolders")
    layout = Layout(left_out=dict(found.left_out), ignored=dict(found.ignored))
    names = {PurePosixPath(name) for name in found.files}
    known = _Sounds(sounds)
    for name in found.files:
        path = PurePosixPath(name)
        if path.name == "metadata.csv":
            _rows(layout, known, name, _ljspeech(root / name))
        elif path.suffix == ".tsv":
            _rows(layout, known, name, _common_voice(root / name))
        elif path.name == "wav.scp" and path.with_name("text") in names:
            _rows(layout, known, name, _kaldi(root / name))
            _rows(layout, known, str(path.with_name("text")), _kaldi_without_sound(root / name))
    for name in sounds:
        beside = PurePosixPath(name).with_suffix(".txt")
        if name not in layout.said:
            text = read_text(root / beside).strip() if beside in names else None
            parts = name.split("/")
            layout.said[name] = Said(text=text or None, speaker=parts[0] if len(parts) > 1 and text else "")
    stems = {PurePosixPath(name).with_suffix("") for name in sounds}
    layout.left_out |= {str(path): NO_SOUND for path in sorted(names)
                        if path.suffix == ".txt" and path.with_suffix("") not in stems}  # fmt: skip
    return layout


@dataclass(frozen=True)
class _Row:
    line: int
    file: str
    text: str
    speaker: str = ""
    split: Split | None = None
    fault: str = ""


@final
class _Sounds:
    """Finds the sound that a row means: by its name below the folder, or by its last part with or without a suffix."""

    def __init__(self, names: list[str]) -> None:
        self.names = set(names)
        self.by_end: dict[str, str] = {}
        for name in reversed(names):
            path = PurePosixPath(name)
            self.by_end |= {path.name: name, path.stem: name}

    def find(self, file: str, folder: str) -> str | None:
        whole = str(PurePosixPath(folder) / file)
        if whole in self.names:
            return whole
        return self.by_end.get(PurePosixPath(file).name)


def _rows(layout: Layout, known: _Sounds, table: str, rows: Iterator[_Row]) -> None:
    for row in rows:
        name = known.find(row.file, str(PurePosixPath(table).parent))
        where = f"{table}:{row.line}"
        if row.fault or name is None:
            layout.left_out[where] = row.fault or NO_SOUND
        elif not row.text:
            layout.left_out[where] = "has no text"
        elif name in layout.said and layout.said[name].text != row.text:
            layout.left_out[where] = "its sound has another text already"
        elif name not in layout.said or layout.said[name].split is None:
            layout.said[name] = Said(text=row.text, speaker=row.speaker, split=row.split)


def _ljspeech(path: Path) -> Iterator[_Row]:
    """Lines "id|as written|as spoken", of which the last is taken."""
    for number, line in enumerate(read_text(path).splitlines(), 1):
        cells = line.split("|")
        if line.strip():
            fault = "" if len(cells) > 1 else "is no line of the form id|text|text as spoken"
            yield _Row(number, cells[0].strip(), cells[-1].strip(), fault=fault)


def _common_voice(path: Path) -> Iterator[_Row]:
    rows = csv.DictReader(io.StringIO(read_text(path)), delimiter="\t", quoting=csv.QUOTE_NONE)
    columns = rows.fieldnames or []
    file, text = (next((name for name in columns if name in wanted), None) for wanted in (PATHS, SENTENCES))
    if file is None or text is None:
        raise UserError(f"{path}: its columns are {', '.join(columns) or 'none'}; right are one of {', '.join(PATHS)} "
                        f"and one of {', '.join(SENTENCES)}")  # fmt: skip
    speaker = next((name for name in columns if name in SPEAKERS), None)
    for number, row in enumerate(rows, 2):
        yield _Row(number, (row[file] or "").strip(), (row[text] or "").strip(),
                   (row[speaker] or "").strip() if speaker else "", OFFICIAL.get(path.name))  # fmt: skip


def _kaldi(path: Path) -> Iterator[_Row]:
    """wav.scp: "id file"; text: "id words"; utt2spk, where it is there: "id speaker"."""
    texts, speakers = _pairs(path.with_name("text")), _pairs(path.with_name("utt2spk"))
    for number, line in enumerate(read_text(path).splitlines(), 1):
        key, _, file = line.strip().partition(" ")
        if key:
            command = "is a command, not a file; commands are not run" if file.strip().endswith("|") else ""
            missing = "" if key in texts else "has no text"
            yield _Row(number, file.strip(), texts.get(key, ""), speakers.get(key, ""), fault=command or missing)


def _kaldi_without_sound(path: Path) -> Iterator[_Row]:
    """The lines of text that wav.scp lacks."""
    sounds = _pairs(path)
    for number, key in enumerate(_pairs(path.with_name("text")), 1):
        if key not in sounds:
            yield _Row(number, "", "", fault=NO_SOUND)


def _pairs(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    parts = (line.strip().partition(" ") for line in read_text(path).splitlines())
    return {key: rest.strip() for key, _, rest in parts if key}
