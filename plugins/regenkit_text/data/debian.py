"""Debian's packages: what is known of each (name, section, tags), and its synopsis."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal, final

from pydantic import PositiveInt

from regenkit.cache import cache_dir, locked
from regenkit.components import Example, LeftOut
from regenkit.errors import UserError
from regenkit.files import beside
from regenkit.sources.locate import stamp
from regenkit_text.data.learned import Side
from regenkit_text.data.spans import spanned, spans
from regenkit_text.modality.facts import Facts
from regenkit_text.modality.words import plain

NAME = "text/debian"
DUMP = "apt-cache dumpavail"
MARKS = re.compile(
    r"^(?:lib|python3?-|node-|golang-|ruby-|r-cran-)|[-\d.]+$|-(?:dev|doc|dbg|data|common|bin|utils|tools)$"
)
"""What stands before and after the name of a family of packages."""
UNTAGGED = "TODO"
"""How a tag of Debian ends in whose facet nobody has chosen a value yet: "role::TODO"."""


@final
@dataclass(frozen=True, kw_only=True)
class Package:
    name: str
    source: str
    section: str
    tags: tuple[str, ...]
    synopsis: str

    @property
    def facts(self) -> Facts:
        """The name, the section, and each tag as its facet and value ("role::program"); () where it has no tag."""
        tags = [tuple(tag.split("::", 1)) for tag in self.tags if "::" in tag and not tag.endswith(UNTAGGED)]
        known = {("name", self.name), ("section", self.section), *((facet, value) for facet, value in tags)}
        return tuple(sorted(known)) if tags else ()

    @property
    def family(self) -> tuple[str, ...]:
        """Keys that kindred packages share: of one source, of one name but for its marks, of one synopsis."""
        name, before = self.name, ""
        while name != before:
            before, name = name, MARKS.sub("", name)
        return f"source:{self.source}", f"name:{name or self.name}", f"synopsis:{self.synopsis.casefold()}"


@final
class Debian:
    """Facts of a package → its synopsis. A package without tags is text alone, without X.

    path        a file that `apt-cache dumpavail` wrote; without it that command is run here once, and its output kept
    units       of the synopsis; the facts are in characters, or in bytes where the synopsis is
    vocabulary  the most characters of the alphabet; of sub-words, how many are learned
    limit       packages to use at most, for a trial run
    unpaired    whether packages without tags are used, as text alone
    """

    version = 2

    def __init__(
        self, path: str | None = None, units: Literal["characters", "bytes", "subwords"] = "characters",
        vocabulary: PositiveInt | None = None, max_length: PositiveInt = 96, limit: PositiveInt | None = None,
        unpaired: bool = True,
    ) -> None:  # fmt: skip
        self.path, self.limit, self.unpaired = path, limit, unpaired
        self.text = Side(units, vocabulary, max_length)
        if path is not None and not Path(path).expanduser().is_file():
            raise UserError(f"{NAME}: path {path} is no file; right is one that `{DUMP}` wrote")

    @cached_property
    def file(self) -> Path:
        """Raises UserError where there are no lists of packages."""
        if self.path is not None:
            return Path(self.path).expanduser()
        kept = cache_dir() / "sources" / "debian-available" / "packages.txt"
        with locked(kept.parent):
            if not kept.exists():
                _dump(kept)
        return kept

    @cached_property
    def modalities(self) -> dict[str, dict[str, Any]]:
        packages = [each for each in self._packages() if self.text.fits(each.synopsis)]
        facts = [each.facts for each in packages]
        keys = sorted({key for each in facts for key, _ in each})
        values = (value for each in facts for _, value in each)
        y = self.text.learned(each.synopsis for each in packages)
        return {"x": {"keys": keys, **self.text.values(values, y), "max_length": 512}, "y": y}

    @cached_property
    def _modalities(self) -> tuple[Any, Any]:
        return self.text.built(self.modalities)

    def _packages(self) -> list[Package]:
        return _loaded(self.file, self.limit, self.fingerprint())

    def sources(self) -> list[str]:
        """ "0-500" and so on: numbers of packages, in the order of the file."""
        return list(spans(len(self._packages())))

    def fingerprint(self) -> str:
        return stamp(self.file.parent, [self.file.name])

    def read(self, source: str) -> list[Example | LeftOut]:
        knowledge, text = self._modalities
        found: list[Example | LeftOut] = []
        for package in self._packages()[spanned(source)]:
            facts = package.facts
            if not facts and not self.unpaired:
                continue
            try:
                y, meta = self.text.encode(text, package.synopsis)
                x = knowledge.encode(facts)[0] if facts else None
            except UserError as error:
                found.append(LeftOut(id=package.name, reason=str(error)))
                continue
            found.append(Example(id=package.name, x=x, y=y, groups=package.family, meta=meta))
        return found


def _dump(kept: Path) -> None:
    command = shutil.which("apt-cache")
    if not command:
        raise UserError(f"{NAME}: apt-cache is not here; set path: to a file that `{DUMP}` wrote on a Debian")
    with beside(kept) as temporary, temporary.open("wb") as out:
        done = subprocess.run([command, "dumpavail"], stdout=out, stderr=subprocess.DEVNULL, check=False)
    if done.returncode or not kept.stat().st_size:
        kept.unlink()
        raise UserError(f"{NAME}: `{DUMP}` gives no packages; run `apt-get update` first")


@lru_cache(maxsize=1)
def _loaded(file: Path, limit: int | None, stamped: str) -> list[Package]:
    """`stamped` changes with the file."""
    found = {package.name: package for package in _read(file)}  # one name may have several versions
    return list(found.values())[:limit]


def _read(file: Path) -> Iterator[Package]:
    """Records of lines "Key: value", a line that goes on beginning with a space, an empty line between (deb822(5)).

    Raises UserError where a line is not UTF-8.
    """
    record: dict[str, str] = {}
    key = ""
    with file.open("rb") as lines:
        for number, written in enumerate(chain(lines, [b"\n"]), 1):
            try:
                line = written.decode()
            except UnicodeDecodeError as error:
                raise UserError(f"{NAME}: {file}:{number}: is not UTF-8 (byte {error.start + 1})") from error
            if not line.strip():
                if record.get("Package") and (synopsis := plain(record.get("Description", "").split("\n")[0])):
                    name = record["Package"]
                    yield Package(
                        name=name, source=record.get("Source", name).split(" ")[0], section=record.get("Section", ""),
                        tags=tuple(tag.strip() for tag in record.get("Tag", "").split(",") if tag.strip()),
                        synopsis=synopsis,
                    )  # fmt: skip
                record = {}
            elif line[0] == " ":
                record[key] = record.get(key, "") + "\n" + line.strip()
            else:
                key, _, value = line.rstrip("\n").partition(":")
                record[key] = value.strip()
