"""The same held-out inputs by every route, written by the modality itself: best, median and worst, in RUN/gallery/."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from itertools import dropwhile
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.adapter import Decodes, Sheets, Views
from regenkit.analysis.pages.embed import KINDS
from regenkit.analysis.results.report import GalleryItem
from regenkit.files import writing
from regenkit.pipeline import Pipeline
from regenkit.pipeline.editing import text_of
from regenkit.spec import Fields

SHOWN = ("reference", "oracle", "predicted", "direct")
BY_REP = ("oracle", "predicted")
"""The routes that render a Y′."""
LINES, WIDTH = 12, 160
"""Of a Y′ as text, that are shown."""
TOGETHER = 40
Example = Callable[[int], tuple[str, Fields, dict[str, Any]]]
"""(id, X, meta) of the one at a place."""


def picks(bits: np.ndarray | None, count: int) -> dict[str, int]:
    """Places, of `count`, of the best, the median and the worst by `bits` a step; where there are none, evenly chosen
    ones; fewer where there are not three."""
    names = ("best", "median", "worst") if bits is not None else ("first", "second", "third")
    order = np.arange(count) if bits is None else np.argsort(bits, kind="stable")
    chosen = dict(zip(names, (0, len(order) // 2, -1), strict=True)) if count else {}
    return {rank: int(order[place]) for rank, place in chosen.items() if count >= 3 or rank == names[0]}


@final
class Gallery:
    """Chooses examples, keeps what each route of SHOWN draws for them, and writes it.

    Where the modality of Y has `sheet` (many values as one to look at), the first is a sheet of TOGETHER examples.

    bits      of the predicted route, a step [examples], if it has any
    count     examples there are
    """

    def __init__(self, pipeline: Pipeline, bits: np.ndarray | None, count: int) -> None:
        self.pipeline, self.bits, self.picks = pipeline, bits, picks(bits, count)
        self.suffixes = [suffix for suffix in pipeline.y_record.writes if suffix in KINDS]
        self.sheet: list[int] = []
        if isinstance(pipeline.y, Sheets):
            self.sheet = np.linspace(0, count - 1, min(count, TOGETHER)).round().astype(int).tolist()
        self._drawn: dict[str, dict[int, Fields]] = {}
        self._reps: dict[str, dict[int, Fields]] = {}

    def keep(self, route: str, ys: Sequence[Fields], reps: Sequence[Fields]) -> None:
        """Of all that a route drew, and of the Y′ that it drew it from, what is to be shown."""
        if route in BY_REP:
            self._reps[route] = {place: reps[place] for place in self.picks.values()}
        if route in SHOWN:
            self._drawn[route] = {place: ys[place] for place in {*self.sheet, *self.picks.values()}}

    def write(self, folder: Path, example: Example) -> tuple[GalleryItem, ...]:
        """Write the files into `folder`, made anew."""
        if not self.suffixes:
            return ()
        shutil.rmtree(folder, ignore_errors=True)
        with writing(folder):
            folder.mkdir(parents=True)
        items = [self._sheet(folder)] if self.sheet else []
        for rank, place in self.picks.items():
            items.append(self._example(folder, rank, place, *example(place)))
        return tuple(items)

    def _sheet(self, folder: Path) -> GalleryItem:
        y, files = self.pipeline.y, {}
        assert isinstance(y, Sheets)
        for route, drawn in self._drawn.items():
            whole = y.sheet([y.decode(drawn[place]) for place in self.sheet])
            files[route] = self._write(folder, f"sheet-{route}", whole)
        many = f"{len(self.sheet)} inputs"
        return GalleryItem(rank="sheet", id=f"{many}, evenly chosen", x="", files=files,
                           described=dict.fromkeys(files, many))  # fmt: skip

    def _example(self, folder: Path, rank: str, place: int, name: str, x: Fields, meta: dict[str, Any]) -> GalleryItem:
        y, files, described = self.pipeline.y, {}, {}
        for route, drawn in self._drawn.items():
            value = y.decode(drawn[place], meta)
            described[route] = y.describe(value)
            if isinstance(y, Views):
                true = None if route == "reference" else y.decode(self._drawn["reference"][place], meta)
                value = y.view(value, true)
            files[route] = self._write(folder, f"{rank}-{route}", value)
        bits = None if self.bits is None else float(self.bits[place])
        converter = self.pipeline.converter
        reps = {route: _beginning(text_of(converter, kept[place], meta)) for route, kept in self._reps.items()}
        return GalleryItem(
            rank=rank, id=name, bits=bits, x=self._x(x, meta), files=files, described=described, rep=reps
        )

    def _write(self, folder: Path, stem: str, value: Any) -> tuple[str, ...]:
        """Paths relative to the report."""
        for suffix in self.suffixes:
            self.pipeline.y.write(value, folder / f"{stem}{suffix}")
        return tuple(f"{folder.name}/{stem}{suffix}" for suffix in self.suffixes)

    def _x(self, x: Fields, meta: Mapping[str, Any]) -> str:
        """X for a person, where its modality can: some can't be had back from what a model sees of them."""
        modality = self.pipeline.x
        if not isinstance(modality, Decodes) or self.pipeline.source:
            return ""
        return modality.describe(modality.decode(x, dict(meta)))


def _beginning(text: str) -> str:
    """The first lines, without the comments before them: those say how to edit it."""
    kept = dropwhile(lambda line: line.startswith("#"), text.strip().splitlines())
    lines = [line if len(line) <= WIDTH else f"{line[:WIDTH]} …" for line in kept]
    return "\n".join(lines[:LINES] + ["…"] * (len(lines) > LINES))
