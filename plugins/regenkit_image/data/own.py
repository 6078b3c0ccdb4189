"""Pictures in a folder of the user's own. An array of many is read range by range ("cats.npy/500-1000")."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from regenkit.components import Example
from regenkit.data.split import Split
from regenkit.errors import BadSource, UserError
from regenkit.spec import Fields
from regenkit.tree import Tree
from regenkit_image.data.spans import A_SPAN, parsed, spans
from regenkit_image.formats import READS, UNREAD
from regenkit_image.modality import Image
from regenkit_image.modality.files import count, read
from regenkit_image.modality.looks import alike, looks
from regenkit_image.modality.picture import fitted


@final
@dataclass(frozen=True, kw_only=True)
class Condition:
    """What a picture is made from: X, the words for it, and what of them could not be kept."""

    x: Fields
    title: str
    remarks: tuple[str, ...] = ()


def pictures(found: Tree, root: Path, dataset: str) -> list[str]:
    """Those of its files that are pictures. Raises UserError where there is none."""
    names = [name for name in found.files if name.lower().endswith(READS)]
    if not names:
        raise UserError(f"{dataset}: there is no {', '.join(READS)} file in {root} or its subfolders")
    return names


def sources(root: Path, names: Iterable[str]) -> list[str]:
    """Files, and of arrays of many pictures their ranges."""
    found: list[str] = []
    for name in names:
        many = count(root / name) if name.lower().endswith(".npy") else 1
        found += spans(name, many) if many > A_SPAN else [name]
    return found


def file_of(source: str) -> tuple[str, range | None]:
    """(a file, which of its pictures: None = all)"""
    return parsed(source) if re.search(r"\.npy/\d+-\d+$", source, re.IGNORECASE) else (source, None)


def unread(found: Tree) -> dict[str, str]:
    """What is left out of the folder, by name: why."""
    suffixes = {name: Path(name).suffix.lower() for name in found.files}
    kinds = {name: f"is a picture of a format that is not read, {suffix}"
             for name, suffix in suffixes.items() if suffix in UNREAD}  # fmt: skip
    return {**found.left_out, **kinds}


def examples(
    root: Path, source: str, y: Image, conditions: Sequence[Condition], split: Split | None
) -> list[Example]:  # fmt: skip
    """Those of one file: one for each picture and condition, all of one picture in one split. Pictures that look alike
    are kept in one split too or, where the data have their own, left out of training.

    Raises BadSource where it can't be read.
    """
    file, numbers = file_of(source)
    try:
        found = read(root / file, numbers)
    except BadSource as error:
        raise BadSource(source, error.reason) from error
    except UserError as error:
        raise BadSource(source, "there is no such file") from error
    stem, many, result = file.rpartition(".")[0], len(found) > 1 or bool(numbers), []
    for number, picture in enumerate(found, numbers.start if numbers else 0):
        exact = fitted(picture, y.size, y.channels, y.fit)
        for place, condition in enumerate(conditions or (None,)):
            name = [file, *([str(number)] if many else []), *([str(place)] if len(conditions) > 1 else [])]
            result.append(Example(
                id=":".join(name), y=y.encode(exact)[0], x=condition.x if condition else None,
                groups=() if split else alike(exact.pixels), fingerprints=looks(exact.pixels), split=split,
                meta={"title": condition.title if condition else stem},
                remarks=(*picture.remarks, *(condition.remarks if condition else ())),
            ))  # fmt: skip
    return result
