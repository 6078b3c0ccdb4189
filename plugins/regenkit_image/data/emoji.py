"""Google's Noto emoji, 64 × 64, with their names in English as captions."""

import json
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, final

from pydantic import PositiveInt

from regenkit.components import Example
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import fingerprint, located
from regenkit_image.modality import Caption, Image, Picture
from regenkit_image.modality.caption import cut
from regenkit_image.modality.files import read_image
from regenkit_image.modality.looks import alike
from regenkit_image.packages import EMOJI, EMOJI_LABELS

PERSONS = {"1F468", "1F469", "1F9D1"}  # man, woman, person
UNSEEN = {"FE0F", "200D", "2640", "2642", *(f"1F3F{digit}" for digit in "BCDEF")}
"""Code points by which emoji of one kind differ: variation, joiner, sexes, skin tones."""


@final
class Emoji:
    """1,911 emoji, and 1,875 variants by skin. Those that differ by skin or sex alone are kept in one split.

    path      a folder of your own with img/google/64/*.png and emoji.json (emoji-datasource-google), and en/data.json
              (emojibase-data)
    size      pixels a side
    variants  whether the variants by skin are used
    limit     emoji to use at most, for a trial run
    """

    version = 2

    def __init__(
        self, path: str | None = None, size: PositiveInt = 64, variants: bool = True, limit: PositiveInt | None = None
    ) -> None:
        self.path = path
        self.size, self.variants, self.limit = size, variants, limit
        if path is not None:
            _ = self.root, self.labels  # refused at once where they are not right

    @cached_property
    def root(self) -> Path:
        """Where the pictures are. Raises UserError, with the command that fetches them, where they are not here."""
        return located(EMOJI, dataset="image/emoji", path=self.path)

    @cached_property
    def labels(self) -> Path:
        """The same of their names."""
        return located(EMOJI_LABELS, dataset="image/emoji", path=self.path)

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"y": {"size": self.size, "channels": 3, "fit": "pad"}}

    def sources(self) -> list[str]:
        """ "1f600.png" and so on: pictures, in the order of emoji.json."""
        return list(_emoji(self.root, self.variants))[: self.limit]

    def fingerprint(self) -> str:
        return fingerprint(EMOJI, self.path) + fingerprint(EMOJI_LABELS, self.path)

    def read(self, source: str) -> list[Example]:
        """The example of one picture. Raises BadSource where it is missing or damaged, or has no name."""
        code = _emoji(self.root, self.variants)[source]
        known = _labels(self.labels).get(_key(code))
        if known is None:
            raise BadSource(source, f"emojibase has no name for {code}")
        pixels = read_image(self.root / "img" / "google" / "64" / source)
        caption, remarks = cut(known["label"])
        return [Example(
            id=source.removesuffix(".png"),
            y=Image(size=self.size, channels=3, fit="pad").encode(Picture(pixels=pixels))[0],
            x=Caption().encode(caption)[0],
            groups=(f"emoji:{_kind(code)}", *alike(pixels)), meta={"title": caption, "tags": known["tags"]},
            remarks=remarks,
        )]  # fmt: skip


@lru_cache(maxsize=2)
def _emoji(root: Path, variants: bool) -> dict[str, str]:
    """Code points by the picture's file."""
    found = {}
    for each in _listed(root / "emoji.json"):
        for one in (each, *(each.get("skin_variations", {}).values() if variants else ())):
            found[one["image"]] = one["unified"]
    return found


@lru_cache(maxsize=1)
def _labels(root: Path) -> dict[str, dict[str, Any]]:
    """Name and tags by code points."""
    found = {}
    for each in _listed(root / "en" / "data.json"):
        for one in (each, *each.get("skins", [])):
            found[_key(one["hexcode"])] = {"tags": each.get("tags", []), **one}
    return found


def _listed(path: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads(path.read_bytes())
        if not isinstance(found, list):
            raise ValueError("it holds no list")
        return found
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: is no list of emoji in JSON ({error})") from error


def _key(code: str) -> str:
    return "-".join(point for point in code.upper().split("-") if point != "FE0F")


def _kind(code: str) -> str:
    points = (point for point in code.upper().split("-") if point not in UNSEEN)
    return "-".join("person" if point in PERSONS else point for point in points)
