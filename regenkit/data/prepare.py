"""Prepare a dataset once: read its sources in parallel, split it, compute every Y′, and keep all of it in a cache.

    CACHE/examples/KEY/part-00000.{tfrecord,npz}    x and y, by dataset, its settings, versions, sources
    CACHE/examples/KEY/reps/KEY/part-00000.…        y′ beside them, by converter, its settings and version

A part exists when its index does, and the index is renamed into its name last. So an interrupted preparation goes on
with the missing parts, and nothing half-written is read. The indices are in memory, and about as many examples as a
part has. Parts are made by local processes, or elsewhere (`beam.py`).
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.adapter import Adapts, ConvertsMany, Fingerprinted, Ignores, RuleConverter, Source
from regenkit.cache import cache_dir, locked
from regenkit.data import parts, shards
from regenkit.data.author import named, refuse_same_ids, sources_of, written
from regenkit.data.outdated import CHANGED, preparing
from regenkit.data.process_pool import Map, pool
from regenkit.data.read_or_skip import Convert, Outcome, Read
from regenkit.data.skip_report import LEFT_OUT, NO_DATA, NOT_WHOLE, OUTDATED, Skipped, check, settle
from regenkit.data.split import SPLITS, assign
from regenkit.digest import digest
from regenkit.spec import Fields, Spec

SOURCES_A_PART = 32
MOST_PARTS = 512
"""The most parts of a dataset; a larger one has more sources a part, because most files stay open (`shards.OPEN`)."""
EXAMPLES_A_PART = 2048
MANY = 512
"""The number of items from which on several processes are used to convert, and a message has several sources."""
INDEX_VERSION = 3
"""The version of the index of a part; parts with another version are not read."""
Progress = Callable[[str, int, int], None]
"""Called as progress(what, done, total)."""


@final
class Unconverted:
    """Stands for the records of y′ while there are none."""

    def __getitem__(self, index: int) -> bytes:
        return b""


@final
@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A prepared dataset: `examples` and `reps` are records in the same order; `split` has the split of each."""

    examples: shards.Shards
    reps: shards.Shards | Unconverted
    specs: dict[str, Spec]  # by side: "x", "y", "rep"
    split: np.ndarray
    paired: np.ndarray
    steps: np.ndarray
    skipped: tuple[tuple[str, str], ...]  # (source, reason)
    remarks: tuple[tuple[str, str], ...]  # (example, what of it could not be kept)
    ignored: tuple[tuple[str, str], ...] = ()  # (what is no data, why): see `adapter.Ignores`
    outdated: tuple[tuple[str, str], ...] = ()  # (module, what has changed in it): see `data.outdated`
    hidden: np.ndarray | None = None  # no stage may learn from the X of these: see `fraction`; they are not `paired`
    name: str = ""  # of the examples and their splits, whatever the Y′: other data have another

    @property
    def notes(self) -> dict[str, Skipped]:
        """What a user should know of the data, by kind: see `data.skip_report`."""
        return {LEFT_OUT: list(self.skipped), NOT_WHOLE: list(self.remarks), NO_DATA: list(self.ignored),
                OUTDATED: list(self.outdated)}  # fmt: skip

    def indices(self, split: str, *, paired: bool | None = None) -> np.ndarray:
        """Record numbers of a split; with `paired`, of its paired or its unpaired examples alone."""
        chosen = self.split == split
        if paired is not None:
            chosen &= self.paired == paired
        return np.flatnonzero(chosen)

    def example(self, index: int) -> tuple[dict[str, Fields | None], dict[str, Any]]:
        """({"x": …, "y": …, "rep": …}, meta) of one record."""
        sides, meta = shards.deserialize(self.examples[index], {"x": self.specs["x"], "y": self.specs["y"]})
        record = self.reps[index]
        rep = shards.deserialize(record, {"rep": self.specs["rep"]})[0] if record else {"rep": None}
        return {**sides, **rep}, meta

    def counts(self) -> dict[str, dict[str, int]]:
        """Examples by split, paired and unpaired."""
        return {
            name: {kind: int(((self.split == name) & (self.paired == flag)).sum())
                   for kind, flag in (("paired", True), ("unpaired", False))}
            for name in (*SPLITS, "dropped")
        }  # fmt: skip


