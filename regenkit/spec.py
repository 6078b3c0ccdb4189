"""Spec: what a representation is made of, as named fields.

Every value that crosses a seam (X, Y′, Y) is a mapping from field names to arrays. A `Spec` describes those
arrays, so that a generic model never hard-codes a modality. Two different Y′ have different digests of their specs.

Tokens are integers 1…vocabulary. **0 is reserved: it means "absent" (not given, or padding)** in every field of every
modality, so a mask is `field != 0`, and nothing needs a vocabulary of special symbols.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import ceil
from numbers import Rational
from typing import Any, Literal, NamedTuple, final

import numpy as np

Fields = dict[str, np.ndarray]
"""One example's arrays by field name, without a batch axis: what `encode` and `convert` return."""

Y_AXIS = "y"
"""The axis of the steps of Y."""
MASK = "mask"
"""Key of a batch: which steps of Y exist, bool [batch, steps]; of other clocks see `Clock.mask`."""
MOST = float(np.finfo(np.float32).max)
"""The largest number that an array of a representation can hold."""
END = "end"
"""Name of the event that a drawn sequence is over, beside the names of fields, in losses and likelihoods."""


class Clock(NamedTuple):
    """What the entries of a variable field count: one entry covers `hop` steps of `axis`."""

    axis: str
    hop: Fraction

    @property
    def mask(self) -> str:
        """The key in a batch of which entries exist, bool [batch, entries]."""
        if self.hop != 1:
            return f"{MASK} {self.axis} {self.hop}"
        return MASK if self.axis == Y_AXIS else f"{MASK} {self.axis}"

    def entries(self, steps: int) -> int:
        """How many entries cover so many steps of the axis."""
        return ceil(steps / self.hop)

    def steps(self, entries: int) -> int:
        """The most steps that so many entries cover."""
        return int(entries * self.hop)


@final
@dataclass(frozen=True, kw_only=True)
class Field:
    """One named array of a representation.

    kind        "tokens" (int32, 1…vocabulary, 0 = absent) or "continuous" (float32)
    shape       without the batch axis; None = variable along the example's steps; () = one value an example
    vocabulary  number of real token values; None where continuous
    axis        of a variable field, what its entries run along: "y", the steps of Y; "x", those of X; or a name of
                yours ("phone"). Fields of one axis have their lengths in common. Left out it is "y" where there is a
                hop, else the field has an axis to itself
    hop         steps of that axis that one entry covers, whole or any Fraction; None counts as 1 where an axis is named
    labels      names of token 1, 2, … for people; may be empty
    optional    a user may supply it, and no model predicts it: models learn to work with and without it
    levels      of continuous data: how many values there are, evenly from −1 to 1; a record holds a byte for each
    gaps        an entry that is 0 is not known: a token 0, which is refused in data without this or `optional`; of
                continuous data, an entry along the last axis
    """

    kind: Literal["tokens", "continuous"] = "tokens"
    shape: tuple[int | None, ...] = (None,)
    vocabulary: int | None = None
    axis: str = ""
    hop: Fraction | int | None = None
    labels: tuple[str, ...] = ()
    optional: bool = False
    levels: int | None = None
    gaps: bool = False

    def __post_init__(self) -> None:
        if (self.kind == "tokens") != (self.vocabulary is not None):
            raise ValueError(f"a field of {self.kind} has vocabulary={self.vocabulary}: only tokens have one")
        if self.labels and len(self.labels) != self.vocabulary:
            raise ValueError(f"{len(self.labels)} labels for a vocabulary of {self.vocabulary}")
        if not self.variable and self.axis:
            raise ValueError(f"axis={self.axis!r}: only a field of variable length runs along an axis")
        if self.hop is not None:
            if not isinstance(self.hop, Rational) or self.hop <= 0:
                raise ValueError(f"hop={self.hop!r}: right is a number of steps above 0, whole or as in Fraction(1, 2)")
            object.__setattr__(self, "hop", Fraction(self.hop))  # of whole numbers the quotient is no fraction
        if self.levels is not None and (self.vocabulary or self.variable or not 2 <= self.levels <= 256):
            raise ValueError(f"levels={self.levels}: right are 2 to 256, of a continuous field of fixed shape")
        if self.gaps and self.scalar and not self.vocabulary:
            raise ValueError("gaps=True: a number has none; right are tokens, or a continuous field of several entries")

    @property
    def scalar(self) -> bool:
        return self.shape == ()

    @property
    def variable(self) -> bool:
        return None in self.shape


def tokens(
    labels: Iterable[str] | int, *, scalar: bool = False, optional: bool = False, axis: str = "", gaps: bool = False
) -> Field:
    """A token field, from its labels or its vocabulary size: one a step of Y or of `axis`, or one an example."""
    names = () if isinstance(labels, int) else tuple(labels)
    return Field(
        vocabulary=labels if isinstance(labels, int) else len(names),
        shape=() if scalar else (None,),
        axis=axis,
        hop=None if scalar or axis else Fraction(1),
        labels=names,
        optional=optional,
        gaps=gaps,
    )


