"""X → X′: a converter in front of the generator, as `source:` of a recipe names it (arXiv 2301.08846, Figure 2e).

Any converter of X's modality will do: one by rule (`source: {use: speech/mel}`), or the converter that another run has
trained on that modality as its Y (`source: {from: RUN}`). X′ stands in X's place everywhere: it is made once, when data
are prepared, and kept with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, final

import numpy as np

from regenkit.adapter import Adapts, ConvertsMany, Fingerprinted, Ignores, RuleConverter, Source
from regenkit.components import Example, LeftOut
from regenkit.data.author import examples_of, raised
from regenkit.errors import BadSource, UserError
from regenkit.pipeline.editing import parse_given
from regenkit.spec import Y_AXIS, Fields, Spec


@final
class XConverter:
    """X → X′ by the converter of another modality's Y: to it, the axis of X is the axis "y".

    settings  of the converter, as the recipe has them
    """

    def __init__(self, converter: RuleConverter, settings: Mapping[str, Any], x: Spec) -> None:
        self.converter, self.settings = converter, settings
        self.spec = _moved(converter.spec, x.axes[0] if x.axes else Y_AXIS)

    @property
    def identity(self) -> dict[str, Any]:
        """What X′ depends on, beside X."""
        return {"source": {**self.settings, "version": self.converter.version}}

    def convert(self, x: Fields) -> Fields:
        return self.convert_all([x])[0]

    def convert_all(self, xs: Sequence[Fields]) -> list[Fields]:
        """Raises BadSource where an X has no X′."""
        if isinstance(self.converter, ConvertsMany):
            return self.converter.convert_all(xs)
        return [self.converter.convert(x) for x in xs]

    def of_user(self, x: Fields) -> Fields:
        """X′ of what a user gave; a scalar that it leaves open is what the converter takes where nothing is given.
        Raises UserError where there is none."""
        if unsaid := {name for name, value in x.items() if name in self.spec and not np.any(value)}:
            usual = parse_given(self.converter, {}).fields
            x = {**x, **{name: value for name, value in usual.items() if name in unsaid}}
        try:
            return self.convert(x)
        except BadSource as error:
            raise UserError(f"there is no X′ of this X: {error.reason}") from error


def _moved(spec: Spec, axis: str) -> Spec:
    """The same, with what runs along "y" along another axis."""
    if axis == Y_AXIS:
        return spec
    return Spec(
        (name, replace(field, axis=axis, hop=clock.hop if clock.hop != 1 else None)
         if (clock := spec.clock(name)) and clock.axis == Y_AXIS else field)
        for name, field in spec.items()
    )  # fmt: skip


def as_y(x: Spec) -> Spec:
    """The spec of X as a converter of its modality would meet it as Y: its one axis is "y"."""
    if len(x.axes) > 1:
        raise UserError(f"source: X runs along several axes ({', '.join(x.axes)}), and a converter takes one")
    return Spec(
        (name, replace(field, axis="", hop=field.hop or Fraction(1)) if field.variable else field)
        for name, field in x.items()
    )


@final
class WithSource:
    """A dataset whose X are converted as they are read; messages name what its author wrote, `of_author`."""

    def __init__(self, dataset: Source, source: XConverter) -> None:
        if isinstance(source.converter, Adapts):
            kind = type(source.converter).__name__
            raise UserError(f"source: {kind} learns from data before it converts, which is done for Y alone: train a "
                            "run whose Y are these X, and take its converter by source: {from: RUN}")  # fmt: skip
        self.dataset = self.of_author = dataset
        self.source = source
        self.version = dataset.version

    def sources(self) -> list[str]:
        return self.dataset.sources()

    def read(self, source: str) -> list[Example | LeftOut]:
        found = list(examples_of(self.dataset, source))
        indices = [index for index, each in enumerate(found) if isinstance(each, Example) and each.x is not None]
        for index in indices:
            each = found[index]
            assert isinstance(each, Example) and each.x is not None
            try:
                found[index] = replace(each, x=self.source.convert(each.x))
            except BadSource as error:
                found[index] = LeftOut(id=each.id, reason=f"it has no X′: {error.reason}")
            except (Exception, SystemExit) as error:  # of whoever wrote the converter, not the dataset
                raise raised(error, f"convert, X of example {each.id!r}", self.source.converter) from error
        return found

    def fingerprint(self) -> str:
        return self.dataset.fingerprint() if isinstance(self.dataset, Fingerprinted) else ""

    def ignored(self) -> Mapping[str, str]:
        return self.dataset.ignored() if isinstance(self.dataset, Ignores) else {}
