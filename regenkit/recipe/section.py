"""One part of a recipe as it is written: the component it names, with unchecked arguments."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from regenkit.components import Component
from regenkit.recipe.document import Where


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
