"""The user's own recordings and transcripts, as `layouts` finds them."""

from pathlib import Path
from typing import Any, Literal, final

from pydantic import PositiveFloat, PositiveInt

from regenkit.components import Example
from regenkit.errors import BadSource
from regenkit.sources.locate import own_folder, stamp
from regenkit_speech.data import layouts
from regenkit_speech.data.utterance import Utterance, speaking, text_arguments, transcribing
from regenkit_speech.modality.audio import RATE
from regenkit_speech.modality.blocks import duration
from regenkit_speech.modality.spoken import Language

RIGHT = "a folder of recordings with metadata.csv, a .tsv, wav.scp and text, or a .txt beside each"
PIECE = "@"
"""Between a file's name and the number of its piece."""
SHORTEST = 1.0
"""Seconds of the last piece of a file, at least."""
LONGEST = 24 * 3600.0
"""Seconds of a file that is cut into pieces; what says more of itself is damaged."""


@final
class Folder:
    """X is the text, Y the voice. A recording without a text is unpaired, and is cut into pieces where it is long.

    Who speaks is a column of the table, or the first folder of a file with a .txt; where there are several, it is
    given. Where the first folders are train, val (or valid, validation, dev) and test, they are the split, and the
    second is who speaks. Tables called train.tsv, dev.tsv and test.tsv are it, too, and so is a column `split`.

    path         LJSpeech (metadata.csv), Common Voice (.tsv), Kaldi (wav.scp, text), or .txt beside the sounds
    language     whose numbers and abbreviations are said as words
    units        what X is made of: characters, or (in English) the phones of a dictionary
    sample_rate  of Y, samples a second
    max_seconds  of an example; longer ones with a text are left out
    """

    version = 3

    def __init__(
        self, path: str, language: Language = "en", units: Literal["characters", "phones"] = "characters",
        sample_rate: PositiveInt = RATE, max_seconds: PositiveFloat = 15.0,
    ) -> None:  # fmt: skip
        self.corpus = _Corpus(path, "speech/folder", max_seconds)
        self.language, self.units, self.sample_rate, self.max_seconds = language, units, sample_rate, max_seconds

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        y = {"sample_rate": self.sample_rate, "max_seconds": self.max_seconds, "speakers": self.corpus.speakers}
        return {"x": {"language": self.language, "units": self.units}, "y": y}

    def sources(self) -> list[str]:
        """Files, pieces of files ("long.wav@3"), and what is left out."""
        return self.corpus.sources(pieces=True)

    def ignored(self) -> dict[str, str]:
        return self.corpus.layout.ignored

    def fingerprint(self) -> str:
        return self.corpus.fingerprint()

    def read(self, source: str) -> list[Example]:
        """The example of one file or piece. Raises BadSource where it can't be used."""
        return speaking(source, self.corpus.utterance(source), self.modalities)


@final
class FolderToText:
    """X is the voice, Y its words; the arguments are those of `Folder`, without units. A recording without a text is
    left out."""

    version = 4

    def __init__(
        self, path: str, language: Language = "en", sample_rate: PositiveInt = RATE, max_seconds: PositiveFloat = 15.0
    ) -> None:  # fmt: skip
        self.corpus = _Corpus(path, "speech/folder_to_text", max_seconds)
        self.language, self.sample_rate, self.max_seconds = language, sample_rate, max_seconds

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        x = {"sample_rate": self.sample_rate, "max_seconds": self.max_seconds, "axis": "x"}
        return {"x": x, "y": text_arguments()}

    def sources(self) -> list[str]:
        """Files, and what is left out."""
        return self.corpus.sources(pieces=False)

    def ignored(self) -> dict[str, str]:
        return self.corpus.layout.ignored

    def fingerprint(self) -> str:
        return self.corpus.fingerprint()

    def read(self, source: str) -> list[Example]:
        """The example of one file. Raises BadSource where it can't be used."""
        return transcribing(source, self.corpus.utterance(source), self.modalities, self.language)


@final
class _Corpus:
    def __init__(self, path: str, dataset: str, max_seconds: float) -> None:
        self.root = own_folder(path, dataset, RIGHT)
        self.layout = layouts.read(self.root, dataset)
        self.max_seconds = max_seconds
        self.cut = {said.file for name, said in self.layout.said.items() if name != said.file}
        self.speakers = sorted({said.speaker for said in self.layout.said.values() if said.speaker})

    def sources(self, *, pieces: bool) -> list[str]:
        names = sorted(self.layout.said)
        found = [each for name in names for each in (self._pieces(name) if pieces else [name])]
        return [*found, *self.layout.left_out]

    def fingerprint(self) -> str:
        files = {said.file for said in self.layout.said.values()}
        said = sorted(self.layout.said.items(), key=lambda item: item[0])
        return stamp(self.root, sorted(files)) + repr(said) + repr(self.layout.left_out)

    def utterance(self, source: str) -> Utterance:
        if source in self.layout.left_out:
            raise BadSource(source, self.layout.left_out[source])
        name, number = source, ""
        if source not in self.layout.said:
            name, _, number = source.rpartition(PIECE)
        said = self.layout.said[name]
        if (said.seconds or 0.0) > self.max_seconds:
            raise BadSource(source, f"is longer than {self.max_seconds:g} seconds")
        start, seconds = (int(number) * self.max_seconds, self.max_seconds) if number else (said.start, said.seconds)
        return Utterance(
            path=self.root / said.file, text=said.text, speaker=said.speaker, split=said.split, start=start,
            seconds=seconds, group=f"file:{said.file}" if number or said.file in self.cut else "",
        )  # fmt: skip

    def _pieces(self, name: str) -> list[str]:
        """The file itself; where it is long and nobody wrote down what is said, its pieces."""
        if self.layout.said[name].text is not None:
            return [name]
        try:
            seconds = duration(Path(self.root / name))
        except BadSource:  # `read` says why
            return [name]
        if seconds is None or not self.max_seconds < seconds <= LONGEST:
            return [name]
        whole, rest = divmod(seconds, self.max_seconds)
        return [f"{name}{PIECE}{number}" for number in range(int(whole) + (rest >= SHORTEST))]
