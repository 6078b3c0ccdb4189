"""From a written recipe to a resolved one: imports what it names, and checks every argument, once."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from regenkit.components import Component, Converter, Generator, Renderer
from regenkit.errors import UserError
from regenkit.extras import missing
from regenkit.recipe.arguments import check_arguments, checked_against, defaults, parameters, plain, wanted
from regenkit.recipe.document import Where
from regenkit.recipe.mismatch_options import unable
from regenkit.recipe.reader import Section, Written
from regenkit.recipe.recipe import Part, Recipe
from regenkit.recipe.sampling import options_of

SIZE = {"width", "depth"}
"""Arguments that say how large a model is."""
OtherRun = Callable[[Path], Recipe]
"""The recipe of another run."""


def resolve(written: Written, other_run: OtherRun) -> Recipe:
    """Raises one UserError, with a line for each fault."""
    problems: dict[str, None] = {}
    parts: dict[str, Part] = {}

    def add(name: str, make: Callable[[], Part]) -> None:
        try:
            parts[name] = make()
        except UserError as error:
            problems.update(dict.fromkeys(str(error).splitlines()))

    for section in (written.dataset, written.source, written.converter, written.generator, written.auxiliary):
        if section:
            add(section.name, partial(_part, section, other_run))
    add("renderer", lambda: _renderer(written.renderer, parts.get("converter"), other_run))
    if not problems:  # the baseline repeats the generator's arguments, and so their faults
        add("direct", lambda: _direct(written, parts["generator"], other_run))
    if not problems:
        add("direct_half", lambda: _direct_half(written, parts["generator"], parts["direct"], other_run))
    if written.joint and "renderer" in parts and parts["renderer"].own_decoder:
        problems[f"{written.renderer.where()}: is the converter's own decoder, and joint needs a renderer of its own: "
                 "write renderer: {use: transformer}"] = None  # fmt: skip
    if not problems:
        noise = written.train.get("renderer", {}).get("rep_noise", 0.0)
        problems.update(dict.fromkeys(unable(parts["generator"], written.finetune, noise)))
    if problems:
        raise UserError("\n".join(problems))
    return Recipe(
        path=written.path, parts=parts, finetune=written.finetune, joint=written.joint,
        auxiliary_weight=written.auxiliary_weight, paired_fraction=written.paired_fraction,
        train=written.train, evaluate=written.evaluate,
    )  # fmt: skip


def check_data(recipe: Recipe) -> None:
    """Build the dataset and a converter by rule, which may refuse a combination or a missing folder, and look for the
    runs that arguments name. A trained run does not need this. Raises UserError."""
    found: dict[str, None] = {}
    for part in recipe.parts.values():
        for path, run in _runs(part.arguments, ()):
            if part.run is None and not os.path.isdir(run):  # is_dir() raises where a name is too long
                found[f"{part.where(*path)}: there is no run directory {run!r}"] = None
    for name in [name for name in ("dataset", "source", "converter") if name in recipe.parts and not found]:
        part = recipe.parts[name]
        if part.run or (isinstance(part.component, Converter) and wanted(part.component)):
            continue  # of another run; or built once Y is known
        try:
            part.build()
        except UserError as error:
            found[str(error)] = None
        except Exception as error:  # a plugin's constructor may raise anything
            found[f"{part.where()}: {type(error).__name__}: {error}"] = None
    if found:
        raise UserError("\n".join(found))


def check_packages(recipe: Recipe, more: Iterable[Component]) -> None:
    """Import the metrics, and look for the packages of the extras that components name. Raises UserError."""
    found: dict[str, None] = {}
    for component in (*(part.component for part in recipe.parts.values()), *more):
        try:
            component.load()
        except UserError as error:
            found[str(error)] = None
        for package in missing(component):
            found[f"{component.title} needs the package {package!r}, which is not installed: "
                  f"{component.installing(package)}"] = None  # fmt: skip
    if found:
        raise UserError("\n".join(found))


def _part(section: Section, other_run: OtherRun) -> Part:
    if section.run:
        return _taken(section, "converter" if section.name == "source" else section.name, other_run)
    assert section.component is not None
    try:
        arguments = check_arguments(section.component, section.args, section.where)
    except UserError as error:
        raise UserError("\n".join(_misplaced(section)) or str(error)) from error
    sample = _sample(section.component, section.sample, section.where)
    written = _written({"use": section.component.name, **plain(arguments)}, sample)
    return Part(component=section.component, arguments=arguments, sample=sample, where=section.where, plain=written)


def _misplaced(section: Section) -> Iterator[str]:
    """Faults of sampling options that stand among the arguments, as in recipes from before."""
    if not isinstance(section.component, Generator | Renderer):
        return
    with suppress(UserError):  # it cannot be imported, which is a fault already
        known = parameters(section.component)
        for name in (options_of(section.component.load()).keys() - known.keys()) & section.args.keys():
            value = section.args[name]
            yield f"{section.where(name, key=True)}: {name!r} is a sampling option; write sample: {{{name}: {value}}}"


def _taken(section: Section, name: str, other_run: OtherRun) -> Part:
    """A part of another run, with this recipe's sampling options over its own."""
    assert section.run is not None
    if not os.path.isdir(section.run):
        raise UserError(f"{section.where('from')}: there is no run directory {str(section.run)!r}")
    try:
        theirs = other_run(section.run).part(name)
    except UserError as error:
        raise UserError(f"{section.where('from')}: {error}") from error
    sample = _sample(theirs.component, section.sample, section.where)
    written = _written({"from": str(section.run)}, sample)
    return replace(theirs, sample={**theirs.sample, **sample}, run=section.run, plain=written)


