"""A toy whose X, Y′ and Y have lengths of their own, and one whose Y′ is slower than Y."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from regenkit import Spec
from regenkit.components import Example
from regenkit.data.prepare import prepare
from regenkit.spec import Field, Fields, tokens
from regenkit.stages import Side

HOP = 4
DIGITS = Spec({"digit": tokens("0123456789", axis="x")})
WORDS = Spec({"word": tokens(12, axis="word")})
LETTERS = Spec({"letter": tokens("abcdefghij")})
WAVE = Spec({"wave": Field(kind="continuous", hop=Fraction(1))})
FRAMES = Spec({"frame": Field(kind="continuous", shape=(None, 2), hop=Fraction(HOP))})


@dataclass(frozen=True)
class Numbers:
    """X a few digits; Y a letter or three for each of them and one more; every fourth example has no X."""

    count: int = 60
    version = 1

    def sources(self) -> list[str]:
        return [str(number) for number in range(self.count)]

    def read(self, source: str) -> list[Example]:
        random = np.random.default_rng(int(source))
        digits = random.integers(1, 11, random.integers(1, 5)).astype(np.int32)
        letters = np.concatenate([*(np.full(1 + digit % 3, digit) for digit in digits), [1]]).astype(np.int32)
        return [Example(id=source, y={"letter": letters}, x={"digit": digits} if int(source) % 4 else None, meta={})]


@dataclass(frozen=True)
class Words:
    """Y → a word for each run of equal letters."""

    version = 1

    def convert(self, y: Fields) -> Fields:
        letter = y["letter"]
        return {"word": letter[np.concatenate([[True], letter[1:] != letter[:-1]])] + 1}


@dataclass(frozen=True)
class Waves:
    """Y counts its own steps, so that it is seen where a window of it was cut."""

    count: int = 60
    longest: int = 50
    version = 1

    def sources(self) -> list[str]:
        return [str(number) for number in range(self.count)]

    def read(self, source: str) -> list[Example]:
        steps = np.random.default_rng(int(source)).integers(1, self.longest)
        return [Example(id=source, y={"wave": 1000 * int(source) + np.arange(1.0, steps + 1)}, x=None, meta={})]


@dataclass(frozen=True)
class Frames:
    """Y → the first and the last of each HOP steps."""

    version = 1

    def convert(self, y: Fields) -> Fields:
        parts = [y["wave"][start : start + HOP] for start in range(0, len(y["wave"]), HOP)]
        return {"frame": np.array([[part[0], part[-1]] for part in parts], np.float32)}


def prepared(data: Any, converter: Any, specs: dict[str, Spec]) -> Any:
    return prepare(
        dataset=data, identity={"use": type(data).__name__, "count": data.count}, converter=converter,
        converter_identity={"use": type(converter).__name__}, specs=specs, progress=lambda *_: None, processes=1,
    )  # fmt: skip


def side(spec: Spec, source: str) -> Side:
    return Side(spec=spec, source=dict.fromkeys(spec, source))


SPELLER = side(DIGITS, "x"), side(LETTERS, "y")
VOCODER = side(FRAMES, "rep"), side(WAVE, "y")


def speller() -> Any:
    """Digits → letters, which end when they will."""
    from regenkit.models.transformer import Transformer

    return Transformer(condition=DIGITS, target=LETTERS, width=16, depth=1, heads=2, dropout=0.2)


def vocoder() -> Any:
    """Frames → wave: a line through each frame, under dropout."""
    from regenkit.layers import noise as noises
    from regenkit.quiet import keras
    from regenkit.quiet import tensorflow as tf

    class Line(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = self.add_weight(name="kernel", shape=(2, HOP), initializer="normal")
            self.built = True

        def losses(self, batch: Any, *, noise: Any) -> Any:
            frame = batch["condition"]["frame"] / 60_000
            kept = noises.keep(noise, 2, 0.2)
            frame = frame if kept is None else frame * kept[:, None]
            drawn = tf.reshape(frame @ tf.convert_to_tensor(self.kernel), [tf.shape(frame)[0], -1])
            known = tf.cast(batch["target"]["mask"], tf.float32)
            error = tf.square(drawn - batch["target"]["wave"] / 60_000)
            return {"main": {"wave": (tf.reduce_sum(error * known, 1), tf.reduce_sum(known, 1))}}

    return Line()


def numbers() -> Any:
    return prepared(Numbers(), Words(), {"x": DIGITS, "y": LETTERS, "rep": WORDS})


def waves() -> Any:
    return prepared(Waves(), Frames(), {"x": Spec(), "y": WAVE, "rep": FRAMES})
