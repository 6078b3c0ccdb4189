"""A source → the records of its examples, and a record of Y → one of Y′; or the reason why it is skipped.

This runs in worker processes, here or on other machines. They import the plugin and this file, and no TensorFlow.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import final

import numpy as np

from regenkit.adapter import ConvertsMany, RuleConverter, Source
from regenkit.components import Example, LeftOut
from regenkit.data import shards
from regenkit.data.author import examples_of, raised, refuse_token_0
from regenkit.data.lengths import check_lengths
from regenkit.data.split import SPLITS
from regenkit.errors import BadSource
from regenkit.spec import Fields, Spec

TOGETHER = 512
"""How many records a converter that takes many at once gets."""


@final
@dataclass(frozen=True, kw_only=True)
class Entry:
    """The index entry of an example."""

    id: str
    groups: str  # JSON
    fingerprints: np.ndarray  # int64
    split: str  # "" where the data have none
    paired: bool
    steps: int
    remarks: str  # JSON


Outcome = tuple[list[tuple[bytes, Entry]], list[tuple[str, str]]]
"""The usable examples of a source, and what was left out: (source or example, reason)."""


@final
@dataclass(frozen=True)
class Read:
    """source → its outcome. Raises UserError, naming the source, for any other error of the plugin."""

    dataset: Source
    specs: dict[str, Spec]

    def __call__(self, source: str) -> Outcome:
        sound: list[tuple[bytes, Entry]] = []
        skipped: list[tuple[str, str]] = []
        try:
            for example in examples_of(self.dataset, source):
                if isinstance(example, LeftOut):
                    skipped.append((example.id, example.reason))
                    continue
                try:
                    sound.append(self._row(example))
                except UnicodeEncodeError:
                    shown = str(example.id).encode("utf-8", "backslashreplace").decode()
                    skipped.append((shown, "its id, or the key of a group, is no text in UTF-8"))
                except (TypeError, ValueError) as error:
                    skipped.append((example.id, str(error)))
        except BadSource as error:
            return [], [(source, error.reason)]
        except (Exception, SystemExit) as error:
            raise raised(error, f"read({source!r})", self.dataset) from error
        return sound, skipped

    def _row(self, example: Example) -> tuple[bytes, Entry]:
        if example.split not in (None, *SPLITS):
            raise ValueError(f"split is {example.split!r}; right is one of {', '.join(SPLITS)}, or None")
        for name in (example.id, *example.groups):
            str(name).encode()  # names of files need not be text
        y = _fields(example.y, self.specs["y"], "y")
        x = None if example.x is None else _fields(example.x, self.specs["x"], "x")
        if x is not None:
            check_lengths(x, self.specs["x"], y, self.specs["y"], "x")
        for side, fields in (("x", x), ("y", y)):
            refuse_token_0(fields, self.specs[side], side, f"read, example {example.id!r}", self.dataset)
        return shards.serialize({"x": x, "y": y}, {**example.meta, "id": example.id}), Entry(
            id=example.id,
            groups=json.dumps(example.groups),
            fingerprints=np.array(example.fingerprints, np.int64),
            split=example.split or "",
            paired=x is not None,
            steps=self.specs["y"].steps(y),
            remarks=json.dumps(example.remarks),
        )


@final
@dataclass(frozen=True)
class Convert:
    """Record of y → (record of y′, ""), or (b"", why there is none). Raises UserError as `Read` does."""

    converter: RuleConverter
    specs: dict[str, Spec]

    def __call__(self, record: bytes) -> tuple[bytes, str]:
        sides, meta = shards.deserialize(record, {"y": self.specs["y"]})
        y = sides["y"] or {}
        try:
            rep = self.converter.convert(y)
        except BadSource as error:
            return b"", error.reason
        except (Exception, SystemExit) as error:
            raise raised(error, f"convert, example {meta['id']!r}", self.converter) from error
        return self._recorded(y, rep, f"convert, example {meta['id']!r}")

    def batched(self, records: Iterable[bytes]) -> Iterator[tuple[bytes, str]]:
        """The same for many records, by a converter that takes many at once."""
        assert isinstance(self.converter, ConvertsMany)
        coming, method = iter(records), getattr(self.converter, "method", "convert_all")
        while part := list(islice(coming, TOGETHER)):
            ys = [shards.deserialize(record, {"y": self.specs["y"]})[0]["y"] or {} for record in part]
            try:
                reps = list(zip(ys, self.converter.convert_all(ys), strict=True))
            except BadSource:  # of one of them, which is found by itself
                yield from map(self, part)
                continue
            except (Exception, SystemExit) as error:
                raise raised(error, method, self.converter) from error
            yield from (self._recorded(y, rep, method) for y, rep in reps)

    def _recorded(self, y: Fields, rep: Fields, method: str) -> tuple[bytes, str]:
        try:
            fields = _fields(rep, self.specs["rep"], "y′")
            check_lengths(fields, self.specs["rep"], y, self.specs["y"], "y′")
        except (TypeError, ValueError) as error:
            return b"", str(error)
        refuse_token_0(fields, self.specs["rep"], "y′", method, self.converter)
        return shards.serialize({"rep": fields}, {}), ""


def _fields(values: Fields, spec: Spec, where: str) -> Fields:
    """`values` in the types of records. Raises TypeError or ValueError where they do not match `spec`."""
    spec.check(values, where)
    return {
        name: shards.packed(values[name], field.levels)
        if field.levels
        else np.asarray(values[name]).astype(np.int64 if field.vocabulary else np.float32, casting="same_kind")
        for name, field in spec.items()
    }
