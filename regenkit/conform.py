"""Whether an author's object has the members of its type in `adapter` or `stage`, and takes the arguments that the core
gives. `isinstance` looks at names alone, and only where a member is wanted: too late, and it names no file.
"""

import inspect
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any, get_type_hints

from regenkit import adapter, stage
from regenkit.components import Component, Converter, Dataset, Generator, Metric, Modality, Renderer
from regenkit.errors import UserError
from regenkit.nearest import nearest
from regenkit.origin import place
from regenkit.spec import Spec

NEEDED: dict[type[Component], tuple[type, ...]] = {
    Modality: (adapter.Modality,),
    Dataset: (adapter.Source,),
    Converter: (adapter.RuleConverter,),
    Generator: (stage.Stage,),
    Renderer: (stage.Stage,),
}
"""The types that an instance of a component must fulfil; a converter that is learned: `LEARNED`."""
LEARNED = (stage.LearnedConverter, stage.Trainable)
OPTIONAL: dict[type[Component], tuple[type, ...]] = {
    Modality: (adapter.Decodes, adapter.Parses, adapter.Cuts, adapter.Joins, adapter.Sheets, adapter.Views),
    Dataset: (adapter.Fingerprinted, adapter.Ignores),
    Converter: (adapter.Gives, adapter.WritesText, adapter.Adapts, adapter.ConvertsMany),
}
STAGE_OPTIONAL = tuple(
    each for each in vars(stage).values()
    if getattr(each, "_is_protocol", False) and each not in (stage.Stage, stage.LearnedConverter)
)  # fmt: skip
"""Every other type of `stage`: what a model has by name must take the core's arguments."""


def refuse_unfit(record: Component, thing: Any, also: tuple[type, ...] = ()) -> None:
    """Raises UserError, a line for each fault, where `thing`, an instance of `record`'s target, is not what its role
    needs. `also` are types that it must fulfil beside those."""
    if found := list(faults(record, thing, also)):
        title = f"{record.title}: " if len(found) > 1 else f"{record.title} "
        raise UserError(title + "\n  ".join(["", *found] if len(found) > 1 else found) + f"\n  {place(thing)}")


def faults(record: Component, thing: Any, also: tuple[type, ...] = ()) -> Iterator[str]:
    """What is missing or has other arguments, a sentence each."""
    learned = isinstance(record, Converter) and record.learned
    for protocol in (*(LEARNED if learned else NEEDED.get(type(record), ())), *also):
        yield from missing(protocol, thing)
    several = STAGE_OPTIONAL if learned or isinstance(record, Generator | Renderer) else OPTIONAL.get(type(record), ())
    for protocol in several:
        if learned and protocol is stage.PredictsSteps:  # its `encode` is another one
            continue
        has = [hasattr(thing, name) for name, _ in members(protocol)]
        if protocol not in also and (all(has) if several is STAGE_OPTIONAL else any(has)):
            needs = [name for (name, _), there in zip(members(protocol), has, strict=True) if there]
            yield from missing(protocol, thing, f"; {needs[0]} needs it" if needs else "")
    if isinstance(record, Dataset) and hasattr(thing, "modalities") and not hasattr(record.load(), "modalities"):
        target = record.target.partition(":")[2]
        yield (f"has modalities that its target, {target}, has not: a trained run asks that class, since the data may "
               f"be gone; write a property modalities in it ({_role(adapter.KnowsModalities)})")  # fmt: skip


def missing(protocol: type, thing: Any, why: str = "") -> Iterator[str]:
    """What `thing` lacks of `protocol`, or has otherwise, a sentence each. `why` it needs what it lacks."""
    for name, kind in members(protocol):
        if not _has(thing, name):
            close = nearest(name, [each for each in dir(thing) if not each.startswith("_") and each not in _known()])
            hint = f"; is {close} meant for it?" if close else why
            write = "; write `version = 1` in the class" if name == "version" else ""
            yield f"lacks {_shown(name, kind)}{hint or write} ({_role(protocol)})"
        elif callable(kind) and not isinstance(kind, type):
            if fault := refuses(getattr(thing, name), kind):
                yield f"has {name}{fault} ({_role(protocol)})"
        else:
            yield from _wrong_value(protocol, name, getattr(thing, name))


