"""What the benchmarks of the loop train: a transformer on records of random tokens, of the size of lyric2melody's."""

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from regenkit import Spec
from regenkit.components import Example
from regenkit.recipe.train_settings import TrainSettings
from regenkit.spec import Fields, tokens

BATCH = 32
STEPS = 64
"""Of one example."""
X = Spec({"word": tokens(64)})
Y = Spec({"position": tokens(48), "duration": tokens(32), "pitch": tokens(61)})


@dataclass(frozen=True)
class Data:
    """`count` examples, each of STEPS random tokens a field."""

    count: int = 1024
    version = 1

    def sources(self) -> list[str]:
        return [str(number) for number in range(self.count)]

    def read(self, source: str) -> list[Example]:
        random = np.random.default_rng(int(source))
        fields = {
            name: random.integers(1, (field.vocabulary or 1) + 1, STEPS).astype(np.int32)
            for name, field in (X | Y).items()
        }
        word = fields.pop("word")
        return [Example(id=source, y=fields, x={"word": word})]


class Copied:
    """Y′ is the position."""

    version = 1

    def convert(self, y: Fields) -> Fields:
        return {"position": y["position"]}


@contextmanager
def prepared() -> Iterator[Any]:
    """The records, in a temporary folder."""
    from regenkit.data.prepare import prepare

    with tempfile.TemporaryDirectory() as folder:
        os.environ["REGENKIT_CACHE"] = folder
        yield prepare(
            dataset=Data(),
            identity={"use": "benchmark"},
            converter=Copied(),
            converter_identity={"use": "benchmark"},
            specs={"x": X, "y": Y, "rep": Spec({"position": Y["position"]})},
            progress=lambda *_: None,
            processes=1,
        )


def sides() -> tuple[Any, Any]:
    """(condition, target): words → notes."""
    from regenkit.stages import Side

    return Side(spec=X, source={"word": "x"}), Side(spec=Y, source=dict.fromkeys(Y, "y"))


def transformer(width: int, depth: int) -> Any:
    from regenkit.models.transformer import Transformer

    return Transformer(condition=X, target=Y, width=width, depth=depth, heads=4, dropout=0.2)


def settings(**options: Any) -> TrainSettings:
    """Of a training that never comes to a validation or a checkpoint."""
    never = 10**8
    return TrainSettings(**{
        "steps": never, "batch_size": BATCH, "validate_every": never, "checkpoint_every": never, "sample_every": 0,
        "learning_rate": 2e-3, **options,
    })  # fmt: skip


def machine() -> str:
    """A line on what it was measured on."""
    from regenkit.quiet import keras
    from regenkit.quiet import tensorflow as tf

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}; TensorFlow {tf.__version__}, Keras "
        f"{keras.__version__}, Python {platform.python_version()}; load {os.getloadavg()[0]:.1f} before it began"
    )
