"""A part of a prepared dataset: made from its sources, or converted from the records of other parts, and written.

One part is one task: `ReadPart` and `ConvertPart` may run on any machine that sees the cache.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.data import shards
from regenkit.data.read_or_skip import Convert, Entry, Outcome, Read

Elsewhere = Callable[[Callable[[Any], None], list[Any]], None]
"""elsewhere(function, tasks) calls `function` with every task, in any order, on any machine."""


def write_examples(path: Path, outcomes: Iterable[Outcome]) -> None:
    """Write the examples of some sources as the part `path`; of each, only its index entry stays in memory."""
    entries: list[Entry] = []
    left_out: list[tuple[str, str]] = []

    def records() -> Iterator[bytes]:
        for sound, bad in outcomes:
            left_out.extend(bad)
            for record, entry in sound:
                entries.append(entry)
                yield record

    def columns() -> dict[str, np.ndarray]:
        prints = [entry.fingerprints for entry in entries]
        return {
            "id": np.array([entry.id for entry in entries], dtype=str),
            "groups": np.array([entry.groups for entry in entries], dtype=str),
            "fingerprints": np.concatenate(prints) if prints else np.zeros(0, np.int64),
            "fingerprint_count": np.array([len(each) for each in prints], np.int64),
            "split": np.array([entry.split for entry in entries], dtype=str),
            "paired": np.array([entry.paired for entry in entries], bool),
            "steps": np.array([entry.steps for entry in entries], np.int64),
            "remarks": np.array([entry.remarks for entry in entries], dtype=str),
            "skipped": np.array([json.dumps(each) for each in left_out], dtype=str),
        }

    shards.write(path, records(), columns)


def write_reps(path: Path, first: int, converted: Iterable[tuple[bytes, str]]) -> None:
    """Write y′ of the examples from number `first` on as the part `path`; the record is empty where there is none."""
    left_out: list[tuple[int, str]] = []

    def records() -> Iterator[bytes]:
        for index, (record, reason) in enumerate(converted, first):
            if not record:
                left_out.append((index, reason))
            yield record

    def columns() -> dict[str, np.ndarray]:
        return {"skipped": np.array([json.dumps(each) for each in left_out], dtype=str)} if left_out else {}

    shards.write(path, records(), columns)


def skipped(written: shards.Shards) -> list[Any]:
    """(source or example, reason) of what was left out of parts."""
    found = (json.loads(str(each)) for index in written.each("skipped") for each in index["skipped"])
    return [(what, reason) for what, reason in found]


def without(reps: shards.Shards) -> list[tuple[int, str]]:
    """(number of the example, reason) of each that has no y′."""
    some = [path for path, index in zip(reps.paths, reps.indices, strict=True) if not index["size"].all()]
    return skipped(shards.Shards(some))


@final
@dataclass(frozen=True)
class ReadPart:
    """(path of the part, its sources) → writes the part."""

    read: Read

    def __call__(self, task: tuple[Path, list[str]]) -> None:
        path, sources = task
        write_examples(path, map(self.read, sources))


@final
@dataclass(frozen=True)
class ConvertPart:
    """(path of the part, numbers of its examples, shards with them, number of records before) → writes the part."""

    convert: Convert

    def __call__(self, task: tuple[Path, range, list[Path], int]) -> None:
        path, span, paths, before = task
        records = shards.Shards(paths)
        write_reps(path, span.start, (self.convert(records[index - before]) for index in span))