def _has(thing: Any, name: str) -> bool:
    """Whether there is such a member. A property that fails raises its own error: it is there, and its author looks for
    the line at fault."""
    if hasattr(thing, name):
        return True
    if isinstance(inspect.getattr_static(thing, name, None), property | cached_property):
        getattr(thing, name)
    return False


def members(protocol: type) -> Iterator[tuple[str, Any]]:
    """(name, function or None) of each member of a protocol."""
    for kind in protocol.__mro__:
        if getattr(kind, "_is_protocol", False) and kind.__name__ != "Protocol":
            yield from ((name, None) for name in vars(kind).get("__annotations__", {}))
            for name, each in vars(kind).items():
                if inspect.isfunction(each) and not name.startswith("_"):
                    yield name, each
                elif isinstance(each, property):
                    yield name, None


@cache
def _known() -> frozenset[str]:
    """The members of all types of authors: what has such a name is meant for itself, and is no mistyped other one."""
    kinds = [
        each for module in (adapter, stage) for each in vars(module).values() if getattr(each, "_is_protocol", False)
    ]
    return frozenset(name for kind in kinds for name, _ in members(kind))


def refuses(function: Any, wanted: Any) -> str:
    """ "(rep), which does not take (rep, given)", where `function` cannot be called as the core does; else nothing."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of C
        return ""
    parameters = list(inspect.signature(wanted).parameters.values())[1:]
    by_place = [each.name for each in parameters if each.kind == each.POSITIONAL_OR_KEYWORD]
    by_name = {each.name: None for each in parameters if each.kind == each.KEYWORD_ONLY}
    try:
        signature.bind(*by_place, **by_name)
    except TypeError:
        return f"{_names(signature)}, which does not take {_names(inspect.signature(wanted))}"
    return ""


def _names(signature: inspect.Signature) -> str:
    parts, star = [], False
    for each in signature.parameters.values():
        if each.name == "self" or each.kind == each.VAR_KEYWORD:
            continue
        if each.kind == each.KEYWORD_ONLY and not star:
            parts.append("*")
        star = star or each.kind in (each.KEYWORD_ONLY, each.VAR_POSITIONAL)
        parts.append(each.name)
    return f"({', '.join(parts)})"


def _shown(name: str, kind: Any) -> str:
    return name + (_names(inspect.signature(kind)) if callable(kind) else "")


def _role(protocol: type) -> str:
    return f"{protocol.__module__.replace('.', '/')}.py, {protocol.__name__}"


def _wrong_value(protocol: type, name: str, value: Any) -> Iterator[str]:
    wanted = Spec if name in ("spec", "condition", "target") else get_type_hints(protocol).get(name)
    if wanted in (Spec, int) and (not isinstance(value, wanted) or isinstance(value, bool)):
        write = "regenkit.Spec({NAME: regenkit.Field(…)})" if wanted is Spec else "a whole number"
        yield f"has {name} {_kind(value)}; right is {write} ({_role(protocol)})"


def _kind(value: Any) -> str:
    return f"that is a {type(value).__name__}" if not isinstance(value, int | str | float) else repr(value)


def of_metric(record: Metric, values: Any, samples: int) -> Any:
    """A metric's values as it returned them. Raises UserError where that is not one a sample, or one for all."""
    import numpy as np

    try:
        if values is None:
            raise TypeError("nothing is returned")
        found = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise UserError(f"{record.title} returns {type(values).__name__}, which are no numbers ({error})\n"
                        f"  {place(record.load())}") from error  # fmt: skip
    if found.shape not in ((samples,), ()):
        raise UserError(
            f"{record.title} returns an array of shape {found.shape} for {samples} samples; right is ({samples},), a "
            f"value for each sample, NaN where it is not defined; or (), one value for all of them\n"
            f"  {place(record.load())}"
        )
    return found
