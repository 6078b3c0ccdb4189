"""The toys of `toy_clocks` as a plugin: digits → words → letters, each as long as it likes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import toy_clocks

from regenkit import Converter, Dataset, Modality, UserError, hookimpl
from regenkit.errors import BadSource
from regenkit.spec import Fields, Spec, tokens


class Digits:
    spec, version = toy_clocks.DIGITS, 1

    def parse(self, text: str) -> str:
        if not text.isdecimal():
            raise UserError(f"{text!r}: should be digits")
        return text

    def encode(self, value: str) -> tuple[Fields, dict[str, Any]]:
        return {"digit": np.array([int(digit) + 1 for digit in value], np.int32)}, {"title": value}

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> str:
        return "".join(str(token - 1) for token in fields["digit"])

    def read(self, path: str | Path) -> list[str]:
        return [Path(path).read_text()]

    def write(self, value: str, path: str | Path) -> None:
        Path(path).write_text(value)

    def describe(self, value: str) -> str:
        return value


class Letters:
    spec, version = toy_clocks.LETTERS, 1
    unit, unit_steps = "letter", 1.0

    def parse(self, text: str) -> str:
        return text

    def encode(self, value: str) -> tuple[Fields, dict[str, Any]]:
        return {"letter": np.array([ord(letter) - 96 for letter in value], np.int32)}, {"title": value}

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> str:
        return "".join(chr(96 + token) for token in fields["letter"])

    def read(self, path: str | Path) -> list[str]:
        return [Path(path).read_text()]

    def write(self, value: str, path: str | Path) -> None:
        Path(path).write_text(value)

    def describe(self, value: str) -> str:
        return value


class Words(toy_clocks.Words):
    spec = toy_clocks.WORDS

    def to_text(self, rep: Fields, meta: Any) -> str:
        return json.dumps(rep["word"].tolist())

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        return {"word": np.array(json.loads(text), np.int32)}, {}


@dataclass(frozen=True)
class Odd:
    """X′ of digits: whether each is odd. Digits with a 7 have none."""

    every: int = 1
    version = 1
    spec = Spec({"odd": tokens(2)})

    def convert(self, x: Fields) -> Fields:
        if 8 in x["digit"]:
            raise BadSource("", "it has a 7")
        return {"odd": x["digit"] % 2 + 1}


@hookimpl
def register_modalities() -> Iterator[Modality]:
    yield Modality(name="digits", target="spelling:Digits", writes=(".txt",))
    yield Modality(name="spelt", target="spelling:Letters", writes=(".txt",))


@hookimpl
def register_datasets() -> Iterator[Dataset]:
    yield Dataset(name="toy/numbers", target="toy_clocks:Numbers", x="digits", y="spelt")


@hookimpl
def register_converters() -> Iterator[Converter]:
    yield Converter(name="toy/words", target="spelling:Words", modality="spelt")
    yield Converter(name="toy/odd", target="spelling:Odd", modality="digits")
