"""Prepare a dataset once: read its sources in parallel, split it, compute every Y′, and keep all of it in a cache.

    CACHE/examples/KEY/part-00000.{tfrecord,npz}    x and y, by dataset, its settings and versions
    CACHE/examples/KEY/reps/KEY/part-00000.…        y′ beside them, by converter, its settings and version

A part is there when its index is, and an index is renamed into place last; so an interrupted preparation goes on with
the parts that are missing, and nothing half-written is read.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.components import Example
from regenkit.data import shards, workers
from regenkit.data.cache import cache_dir, locked
from regenkit.data.split import SPLITS, assign
from regenkit.errors import BadSource, UserError
from regenkit.spec import Fields, Spec, digest

SOURCES_A_PART = 32
EXAMPLES_A_PART = 2048
Progress = Callable[[str, int, int], None]
"""Called as progress(what, done, total)."""


@final
@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A prepared dataset: `examples` and `reps` are records in the same order; `split` names each one's part."""

    examples: shards.Shards
    reps: shards.Shards
    specs: dict[str, Spec]  # by side: "x", "y", "rep"
    split: np.ndarray
    paired: np.ndarray
    steps: np.ndarray
    skipped: tuple[tuple[str, str], ...]  # (source, reason)

    def places(self, split: str, *, paired: bool | None = None) -> np.ndarray:
        """Record numbers of a split, of the paired or unpaired examples alone if said."""
        chosen = self.split == split
        if paired is not None:
            chosen &= self.paired == paired
        return np.flatnonzero(chosen)

    def example(self, place: int) -> tuple[dict[str, Fields | None], dict[str, Any]]:
        """({"x": …, "y": …, "rep": …}, meta) of one record."""
        sides, meta = shards.deserialize(self.examples[place], {"x": self.specs["x"], "y": self.specs["y"]})
        rep, _ = shards.deserialize(self.reps[place], {"rep": self.specs["rep"]})
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
    dataset: Any,
    identity: dict[str, Any],
    converter: Any,
    converter_identity: dict[str, Any],
    specs: dict[str, Spec],
    progress: Progress,
    processes: int | None = None,
) -> Prepared:
    """Read, split and convert `dataset`, or find it done. The identities (names, settings) key the cache.

    Raises UserError where nothing could be read.
    """
    fingerprint = getattr(dataset, "fingerprint", lambda: "")()
    key = digest([identity, dataset.version, fingerprint, specs["x"].to_json(), specs["y"].to_json()])
    folder = cache_dir() / "examples" / key
    rep_key = digest([converter_identity, converter.version, specs["rep"].to_json()])
    rep_folder = folder / "reps" / rep_key
    processes = processes or len(os.sched_getaffinity(0))
    with locked(folder):
        parts = _read(dataset, folder, specs, progress, processes)
        examples = shards.Shards(parts)
        if not len(examples):
            raise UserError(_nothing(identity, parts))
        split = _split(examples)
        rep_parts = _convert(examples, split, converter, parts, rep_folder, specs, progress, processes)
    return Prepared(
        examples=examples,
        reps=shards.Shards(rep_parts),
        specs=specs,
        split=split,
        paired=examples.column("paired"),
        steps=examples.column("steps"),
        skipped=_skipped(examples),
    )


def _read(dataset: Any, folder: Path, specs: dict[str, Spec], progress: Progress, processes: int) -> list[Path]:
    sources = dataset.sources()
    chunks = [sources[start : start + SOURCES_A_PART] for start in range(0, len(sources), SOURCES_A_PART)]
    parts = [folder / f"part-{number:05d}" for number in range(len(chunks))]
    missing = [number for number, part in enumerate(parts) if not part.with_suffix(".npz").exists()]
    if not missing:
        return parts
    done = sum(len(chunk) for chunk in chunks) - sum(len(chunks[number]) for number in missing)
    progress("reading", done, len(sources))
    flat = [source for number in missing for source in chunks[number]]
    with workers.pool(processes, len(flat)) as run:
        results = run(workers.Read(dataset), flat)
        for number in missing:
            found: list[Example] = []
            skipped: list[tuple[str, str]] = []
            for source in chunks[number]:
                outcome = next(results)
                if isinstance(outcome, BadSource):
                    skipped.append((source, outcome.reason))
                else:
                    found += outcome
                done += 1
                progress("reading", done, len(sources))
            _write_examples(parts[number], found, skipped, specs)
    return parts


