"""The hooks, one sentence each; docs/hooks.md has an example of every one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import pluggy

from regenkit.components import Command, Converter, Dataset, Generator, Metric, Modality, Renderer


class RecipeView(Protocol):
    """The part of `regenkit.recipe.Recipe` that a hook may use."""

    @property
    def path(self) -> Path: ...

    @property
    def name(self) -> str: ...

    def train_settings(self, stage: str | None = None) -> Any:
        """The settings under `train`, those of `stage` if one is named: see `recipe.train_settings.TrainSettings`."""
        ...


hookspec = pluggy.HookspecMarker("regenkit")
hookimpl = pluggy.HookimplMarker("regenkit")


@hookspec
def register_modalities() -> Iterable[Modality]:  # type: ignore[empty-body] # pluggy calls plugins, not this
    """Yield the kinds of data that the plugin reads, writes and shows."""


@hookspec
def register_converters() -> Iterable[Converter]:  # type: ignore[empty-body] # pluggy calls plugins, not this
    """Yield what turns Y into an abstraction Y′."""


@hookspec
def register_generators() -> Iterable[Generator]:  # type: ignore[empty-body] # pluggy calls plugins, not this
    """Yield the models or rules that draw Y′ given X."""


@hookspec
def register_renderers() -> Iterable[Renderer]:  # type: ignore[empty-body] # pluggy calls plugins, not this
    """Yield the models or rules that draw Y given Y′."""


@hookspec
def register_datasets() -> Iterable[Dataset]:  # type: ignore[empty-body] # pluggy calls plugins, not this
    """Yield the sources of examples, paired or not."""


@hookspec
def register_metrics() -> Iterable[Metric]:  # type: ignore[empty-body] # pluggy calls plugins, not this
    """Yield the scores of samples against references."""


@hookspec
def register_commands() -> Iterable[Command]:  # type: ignore[empty-body] # pluggy calls plugins, not this
    """Yield the commands that the plugin adds to the command line."""


@hookspec
def training_callbacks(recipe: RecipeView, stage: str, run_dir: Path) -> Iterable[Any]:  # type: ignore[empty-body] # pluggy calls plugins, not this
    """Return Keras callbacks that are to follow the training of one stage of a run."""


@hookspec(firstresult=True)
def make_strategy(recipe: RecipeView) -> Any:
    """Return the tf.distribute.Strategy to train under, or None to leave the choice to the next plugin."""
