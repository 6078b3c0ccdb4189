"""A recipe, resolved: its components found, its arguments checked, the stages of other runs looked up. Immutable."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from regenkit.components import Component, Converter, Renderer
from regenkit.digest import digest
from regenkit.errors import UserError
from regenkit.recipe.document import Where, dump
from regenkit.recipe.train_settings import JointSettings, TrainSettings
from regenkit.stages import STAGES, StageKind


@final
@dataclass(frozen=True, kw_only=True)
class Part:
    """How one part of a recipe is built.

    component    what makes it
    arguments    its keyword arguments, checked, with all defaults filled in
    sample       the sampling options that the recipe fixes, checked
    run          the run directory that its trained stage is taken from; its recipe says how the stage is built
    own_decoder  it is the converter's own decoder, in the role of the renderer, here or in the run it comes from
    own          of a baseline: it has a component of its own, not the generator's
    where        its position in the recipe, for errors
    plain        the part as a recipe writes it
    """

    component: Component
    arguments: Mapping[str, Any]
    sample: Mapping[str, Any]
    run: Path | None = None
    own_decoder: bool = False
    own: bool = False
    where: Where
    plain: Mapping[str, Any]

    @property
    def use(self) -> str:
        return self.component.name

    @property
    def untaught(self) -> bool:
        """Whether it is a renderer that has nothing to learn."""
        return isinstance(self.component, Renderer) and not self.component.trained

    @property
    def identity(self) -> dict[str, Any]:
        """What its trained stage depends on: the component and its arguments, not how samples are drawn."""
        return {"use": self.use, **self.arguments}

    def build(self, **supplied: Any) -> Any:
        """The component, built. Raises UserError, with the position in the recipe, where it refuses its arguments."""
        try:
            return self.component.load()(**supplied, **self.arguments)
        except (UserError, ValueError) as error:
            raise UserError(f"{self.where()}: {error}") from error


@final
@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is trained, of what, and how.

    parts             by section: dataset, converter, generator, renderer, direct, direct_half and, if any, source (the
                      converter of X) and auxiliary
    finetune          on which predicted Y′ the renderer is trained further, if it is: see `mismatch_options`
    joint             weights of the terms where the stages are trained together
    auxiliary_weight  of the auxiliary stage's loss beside the generator's
    paired_fraction   the key of that name, which every dataset has: see `data.fraction`
    train             the section of that name, checked
    evaluate          names of metrics
    """

    path: Path
    parts: Mapping[str, Part]
    finetune: str | None = None
    joint: JointSettings | None = None
    auxiliary_weight: float = 0.0
    paired_fraction: float = 1.0
    train: Mapping[str, Any]
    evaluate: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def dataset(self) -> Part:
        return self.parts["dataset"]

    @property
    def generator(self) -> Part:
        return self.parts["generator"]

    @property
    def renderer(self) -> Part:
        return self.parts["renderer"]

    def part(self, stage: str) -> Part:
        """How a stage is built. Raises UserError where the recipe has none of that name."""
        section = STAGES[stage].section if stage in STAGES else stage
        if section not in self.parts:
            raise UserError(f"{self.path}: the recipe has no {stage!r} to build")
        return self.parts[section]

    @property
    def learned(self) -> bool:
        """Whether its converter is trained."""
        component = self.parts["converter"].component
        return isinstance(component, Converter) and component.learned

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that are trained, in this order; baselines are not among them."""
        return tuple(kind.name for kind in STAGES.values() if self._trains(kind))

    def _trains(self, kind: StageKind) -> bool:
        if kind.baseline or not kind.alone:
            return False
        asked = {"finetune": self.finetune, "joint": self.joint, "auxiliary": "auxiliary" in self.parts}
        return self.learned if kind.name == "converter" else bool(asked.get(kind.asked_by, True))

    def in_place_of(self, stage: str) -> str:
        """The trained stage that draws in the place of a stage, once it is trained: the fine-tuned renderer; or it."""
        return next((each for each in self.stages if STAGES[each].stands_for == stage), stage)

    @property
    def weights(self) -> dict[str, Any]:
        """Weights of the terms of each stage that trains several as one, by its name."""
        return {"joint": self.joint, "assisted": self.auxiliary_weight}

    def train_settings(self, stage: str | None = None) -> TrainSettings:
        """Training settings of a stage: `train`, overridden by `train.STAGE`; without a stage, what all share."""
        base = {key: value for key, value in self.train.items() if key not in SETTINGS}
        return TrainSettings(**{**base, **(self.train.get(STAGES[stage].settings, {}) if stage else {})})

    @property
    def unread(self) -> tuple[str, ...]:
        """Stages that have a section of `train` and are not trained here, so that it changes nothing."""
        read = {STAGES[each].settings for each in (*self.stages, "direct") if not self._needs_none(STAGES[each])}
        return tuple(each for each in SETTINGS if self.train.get(each) and each not in read)

    def _needs_none(self, kind: StageKind) -> bool:
        """Whether another run, or the converter, has its weights, or it is a renderer without any."""
        part = self.parts.get(kind.section)
        if part is None or kind.builds_on:
            return False
        return part.untaught or part.own_decoder or part.run is not None

    def plain(self) -> dict[str, Any]:
        """The recipe with all defaults filled in, in plain data; loading its `dump` gives the same again."""
        result: dict[str, Any] = {name: dict(part.plain) for name, part in self.parts.items() if part.plain}
        if self.paired_fraction < 1:  # left out where it is nothing new, so that runs from before keep their names
            result["dataset"]["paired_fraction"] = self.paired_fraction
        if "auxiliary" in result:
            result["auxiliary"]["weight"] = self.auxiliary_weight
        if self.finetune:
            result["finetune"] = {"on": self.finetune}
        if self.joint:
            result["joint"] = self.joint.model_dump(exclude_none=True)
        overrides = {stage: dict(self.train[stage]) for stage in SETTINGS if stage in self.train}
        result["train"] = {**self.train_settings().model_dump(mode="json"), **overrides}
        result["evaluate"] = list(self.evaluate)
        return result

    def dump(self) -> str:
        return dump(self.plain())

    def digest(self, *sections: str) -> str:
        """Twelve hexadecimal digits that name the settings of `sections` (of all, without any)."""
        plain = self.plain()
        names = [name for name in sections or SECTIONS if name != "source" or name in plain]  # as before there was one
        return digest({name: plain.get(name) for name in names})


REQUIRED = ("dataset", "converter", "generator", "renderer")
SECTIONS = (*REQUIRED, "source", "auxiliary", "finetune", "joint", "direct", "train", "evaluate")
SETTINGS = tuple(dict.fromkeys(kind.settings for kind in STAGES.values()))
"""The keys of `train` that are settings of one stage."""
