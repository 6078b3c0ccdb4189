"""The toy problem of toy_job as an installed plugin with a recipe: trained by the real command line in seconds."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import toy_job

from regenkit import Converter, Dataset, Generator, Modality, Renderer, hookimpl
from regenkit.spec import Fields

RECIPE = """\
dataset: {use: toy/data, count: 60}
converter: {use: toy/parity}
generator: {use: transformer, width: 16, depth: 1, heads: 2}
renderer: {use: transformer, width: 16, depth: 1, heads: 2}
train: {steps: 6, steps_per_call: 3, validate_every: 3, checkpoint_every: 3, sample_every: 3, warmup_steps: 1}
"""


class Letters:
    spec, version = toy_job.X, 1

    def read(self, path: str | Path) -> list[Any]:
        return [json.loads(Path(path).read_text())]

    def write(self, value: dict[str, Any], path: str | Path) -> None:
        Path(path).write_text(json.dumps(value))

    def encode(self, value: dict[str, Any]) -> tuple[Fields, dict[str, Any]]:
        return {name: np.array(each, np.int32) for name, each in value.items()}, {}

    def describe(self, value: dict[str, Any]) -> str:
        return json.dumps(value)


class Notes:
    spec, version = toy_job.Y, 1
    read, write, encode, describe = Letters.read, Letters.write, Letters.encode, Letters.describe

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> dict[str, Any]:
        return {name: value.tolist() for name, value in fields.items()}


class Parity(toy_job.Parity):
    spec = toy_job.REP

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        return json.dumps(Notes().decode(rep))

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        return Letters().encode(json.loads(text))


@hookimpl
def register_modalities() -> Iterator[Modality]:
    yield Modality(name="letters", target="letters:Letters")
    yield Modality(name="notes", target="letters:Notes", writes=(".json",))


@hookimpl
def register_datasets() -> Iterator[Dataset]:
    yield Dataset(name="toy/data", target="toy_job:Data", x="letters", y="notes")
    yield Dataset(name="toy/listed", target="toy_job:Listed", x="letters", y="notes")


@hookimpl
def register_converters() -> Iterator[Converter]:
    yield Converter(name="toy/parity", target="letters:Parity", modality="notes")


@hookimpl
def register_generators() -> Iterator[Generator]:
    yield Generator(name="toy/table", target="table_stage:Table")


@hookimpl
def register_renderers() -> Iterator[Renderer]:
    yield Renderer(name="toy/table", target="table_stage:Table")


def install(folder: Path) -> None:
    """Make `folder`, from which a command is started, a place where this plugin is installed; and write the recipe."""
    info = folder / "letters-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: letters\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[regenkit]\nletters = letters\n")
    (folder / "toy.yaml").write_text(RECIPE)
