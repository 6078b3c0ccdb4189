"""The samples of the drum kits of Hydrogen, by instrument."""

import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, final

from pydantic import PositiveFloat, PositiveInt

from regenkit.components import Example, LeftOut
from regenkit.errors import BadSource
from regenkit.sources.locate import fingerprint, located
from regenkit_speech.data.effect import Effect, example
from regenkit_speech.packages import DRUMKITS

INSTRUMENTS = {
    "kick": r"kick|bass ?drum|bdrum",
    "snare": r"snare|rimshot|stick|side ?kick",
    "hi-hat open": r"(?=.*(hat|\bo?hh\b)).*\b(op|open|opened|ohh|semi-open)\b",
    "hi-hat": r"hat|\bhh\b",
    "tom": r"\btoms?\b",
    "cymbal": r"crash|cymbal|splash|china|ride|bell\b(?<!cowbell)",
    "clap": r"clap",
    "hand drum": r"conga|bongo|djembe|sangban|dununba|kenkeni",
    "cowbell": r"cowbell",
}
"""By class, what its instruments are called; the first that fits."""
LABELS = tuple(INSTRUMENTS)


@final
class Drumkits:
    """X is the kind of instrument, Y the sample. All of a kit are in one split.

    path         a folder of your own with KIT/drumkit.xml and the samples beside it
    sample_rate  of Y, samples a second
    seconds      that are kept of a sample; a longer one fades out
    limit        kits to use at most, for a trial run
    """

    version = 2

    def __init__(
        self, path: str | None = None, sample_rate: PositiveInt = 16_000, seconds: PositiveFloat = 1.0,
        limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        self.path, self.sample_rate, self.seconds, self.limit = path, sample_rate, seconds, limit
        if path is not None:
            _ = self.root  # refused at once where it is not right

    @cached_property
    def root(self) -> Path:
        """Where the kits are. Raises UserError, with the command that fetches them, where they are not here."""
        return located(DRUMKITS, dataset="sound/drumkits", path=self.path)

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"x": {"labels": list(LABELS)}, "y": {"sample_rate": self.sample_rate, "max_seconds": self.seconds}}

    def sources(self) -> list[str]:
        """Names of kits, sorted."""
        return sorted(path.parent.name for path in self.root.glob("*/drumkit.xml"))[: self.limit]

    def fingerprint(self) -> str:
        return fingerprint(DRUMKITS, self.path)

    def read(self, source: str) -> list[Example | LeftOut]:
        """The samples of a kit. Raises BadSource where its drumkit.xml can't be read."""
        found: list[Example | LeftOut] = []
        for name, instrument in _samples(self.root / source / "drumkit.xml").items():
            where = f"{source}/{name}"
            label = label_of(instrument)
            if label is None:
                found.append(LeftOut(id=where, reason="its instrument is none of the classes"))
                continue
            effect = Effect(path=self.root / source / name, label=label, labels=LABELS, group=f"kit:{source}")
            try:
                found.append(example(where, effect, self.sample_rate, self.seconds))
            except BadSource as error:
                found.append(LeftOut(id=where, reason=error.reason))
        return found


def label_of(instrument: str) -> str | None:
    """The class of an instrument's name."""
    name = instrument.casefold()
    return next((label for label, pattern in INSTRUMENTS.items() if re.search(pattern, name)), None)


@lru_cache(maxsize=4)
def _samples(path: Path) -> dict[str, str]:
    """The name of the instrument by file. The files are written by a program, and are not trusted: entities are not
    expanded, because only these two kinds of lines are looked at."""
    text = path.read_bytes().decode("utf-8", "replace")
    if "<drumkit_info" not in text:
        raise BadSource(path.parent.name, "its drumkit.xml is none")
    found: dict[str, str] = {}
    for part in text.split("<instrument>")[1:]:
        name = re.search(r"<name>(.*?)</name>", part)
        for file in re.findall(r"<filename>(.*?)</filename>", part):
            if "/" not in file and "\\" not in file:
                found.setdefault(file, name[1] if name else "")
    return found
