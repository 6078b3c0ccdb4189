"""How people lay out recordings and what is said in them: LJSpeech, Common Voice, Kaldi, or a .txt beside each file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import final

from regenkit.data.split import Split, official, stated
from regenkit.errors import UserError
from regenkit.files import read_text
from regenkit.tree import tree
from regenkit_speech.data import kaldi
from regenkit_speech.data.sound_names import NO_SOUND, SoundNames
from regenkit_speech.data.tables import NO_PAIRS, NO_TEXT, OFFICIAL, Row, common_voice, ljspeech
from regenkit_speech.formats import READS

PART = "#"
"""Between a file's name and the id of a segment of it."""
OTHER_TEXT = "its sound has another text already"
OTHER_SPLIT = "its sound is in another split already"
OTHER_SPEAKER = "its sound has another speaker already"
OF_TABLE = "its sound is one of a table, which says what is said in it"
HELD_OUT = "its speaker is held out by the data's own split, which keeps speakers apart"
NOT_READ = "is a table that is not read; right are metadata.csv and .tsv"


@final
@dataclass(frozen=True, kw_only=True)
class Said:
    """A sound: the file and, of a segment, where in it. The text is None where nobody wrote it down.

    seconds  None = to the end of the file
    """

    file: str
    text: str | None
    speaker: str = ""
    split: Split | None = None
    start: float = 0.0
    seconds: float | None = None


@final
@dataclass(kw_only=True)
class Layout:
    """Names start at the folder.

    said      by sound file; of a segment "file#id"
    left_out  by name, why: rows of tables and texts without their sound, and what can't be opened
    ignored   by name, why: what is no data
    folders   first folders that name a split
    voices    who speaks in a sound whose transcript is not used
    """

    said: dict[str, Said] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    folders: Mapping[str, Split] = field(default_factory=dict)
    voices: dict[str, str] = field(default_factory=dict)

    def split_of(self, name: str, split: Split | None = None) -> Split | None:
        """Of a sound or table, which its first folder may name. Raises UserError where that is not `split`."""
        return stated(split or "", self.folders.get(name.split("/")[0]))


def read(root: Path, dataset: str) -> Layout:
    """Raises UserError where there is no sound in the folder, or no table of it can be read."""
    found = tree(root, READS)
    sounds = [name for name in found.files if name.lower().endswith(READS)]
    if not sounds:
        raise UserError(f"{dataset}: there is no {', '.join(READS)} file in {root} or its subfolders")
    layout = Layout(left_out=dict(found.left_out), ignored=dict(found.ignored), folders=official(found.files))
    unread = _tables(layout, root, found.files, SoundNames(root, sounds))
    _texts_beside(layout, root, found.files, sounds)
    _keep_apart(layout)
    if unread and all(said.text is None for said in layout.said.values()):
        raise next(iter(unread.values()))
    layout.ignored |= {name: _reason(error, root / name) for name, error in unread.items()}
    return layout


def _tables(layout: Layout, root: Path, files: Iterable[str], sounds: SoundNames) -> dict[str, UserError]:
    """What the tables say; by name, why a .tsv is none. Those that name a split are read before others."""
    unread: dict[str, UserError] = {}
    names = set(files)
    for name in sorted(files, key=lambda name: (PurePosixPath(name).name not in OFFICIAL, name)):
        path = PurePosixPath(name)
        if path.name == "metadata.csv":
            _take(layout, sounds, name, ljspeech(root / name))
        elif path.name in NO_PAIRS:
            layout.ignored[name] = NO_PAIRS[path.name]
            layout.voices |= _voices(root, name, sounds)
        elif path.suffix.lower() == ".tsv":
            try:
                _take(layout, sounds, name, list(common_voice(root / name)))
            except UserError as error:
                unread[name] = error
        elif path.suffix.lower() in (".csv", ".jsonl"):
            layout.ignored[name] = NOT_READ
        elif path.name == "wav.scp" and (text := str(path.with_name("text"))) in names:
            _take(layout, sounds, name, kaldi.recordings(root / name))
            if (cut := str(path.with_name("segments"))) in names:
                _take(layout, sounds, cut, kaldi.segments(root / cut))
            _take(layout, sounds, text, kaldi.without_sound(root / text))
    return unread


