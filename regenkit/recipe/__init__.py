"""Recipes: which dataset, converter, generator and renderer, and how they are trained.

    recipe = load(Path("recipes/lyric2melody.yaml"), ["generator.depth=4"])   # form and names; imports no component
    recipe.check_components()                                                 # imports them, checks their arguments
    converter = recipe.build("converter")
    generator = recipe.build("generator", condition=x_spec, target=rep_spec)

Safe YAML only, and names resolve through plugins alone, so a recipe cannot run code. Every error is a UserError,
a line for each fault: `file:line:column: key.path: what is wrong; did you mean 'x'?`.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from regenkit import plugins
from regenkit.components import Converter
from regenkit.errors import UserError
from regenkit.recipe.arguments import wanted
from regenkit.recipe.document import dump, read
from regenkit.recipe.reader import REQUIRED, SECTIONS, STAGES, Reader
from regenkit.recipe.remedies import unable
from regenkit.recipe.section import Section
from regenkit.recipe.settings import JointSettings, TrainSettings
from regenkit.spec import digest

__all__ = ["REQUIRED", "SECTIONS", "STAGES", "Recipe", "Section", "TrainSettings", "load"]


@final
@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A recipe whose form and names are right.

    `direct` is the route X → Y: the generator's component and arguments, but for what `direct:` says (which may name
    another component); None where the generator comes from another run and it names none. `paired_fraction` is the
    dataset's key of that name, whichever dataset it is: see `data.fraction`. `finetune` says which predicted Y′ the
    renderer is trained on further, if it is; `joint`, that the stages are trained together.
    """

    path: Path
    dataset: Section
    converter: Section
    generator: Section
    renderer: Section
    finetune: str | None = None
    joint: JointSettings | None = None
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
        """The part that a stage is built from; `direct_half` is built no larger than the generator is."""
        if name == "direct_half":
            own = self.direct is not None and self.direct.shared is not None
            return self.direct.smaller() if self.direct and own else self.generator
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
            for path, run in section.runs():
                if not os.path.isdir(run):  # is_dir() raises where a name is too long
                    found[f"{section.where(*path)}: there is no run directory {run!r}"] = None
        if not found:
            noise = self.train_settings("renderer").rep_noise
            found.update(dict.fromkeys(unable(self.generator, self.finetune, noise)))
        for name in ("dataset", "converter") if not found else ():
            component = self.section(name).component
            if component is None or (isinstance(component, Converter) and wanted(component)):
                continue  # of another run; or built once Y is known
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
        if self.joint:
            result["joint"] = self.joint.model_dump()
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
    return Recipe(path=Path(path), **Reader(document, host or plugins.host()).parts())
