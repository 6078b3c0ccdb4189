"""A plugin of toys and a recipe that uses them: what the tests of recipes stand on."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field as Bound

from regenkit import Converter, Dataset, Generator, Metric, Renderer, Spec, UserError, hookimpl, plugins
from regenkit.recipe import Recipe, check_data, load

TEXT = """\
# A toy.
dataset:
  use: toy/data
  paired: [bach, essen]
converter: {use: toy/half, parts: [rhythm]}
generator: {use: toy/model, width: 64}
renderer:
  use: toy/model
  rate: 3e-4
direct: {width: 96}
train:
  batch_size: 8
  learning_rate: 3e-4
  generator: {steps: 50}
  renderer: {steps: 70, patience: 3}
evaluate: [toy/score]
"""


class Data:
    def __init__(self, paired: tuple[str, ...], folder: Path | None = None) -> None:
        self.paired, self.folder = paired, folder


class Half:
    def __init__(self, *, parts: tuple[Literal["rhythm", "cadence", "chords"], ...] = ("rhythm", "cadence")) -> None:
        self.parts = parts


class Base:
    """As Keras: what a class takes is hidden behind a __new__ that takes everything."""

    def __new__(cls, *args: Any, **kwargs: Any) -> "Base":
        return super().__new__(cls)


class Model(Base):
    def __init__(
        self,
        condition: Spec,
        target: Spec,
        width: Annotated[int, Bound(ge=1)] = 32,
        rate: float = 0.1,
        causal: bool = True,
        schema: str = "plain",  # a name that pydantic's own models could not hold
        limit: int | list[int] | None = None,
        **kwargs: Any,
    ) -> None:
        self.condition, self.target, self.width, self.rate = condition, target, width, rate


class Toy:
    @hookimpl
    def register_datasets(self) -> Iterator[Dataset]:
        yield Dataset(name="toy/data", target=f"{__name__}:Data", x="word", y="tune")

    @hookimpl
    def register_converters(self) -> Iterator[Converter]:
        yield Converter(name="toy/half", target=f"{__name__}:Half", modality="tune")
        yield Converter(name="toy/mel", target=f"{__name__}:Half", modality="speech")

    @hookimpl
    def register_generators(self) -> Iterator[Generator]:
        yield Generator(name="toy/model", target=f"{__name__}:Model")
        yield Generator(name="toy/heavy", target="toy_heavy:Model", extra="heavy")
        yield Generator(name="toy/lost", target=f"{__name__}:Lost")

    @hookimpl
    def register_renderers(self) -> Iterator[Renderer]:
        yield Renderer(name="toy/model", target=f"{__name__}:Model")

    @hookimpl
    def register_metrics(self) -> Iterator[Metric]:
        yield Metric(name="toy/score", target=f"{__name__}:Data", modality="tune")
        yield Metric(name="toy/clarity", target=f"{__name__}:Data", modality="speech")


HOST = plugins.Host([Toy()])


def read(folder: Path, text: str | bytes, *overrides: str) -> Recipe:
    path = folder / "toy.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    recipe = load(path, overrides, HOST)
    check_data(recipe)
    return recipe


def refusal(folder: Path, text: str | bytes, *overrides: str) -> str:
    """The lines of the UserError, without the folder before the file's name."""
    with pytest.raises(UserError) as caught:
        read(folder, text, *overrides)
    return str(caught.value).replace(f"{folder}{os.sep}", "")
