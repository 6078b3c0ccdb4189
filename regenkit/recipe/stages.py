"""Which stages a recipe has, in which order, and which section of which recipe says how one is built."""

from regenkit.components import Converter
from regenkit.recipe import Recipe, load

SECTION = {"finetune": "renderer"}
"""Stages that a section of another name builds."""


ROUTE = ("generator", "renderer")
"""The stages by which X becomes Y."""


def source(recipe: Recipe, stage: str) -> tuple[Recipe, str]:
    """(recipe, section) that say how a stage is built: another run's, where `from` takes it from there.

    The direct baseline, where the generator is another run's, is that run's as well.
    """
    section = SECTION.get(stage, stage)
    if section == "renderer" and recipe.renderer.own_decoder:
        section = "converter"
    if section.startswith("direct"):
        run = None if recipe.direct else recipe.generator.run
    else:
        run = recipe.section(section).run
    return source(load(run / "recipe.yaml"), section) if run else (recipe, section)


def is_learned(recipe: Recipe) -> bool:
    """Whether its converter is trained."""
    recipe, section = source(recipe, "converter")
    component = recipe.section(section).component
    return isinstance(component, Converter) and component.learned


def stages_of(recipe: Recipe) -> tuple[str, ...]:
    """What is trained of a recipe, in this order."""
    first = ["converter"] if is_learned(recipe) else []
    last = ["finetune"] if recipe.finetune else ["joint"] if recipe.joint else []
    return (*first, *ROUTE, *last)
