"""Songs and folk tunes out of the corpus that music21 ships."""

import functools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, final

from pydantic import PositiveInt

from regenkit.components import Example, LeftOut
from regenkit.errors import BadSource, UserError
from regenkit_music.data.grouping import stable_hash
from regenkit_music.data.song import examples, left_out, named
from regenkit_music.modality.reading import Reading

LANGUAGES = {"bach": "de", "monteverdi": "it", "trecento": "it"}
LATIN = re.compile(r"kyrie|gloria|credo|sanctus|agnus|benedicamus|dicant|_01-|_24_[12]\d", re.IGNORECASE)
COLLECTIONS = {
    "essen": "essenFolksong", "oneills": "oneills1850", "airds": "airdsAirs", "ryans": "ryansMammoth",
    "misc": "miscFolk",
}  # fmt: skip
TUNES_A_UNIT = 200
FILES_A_UNIT = 100  # where every tune has a file of its own


@final
class Corpus:
    """Melodies with words from Bach, Monteverdi and the Italian Trecento; tunes without words from folk collections.

    paired     Bach's chorale melodies (the first part with words); every voice with words of the madrigals and motets
    unpaired   Essen folk songs (7,604 tunes), O'Neill's Music of Ireland (1,698), Aird's Airs (1,154), Ryan's Mammoth
               Collection (918), and misc: American fife tunes and the Northumbrian Minstrelsy (159)
    longest    notes of an example; longer songs are cut at phrase ends
    limit      sources of each kind (paired, unpaired) to use at most, for a trial run
    """

    version = 4

    def __init__(
        self,
        paired: Sequence[Literal["bach", "monteverdi", "trecento"]] = ("bach", "monteverdi", "trecento"),
        unpaired: Sequence[Literal["essen", "oneills", "airds", "ryans", "misc"]] = ("essen",),
        longest: PositiveInt = 64,
        limit: PositiveInt | None = None,
    ) -> None:
        for name, given, known in (("paired", paired, LANGUAGES), ("unpaired", unpaired, COLLECTIONS)):
            if isinstance(given, str) or (unknown := [item for item in given if item not in known]):
                wrong = given if isinstance(given, str) else unknown[0]
                raise UserError(f"music/corpus: {name} names {wrong!r}; right is a list out of {', '.join(known)}")
            if twice := sorted(item for item, times in Counter(given).items() if times > 1):
                raise UserError(f"music/corpus: {name} names {twice[0]!r} more than once; right is once")
        if not paired and not unpaired:
            raise UserError("music/corpus: paired and unpaired are both empty; name at least one collection")
        if longest < 16:
            raise UserError(f"music/corpus: longest is {longest}; right is a number of notes from 16 on")
        self.paired, self.unpaired, self.longest, self.limit = tuple(paired), tuple(unpaired), longest, limit

    def sources(self) -> list[str]:
        """ "bach/bwv333" for a score, "essenFolksong/erk10#200-400" for the tunes of that range of an ABC file."""
        songs = [f"{name}/{stem}" for name in self.paired for stem in _scores(name)]
        tunes = [unit for name in self.unpaired for unit in _units(COLLECTIONS[name])]
        return songs[: self.limit] + tunes[: self.limit]

    def read(self, source: str) -> list[Example | LeftOut]:
        """The examples of one source, and what of it can't be used. Raises BadSource where it holds no words."""
        name, _, rest = source.partition("/")
        return self._song(name, rest, source) if name in LANGUAGES else list(self._tunes(name, rest))

    def fingerprint(self) -> str:
        """Changes with music21's version, whose corpus this is."""
        import music21

        return f"music21 {music21.__version__}"

    def _song(self, name: str, stem: str, source: str) -> list[Example | LeftOut]:
        from regenkit_music.data.voices import sung_melodies

        path = _scores(name).get(stem)
        if path is None:
            raise BadSource(source, "not in the corpus of this music21")
        if not _may_have_words(path):
            raise BadSource(source, "no words")
        language = "la" if name == "trecento" and LATIN.search(stem) else LANGUAGES[name]
        reading = sung_melodies(path, "first" if name == "bach" else "all", source)
        found: list[Example | LeftOut] = [*left_out(reading, source)]
        for index, tune in enumerate(reading.tunes):
            key = f"{source}/{tune.name}.{index}" if len(reading.tunes) > 1 else source
            meta = {"corpus": name, "voice": tune.name}
            found += examples(tune, key, song=source, longest=self.longest, language=language, meta=meta)
        return found

    def _tunes(self, name: str, rest: str) -> Iterator[Example | LeftOut]:
        seen: set[int] = set()
        for key, reading in _read_tunes(name, rest):
            yield from left_out(reading, key)
            for tune in reading.tunes:
                here = named(key, tune.name)
                notes = stable_hash(repr([(note.onset, note.duration, note.pitch) for note in tune.melody.notes]))
                if notes in seen:
                    yield LeftOut(id=here, reason="has the same notes as another tune")
                    continue
                seen.add(notes)
                yield from examples(tune, here, song=key, longest=self.longest, meta={"corpus": name})


def _read_tunes(name: str, rest: str) -> Iterator[tuple[str, Reading]]:
    """(id, what was read) of each tune of a unit."""
    from regenkit_music.modality.abc import read_tune, text_of, tunes

    stem, _, span = rest.partition("#")
    first, last = map(int, span.split("-"))
    files = _files(name)
    for path in files[first:last] if stem == "*" else [path for path in files if path.stem == stem]:
        found = list(tunes(text_of(path)))
        for reference, text in found if stem == "*" else found[first:last]:
            yield f"{name}/{path.stem}:{reference}", read_tune(text, "")


@functools.cache
def _files(name: str) -> list[Path]:
    from music21 import corpus

    return sorted(Path(path) for path in corpus.getComposer(name))


@functools.cache
def _scores(name: str) -> dict[str, Path]:
    """Stem → path; drafts and backups aside, one file a stem."""
    paths = [path for path in _files(name) if path.suffix in (".mxl", ".xml")]
    return {path.stem: path for path in paths if not path.stem.endswith(("_bak", "_old"))}


def _units(name: str) -> Iterator[str]:
    files = _files(name)
    if len(files) > FILES_A_UNIT:
        for first in range(0, len(files), FILES_A_UNIT):
            yield f"{name}/*#{first}-{min(first + FILES_A_UNIT, len(files))}"
        return
    for path in files:
        count = len(re.findall(rb"^X:", path.read_bytes(), re.MULTILINE))
        for first in range(0, count, TUNES_A_UNIT):
            yield f"{name}/{path.stem}#{first}-{min(first + TUNES_A_UNIT, count)}"


def _may_have_words(path: Path) -> bool:
    """Whether any lyric is written in the file: a look at the text, a hundred times quicker than reading the score."""
    import zipfile

    if path.suffix != ".mxl":
        contents = [path.read_bytes()]
    else:
        with zipfile.ZipFile(path) as archive:
            contents = [archive.read(name) for name in archive.namelist()]
    marks = [b"<lyric", "<lyric".encode("utf-16-le"), "<lyric".encode("utf-16-be")]  # half the madrigals are UTF-16
    return any(mark in content for content in contents for mark in marks)