def prepare(
    *,
    dataset: Source,
    identity: dict[str, Any],
    converter: RuleConverter | None,
    converter_identity: dict[str, Any],
    specs: dict[str, Spec],
    progress: Progress,
    also: Sequence[Any] = (),
    processes: int | None = None,
    elsewhere: parts.Elsewhere | None = None,
) -> Prepared:
    """Read, split and convert `dataset`, or find it prepared. The identities (names, settings) are keys of the cache.

    Without a converter (it has not been trained yet) there is no y′. What is made `also` in reading (modalities, the
    converter of X) has its code looked at, and nothing more.

    Parts are made by `processes` local processes (default: one a core), or `elsewhere`.
    Raises UserError where nothing could be read, where too much had to be left out, and where a plugin fails.
    """
    where = named("dataset", identity.get("use"), dataset)
    sources = sources_of(dataset, where)
    fingerprint = (dataset.fingerprint() if isinstance(dataset, Fingerprinted) else "") or digest(sources)
    key = digest([INDEX_VERSION, identity, dataset.version, fingerprint, specs["x"].to_json(), specs["y"].to_json()])
    folder = cache_dir() / "examples" / key
    with locked(folder), ExitStack() as within:
        changed = within.enter_context(preparing(folder, [written(dataset), *also]))
        making = _Making(specs, progress, processes or len(os.sched_getaffinity(0)), elsewhere)
        examples = making.read(where, dataset, sources, folder)
        skipped = parts.skipped(examples)
        settle(where, len(examples), skipped)
        refuse_same_ids(lambda: _ids(examples), where, dataset)
        split = _split(examples)
        name = _name(examples, split)
        reps: shards.Shards | Unconverted = Unconverted()
        unconverted: Skipped = []
        if converter is not None:
            rep_key = digest([converter_identity, converter.version, specs["rep"].to_json()])
            changed += within.enter_context(preparing(folder / "reps" / rep_key, [converter]))
            reps = making.convert(examples, split, converter, folder / "reps" / rep_key)
            without = parts.without(reps)
            ids = examples.column("id") if without else ()
            unconverted = [(str(ids[index]), reason) for index, reason in without]
            settle(named("converter", converter_identity.get("use"), converter), len(reps) - len(without), unconverted)
            split[[index for index, _ in without]] = "dropped"
    return Prepared(
        examples=examples,
        reps=reps,
        specs=specs,
        split=split,
        paired=examples.column("paired"),
        steps=examples.column("steps"),
        skipped=(*skipped, *unconverted),
        remarks=tuple(_remarks(examples)),
        ignored=tuple(dataset.ignored().items()) if isinstance(dataset, Ignores) else (),
        outdated=tuple((module, CHANGED) for module in dict.fromkeys(changed)),
        name=name,
    )


