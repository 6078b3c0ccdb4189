"""From a recipe's document to its parts: names looked up, forms checked, every fault collected with its place."""

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, final

from pydantic import ValidationError

from regenkit import plugins
from regenkit.components import ANY
from regenkit.errors import UserError
from regenkit.nearest import did_you_mean
from regenkit.recipe.arguments import faults
from regenkit.recipe.document import Document, Where, shown
from regenkit.recipe.remedies import misplaced, tuned_on
from regenkit.recipe.section import Section
from regenkit.recipe.settings import JointSettings, TrainSettings

SECTIONS = ("dataset", "converter", "generator", "renderer", "finetune", "joint", "direct", "train", "evaluate")
REQUIRED = ("dataset", "converter", "generator", "renderer")
FRACTION = "paired_fraction"
STAGES = ("converter", "generator", "renderer", "finetune", "joint", "direct")
"""What is trained, in this order; `direct` is the baseline X → Y: the generator's class with the other target."""


@final
class Reader:
    """Collects every fault of form and name before it gives up."""

    def __init__(self, document: Document, host: plugins.Host) -> None:
        self.document, self.host = document, host
        self.problems: list[str] = []

    def parts(self) -> dict[str, Any]:
        """The fields of a `Recipe`, but for its path. Raises UserError with a line for each fault."""
        document = self.document
        for name in document.data:
            if name not in SECTIONS:
                self._fault(f"unknown section{did_you_mean(name, SECTIONS)}", name, key=True)
        for name in REQUIRED:
            if name not in document.data:
                self._fault(f"needs the section {name!r}, as in {name}: {{use: NAME}}")
        parts = {name: self._section(name) for name in REQUIRED if name in document.data}
        fraction = self._paired_fraction()
        finetune, joint = self._finetune(), self._joint(parts)
        direct = self._direct(parts.get("generator"))
        train = self._train()
        evaluate = self._evaluate()
        if not self.problems:
            self._check_modalities(parts["dataset"], parts["converter"], evaluate)
        if self.problems:
            raise UserError("\n".join(self.problems))
        return {**parts, "finetune": finetune, "joint": joint, "paired_fraction": fraction, "direct": direct,
                "train": train, "evaluate": tuple(evaluate)}  # fmt: skip

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
        ways = ("use",) if name == "dataset" else ("use", "from")
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
            also = ", converter (its own decoder)" if name == "renderer" else ""
            self._fault(f"{error}{also}", name, "use")
            return section

    def _finetune(self) -> str | None:
        try:
            return tuned_on(self.document.data.get("finetune"))
        except ValueError as error:
            self._fault(str(error), "finetune")
            return None

    def _joint(self, parts: Mapping[str, Section]) -> JointSettings | None:
        given = self.document.data.get("joint")
        if given is None or self._map("joint") is None:
            return None
        if self.document.data.get("finetune") is not None:
            self._fault("trains the renderer on predicted Y′ already; keep this or finetune", "joint", key=True)
        if "renderer" in parts and parts["renderer"].own_decoder:
            self._fault("needs a renderer of its own: write renderer: {use: transformer}", "joint", key=True)
        try:
            return JointSettings.model_validate(given)
        except ValidationError as error:
            where = functools.partial(self.document.where, "joint")
            self.problems += faults(error, given, JointSettings.model_fields, where)
            return None

    def _paired_fraction(self) -> float:
        dataset = self.document.data.get("dataset")
        value = dataset.get(FRACTION, 1.0) if isinstance(dataset, dict) else 1.0
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            self._fault(f"should be a number over 0 and up to 1, not {shown(value)}", "dataset", FRACTION)
            return 1.0
        return float(value)

    def _direct(self, generator: Section | None) -> Section | None:
        changes = dict(self._map("direct") or {})
        if "from" in changes:
            self._fault("the baseline is trained here: there is no 'from'", "direct", "from", key=True)
        if "use" in changes:
            return self._other_direct(changes.pop("use"), changes, generator)
        if generator is None or generator.component is None:
            if changes:
                self._fault("there is no generator here whose arguments this could change", "direct", key=True)
            return None
        where: Where = functools.partial(self.document.where, "direct")
        return Section(name="direct", where=where, component=generator.component, args={**generator.args, **changes})

    def _other_direct(self, name: Any, args: Mapping[str, Any], generator: Section | None) -> Section | None:
        """The baseline of another class than the generator's, which may be unable to draw Y."""
        try:
            if not isinstance(name, str):
                raise UserError(f"should be a name, not {shown(name)}")
            component = self.host.find("generator", name)
        except UserError as error:
            self._fault(str(error), "direct", "use")
            return None
        where: Where = functools.partial(self.document.where, "direct")
        shared = generator.args if generator else {}
        return Section(name="direct", where=where, component=component, args=args, shared=shared)

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
        fitting: list[tuple[Any, tuple[str | int, ...]]] = [(converter.component, ("converter", "use"))]
        fitting = fitting if converter.component else []
        fitting += [(self.host.find("metric", name), ("evaluate", i)) for i, name in enumerate(metrics)]
        for component, path in fitting:
            if component.modality not in (made.y, ANY):
                self._fault(f"{component.name} is for {component.modality}, but {made.name} yields {made.y}", *path)