def _voices(root: Path, table: str, sounds: SoundNames) -> dict[str, str]:
    """Who speaks in the sounds of a table whose transcripts are not used; nobody, where it names no sounds."""
    try:
        rows = list(common_voice(root / table))
    except UserError:
        return {}
    found = ((sounds.find(row.file, str(PurePosixPath(table).parent))[0], row.speaker) for row in rows if row.speaker)
    return {file: speaker for file, speaker in found if file}


def _take(layout: Layout, sounds: SoundNames, table: str, rows: Iterable[Row]) -> None:
    folder = str(PurePosixPath(table).parent)
    for row in rows:
        file, missing = (None, row.fault) if row.fault else sounds.find(row.file, folder)
        where = f"{table}:{row.line}"
        if file is None:
            layout.left_out[where] = missing
            continue
        id, begin, end = row.part or ("", 0.0, -1.0)
        name = f"{file}{PART}{id}" if row.part else file
        try:
            split = layout.split_of(file, layout.split_of(table, row.split))
        except UserError as error:
            layout.left_out[where] = str(error)
            continue
        new = Said(file=file, text=row.text, speaker=row.speaker, split=split, start=begin,
                   seconds=end - begin if end >= 0 else None)  # fmt: skip
        known = layout.said.get(name, new)
        if not row.text:
            layout.left_out[where] = NO_TEXT
        elif known.text != row.text:
            layout.left_out[where] = OTHER_TEXT
        elif None not in (known.split, split) and known.split != split:
            layout.left_out[where] = OTHER_SPLIT
        elif known.speaker and row.speaker and known.speaker != row.speaker:
            layout.left_out[where] = OTHER_SPEAKER
        else:
            layout.said[name] = replace(known, speaker=known.speaker or row.speaker, split=known.split or split)


def _texts_beside(layout: Layout, root: Path, files: Iterable[str], sounds: Iterable[str]) -> None:
    """What no table speaks of: the sounds with the .txt that is called as they are, and the .txt without a sound."""
    said_of = {said.file for said in layout.said.values()}
    beside: dict[str, str] = {}
    for name in (name for name in files if name.lower().endswith(".txt")):
        if beside.setdefault(name[:-4], name) != name:
            layout.left_out[name] = OTHER_TEXT
    for name in sounds:
        if name in said_of:
            continue
        file, text = beside.get(str(PurePosixPath(name).with_suffix(""))), None
        if file is not None:
            try:
                text = read_text(root / file).strip() or None
            except UserError as error:
                layout.left_out[file] = _reason(error, root / file)
            else:
                layout.left_out |= {} if text else {file: NO_TEXT}
        split = layout.split_of(name)
        parts = name.split("/")[1 if split else 0 :]
        layout.said[name] = Said(file=name, text=text, split=split, speaker=parts[0] if len(parts) > 1 and text else "")
    stems, free = ({str(PurePosixPath(name).with_suffix("")) for name in names}
                   for names in (sounds, set(sounds) - said_of))  # fmt: skip
    layout.left_out |= {name: NO_SOUND for stem, name in sorted(beside.items()) if stem not in stems}
    layout.ignored |= {name: OF_TABLE for stem, name in sorted(beside.items()) if stem in stems - free}


def _keep_apart(layout: Layout) -> None:
    """Where no speaker of a held-out sound speaks in training, those that are in no split do not change that: Common
    Voice's validated.tsv has more of each speaker, and so have the clips that were voted down."""
    train, held = (
        {said.speaker for said in layout.said.values() if said.speaker and said.split in splits}
        for splits in (("train",), ("validation", "test"))
    )
    if not train or train & held:
        return
    speakers = {name: said.speaker or layout.voices.get(name, "") for name, said in layout.said.items()}
    for name in [name for name, said in layout.said.items() if said.split is None and speakers[name] in held]:
        layout.left_out[name] = HELD_OUT
        del layout.said[name]


def _reason(error: UserError, path: Path) -> str:
    return str(error).removeprefix(f"{path}: ")
