"""From a recipe's document to its sections: looks names up, checks forms, collects every fault with its position."""

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from pydantic import ValidationError

from regenkit import plugins
from regenkit.components import ANY, Component
from regenkit.errors import UserError
from regenkit.nearest import did_you_mean, nearest
from regenkit.recipe.arguments import faults
from regenkit.recipe.document import Document, Where, shown
from regenkit.recipe.mismatch_options import misplaced, tuned_on
from regenkit.recipe.recipe import REQUIRED, SECTIONS, SETTINGS
from regenkit.recipe.train_settings import AUXILIARY_WEIGHT, JointSettings, TrainSettings


@final
@dataclass(frozen=True, kw_only=True)
class Section:
    """`{use: NAME, sample: {…}, **args}`, or a trained stage of another run: `{from: RUN, sample: {…}}`.

    component   what `use` names; None where the stage comes from elsewhere
    run         the run directory that `from` names
    own_decoder the renderer is the converter's own decoder (`renderer: {use: converter}`)
    args        the component's arguments
    sample      the sampling options
    """

    name: str
    where: Where
    component: Component | None = None
    run: Path | None = None
    own_decoder: bool = False
    args: Mapping[str, Any]
    sample: Mapping[str, Any]


@final
@dataclass(frozen=True, kw_only=True)
class Written:
    """A recipe whose form and names are right. Nothing that it names has been imported.

    direct   what differs in the baseline X → Y; its component is None where it is the generator's
    """

    path: Path
    dataset: Section
    converter: Section
    generator: Section
    renderer: Section
    source: Section | None
    auxiliary: Section | None
    auxiliary_weight: float
    direct: Section
    finetune: str | None
    joint: Any
    paired_fraction: float
    train: Mapping[str, Any]
    evaluate: tuple[str, ...]


FRACTION, WEIGHT, SAMPLE = "paired_fraction", "weight", "sample"


_OWN_KEYS = {
    "dataset": (FRACTION,), "auxiliary": (WEIGHT,), "generator": (SAMPLE,), "renderer": (SAMPLE,), "direct": (SAMPLE,),
}  # fmt: skip
"""Keys of a section that are no argument of its component."""


