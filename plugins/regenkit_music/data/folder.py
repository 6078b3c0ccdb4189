"""The user's own scores and MIDI files."""

from pathlib import Path
from typing import final

from pydantic import PositiveInt

from regenkit.components import Example, LeftOut
from regenkit.digest import digest
from regenkit.errors import BadSource, UserError
from regenkit_music.data.places import music_files, why_not
from regenkit_music.data.song import examples, left_out, named
from regenkit_music.modality.encoding import encoding_of
from regenkit_music.modality.files import READS, reading
from regenkit_music.modality.language import detect
from regenkit_music.modality.melody import Melody


@final
class Folder:
    """Every melody in a folder and its subfolders: those with words are paired, the others are not.

    path       the folder; a relative one starts at the working directory. Linked folders are followed.
    language   of the words ("de", "it", …); None: guessed from each melody's words
    encoding   of the words and titles of MIDI and ABC files ("cp1251", "shift-jis", …); None: told from each file
    longest    notes of an example; longer songs are cut at phrase ends

    Raises UserError where the folder is missing.
    """

    version = 2

    def __init__(
        self, path: str, language: str | None = None, encoding: str | None = None, longest: PositiveInt = 64
    ) -> None:
        if longest < 16:
            raise UserError(f"music/folder: longest is {longest}; right is a number of notes from 16 on")
        self.path, self.language, self.encoding, self.longest = str(path), language, encoding, longest
        encoding_of([], encoding, "")  # raises where there is no such encoding
        if not self._root.is_dir():
            what = "is a file" if self._root.exists() else "does not exist"
            raise UserError(f"music/folder: path {self.path} {what}; right is a folder of melodies")

    @property
    def _root(self) -> Path:
        return Path(self.path).expanduser()

    def sources(self) -> list[str]:
        """The files' paths within the folder, sorted. Raises UserError where none of them is read."""
        found = music_files(self._root, READS)
        if all(why_not(self._root, name) for name in found):
            raise UserError(f"music/folder: there is no {', '.join(READS[:-1])} or {READS[-1]} file in {self.path}")
        return found

    def fingerprint(self) -> str:
        """Changes with the names, sizes and times of the files: what was prepared from others is not used again."""
        read = [name for name in self.sources() if not why_not(self._root, name)]
        stats = [(name, (self._root / name).stat()) for name in read]
        return digest([str(self._root.resolve()), [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]])

    def read(self, source: str) -> list[Example | LeftOut]:
        """The examples of one file. Raises BadSource where it can't be read or is not read."""
        if reason := why_not(self._root, source):
            raise BadSource(source, reason)
        try:
            found = reading(self._root / source, self.encoding)
        except BadSource as error:
            raise BadSource(source, error.reason) from error
        made: list[Example | LeftOut] = [*left_out(found, source)]
        for tune in found.tunes:
            key, song = named(source, tune.name), named(source, tune.song)
            meta = {"corpus": "folder", "title": tune.melody.title or Path(source).stem}
            language = self._language(tune.melody)
            made += examples(tune, key, song=song, longest=self.longest, language=language, meta=meta)
        return made

    def _language(self, melody: Melody) -> str | None:
        """Of the words; None where there are none."""
        words = " ".join(note.syllable for note in melody.notes).replace("- ", "").strip()
        return (self.language or detect(words)) if words else None
