"""Checks of a dataset: its first sources are read twice, and in another process."""

import json
import pickle
from collections import Counter

from regenkit.adapter import Fingerprinted, Ignores
from regenkit.components import Dataset, Example
from regenkit.conform import refuse_unfit
from regenkit.data.author import sources_of
from regenkit.data.split import SPLITS
from regenkit.testing.elsewhere import examples_of_sources
from regenkit.testing.finding import Failed, Skipped, same
from regenkit.testing.material import FIRST, Material


def its_members_are_there(component: Dataset, material: Material) -> None:
    """It has what `Source` in regenkit/adapter.py has, with those arguments."""
    refuse_unfit(component, material.dataset)


def sources_are_names_in_a_fixed_order(component: Dataset, material: Material) -> None:
    """`sources` gives names, as texts, each once and in the same order twice, in another process too; at least one."""
    found = sources_of(material.dataset, component.title)
    if not found:
        raise Failed("it gives none", "say in __init__, by UserError, what is missing and where it would be")
    if found != sources_of(material.dataset, component.title):
        raise Failed("the second call gives others", "sort them: the order decides what is in which part")
    if found != material.elsewhere[0]:
        raise Failed("another process gives others, or another order",
                     "sort them: a set has another order in each process, and a folder's files have none")  # fmt: skip


def examples_are_as_their_specs_say(component: Dataset, material: Material) -> None:
    """x and y of each example have the fields, shapes and tokens of the specs of their modalities."""
    specs = material.pipeline.specs
    material.indices  # noqa: B018 - prepared as training prepares them
    for example in _examples(material):
        for side, fields in (("x", example.x), ("y", example.y)):
            if fields is not None:
                try:
                    specs[side].check(fields, f"{side} of {example.id}")
                    specs[side].check_present(fields, f"{side} of {example.id}")
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
    """`read` of one source gives the same examples again, also in another process, as workers have the dataset: the
    same ids, fields, groups, fingerprints, split and meta."""
    dataset = material.dataset
    try:
        pickle.loads(pickle.dumps(dataset))
    except Exception as error:
        raise Failed(f"it cannot be pickled: {type(error).__name__}: {error}",
                     "keep open files and functions out of the object: workers get a copy") from error  # fmt: skip
    first = _examples(material)
    for when, others in (("the second time", _examples(material)), ("in another process", material.elsewhere[1])):
        if len(first) != len(others):
            raise Failed(f"{len(first)} examples, {when} {len(others)}", "let nothing random or of before decide")
        for one, other in zip(first, others, strict=True):
            _alike(one, other, when)


def _alike(one: Example, other: Example, when: str) -> None:
    """Raises Failed unless both are the same but for x and y that are equal arrays."""
    if one.id != other.id or (one.x is None) != (other.x is None):
        raise Failed(f"first {one.id}, {when} {other.id}", "let nothing random or of before decide")
    same(one.y, other.y, f"{when}, y of {one.id} has")
    if one.x is not None and other.x is not None:
        same(one.x, other.x, f"{when}, x of {one.id} has")
    for name in ("groups", "fingerprints", "split", "meta", "remarks"):
        mine, theirs = (json.dumps(getattr(each, name), default=str, sort_keys=True) for each in (one, other))
        if mine != theirs:
            raise Failed(f"{name} of {one.id} is {mine}, {when} {theirs}",
                         "make it of the source alone; hash() of a text is another number in each process, so take "
                         "hashlib or zlib.crc32")  # fmt: skip


def what_else_it_has_is_of_the_right_kind(component: Dataset, material: Material) -> None:
    """`fingerprint`, where there is one, is the same text twice; `ignored` is a map from names to reasons."""
    dataset = material.dataset
    if isinstance(dataset, Fingerprinted):
        one, other = dataset.fingerprint(), dataset.fingerprint()
        if one != other or not isinstance(one, str):
            raise Failed(f"fingerprint gives {one!r} and {other!r}", "make it of the data alone")
    if isinstance(dataset, Ignores):
        dict(dataset.ignored())


def _examples(material: Material) -> list[Example]:
    """Those of the first sources, read anew. Raises Skipped where they have none."""
    found = examples_of_sources(material.dataset, material.first_sources)
    if not found:
        raise Skipped(f"its first {FIRST} sources have no examples")
    return found


CHECKS = (
    its_members_are_there, sources_are_names_in_a_fixed_order, examples_are_as_their_specs_say,
    examples_are_well_formed, reading_twice_gives_the_same, what_else_it_has_is_of_the_right_kind,
)  # fmt: skip
