"""Preparation: examples a second against music21 used plainly, and memory against the size of the corpus. Minutes.

    PYTHONPATH=.:plugins python benchmarks/prepare.py [SCORES [TUNES [SIZE ...]]]

Speed: the first SCORES (48) of Bach's scores and the first TUNES (200) of an Essen collection, read and converted.
"music21" is one process that parses every score, and the tunes as one file, into music21's objects; the examples and
their Y′ are then made of our own reading, which is a small part of its time; it writes nothing. "regenkit" is the whole
preparation, from an empty cache to shards on disk. Each way is timed in a process of its own, its start included.

Memory: a synthetic dataset of SIZE (1,000, 10,000 and 100,000) examples, ten a source, as long and with as much of an
index as songs have. Peak resident memory of the process and of the largest of two workers, a process for each size.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.components import Example, LeftOut
from regenkit.data.prepare import prepare
from regenkit.errors import BadSource
from regenkit.spec import Fields, Spec, tokens
from regenkit_music.converter import Template
from regenkit_music.data import Corpus
from regenkit_music.modality import LyricsModality, MelodyModality

ESSEN = "altdeu10"
TEMPLATE = Template(parts=("rhythm", "cadence"), given=("tonality", "metre", "chords"))
A_SOURCE = 10
X, Y, REP = (Spec({name: tokens(100) for name in names}) for names in (("word",), ("pitch", "length"), ("even",)))


@dataclass(frozen=True)
class Slice:
    """The first scores and tunes of the music corpus."""

    scores: int
    tunes: int
    version = 1

    def sources(self) -> list[str]:
        songs = Corpus(paired=("bach",), unpaired=()).sources()[: self.scores]
        starts = range(0, self.tunes, 50)
        return songs + [f"essenFolksong/{ESSEN}#{start}-{min(start + 50, self.tunes)}" for start in starts]

    def read(self, source: str) -> list[Example | LeftOut]:
        return Corpus().read(source)


@dataclass(frozen=True)
class Synthetic:
    """`count` examples of 64 steps."""

    count: int
    version = 1

    def sources(self) -> list[str]:
        return [str(number) for number in range(0, self.count, A_SOURCE)]

    def read(self, source: str) -> list[Example]:
        _note_memory()
        return [self._example(number) for number in range(int(source), int(source) + A_SOURCE)]

    def _example(self, number: int) -> Example:
        random = np.random.default_rng(number)
        word, pitch, length = random.integers(1, 101, (3, 64))
        groups = (f"song:collection/book:{number}", f"incipit:{random.integers(10**12)}")
        prints = tuple(random.integers(2**62, size=24).tolist())
        return Example(id=f"collection/book:{number}", x={"word": word}, y={"pitch": pitch, "length": length},
                       groups=groups, fingerprints=prints, meta={"title": f"Tune number {number}"})  # fmt: skip


class Even:
    version = 1

    def convert(self, y: Fields) -> Fields:
        if y["pitch"][0] == 1:  # of one in a hundred
            _note_memory()
        return {"even": y["pitch"] % 2 + 1}


def _note_memory() -> None:
    """Leave this process's peak in the cache: what the system says of ended processes counts their parent's in."""
    (Path(os.environ["REGENKIT_CACHE"]) / f"{os.getpid()}.peak").write_text(f"{_peak()}")


def _peak() -> float:
    """Peak resident memory of this process in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def ours(scores: int, tunes: int, processes: int) -> int:
    specs = {"x": LyricsModality().spec, "y": MelodyModality().spec, "rep": TEMPLATE.spec}
    return _prepared(Slice(scores, tunes), TEMPLATE, specs, processes)


def synthetic(count: int) -> int:
    return _prepared(Synthetic(count), Even(), {"x": X, "y": Y, "rep": REP}, 2)


def _prepared(dataset: Any, converter: Any, specs: dict[str, Spec], processes: int) -> int:
    found = prepare(dataset=dataset, identity={"use": "benchmark"}, converter=converter, converter_identity={},
                    specs=specs, progress=lambda *_: None, processes=processes)  # fmt: skip
    return len(found.reps)