@final
@dataclass(frozen=True)
class _Making:
    """How the missing parts are made: by local processes, or elsewhere."""

    specs: dict[str, Spec]
    progress: Progress
    processes: int
    elsewhere: parts.Elsewhere | None

    def read(self, where: str, dataset: Source, sources: list[str], folder: Path) -> shards.Shards:
        """x and y of every source, in their order."""
        size = max(SOURCES_A_PART, -(-len(sources) // MOST_PARTS))
        chunks = [sources[start : start + size] for start in range(0, len(sources), size)]
        paths, missing = _parts(folder, len(chunks))
        if not missing:
            return shards.Shards(paths)
        flat = [source for number in missing for source in chunks[number]]
        before, absent = len(sources) - len(flat), set(missing)
        read = Read(dataset, self.specs)

        def outcomes(run: Map) -> Iterator[Outcome]:
            for done, outcome in enumerate(run(read, flat, 8 if len(flat) > MANY else 1), before + 1):
                self.progress("reading", done, len(sources))
                yield outcome

        self.progress("reading", before, len(sources))
        if self.elsewhere:
            self.elsewhere(parts.ReadPart(read), [(paths[number], chunks[number]) for number in missing])
            self.progress("reading", len(sources), len(sources))
            return shards.Shards(paths)
        kept = 0
        left_out: Skipped = []
        with pool(self.processes if len(flat) >= 8 else 1) as run:
            coming = outcomes(run)
            for number, path in enumerate(paths):
                if number in absent:
                    parts.write_examples(path, islice(coming, len(chunks[number])))
                part = shards.Shards([path])
                kept, left_out = kept + len(part), left_out + parts.skipped(part)
                check(where, kept, left_out)  # early, not after days of reading; alike after an interruption
        return shards.Shards(paths)

    def convert(
        self, examples: shards.Shards, split: np.ndarray, converter: RuleConverter, folder: Path
    ) -> shards.Shards:
        """y′ of every example, in their order."""

        def y_of(index: int) -> Fields:
            sides, _ = shards.deserialize(examples[index], {"y": self.specs["y"]})
            return sides["y"] or {}

        if isinstance(converter, Adapts):
            converter.adapt(y_of(int(index)) for index in np.flatnonzero(split == "train"))
        folder.mkdir(parents=True, exist_ok=True)
        convert = Convert(converter, self.specs)
        total = len(examples)
        paths, missing = _parts(folder, -(-total // EXAMPLES_A_PART))
        spans = {
            number: range(number * EXAMPLES_A_PART, min((number + 1) * EXAMPLES_A_PART, total)) for number in missing
        }
        if missing and self.elsewhere:
            tasks = [(paths[number], span, *examples.within(span.start, span.stop)) for number, span in spans.items()]
            self.elsewhere(parts.ConvertPart(convert), tasks)
            self.progress("converting", total, total)
            return shards.Shards(paths)
        count = sum(map(len, spans.values()))
        done = total - count
        in_batches = isinstance(converter, ConvertsMany)
        with pool(self.processes if count >= MANY and not in_batches else 1) as run:
            records = (examples[index] for span in spans.values() for index in span)
            coming = convert.batched(records) if in_batches else run(convert, records, 8)
            for number, span in spans.items():
                parts.write_reps(paths[number], span.start, islice(coming, len(span)))
                done += len(span)
                self.progress("converting", done, total)
        return shards.Shards(paths)


def _ids(examples: shards.Shards) -> Iterator[str]:
    return (name for index in examples.each("id") for name in index["id"].tolist())


def _split(examples: shards.Shards) -> np.ndarray:
    return assign(
        _ids(examples),
        (json.loads(keys) for index in examples.each("groups") for keys in index["groups"].tolist()),
        _Fingerprints(examples),
        examples.column("paired"),
        examples.column("split"),
    )


def _name(examples: shards.Shards, split: np.ndarray) -> str:
    found = hashlib.sha256()
    for each in _ids(examples):
        found.update(f"{each}\0".encode())
    for column in (split, examples.column("paired"), examples.column("steps")):
        found.update("\n".join(map(str, column)).encode())
    return found.hexdigest()[:12]


@final
@dataclass(frozen=True)
class _Fingerprints:
    """The fingerprints of each example, read anew each time that they are iterated."""

    examples: shards.Shards

    def __iter__(self) -> Iterator[np.ndarray]:
        for index in self.examples.each("fingerprints", "fingerprint_count"):
            yield from np.split(index["fingerprints"], np.cumsum(index["fingerprint_count"]))[:-1]


def _parts(folder: Path, count: int) -> tuple[list[Path], list[int]]:
    """(the path of each part, the numbers of the missing ones), once what was left half-written is deleted."""
    shards.sweep(folder)
    paths = [folder / f"part-{number:05d}" for number in range(count)]
    return paths, [number for number, path in enumerate(paths) if not shards.exists(path)]


def _remarks(examples: shards.Shards) -> Iterator[tuple[str, str]]:
    for index in examples.each("id", "remarks"):
        for name, listed in zip(index["id"].tolist(), index["remarks"].tolist(), strict=True):
            yield from ((name, remark) for remark in json.loads(listed))
