"""Recipes: which dataset, converter, generator and renderer, and how they are trained.

    recipe = load(Path("recipes/lyric2melody.yaml"), ["generator.depth=4"])   # form and names; imports no component
    recipe.check_components()                                                 # imports them, checks their arguments
    converter = recipe.build("converter")
    generator = recipe.build("generator", condition=x_spec, target=rep_spec)

Safe YAML only, and names resolve through plugins alone, so a recipe cannot run code. Every error is a UserError,
a line for each fault: `file:line:column: key.path: what is wrong; did you mean 'x'?`.
"""

import functools
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from pydantic import ValidationError

from regenkit import plugins
from regenkit.arguments import faults
from regenkit.errors import UserError
from regenkit.nearest import did_you_mean
from regenkit.recipe_yaml import Document, Where, dump, read, shown
from regenkit.remedies import misplaced, tuned_on, unable
from regenkit.section import Section
from regenkit.settings import TrainSettings
from regenkit.spec import digest

__all__ = ["Recipe", "Section", "TrainSettings", "load"]

SECTIONS = ("dataset", "converter", "generator", "renderer", "finetune", "direct", "train", "evaluate")
REQUIRED = ("dataset", "converter", "generator", "renderer")
FRACTION = "paired_fraction"
STAGES = ("converter", "generator", "renderer", "finetune", "direct")
"""What is trained, in this order; `direct` is the baseline X → Y: the generator's class with the other target."""