def _write_examples(part: Path, found: list[Example], skipped: list[tuple[str, str]], specs: dict[str, Spec]) -> None:
    for example in found:
        specs["y"].check(example.y, f"{example.id}: y")
        if example.x is not None:
            specs["x"].check(example.x, f"{example.id}: x")
    prints = [np.array(example.fingerprints, np.int64) for example in found]
    shards.write(
        part,
        (shards.serialize({"x": example.x, "y": example.y}, {**example.meta, "id": example.id}) for example in found),
        {
            "id": np.array([example.id for example in found], dtype=str),
            "groups": np.array([json.dumps(example.groups) for example in found], dtype=str),
            "fingerprints": np.concatenate(prints) if prints else np.zeros(0, np.int64),
            "fingerprint_count": np.array([len(each) for each in prints], np.int64),
            "paired": np.array([example.x is not None for example in found], bool),
            "steps": np.array([_steps(example.y, specs["y"]) for example in found], np.int64),
            "skipped": np.array([json.dumps(each) for each in skipped], dtype=str),
        },
    )


def _steps(y: Fields, spec: Spec) -> int:
    return max((len(y[name]) for name, field in spec.items() if field.variable), default=1)


def _split(examples: shards.Shards) -> np.ndarray:
    bounds = np.cumsum(examples.column("fingerprint_count"))
    return assign(
        [str(name) for name in examples.column("id")],
        [json.loads(str(groups)) for groups in examples.column("groups")],
        np.split(examples.column("fingerprints"), bounds[:-1]),
        examples.column("paired"),
    )


def _convert(
    examples: shards.Shards,
    split: np.ndarray,
    converter: Any,
    parts: list[Path],
    folder: Path,
    specs: dict[str, Spec],
    progress: Progress,
    processes: int,
) -> list[Path]:
    def y_of(place: int) -> Fields:
        sides, _ = shards.deserialize(examples[place], {"y": specs["y"]})
        return sides["y"] or {}

    if hasattr(converter, "adapt"):
        converter.adapt(y_of(int(place)) for place in np.flatnonzero(split == "train"))
    folder.mkdir(parents=True, exist_ok=True)
    starts = range(0, len(examples), EXAMPLES_A_PART)
    rep_parts = [folder / f"part-{number:05d}" for number in range(len(starts))]
    missing = [number for number, part in enumerate(rep_parts) if not part.with_suffix(".npz").exists()]
    places = [range(starts[number], min(starts[number] + EXAMPLES_A_PART, len(examples))) for number in missing]
    with workers.pool(processes, sum(map(len, places)) // 64) as run:
        done = len(examples) - sum(map(len, places))
        for number, inside in zip(missing, places, strict=True):
            reps = list(run(workers.Convert(converter), [y_of(place) for place in inside]))
            for place, rep in zip(inside, reps, strict=True):
                specs["rep"].check(rep, f"example {place}: y′")
            shards.write(rep_parts[number], (shards.serialize({"rep": rep}, {}) for rep in reps), {})
            done += len(inside)
            progress("converting", done, len(examples))
    return rep_parts


def _skipped(examples: shards.Shards) -> tuple[tuple[str, str], ...]:
    pairs = (json.loads(str(each)) for each in examples.column("skipped"))
    return tuple((source, reason) for source, reason in pairs)


def _nothing(identity: dict[str, Any], parts: list[Path]) -> str:
    skipped = _skipped(shards.Shards(parts)) if parts else ()
    reasons = "".join(f"\n  {source}: {reason}" for source, reason in skipped[:5])
    return f"dataset {identity.get('use')}: no example could be read ({len(skipped)} sources skipped){reasons}"
