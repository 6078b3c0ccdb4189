"""Checks of a dataset: its first sources are read twice, and in another process's manner."""

import json
import pickle
from collections import Counter
from typing import Any

from regenkit.adapter import Fingerprinted, Ignores
from regenkit.components import Dataset, Example
from regenkit.conform import refuse_unfit
from regenkit.data.author import examples_of, named, sources_of
from regenkit.data.split import SPLITS
from regenkit.errors import BadSource
from regenkit.testing.finding import Failed, Skipped, same
from regenkit.testing.material import Material

SOURCES = 6


def its_members_are_there(component: Dataset, material: Material) -> None:
    """It has what `Source` in regenkit/adapter.py has, with those arguments."""
    refuse_unfit(component, material.dataset)


def sources_are_names_in_a_fixed_order(component: Dataset, material: Material) -> None:
    """`sources` gives names, as texts, the same twice and each once; there is at least one."""
    found = sources_of(material.dataset, component.title)
    if not found:
        raise Failed("it gives none", "say in __init__, by UserError, what is missing and where it would be")
    if found != sources_of(material.dataset, component.title):
        raise Failed("the second call gives others", "sort them: the order decides what is in which part")


def examples_are_as_their_specs_say(component: Dataset, material: Material) -> None:
    """x and y of each example have the fields, shapes and tokens of the specs of their modalities."""
    specs = material.pipeline.specs
    material.indices  # noqa: B018 - prepared as training prepares them
    for example in _examples(material):
        for side, fields in (("x", example.x), ("y", example.y)):
            if fields is not None:
                try:
                    specs[side].check(fields, f"{side} of {example.id}")
                except ValueError as error:
                    raise Failed(
                        str(error), f"give what encode of the modality {getattr(component, side)} gives"
                    ) from error


def examples_are_well_formed(component: Dataset, material: Material) -> None:
    """Ids are texts, each once; groups are a tuple of texts; a split has its name; meta is JSON data."""
    examples = _examples(material)
    counts = Counter(example.id for example in examples)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise Failed(f"the id {twice[0]!r} is there {counts[twice[0]]} times", "begin it with the name of its source")
    for example in examples:
        if not isinstance(example.id, str) or not example.id:
            raise Failed(f"the id {example.id!r}", "make it a text")
        if not isinstance(example.groups, tuple) or not all(isinstance(each, str) for each in example.groups):
            raise Failed(f"groups of {example.id} are {example.groups!r}", "write a tuple of texts: groups=(author,)")
        if example.split not in (None, *SPLITS):
            raise Failed(f"split of {example.id} is {example.split!r}", f"right is one of {', '.join(SPLITS)}, or None")
        try:
            json.dumps(example.meta)
        except TypeError as error:
            raise Failed(f"meta of {example.id}: {error}", "use int(), str() and list()") from error


def reading_twice_gives_the_same(component: Dataset, material: Material) -> None:
    """`read` of one source gives the same examples again, also from a copy of the dataset as workers have it."""
    try:
        copy = pickle.loads(pickle.dumps(material.dataset))
    except Exception as error:
        raise Failed(f"it cannot be pickled: {type(error).__name__}: {error}",
                     "keep open files and functions out of the object: workers get a copy") from error  # fmt: skip
    for one, again, other in zip(_examples(material), _examples(material), _examples(material, copy), strict=True):
        for each in (again, other):
            if one.id != each.id or (one.x is None) != (each.x is None):
                raise Failed(f"first {one.id}, then {each.id}", "let nothing random or of before decide")
            same(one.y, each.y, f"the second time, y of {one.id} has")
            if one.x is not None and each.x is not None:
                same(one.x, each.x, f"the second time, x of {one.id} has")


def what_else_it_has_is_of_the_right_kind(component: Dataset, material: Material) -> None:
    """`fingerprint`, where there is one, is the same text twice; `ignored` is a map from names to reasons."""
    dataset = material.dataset
    if isinstance(dataset, Fingerprinted):
        one, other = dataset.fingerprint(), dataset.fingerprint()
        if one != other or not isinstance(one, str):
            raise Failed(f"fingerprint gives {one!r} and {other!r}", "make it of the data alone")
    if isinstance(dataset, Ignores):
        dict(dataset.ignored())


def _examples(material: Material, dataset: Any = None) -> list[Example]:
    """Those of the first sources. Raises Skipped where they have none."""
    dataset = material.dataset if dataset is None else dataset
    found: list[Example] = []
    for source in sources_of(dataset, named("dataset", material.recipe.dataset.component.name, dataset))[:SOURCES]:
        try:
            found += [each for each in examples_of(dataset, source) if isinstance(each, Example)]
        except BadSource:
            continue
    if not found:
        raise Skipped(f"its first {SOURCES} sources have no examples")
    return found


CHECKS = (
    its_members_are_there, sources_are_names_in_a_fixed_order, examples_are_as_their_specs_say,
    examples_are_well_formed, reading_twice_gives_the_same, what_else_it_has_is_of_the_right_kind,
)  # fmt: skip