@final
@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A recipe whose form and names are right.

    `direct` is the route X → Y: the generator's component and arguments, but for what `direct:` says; None
    where the generator comes from another run. `paired_fraction` is the dataset's key of that name, whichever dataset
    it is: see `data.fraction`. `finetune` says which predicted Y′ the renderer is trained on further, if it is.
    """

    path: Path
    dataset: Section
    converter: Section
    generator: Section
    renderer: Section
    finetune: str | None = None
    paired_fraction: float = 1.0
    direct: Section | None
    train: Mapping[str, Any]
    evaluate: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def sections(self) -> Iterator[Section]:
        """The parts that name components, in the order of work."""
        yield from (self.dataset, self.converter, self.generator, self.renderer)
        if self.direct:
            yield self.direct

    def section(self, name: str) -> Section:
        for section in self.sections:
            if section.name == name:
                return section
        raise UserError(f"{self.path}: the recipe has no stage {name!r} to build")

    def train_settings(self, stage: str | None = None) -> TrainSettings:
        """Training settings of a stage: `train`, overridden by `train.STAGE`; without a stage, what all share."""
        base = {key: value for key, value in self.train.items() if key not in STAGES}
        return TrainSettings(**{**base, **(self.train.get(stage, {}) if stage else {})})

    def check_components(self) -> None:
        """Import what the recipe names and check the arguments. Raises one UserError, with a line for each fault."""
        found: dict[str, None] = {}
        for section in self.sections:
            if section is self.direct and found:
                continue  # it repeats the generator's arguments, and so their faults
            try:
                section.arguments()
            except UserError as error:
                found.update(dict.fromkeys(str(error).splitlines()))
            if section.run and not os.path.isdir(section.run):  # is_dir() raises where a name is too long
                found[f"{section.where('from')}: there is no run directory {str(section.run)!r}"] = None
        if not found:
            noise = self.train_settings("renderer").rep_noise
            found.update(dict.fromkeys(unable(self.generator, self.finetune, noise)))
        for name in ("dataset", "converter") if not found else ():
            try:
                self.build(name)  # cheap, and may refuse a combination, or a folder that is not there
            except Exception as error:  # whatever a stranger's constructor does
                said = error if isinstance(error, ValueError | UserError) else f"{type(error).__name__}: {error}"
                found[f"{self.section(name).where()}: {said}"] = None
        if found:
            raise UserError("\n".join(found))

    def build(self, name: str, **supplied: Any) -> Any:
        """Build the component of a section from the recipe's arguments; generator, renderer and direct are also
        given `condition` and `target`, the specs between which they stand."""
        section = self.section(name)
        if section.component is None:
            raise ValueError(
                f"{name} of {self.path} names no component: it comes from {section.run or 'the converter'}"
            )
        return section.component.load()(**supplied, **section.arguments())

    def resolved(self) -> dict[str, Any]:
        """The recipe with all defaults filled in, in plain data; loading its `dump` gives the same again."""
        result: dict[str, Any] = {section.name: section.resolved() for section in self.sections}
        if self.paired_fraction < 1:  # left out where it is nothing new, so that runs from before keep their names
            result["dataset"]["paired_fraction"] = self.paired_fraction
        if self.finetune:
            result["finetune"] = {"on": self.finetune}
        overrides = {stage: dict(self.train[stage]) for stage in STAGES if stage in self.train}
        result["train"] = {**self.train_settings().model_dump(mode="json"), **overrides}
        result["evaluate"] = list(self.evaluate)
        return result

    def dump(self) -> str:
        return dump(self.resolved())

    def digest(self, *sections: str) -> str:
        """Twelve hexadecimal digits that name the resolved settings of `sections` (of all, without any)."""
        resolved = self.resolved()
        return digest({name: resolved.get(name) for name in sections or SECTIONS})


def load(path: str | Path, overrides: Iterable[str] = (), host: plugins.Host | None = None) -> Recipe:
    """The recipe at `path` with `overrides` ("generator.depth=4") applied. Checks form and names; imports no component.

    Raises UserError with a line for each fault.
    """
    document = read(Path(path))
    for setting in overrides:
        document.override(setting)
    return _Reader(document, host or plugins.host()).recipe(Path(path))


@final
class _Reader:
    """Collects every fault of form and name before it gives up."""

    def __init__(self, document: Document, host: plugins.Host) -> None:
        self.document, self.host = document, host
        self.problems: list[str] = []

    def recipe(self, path: Path) -> Recipe:
        document = self.document
        for name in document.data:
            if name not in SECTIONS:
                self._fault(f"unknown section{did_you_mean(name, SECTIONS)}", name, key=True)
        for name in REQUIRED:
            if name not in document.data:
                self._fault(f"needs the section {name!r}, as in {name}: {{use: NAME}}")
        parts = {name: self._section(name) for name in REQUIRED if name in document.data}
        fraction = self._paired_fraction()
        finetune = self._finetune()
        direct = self._direct(parts.get("generator"))
        train = self._train()
        evaluate = self._evaluate()
        if not self.problems:
            self._check_modalities(parts["dataset"], parts["converter"], evaluate)
        if self.problems:
            raise UserError("\n".join(self.problems))
        return Recipe(path=path, **parts, finetune=finetune, paired_fraction=fraction, direct=direct, train=train,
                      evaluate=tuple(evaluate))  # fmt: skip

    def _fault(self, what: str, *path: str | int, key: bool = False) -> None:
        self.problems.append(f"{self.document.where(*path, key=key)}: {what}")

    def _map(self, *path: str) -> dict[str, Any] | None:
        value: Any = self.document.data
        for part in path:
            value = value.get(part, {})
        if isinstance(value, dict):
            return value
        a_name = isinstance(value, str) and value.isprintable() and path[-1] in REQUIRED
        example = f"; write {{use: {value}}}" if a_name else ""
        self._fault(f"should be a map, not {shown(value)}{example}", *path)
        return None

    def _section(self, name: str) -> Section:
        where: Where = functools.partial(self.document.where, name)
        section = Section(name=name, where=where, args={})
        content = self._map(name)
        if content is None:
            return section
        ways = ("use", "from") if name in ("generator", "renderer") else ("use",)
        given = [way for way in ways if way in content]
        if len(given) != 1:
            needs = f"needs the key {' or '.join(map(repr, ways))}"
            self._fault("has both 'use' and 'from'; keep one" if given else needs, name, key=True)
            return section
        way, value = given[0], content[given[0]]
        own = (way, *([FRACTION] if name == "dataset" else []))
        args = {key: inner for key, inner in content.items() if key not in own}
        if not isinstance(value, str) or not value:
            self._fault(f"should be a name, not {shown(value)}", name, way)
            return section
        own_decoder = name == "renderer" and (way, value) == ("use", "converter")
        if way == "from" or own_decoder:
            for key in args:
                self._fault(
                    f"unknown key {key!r}: a stage from elsewhere brings its own arguments", name, key, key=True
                )
            return Section(
                name=name, where=where, run=None if own_decoder else Path(value), own_decoder=own_decoder, args={}
            )
        try:
            return Section(name=name, where=where, component=self.host.find(name, value), args=args)
        except UserError as error:
            self._fault(str(error), name, "use")
            return section

    def _finetune(self) -> str | None:
        try:
            return tuned_on(self.document.data.get("finetune"))
        except ValueError as error:
            self._fault(str(error), "finetune")
            return None

    def _paired_fraction(self) -> float:
        dataset = self.document.data.get("dataset")
        value = dataset.get(FRACTION, 1.0) if isinstance(dataset, dict) else 1.0
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            self._fault(f"should be a number over 0 and up to 1, not {shown(value)}", "dataset", FRACTION)
            return 1.0
        return float(value)

    def _direct(self, generator: Section | None) -> Section | None:
        changes = self._map("direct") or {}
        if "use" in changes or "from" in changes:
            self._fault(
                "'direct' is built as the generator is; give only the arguments that differ", "direct", key=True
            )
        if generator is None or generator.component is None:
            if changes:
                self._fault("there is no generator here whose arguments this could change", "direct", key=True)
            return None
        where: Where = functools.partial(self.document.where, "direct")
        return Section(name="direct", where=where, component=generator.component, args={**generator.args, **changes})

    def _train(self) -> dict[str, Any]:
        train = self._map("train") or {}
        base = {key: value for key, value in train.items() if key not in STAGES}
        self._check_settings(base, "train", known=(*TrainSettings.model_fields, *STAGES))
        for stage in STAGES:
            if stage in train and self._map("train", stage) is not None:
                self._check_settings(train[stage], "train", stage, known=TrainSettings.model_fields)
        for path in misplaced(train):
            self._fault("only the renderer reads Y′: write it in train.renderer", "train", *path, key=True)
        return train

    def _check_settings(self, settings: dict[str, Any], *path: str, known: Iterable[str]) -> None:
        try:
            TrainSettings.model_validate(settings)
        except ValidationError as error:
            self.problems += faults(error, settings, known, functools.partial(self.document.where, *path))

    def _evaluate(self) -> list[str]:
        names = self.document.data.get("evaluate", [])
        if not isinstance(names, list):
            self._fault(f"should be a list of metrics, not {shown(names)}", "evaluate")
            return []
        for index, name in enumerate(names):
            if not isinstance(name, str):
                self._fault(f"should be a metric's name, not {shown(name)}", "evaluate", index)
                continue
            try:
                self.host.find("metric", name)
            except UserError as error:
                self._fault(str(error), "evaluate", index)
        return names

    def _check_modalities(self, dataset: Section, converter: Section, metrics: list[str]) -> None:
        """Names that are each right but do not fit: a converter of speech for a dataset of melodies."""
        made: Any = dataset.component
        taker: Any = converter.component
        fitting: list[tuple[Any, tuple[str | int, ...]]] = [(taker, ("converter", "use"))]
        fitting += [(self.host.find("metric", name), ("evaluate", i)) for i, name in enumerate(metrics)]
        for component, path in fitting:
            if component.modality != made.y:
                self._fault(f"{component.name} is for {component.modality}, but {made.name} yields {made.y}", *path)
