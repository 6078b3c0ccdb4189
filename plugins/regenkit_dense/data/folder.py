"""A folder of pictures and folders of their maps, as people keep them: equal names, each with its own suffix."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, final

import numpy as np
from pydantic import Field, PositiveFloat

from regenkit import plugins
from regenkit.components import Example
from regenkit.data.split import SPLITS, Split, official
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import own_folder, stamp
from regenkit.tree import Tree, tree
from regenkit_dense.data import labels
from regenkit_dense.formats import LABELS
from regenkit_dense.modality import files, maps
from regenkit_dense.modality.dense import Colour, Dense
from regenkit_dense.modality.maps import Maps, Task

NAME = "dense/folder"
Fraction = Annotated[float, Field(gt=0, le=1)]


@final
class Folder:
    """path/images/a.jpg with path/labels/a.png. Where the first folders in `images` are train, val (or valid,
    validation, dev) and test, they are the split, and a training picture that looks like a held-out one is dropped.
    Else pictures that look alike are in one split.

    path               the folder that holds the others; a relative one starts at the working directory
    images             the folder of pictures in it
    maps               by task the folder of its maps: {classes: labels}, {depth: depth, normals: normals}
    classes            names of the classes in their order; class 0 of a file is the first
    colours            of label pictures: [red, green, blue] of each class
    suffix             what a map's name has after its picture's: "_mask" for a_mask.png
    size               pixels a side
    channels           1 (grey) or 3 (red, green, blue)
    per_unit           levels of a 16-bit PNG in a metre of depth or a pixel of disparity
    labelled_fraction  the share of training pictures that keep their maps; wants folders that name the split
    """

    version = 4

    def __init__(self, path: str, images: str = "images",
                 maps: Annotated[dict[Task, str], Field(min_length=1)] = {"classes": "labels"},  # noqa: B006 - not changed
                 classes: tuple[str, ...] = (), colours: tuple[Colour, ...] = (), suffix: str = "",
                 size: Annotated[int, Field(ge=8, le=1024)] = 64, channels: Literal[1, 3] = 3,
                 per_unit: PositiveFloat = files.PER_UNIT, labelled_fraction: Fraction = 1.0) -> None:  # fmt: skip
        right = f"a folder that holds {images} and {', '.join(maps.values())}"
        self.root = own_folder(path, NAME, right)
        self.images, self.suffix, self.size, self.channels = images, suffix, size, channels
        self.maps: dict[str, str] = {str(task): folder for task, folder in maps.items()}
        self.labelled_fraction = labelled_fraction
        for folder in (images, *maps.values()):
            if not (self.root / folder).is_dir():
                raise UserError(f"{NAME}: there is no folder {folder} in {path}; right is {right}")
        if ("classes" in maps) != (len(classes) >= 2):
            raise UserError(f"{NAME}: {len(classes)} classes are named; right are two at least where maps has classes, "
                            "else none: classes: [road, building]")  # fmt: skip
        self.colours = colours
        try:
            self.y = Dense(tuple(maps), size, classes, per_unit, colours)
        except ValueError as error:
            raise UserError(f"{NAME}: {error}") from error
        self.found = tree(self.root / images, self._suffixes)
        names = [name for name in self.found.files if PurePosixPath(name).suffix.lower() in self._suffixes]
        if not names:
            raise UserError(f"{NAME}: there is no {', '.join(self._suffixes)} file in {self.root / images}")
        self.splits = official(names)
        others = sorted({name.split("/")[0] for name in names if "/" in name} - set(self.splits))
        if self.splits and others:
            raise UserError(
                f"{NAME}: {path}/{images} has the folders {' and '.join(sorted(self.splits))}, which name a split, and "
                f"beside them {', '.join(others)}; right are folders of a split alone, or none"
            )
        if labelled_fraction < 1 and set(self.splits.values()) != set(SPLITS):
            raise UserError(f"{NAME}: labelled_fraction wants folders that name the split: {images}/train, "
                            f"{images}/val and {images}/test")  # fmt: skip
        self.names, self.left_out = self._paired(names)

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        y = {"tasks": self.y.tasks, "size": self.size, "labels": self.y.labels, "per_unit": self.y.per_unit,
             "colours": self.colours}  # fmt: skip
        return {"x": {"size": self.size, "channels": self.channels}, "y": y}

    def sources(self) -> list[str]:
        """ "train/a.jpg": pictures, and what is left out of the folders."""
        return [*self.names, *self.left_out]

    def ignored(self) -> Mapping[str, str]:
        return self.found.ignored

    def fingerprint(self) -> str:
        wanted = [f"{self.images}/{name}" for name in self.names]
        wanted += [f"{self.maps[task]}/{each}" for name in self.names.values() for task, each in name.items()]
        return stamp(self.root, wanted) + repr(self.left_out)

    def read(self, source: str) -> list[Example]:
        """The example of one picture. Raises BadSource where it, or one of its maps, is not right."""
        if source in self.left_out:
            raise BadSource(source, self.left_out[source])
        pictures = self._read(source, lambda: self._image.read(self.root / self.images / source))
        if len(pictures) != 1:
            raise BadSource(source, f"holds {len(pictures)} pictures; right is one")
        height, width = pictures[0].pixels.shape[:2]
        turned = " as its EXIF data turn it" if pictures[0].turned else ""
        found = {}
        for task, name in self.names[source].items():
            path = self.root / self.maps[task] / name
            values = self._read(source, lambda path=path, task=task: self.y.read_map(path, task))
            if values.shape[:2] != (height, width):
                size = f"{values.shape[1]} × {values.shape[0]}"
                raise BadSource(source, f"is {width} × {height}{turned}, and its {task} {size}")
            if wrong := maps.fault(task, values, len(self.y.labels)):
                raise BadSource(source, wrong)
            found[task] = values
        remarks = list(pictures[0].remarks)
        if turned:
            remarks.append("its EXIF data turn it: its maps are taken to be of the picture as it is shown")
        if not self.colours and "classes" in found and set(np.unique(found["classes"]).tolist()) == {0, 1}:
            remarks.append("its classes are 0 and 255 alone, and 255 is ignored; if it is a class, say so by `colours`")
        y = self._read(source, lambda: self.y.encode(Maps(maps=found)))[0]
        if not any(maps.known(task, values).any() for task, values in y.items()):
            raise BadSource(source, "nothing of it is known: every pixel is to be ignored")
        x = self._image.encode(pictures[0])[0]
        rest: Split | None = "train" if self.labelled_fraction < 1 else None  # where folders name all three splits
        split, looks = self.splits.get(source.split("/")[0], rest), self._image.looks(x)
        example = Example(id=source, x=x, y=y, split=split, fingerprints=looks,
                          groups=() if split else tuple(f"look:{mark}" for mark in looks),
                          meta={"title": source.rpartition(".")[0]}, remarks=tuple(remarks))  # fmt: skip
        return [labels.hide(example, self.labelled_fraction)]

    @staticmethod
    def _read(source: str, read: Any) -> Any:
        """What `read` gives; its faults are those of the source."""
        try:
            return read()
        except BadSource as error:
            place = Path(error.source).name
            raise BadSource(
                source, error.reason if place == Path(source).name else f"its map {error.reason}"
            ) from error
        except UserError as error:
            raise BadSource(source, "there is no such file") from error

    @cached_property
    def _image(self) -> Any:
        return plugins.host().find("modality", "image").load()(size=self.size, channels=self.channels)

    @property
    def _suffixes(self) -> tuple[str, ...]:
        record: Any = plugins.host().find("modality", "image")
        return tuple(record.reads)

    def _paired(self, names: list[str]) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
        """(of each picture the names of its maps by task; what has no partner, why)."""
        found: dict[str, dict[str, str]] = {name: {} for name in names}
        left_out = dict(self.found.left_out)
        left_out |= {name: f"is a picture of a format that is not read, {suffix}" for name in self.found.files
                     if (suffix := PurePosixPath(name).suffix.lower()) in self._image.unread}  # fmt: skip
        stems: dict[str, str] = {}
        for name in names:
            if (other := stems.setdefault(name.rpartition(".")[0], name)) != name:
                left_out[name] = "another picture has its name with another suffix"
                del found[name]
                assert other in found
        for task, folder in self.maps.items():
            there = tree(self.root / folder)
            theirs, unread = _by_stem(there, self.suffix, read=True), _by_stem(there, self.suffix, read=False)
            for stem, name in stems.items():
                if name not in found:
                    continue
                if len(its := theirs.get(stem, [])) == 1:
                    found[name][task] = its[0]
                    continue
                if its:
                    left_out[name] = (
                        f"there are {len(its)} maps of this name in {folder}: {', '.join(its)}; right is one"
                    )
                elif stem in unread:
                    left_out[name] = f"its map {folder}/{unread[stem][0]} is not read; right are {', '.join(LABELS)}"
                else:
                    left_out[name] = f"there is no file {stem}{self.suffix} in {folder}"
                del found[name]
            for stem in theirs.keys() - stems.keys():
                for its_name in theirs[stem]:
                    left_out[f"{folder}/{its_name}"] = f"there is no picture of this name in {self.images}"
        return found, dict(sorted(left_out.items()))


def _by_stem(found: Tree, suffix: str, *, read: bool) -> dict[str, list[str]]:
    """Maps by the name of their picture: those that are `read`, or files of other kinds."""
    names: dict[str, list[str]] = {}
    for name in found.files:
        stem = name.rpartition(".")[0]
        if (PurePosixPath(name).suffix.lower() in LABELS) == read and stem.endswith(suffix):
            names.setdefault(stem[: len(stem) - len(suffix)], []).append(name)
    return names