def _renderer(section: Section, converter: Part | None, other_run: OtherRun) -> Part:
    if not section.own_decoder:
        return _part(section, other_run)
    if converter is None:
        raise UserError("")  # its fault has been named
    sample = _sample(converter.component, section.sample, section.where)
    written = _written({"use": "converter"}, sample)
    return replace(converter, sample=sample, run=None, own_decoder=True, where=section.where, plain=written)


def _direct(written: Written, generator: Part, other_run: OtherRun) -> Part:
    """The generator's component with some other arguments; or another component, with the arguments that both have."""
    section = written.direct
    if section.component is None and generator.run:
        return replace(_taken(written.generator, "direct", other_run), plain={})
    own = section.component is not None
    component = section.component or generator.component
    has = parameters(component)
    shared = {name: value for name, value in written.generator.args.items() if name in has or not own}
    arguments = check_arguments(component, {**shared, **section.args}, section.where)
    options = options_of(component.load())
    sample = {name: value for name, value in generator.sample.items() if name in options}
    sample |= _sample(component, section.sample, section.where)
    changes = _written({**({"use": component.name} if own else {}), **plain(arguments)}, sample)
    return Part(component=component, arguments=arguments, sample=sample, own=own, where=section.where, plain=changes)


def _direct_half(written: Written, generator: Part, direct: Part, other_run: OtherRun) -> Part:
    """The baseline no larger than the generator. It has the generator's arguments. A component of its own has at most
    the generator's width and depth; where the generator states neither, at most its own defaults."""
    if direct.run:
        return replace(_taken(written.generator, "direct_half", other_run), plain={})
    if not direct.own:
        return replace(direct, arguments=generator.arguments, where=written.generator.where, plain={})
    mine, theirs = direct.arguments, {**defaults(parameters(direct.component)), **generator.arguments}
    arguments = {**mine, **{name: min(mine[name], theirs[name]) for name in SIZE & mine.keys() & theirs.keys()}}
    return replace(direct, arguments=arguments, plain={})


def _written(part: dict[str, Any], sample: dict[str, Any]) -> dict[str, Any]:
    """A part as a recipe writes it."""
    return {**part, "sample": sample} if sample else part


def _sample(component: Component, options: Mapping[str, Any], where: Where) -> dict[str, Any]:
    if not options:
        return {}
    known = options_of(component.load())

    def inside(*path: str | int, key: bool = False) -> str:
        return where("sample", *path, key=key)

    return checked_against(component.name, known, options, inside)


def _runs(args: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """(path, run) of each `from` within arguments that names a run."""
    for key, value in args.items():
        if isinstance(value, Mapping):
            if isinstance(run := value.get("from"), str):
                yield (*path, key, "from"), run
            yield from _runs(value, (*path, key))
