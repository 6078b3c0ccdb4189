"""The same held-out inputs by every route, written by the modality itself: best, median and worst, in RUN/gallery/."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.analysis.report.media import KINDS
from regenkit.files import writing
from regenkit.pipeline import Pipeline
from regenkit.spec import Fields

SHOWN = ("reference", "oracle", "predicted", "direct")
TOGETHER = 40


def picks(bits: np.ndarray | None, count: int) -> dict[str, int]:
    """Places, of `count`, of the best, the median and the worst by `bits` a step; where there are none, evenly chosen
    ones; fewer where there are not three."""
    names = ("best", "median", "worst") if bits is not None else ("first", "second", "third")
    order = np.arange(count) if bits is None else np.argsort(bits, kind="stable")
    chosen = dict(zip(names, (0, len(order) // 2, -1), strict=True)) if count else {}
    return {rank: int(order[place]) for rank, place in chosen.items() if count >= 3 or rank == names[0]}


def write_gallery(
    pipeline: Pipeline,
    folder: Path,
    bits: np.ndarray | None,
    drawn: Mapping[str, Sequence[Fields]],
    example: Callable[[int], tuple[str, Fields, dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Write the chosen examples by each route of SHOWN into `folder`, made anew; returns what the page shows of them.

    Where the modality of Y has `sheet` (many values as one to look at), the first is a sheet of TOGETHER examples.

    bits      of the predicted route, a step [examples], if it has any
    drawn     Y by route
    example   (id, X, meta) of the one at a place
    """
    suffixes = [suffix for suffix in pipeline.y_record.writes if suffix in KINDS]
    if not suffixes:
        return []
    shutil.rmtree(folder, ignore_errors=True)
    with writing(folder):
        folder.mkdir(parents=True)
    count = len(drawn["reference"])
    found: list[dict[str, Any]] = []
    files: dict[str, list[str]]
    if hasattr(pipeline.y, "sheet"):
        places = np.linspace(0, count - 1, min(count, TOGETHER)).round().astype(int)
        files, said = {}, {}
        for route in SHOWN:
            values = [pipeline.y.decode(drawn[route][place]) for place in places]
            files[route] = [f"{folder.name}/sheet-{route}{suffix}" for suffix in suffixes]
            said[route] = f"{len(values)} inputs"
            for path in files[route]:
                pipeline.y.write(pipeline.y.sheet(values), folder.parent / path)
        found.append({"rank": "sheet", "id": f"{len(places)} inputs, evenly chosen", "bits": None, "x": "",
                      "files": files, "described": said})  # fmt: skip
    for rank, place in picks(bits, count).items():
        name, x, meta = example(place)
        files, said = {}, {}
        for route in SHOWN:
            value = pipeline.y.decode(drawn[route][place], meta)
            said[route] = pipeline.y.describe(value) if hasattr(pipeline.y, "describe") else ""
            files[route] = [f"{folder.name}/{rank}-{route}{suffix}" for suffix in suffixes]
            for path in files[route]:
                pipeline.y.write(value, folder.parent / path)
        found.append({"rank": rank, "id": name, "bits": None if bits is None else float(bits[place]),
                      "x": _described(pipeline, x, meta), "files": files, "described": said})  # fmt: skip
    return found


def _described(pipeline: Pipeline, x: Fields, meta: dict[str, Any]) -> str:
    """X for a person, where its modality can: some can't be had back from what a model sees of them."""
    if hasattr(pipeline.x, "decode") and hasattr(pipeline.x, "describe"):
        return str(pipeline.x.describe(pipeline.x.decode(x, meta)))
    return ""
