"""The same held-out inputs by every route, written by the modality itself: best, median and worst, in RUN/gallery/."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.files import writing
from regenkit.pipeline import Pipeline
from regenkit.report.media import KINDS
from regenkit.spec import Fields

SHOWN = ("reference", "oracle", "predicted", "direct")


def picks(bits: np.ndarray) -> dict[str, int]:
    """Places of the best, the median and the worst by `bits` a step; fewer where there are not three."""
    order = np.argsort(bits, kind="stable")
    chosen = {"best": order[0], "median": order[len(order) // 2], "worst": order[-1]} if len(order) else {}
    return {rank: int(place) for rank, place in chosen.items() if len(order) >= 3 or rank == "best"}


def write_gallery(
    pipeline: Pipeline,
    folder: Path,
    bits: np.ndarray,
    drawn: Mapping[str, Sequence[Fields]],
    example: Callable[[int], tuple[str, Fields, dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Write the chosen examples by each route of SHOWN into `folder`, made anew; returns what the page shows of them.

    bits      of the predicted route, a step [examples]
    drawn     Y by route
    example   (id, X, meta) of the one at a place
    """
    suffixes = [suffix for suffix in pipeline.y_record.writes if suffix in KINDS]
    if not suffixes:
        return []
    shutil.rmtree(folder, ignore_errors=True)
    with writing(folder):
        folder.mkdir(parents=True)
    found = []
    for rank, place in picks(bits).items():
        name, x, meta = example(place)
        files: dict[str, list[str]] = {}
        said = {}
        for route in SHOWN:
            value = pipeline.y.decode(drawn[route][place], meta)
            said[route] = pipeline.y.describe(value) if hasattr(pipeline.y, "describe") else ""
            files[route] = [f"{folder.name}/{rank}-{route}{suffix}" for suffix in suffixes]
            for path in files[route]:
                pipeline.y.write(value, folder.parent / path)
        found.append({"rank": rank, "id": name, "bits": float(bits[place]), "x": _described(pipeline, x, meta),
                      "files": files, "described": said})  # fmt: skip
    return found


def _described(pipeline: Pipeline, x: Fields, meta: dict[str, Any]) -> str:
    """X for a person, where its modality can: some can't be had back from what a model sees of them."""
    if hasattr(pipeline.x, "decode") and hasattr(pipeline.x, "describe"):
        return str(pipeline.x.describe(pipeline.x.decode(x, meta)))
    return ""