@final
class Reader:
    """Collects all faults of form and name before it raises."""

    def __init__(self, document: Document, host: plugins.Host) -> None:
        self.document, self.host = document, host
        self.problems: list[str] = []
        self.unloaded = False  # whether a name may be missing because a plugin could not be loaded

    def written(self, path: Path) -> Written:
        """Raises UserError with a line for each fault."""
        document = self.document
        for name in document.data:
            if name not in SECTIONS:
                self._fault(f"unknown section{did_you_mean(name, SECTIONS)}", name, key=True)
        for name in REQUIRED:
            if name not in document.data:
                self._fault(f"needs the section {name!r}, as in {name}: {{use: NAME}}")
        sections = {name: self._section(name) for name in REQUIRED if name in document.data}
        source, auxiliary = (self._section(name) if document.data.get(name) is not None else None
                             for name in ("source", "auxiliary"))  # fmt: skip
        fraction = self._number("dataset", FRACTION, 1.0, "over 0 and up to 1", lambda value: 0 < value <= 1)
        weight = self._number(
            "auxiliary", WEIGHT, AUXILIARY_WEIGHT, "of at least 0", lambda value: 0 <= value < math.inf
        )
        finetune, joint = self._finetune(), self._joint()
        direct = self._direct(sections.get("generator"))
        train = self._train()
        evaluate = self._evaluate()
        if not self.problems:
            self._check_modalities(sections["dataset"], sections["converter"], source, evaluate)
        if self.problems:
            once = [self.host.unloaded.removeprefix("; ")] if self.unloaded else []
            raise UserError("\n".join([*self.problems, *once]))
        return Written(
            path=path, **sections, source=source, auxiliary=auxiliary, auxiliary_weight=weight, direct=direct,
            finetune=finetune, joint=joint, paired_fraction=fraction, train=train, evaluate=tuple(evaluate),
        )  # fmt: skip

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
        section = Section(name=name, where=where, args={}, sample={})
        content = self._map(name)
        if content is None:
            return section
        ways = ("use",) if name in ("dataset", "auxiliary") else ("use", "from")
        given = [way for way in ways if way in content]
        if len(given) != 1:
            needs = f"needs the key {' or '.join(map(repr, ways))}"
            self._fault("has both 'use' and 'from'; keep one" if given else needs, name, key=True)
            return section
        way, value = given[0], content[given[0]]
        own = (way, *_OWN_KEYS.get(name, ()))
        args = {key: inner for key, inner in content.items() if key not in own}
        sample = (self._map(name, SAMPLE) or {}) if SAMPLE in own else {}
        if not isinstance(value, str) or not value:
            self._fault(f"should be a name, not {shown(value)}", name, way)
            return section
        own_decoder = name == "renderer" and (way, value) == ("use", "converter")
        if way == "from" or own_decoder:
            for key in args:
                self._fault(
                    f"unknown key {key!r}: a stage from elsewhere brings its own arguments", name, key, key=True
                )
            run = None if own_decoder else Path(value)
            return Section(name=name, where=where, run=run, own_decoder=own_decoder, args={}, sample=sample)
        role = {"auxiliary": "renderer", "source": "converter"}.get(name, name)
        also = ", converter (its own decoder)" if name == "renderer" else ""
        component = self._find(role, value, name, "use", also=also)
        return Section(name=name, where=where, component=component, args=args, sample=sample)

    def _find(self, role: str, name: Any, *path: str | int, also: str = "") -> Component | None:
        """The component that a name at `path` means; None where that is a fault."""
        try:
            if not isinstance(name, str):
                raise UserError(f"should be a name, not {shown(name)}")
            return self.host.find(role, name)
        except UserError as error:
            said = str(error).removesuffix(self.host.unloaded)
            self.unloaded |= said != str(error)
            self._fault(said + (also if "There are: " in said else ""), *path)
            return None

    def _finetune(self) -> str | None:
        try:
            return tuned_on(self.document.data.get("finetune"))
        except ValueError as error:
            self._fault(str(error), "finetune")
            return None

    def _joint(self) -> JointSettings | None:
        given = self.document.data.get("joint")
        if given is None or self._map("joint") is None:
            return None
        if self.document.data.get("finetune") is not None:
            self._fault("trains the renderer on predicted Y′ already; keep this or finetune", "joint", key=True)
        try:
            return JointSettings.model_validate(given)
        except ValidationError as error:
            where = functools.partial(self.document.where, "joint")
            self.problems += faults(error, given, JointSettings.model_fields, where)
            return None

    def _number(self, name: str, key: str, default: float, range: str, right: Callable[[float], bool]) -> float:
        """A number in a section that is the recipe's own and no argument of the component."""
        section = self.document.data.get(name)
        value = section.get(key, default) if isinstance(section, dict) else default
        if isinstance(value, bool) or not isinstance(value, int | float) or not right(value):
            self._fault(f"should be a number {range}, not {shown(value)}", name, key)
            return default
        return float(value)

    def _direct(self, generator: Section | None) -> Section:
        """The baseline: arguments that differ from the generator's; or another class, where the generator's cannot draw
        Y."""
        changes = dict(self._map("direct") or {})
        where: Where = functools.partial(self.document.where, "direct")
        if "from" in changes:
            self._fault("the baseline is trained here: there is no 'from'", "direct", "from", key=True)
        sample = (self._map("direct", SAMPLE) or {}) if SAMPLE in changes else {}
        changes.pop(SAMPLE, None)
        component = None
        if "use" in changes:
            component = self._find("generator", changes.pop("use"), "direct", "use")
        elif changes and (generator is None or generator.component is None):
            self._fault("there is no generator here whose arguments this could change", "direct", key=True)
        return Section(name="direct", where=where, component=component, args=changes, sample=sample)

    def _train(self) -> dict[str, Any]:
        train = self._map("train") or {}
        base = {key: value for key, value in train.items() if key not in SETTINGS}
        self._check_settings(base, "train", known=(*TrainSettings.model_fields, *SETTINGS))
        for stage in SETTINGS:
            if stage in train and self._map("train", stage) is not None:
                self._check_settings(train[stage], "train", stage, known=TrainSettings.model_fields)
                if "strategy" in train[stage]:
                    self._fault("all stages of a run have one: write it in train", "train", stage, "strategy", key=True)
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
            self._find("metric", name, "evaluate", index)
        return names

    def _check_modalities(
        self, dataset: Section, converter: Section, source: Section | None, metrics: list[str]
    ) -> None:
        """Finds names that are right but do not fit each other: a converter of speech for a dataset of melodies."""
        made: Any = dataset.component
        fitting: list[tuple[Any, tuple[str | int, ...]]] = [(converter.component, ("converter", "use"))]
        fitting = fitting if converter.component else []
        fitting += [(self.host.find("metric", name), ("evaluate", i)) for i, name in enumerate(metrics)]
        names = self.host.names("modality")
        close = None if made.y in names else nearest(made.y, names)
        hint = f"; no modality has that name: is {close!r} meant in the record of {made.name}?" if close else ""
        for component, path in fitting:
            if component.modality not in (made.y, ANY):
                said = f"{component.name} is for {component.modality}, but {made.name} yields {made.y}"
                self._fault(said + hint, *path)
        own: Any = source.component if source else None
        if own and own.modality not in (made.x, ANY):
            self._fault(f"{own.name} is for {own.modality}, but {made.name} has the X {made.x}", "source", "use")
        if own and own.learned:
            self._fault(f"{own.name} is trained, and here nothing trains it: train a run whose Y is {made.x}, and "
                        "write source: {from: RUN}", "source", "use")  # fmt: skip
