"""A dataset in another process, as its workers are: there the hashes of texts are others, and so the order of sets."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from regenkit.components import Example
from regenkit.data.author import examples_of
from regenkit.data.process_pool import pool
from regenkit.errors import BadSource
from regenkit.testing.finding import Failed

SEED = "PYTHONHASHSEED"
"""Another one, and processes that begin then hash texts otherwise than this one."""


def read_elsewhere(dataset: Any, sources: Sequence[str]) -> tuple[list[str], list[Example]]:
    """(all its sources, the examples of these), as another process has them. Raises Failed where it cannot read."""
    other = "2" if os.environ.get(SEED) == "1" else "1"
    try:
        with variable(SEED, other), pool(2) as run:
            ((names, examples),) = run(partial(_read, dataset), [list(sources)], 1)
    except Exception as error:  # of an author's object, which may raise anything
        got = f"in another process: {type(error).__name__}: {error}"
        raise Failed(got, "let it need nothing of this process alone: workers get a copy of the object") from error
    return names, examples


def examples_of_sources(dataset: Any, sources: Sequence[str]) -> list[Example]:
    """The examples that can be used, in order."""
    found: list[Example] = []
    for source in sources:
        try:
            found += [each for each in examples_of(dataset, source) if isinstance(each, Example)]
        except BadSource:
            continue
    return found


def _read(dataset: Any, sources: Sequence[str]) -> tuple[list[str], list[Example]]:
    return list(dataset.sources()), examples_of_sources(dataset, sources)


@contextmanager
def variable(name: str, value: str) -> Iterator[None]:
    """Within, a variable of the environment has this value."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