def music21(scores: int, tunes: int) -> int:
    return sum(1 for example in _parsed(scores, tunes) if TEMPLATE.convert(example.y))


def _parsed(scores: int, tunes: int) -> Iterator[Example]:
    from music21 import converter, corpus

    from regenkit_music.data import voices
    from regenkit_music.data.song import examples
    from regenkit_music.modality import abc

    paths = {Path(path).stem: Path(path) for path in corpus.getComposer("bach")}
    for source in Slice(scores, 0).sources():
        path = paths[source.partition("/")[2]]
        converter.parse(path, forceSource=True)
        try:
            found = voices.sung_melodies(path, "first", source).tunes
        except BadSource:
            continue
        for tune in found:
            yield from _used(examples(tune, source, song=source, longest=64, language="de", meta={}))
    (book,) = (Path(path) for path in corpus.getComposer("essenFolksong") if Path(path).stem == ESSEN)
    texts = [text for _, text in abc.tunes(book.read_text(encoding="utf-8"))][:tunes]
    with tempfile.TemporaryDirectory() as folder:
        slice_ = Path(folder) / "slice.abc"
        slice_.write_text("".join(texts), encoding="utf-8")
        converter.parse(slice_, forceSource=True)
        for number, tune in enumerate(abc.read_abc(slice_).tunes):
            yield from _used(examples(tune, str(number), song=str(number), longest=64, meta={}))


def _used(found: Iterable[Example | LeftOut]) -> Iterator[Example]:
    return (each for each in found if isinstance(each, Example))


def measured(call: str) -> dict[str, float]:
    """A call of this file in a process of its own, with an empty cache: examples, seconds, CPU seconds, MB."""
    with tempfile.TemporaryDirectory() as cache:
        began = time.perf_counter()
        said = subprocess.run([sys.executable, __file__, "--call", call], env={**os.environ, "REGENKIT_CACHE": cache},
                              stdout=subprocess.PIPE, text=True, check=True).stdout  # fmt: skip
        return {**json.loads(said), "seconds": time.perf_counter() - began}


def called(call: str) -> None:
    name, *arguments = call.split()
    examples = globals()[name](*map(int, arguments))
    use = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    workers = [float(path.read_text()) for path in Path(os.environ["REGENKIT_CACHE"]).glob("*.peak")]
    print(json.dumps({"examples": examples, "cpu": sum(each.ru_utime + each.ru_stime for each in use),
                      "own": _peak(), "worker": max(workers, default=0.0)}))  # fmt: skip


def main(scores: int = 48, tunes: int = 200, *sizes: int) -> None:
    cores = len(os.sched_getaffinity(0))
    ways = {"music21, 1 process": f"music21 {scores} {tunes}", "regenkit, 1 process": f"ours {scores} {tunes} 1",
            f"regenkit, {cores} processes": f"ours {scores} {tunes} {cores}"}  # fmt: skip
    print(f"{scores} scores, {tunes} tunes\n")
    print("| way | examples | seconds | CPU seconds | examples/s | ratio | ratio of CPU seconds |")
    print("| --- " * 7 + "|")
    base: dict[str, float] = {}
    for way, call in ways.items():
        found = measured(call)
        base = base or found
        rate, theirs = (each["examples"] / each["seconds"] for each in (found, base))
        cpu = base["cpu"] / base["examples"] * found["examples"] / found["cpu"]
        print(f"| {way} | {found['examples']} | {found['seconds']:.1f} | {found['cpu']:.1f} | {rate:.2f} | "
              f"{rate / theirs:.2f} | {cpu:.2f} |", flush=True)  # fmt: skip
    print("\n| examples | MB, process | MB, largest worker | examples/s |\n| --- | --- | --- | --- |")
    for size in sizes or (1_000, 10_000, 100_000):
        found = measured(f"synthetic {size}")
        print(f"| {size:,} | {found['own']:.0f} | {found['worker']:.0f} | {size / found['seconds']:.0f} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--call"]:
        called(sys.argv[2])
    else:
        main(*map(int, sys.argv[1:]))
