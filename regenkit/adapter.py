"""What a modality adapter is made of, as types: read this, and `stage.py`, before you write one.

A plugin registers classes by records (`components`). These types have the members that their instances need; there is
nothing to inherit. The types on the right are optional. The core looks for them with `isinstance`, and each opens one
more part of it. A complete small plugin is in docs/authoring.md.

    Modality        files ↔ values ↔ fields          Decodes, ReadsText, Parses, Cuts, Joins, Sheets, Views,
                                                     HasUnit, Shares, WritesParts
    Source          a dataset: sources → examples    Fingerprinted, Ignores, KnowsModalities
    RuleConverter   Y → Y′ by a rule                 Gives, WritesText, Adapts, ConvertsMany
    Metric          samples → one score each

Converters that are learned are stages: see `stage.LearnedConverter`. Nothing here needs TensorFlow.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeGuard, runtime_checkable

import numpy as np

from regenkit.components import Evaluation, Example, LeftOut
from regenkit.given import Given
from regenkit.spec import Fields, Spec

# --- modalities ------------------------------------------------------------------------------------------------------


class Modality(Protocol):
    """A kind of data. A *value* is one example as a person would hold it: a melody, a picture, a text."""

    spec: Spec
    """The fields that `encode` returns."""
    version: int
    """Raised whenever what `encode` returns changes: the data are then prepared again."""

    def read(self, path: str | Path) -> list[Any]:
        """The values of a file. What of it could not be kept is logged (`errors.warn`). Raises UserError, or BadSource,
        which name it."""
        ...

    def write(self, value: Any, path: str | Path) -> None:
        """Write a file in the format of its suffix, whole or not at all. Raises UserError."""
        ...

    def encode(self, value: Any) -> tuple[Fields, dict[str, Any]]:
        """(fields of `spec`, meta). Meta is what a person needs and no model sees, such as a title, as JSON data."""
        ...

    def describe(self, value: Any) -> str:
        """One line for lists and logs."""
        ...


@runtime_checkable
class Decodes(Protocol):
    """The modality of Y has it, and that of X where a value can be restored from its fields."""

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> Any:
        """The value of some fields. Any tokens that a model may draw decode to a value that can be written."""
        ...


class ReadsText(Protocol):
    """A modality whose files hold text that may be in an old encoding: see `reads_text`."""

    def read(self, path: str | Path, encoding: str | None = None) -> list[Any]:
        """As `Modality.read`; `encoding` is what the user says the text is in. Raises UserError where it is none."""
        ...


def reads_text(modality: Modality) -> TypeGuard[ReadsText]:
    """`isinstance` looks at names alone, and every modality has a `read`."""
    return "encoding" in signature(modality.read).parameters


class OutputModality(Modality, Decodes, Protocol):
    """A modality that may be Y."""


@runtime_checkable
class Parses(Protocol):
    def parse(self, text: str) -> Any:
        """A value from text that a person typed. Raises UserError."""
        ...


@runtime_checkable
class Cuts(Protocol):
    def cut(self, value: Any) -> list[Any]:
        """Parts of a value, none longer than the examples that models learn from; one part where it is short."""
        ...


@runtime_checkable
class Joins(Protocol):
    def join(self, parts: Sequence[Fields]) -> Fields:
        """One example from the parts that were drawn for the parts of `cut`."""
        ...


@runtime_checkable
class Sheets(Protocol):
    def sheet(self, values: Sequence[Any]) -> Any:
        """Many values as one to look at, for reports."""
        ...


@runtime_checkable
class WritesParts(Protocol):
    def write_parts(self, parts: Iterable[Any], path: str | Path) -> None:
        """Write the parts of one value into one file as they come, whole or not at all. Raises UserError."""
        ...


@runtime_checkable
class Views(Protocol):
    def view(self, value: Any, reference: Any = None) -> Any:
        """What to look at in place of a value that is no picture, for reports; `write` takes it, too. With a reference,
        what is wrong with the value."""
        ...


@runtime_checkable
class HasUnit(Protocol):
    """What reports count Y in, where it is not its steps: "note", "character"; or "second", of 16,000 steps."""

    unit: str
    unit_steps: float


@runtime_checkable
class Shares(Protocol):
    """Arguments of the modality that an argument of the same name of a component must agree with: a sample rate."""

    shared: Sequence[str]


class Unit(NamedTuple):
    """What reports count Y in, and how many steps of Y make one."""

    name: str = "step"
    steps: float = 1.0


def unit_of(modality: Modality) -> Unit:
    return Unit(modality.unit, float(modality.unit_steps)) if isinstance(modality, HasUnit) else Unit()


# --- datasets --------------------------------------------------------------------------------------------------------


class Source(Protocol):
    """A dataset, built with the recipe's options. It is pickled: `read` runs in worker processes."""

    version: int
    """Raised whenever what `read` returns changes."""

    def sources(self) -> list[str]:
        """Names of units of work, in a fixed order. Must be quick."""
        ...

    def read(self, source: str) -> list[Example | LeftOut]:
        """The examples of one source, with a `LeftOut` for each part that cannot be used. Raises BadSource where none
        can."""
        ...


