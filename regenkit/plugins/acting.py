"""The hooks that act, called so that a plugin that fails in one of them is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from regenkit.errors import UserError
from regenkit.hookspecs import RecipeView
from regenkit.origin import CORE, raised_at, strict
from regenkit.plugin_code import plugin_code
from regenkit.plugins.host import Host


def callbacks(host: Host, recipe: RecipeView, stage: str, run_dir: Path, warn: Callable[[str], None]) -> list[Any]:
    """The Keras callbacks of every plugin for one stage. A plugin that raises goes without them, and `warn` says so."""
    found: list[Any] = []
    for name, call in host.each("training_callbacks"):
        try:
            with plugin_code() as asked:
                found += [each for one in call(recipe=recipe, stage=stage, run_dir=run_dir) for each in one or ()]
        except BaseException as error:
            if isinstance(error, UserError) or asked.is_set() or strict():
                raise
            warn(f"plugin {name}: its training_callbacks raised {_said(error)}. {stage} is trained without them")
    return found


def strategy(host: Host, recipe: RecipeView) -> Any:
    """The tf.distribute.Strategy to train under. Raises UserError naming the plugin whose hook raises: to train
    elsewhere than its user asked for would be worse."""
    for name, call in host.each("make_strategy"):
        try:
            with plugin_code() as asked:
                found = call(recipe=recipe)
        except BaseException as error:
            if isinstance(error, UserError) or asked.is_set() or strict() or name == CORE:
                raise
            raise UserError(f"plugin {name}: its make_strategy raised {_said(error)}") from error
        if found is not None:
            return found
    return None


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error} ({raised_at(error)})".replace(": )", ")")
