"""Folders of pictures as people keep them, and what a recipe makes of them: for tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from regenkit.components import Example
from regenkit.data.prepare import Prepared, prepare
from regenkit.errors import BadSource
from regenkit.plugins import host
from regenkit.spec import Spec

CASES = Path(__file__).parent / "cases" / "image"


def draw(path: Path, seed: int, size: Sequence[int] = (30, 20)) -> None:
    """A picture of 4 × 4 coloured patches that no other seed has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(random).resize(tuple(size)).save(path)


def prepared(name: str, dataset: Any, **options: Any) -> Prepared:
    """As a recipe has it prepared, by this process alone."""
    record = host().find("dataset", name)
    specs = {side: host().find("modality", modality).load()(**dataset.modalities.get(side, {})).spec
             for side, modality in (("x", record.x), ("y", record.y))}  # fmt: skip
    return prepare(
        dataset=dataset, identity={"use": name, **options}, converter=None, converter_identity={},
        specs={**specs, "rep": Spec()}, progress=lambda *_: None, processes=1,
    )  # fmt: skip


def read_all(dataset: Any) -> tuple[list[Example], dict[str, str]]:
    """(the examples of all sources, why the others are left out, by name)"""
    examples: list[Example] = []
    left_out: dict[str, str] = {}
    for source in dataset.sources():
        try:
            examples += dataset.read(source)
        except BadSource as error:
            left_out[error.source] = error.reason
    return examples, left_out
