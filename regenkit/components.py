"""The frozen records that plugins register: pure data, so that listing them imports nothing heavy."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, final

from regenkit.errors import UserError
from regenkit.signals import told_apart
from regenkit.sources.source import Source

if TYPE_CHECKING:  # numpy is imported when there are data
    from regenkit.spec import Fields

ANY = "any"
"""Instead of a modality's name: any modality."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """What every record has. `name` is what a recipe writes; `target` is imported on first use."""

    name: str  # "music/template"
    target: str  # "regenkit_music.converter:Template"
    summary: str = ""
    extra: str = ""  # the optional dependencies it needs: pip install 'regenkit[EXTRA]'
    sources: tuple[Source, ...] = ()  # packages that `regenkit data fetch` gets its files from

    def load(self) -> Any:
        """Import and return the target. Raises UserError where a package is missing, with the command to install it."""
        module, _, attribute = self.target.partition(":")
        try:
            with told_apart() as asked:
                return getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as error:
            if error.name and not module.startswith(error.name):
                mend = f"pip install 'regenkit[{self.extra}]'" if self.extra else f"pip install {error.name}"
                raise UserError(
                    f"{self.name} needs the package {error.name!r}, which is not installed: {mend}"
                ) from error
            raise
        except SystemExit as error:
            raise UserError(f"{self.name}: {module} ends the process when it is imported ({error.code})") from error
        except KeyboardInterrupt as error:
            if asked.is_set():
                raise
            raise UserError(f"{self.name}: {module} raises KeyboardInterrupt when it is imported") from error


@final
@dataclass(frozen=True, kw_only=True)
class Modality(Component):
    """A kind of data: read, write, encode, decode, show."""

    reads: tuple[str, ...] = ()  # file suffixes
    writes: tuple[str, ...] = ()


@final
@dataclass(frozen=True, kw_only=True)
class Converter(Component):
    """Y → Y′."""

    modality: str  # of Y, or ANY
    learned: bool = False  # a network, built as a stage is and trained first


@final
@dataclass(frozen=True, kw_only=True)
class Generator(Component):
    """X → Y′; registered in both roles where a class serves both."""

    deterministic: bool = False


@final
@dataclass(frozen=True, kw_only=True)
class Renderer(Component):
    """Y′ → Y."""

    deterministic: bool = False
    trained: bool = True  # False: there is nothing to learn, and it makes no step of training


@final
@dataclass(frozen=True, kw_only=True)
class Dataset(Component):
    """A source of examples."""

    x: str  # modality names
    y: str
    licence: str = ""
    size: str = ""


@final
@dataclass(frozen=True, kw_only=True)
class Metric(Component):
    """A score of samples against references."""

    modality: str  # of Y
    better: str = "higher"  # or "lower", or "closer" (to the reference's own value)


@final
@dataclass(frozen=True, kw_only=True)
class Example:
    """One example as a dataset yields it. x is None where Y is unpaired.

    groups        examples that share any of these keys fall into the same split
    fingerprints  a training example that shares one with a held-out example is left out
    split         its split in the data's own division; None: `data.split.assign` chooses
    meta          what a person needs and the arrays do not have (title, words, key): JSON
    remarks       what could not be kept of it, a sentence each ("the caption was cut at 256 bytes"): counted and shown
    """

    id: str
    y: Fields
    x: Fields | None = None
    groups: tuple[str, ...] = ()
    fingerprints: tuple[int, ...] = ()
    split: Literal["train", "validation", "test"] | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@final
@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What a dataset yields instead of an example that it cannot use, so that it is counted and named.

    id      names it within its source ("songs.abc:12")
    reason  why, the same words for the same fault, so that equal reasons are counted together
    """

    id: str
    reason: str


@final
@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What a metric gets, as fields. The first four are parallel lists.

    samples              Y as one route made it from X
    references           the real Y of the same conditions
    conditions           X; an empty mapping where an example has none
    reps                 the Y′ that each sample was rendered from; an empty mapping where the route has none
    training             every Y of the paired training examples
    training_conditions  their X, in the same order
    x, y                 the modalities, for metrics of values and not of fields: `of.y.decode(of.samples[0])`
    """

    samples: Sequence[Fields]
    references: Sequence[Fields]
    conditions: Sequence[Fields] = ()
    reps: Sequence[Fields] = ()
    training: Sequence[Fields] = ()
    training_conditions: Sequence[Fields] = ()
    x: Any = None
    y: Any = None
