"""The user's own scores and MIDI files."""

from pathlib import Path
from typing import final

from pydantic import PositiveInt

from regenkit.components import Example
from regenkit.errors import BadSource, UserError
from regenkit.spec import digest
from regenkit_music.data.abc import read_tune, tunes
from regenkit_music.data.metre import in_quarters
from regenkit_music.data.song import examples
from regenkit_music.data.words import sung
from regenkit_music.modality.files import READS, read
from regenkit_music.modality.language import detect
from regenkit_music.modality.melody import Melody

SUNG = 0.4  # share of notes with a syllable from which a melody counts as sung


@final
class Folder:
    """Every melody in a folder and its subfolders: files with words are paired, the others are not.

    path       the folder; a relative one starts at the working directory
    language   of the words ("de", "it", …); None: guessed from each file's words
    longest    notes of an example; longer songs are cut at phrase ends

    Raises UserError where the folder is missing.
    """

    version = 1

    def __init__(self, path: str, language: str | None = None, longest: PositiveInt = 64) -> None:
        if longest < 16:
            raise UserError(f"music/folder: longest is {longest}; right is a number of notes from 16 on")
        self.path, self.language, self.longest = str(path), language, longest
        if not self._root.is_dir():
            what = "is a file" if self._root.exists() else "does not exist"
            raise UserError(f"music/folder: path {self.path} {what}; right is a folder of melodies")

    @property
    def _root(self) -> Path:
        return Path(self.path).expanduser()

    def sources(self) -> list[str]:
        """The files' paths within the folder, sorted; hidden ones aside. Raises UserError where there are none."""
        found = [
            path.relative_to(self._root)
            for path in self._root.rglob("*")
            if path.suffix.lower() in READS and path.is_file()
        ]
        visible = sorted(path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts))
        if not visible:
            raise UserError(f"music/folder: there is no {', '.join(READS[:-1])} or {READS[-1]} file in {self.path}")
        return visible

    def fingerprint(self) -> str:
        """Changes with the names, sizes and times of the files: what was prepared from others is not used again."""
        stats = [(source, (self._root / source).stat()) for source in self.sources()]
        return digest([str(self._root.resolve()), [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]])

    def read(self, source: str) -> list[Example]:
        """The examples of one file. Raises BadSource where it can't be read or holds no melody of eight notes."""
        path = self._root / source
        melodies = _tunes(path, source) if path.suffix.lower() == ".abc" else _melodies(path, source)
        found: list[Example] = []
        for key, melody in melodies:
            language: str | None = None
            if sum(bool(note.syllable) for note in melody.notes) >= SUNG * len(melody.notes):
                melody = sung(melody)
                language = self.language or detect(" ".join(note.syllable for note in melody.notes).replace("- ", ""))
            meta = {"corpus": "folder", "title": melody.title or path.stem}
            found += examples(in_quarters(melody), key, song=key, longest=self.longest, language=language, meta=meta)
        if not found:
            raise BadSource(source, "no melody of eight notes")
        return found


def _melodies(path: Path, source: str) -> list[tuple[str, Melody]]:
    try:
        found = read(path)
    except BadSource as error:
        raise BadSource(source, error.reason) from error
    return [(source if len(found) == 1 else f"{source}:{place}", melody) for place, melody in enumerate(found)]


def _tunes(path: Path, source: str) -> list[tuple[str, Melody]]:
    """Every tune of an ABC file that can be used; a book of hundreds in a second."""
    found: list[tuple[str, Melody]] = []
    reason = "no tune (one begins with X:)"
    for place, (reference, text) in enumerate(tunes(path.read_text(encoding="utf-8", errors="replace"))):
        try:
            found.append((f"{source}:{reference or place}", read_tune(text, source)))
        except BadSource as error:
            reason = error.reason
    if not found:
        raise BadSource(source, reason)
    return found