@runtime_checkable
class Fingerprinted(Protocol):
    def fingerprint(self) -> str:
        """Changes with the data, so that they are then prepared again. Without it they are where `sources` change."""
        ...


@runtime_checkable
class Ignores(Protocol):
    def ignored(self) -> Mapping[str, str]:
        """What lies among its data and is none (hidden files), by name: why. It is counted and named, as no damage."""
        ...


@runtime_checkable
class KnowsModalities(Protocol):
    @property
    def modalities(self) -> Mapping[str, Mapping[str, Any]]:
        """By "x" and "y": the arguments of the modality that only the data know (sizes, names of classes)."""
        ...


# --- converters ------------------------------------------------------------------------------------------------------


class RuleConverter(Protocol):
    """Y → Y′. Once it is trained, a learned converter has the same members (`pipeline.learned`)."""

    @property
    def spec(self) -> Spec:
        """The fields that `convert` returns."""
        ...

    @property
    def version(self) -> Any:
        """Another one whenever what `convert` returns is another; a class may have it as `version = 1`."""
        ...

    def convert(self, y: Fields) -> Fields:
        """The Y′ of one Y, with the fields of `spec`. Raises BadSource where this Y has none."""
        ...


@runtime_checkable
class Gives(Protocol):
    """A converter that says itself what of its Y′ a user may give. Of any other, each scalar with labels can be given;
    an optional one that is not given has its first label."""

    def given(self, options: Mapping[str, str]) -> Given:
        """`--given NAME=VALUE`, parsed. Raises UserError."""
        ...

    def complete(self, rep: Fields, given: Given) -> Fields:
        """The predicted Y′, overwritten with what is given."""
        ...


@runtime_checkable
class WritesText(Protocol):
    """A converter whose Y′ has a text of its own. Of any other, the text is YAML, a list a field (`rep_text`)."""

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        """Y′ as text that a person reads and edits."""
        ...

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        """(Y′, meta) of such a text. Raises UserError that says where the text is wrong."""
        ...


@runtime_checkable
class Adapts(Protocol):
    def adapt(self, examples: Iterable[Fields]) -> None:
        """Learn what depends on the data (a vocabulary, a mean) from training examples of Y, before converting."""
        ...


@runtime_checkable
class ConvertsMany(Protocol):
    def convert_all(self, ys: Sequence[Fields]) -> list[Fields]:
        """The Y′ of each Y, in batches. It is called in one process, which may use all cores."""
        ...


# --- metrics ---------------------------------------------------------------------------------------------------------

Metric = Callable[[Evaluation], np.ndarray | float]
"""One value for each sample, NaN where it is not defined; or one value for all of them, shape ()."""
