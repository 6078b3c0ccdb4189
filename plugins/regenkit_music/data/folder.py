"""The user's own scores and MIDI files."""

import re
from functools import cached_property
from pathlib import Path
from typing import final

from pydantic import PositiveInt

from regenkit.components import Example, LeftOut
from regenkit.data.text_encoding import known
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import own_folder, stamp
from regenkit.tree import Tree, tree
from regenkit_music.data.song import examples, left_out, named
from regenkit_music.modality.files import READS, reading
from regenkit_music.modality.language import detect
from regenkit_music.modality.melody import Melody

CODE = re.compile("[a-z]{2}")


@final
class Folder:
    """Every melody in a folder and its subfolders: those with words are paired, the others are not.

    path       the folder; a relative one starts at the working directory. Linked folders are followed.
    language   of the words ("de", "it", …: ISO 639-1); None: guessed from each melody's words
    encoding   of the words and titles of MIDI and ABC files ("cp1251", "shift-jis", …); None: told from each file
    longest    notes of an example; longer songs are cut at phrase ends

    Raises UserError where the folder is missing, or language or encoding is none.
    """

    version = 7

    def __init__(
        self, path: str, language: str | None = None, encoding: str | None = None, longest: PositiveInt = 64
    ) -> None:
        if longest < 16:
            raise UserError(f"music/folder: longest is {longest}; right is a number of notes from 16 on")
        if language is not None and not CODE.fullmatch(language):  # whose words would have no stresses, in silence
            raise UserError(
                f"music/folder: language is {language!r}; right is a code of two letters (ISO 639-1) such as de or it"
            )
        self.path, self.language, self.encoding, self.longest = str(path), language, encoding, longest
        if encoding is not None:
            known(encoding)  # raises where there is no such encoding
        self.root = own_folder(self.path, "music/folder", "a folder of melodies")

    @cached_property
    def found(self) -> Tree:
        """What is in the folder: looked at once, when it is first asked for."""
        return tree(self.root, READS)

    def sources(self) -> list[str]:
        """The files' paths within the folder, and what cannot be opened. Raises UserError where no file is read."""
        files = self._files()
        if not files:
            raise UserError(f"music/folder: there is no {', '.join(READS[:-1])} or {READS[-1]} file in {self.path}")
        return [*files, *self.found.left_out]

    def ignored(self) -> dict[str, str]:
        return self.found.ignored

    def fingerprint(self) -> str:
        """Changes with the names, sizes and times of the files: what was prepared from others is not used again."""
        return stamp(self.root, self._files()) + repr(self.found.left_out)

    def read(self, source: str) -> list[Example | LeftOut]:
        """The examples of one file. Raises BadSource where it can't be read."""
        if source in self.found.left_out:
            raise BadSource(source, self.found.left_out[source])
        try:
            found = reading(self.root / source, self.encoding, self.language)
        except BadSource as error:
            raise BadSource(source, error.reason) from error
        made: list[Example | LeftOut] = [*left_out(found, source)]
        for tune in found.tunes:
            key, song = named(source, tune.name), named(source, tune.song)
            meta = {"corpus": "folder", "title": tune.melody.title or Path(source).stem}
            language = self._language(tune.melody)
            made += examples(tune, key, song=song, longest=self.longest, language=language, meta=meta)
        return made

    def _files(self) -> list[str]:
        return [name for name in self.found.files if name.lower().endswith(READS)]

    def _language(self, melody: Melody) -> str | None:
        """Of the words; None where there are none."""
        words = " ".join(note.syllable for note in melody.notes).replace("- ", "").strip()
        return (self.language or detect(words)) if words else None