@final
class Spec(Mapping[str, Field]):
    """A frozen, ordered map of fields."""

    def __init__(self, fields: Mapping[str, Field] | Iterable[tuple[str, Field]] = ()) -> None:
        self._fields = dict(fields)
        for name in self._fields:
            if name.split(" ")[0] in (MASK, END):
                raise ValueError(f"{name!r}: the core itself uses '{MASK}' and '{END}'; call the field something else")

    def __getitem__(self, name: str) -> Field:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Spec({', '.join(self._fields)})"

    def clock(self, name: str) -> Clock | None:
        """Along what a field runs; None for one of fixed shape."""
        field = self._fields[name]
        if not field.variable:
            return None
        return Clock(field.axis or (Y_AXIS if field.hop else name), Fraction(field.hop or 1))

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """Of the variable fields, each once, in the order of the fields."""
        return tuple(dict.fromkeys(clock for name in self if (clock := self.clock(name))))

    @property
    def axes(self) -> tuple[str, ...]:
        """Along which variable fields run, each once, in the order of the fields."""
        return tuple(dict.fromkeys(clock.axis for clock in self.clocks))

    def steps(self, fields: Mapping[str, np.ndarray]) -> int:
        """Of one example of Y: entries of its longest variable field; where all shapes are fixed, how many values it
        has, so that bits a step are bits a dimension."""
        if any(field.variable for field in self.values()):
            return max(len(fields[name]) for name, field in self.items() if field.variable)
        return sum(int(np.size(fields[name])) for name in self) or 1

    def known(self, fields: Mapping[str, np.ndarray]) -> int:
        """As `steps`, but where all shapes are fixed only of values that are known: of the others there are no bits."""
        if any(field.variable for field in self.values()):
            return self.steps(fields)
        return self.steps(fields) - sum(int(np.sum(~known(field, fields[name]))) for name, field in self.items())

    def without(self, names: Iterable[str]) -> "Spec":
        names = set(names)
        return Spec((name, field) for name, field in self.items() if name not in names)

    def only(self, *, optional: bool) -> "Spec":
        return Spec((name, field) for name, field in self.items() if field.optional == optional)

    def __or__(self, other: Mapping[str, Field]) -> "Spec":
        return Spec({**self._fields, **other})

    def to_json(self) -> dict[str, Any]:
        return {name: _plain(field) for name, field in self.items()}

    def check(self, values: Mapping[str, np.ndarray], where: str) -> None:
        """Raises ValueError, naming field and fault, unless `values` are one example of this spec."""
        if not isinstance(values, Mapping):
            raise ValueError(f"{where}: it is {_kind(values)}; right is a map from names of fields to arrays")
        if set(values) != set(self):
            raise ValueError(f"{where}: has the fields {sorted(values)}, its spec {sorted(self)}")
        for name, field in self.items():
            value = np.asarray(values[name])
            if len(value.shape) != len(field.shape) or any(
                want is not None and want != got for want, got in zip(field.shape, value.shape, strict=True)
            ):
                raise ValueError(f"{where}: {name} has shape {value.shape}, its spec says {field.shape}")
            if field.vocabulary and value.dtype.kind not in "iu":
                raise ValueError(f"{where}: {name} is {value.dtype}; tokens are whole numbers, int32")
            if field.kind == "continuous" and value.dtype.kind not in "fiu":
                raise ValueError(f"{where}: {name} is {value.dtype}; it is continuous, so float32")
            if field.vocabulary and value.size and not (value.min() >= 0 and value.max() <= field.vocabulary):
                raise ValueError(
                    f"{where}: {name} holds {value.min()}…{value.max()}, its tokens are 1…{field.vocabulary}"
                )
            if field.kind == "continuous" and not _held_by_float32(value):
                raise ValueError(
                    f"{where}: {name} holds what is no finite number (NaN, or beyond ±{MOST:.1e}, float32)"
                )
            if field.levels and value.size and not (value.min() >= -1 and value.max() <= 1):
                raise ValueError(f"{where}: {name} holds {value.min()}…{value.max()}, its levels lie in −1…1")

    def check_present(self, values: Mapping[str, np.ndarray], where: str) -> None:
        """Raises ValueError where one example of this spec (see `check`) has a token 0 that its field does not allow:
        nearly always its author counted from 0, and the first token would be taken for absent."""
        for name, value in values.items():
            field = self[name]
            if field.vocabulary and not (field.optional or field.gaps) and not np.all(value):
                raise ValueError(
                    f"{where}: {name} holds the token 0, which means absent; its tokens are 1…{field.vocabulary}, so "
                    "add 1, or write gaps=True in its Field where 0 does mean that an entry is not known"
                )


def known(field: Field, values: np.ndarray) -> np.ndarray:
    """bool, of the values' own shape: which are known. Of numbers without gaps all are."""
    if field.vocabulary:
        return np.asarray(values) != 0
    if not field.gaps:
        return np.ones(np.shape(values), bool)
    found: np.ndarray = np.broadcast_to(np.any(np.asarray(values) != 0, -1, keepdims=True), np.shape(values))
    return found


def _kind(value: object) -> str:
    return "None, as a function without `return` gives" if value is None else f"a {type(value).__name__}"


def _held_by_float32(value: np.ndarray) -> bool:
    return not value.size or -MOST <= float(value.min()) <= float(value.max()) <= MOST


def _plain(field: Field) -> dict[str, Any]:
    """As keys of caches and contracts have it: what was added later is left out where it is as before."""
    found = {**asdict(field), "hop": str(field.hop) if field.hop else None, "offset": 0}  # which there was once
    for name, usual in (("levels", None), ("axis", "")):
        if found[name] == usual:
            del found[name]
    del found["gaps"]  # which entries are known changes nothing of the arrays
    return found
