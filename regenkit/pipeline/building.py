"""Components built from a recipe's sections, or from those of the run that a stage is taken from."""

from typing import Any

from regenkit.errors import UserError
from regenkit.recipe import Recipe
from regenkit.recipe.arguments import wanted
from regenkit.recipe.stages import source
from regenkit.spec import Spec


def built(recipe: Recipe, stage: str, **supplied: Any) -> Any:
    """Raises UserError, with the place in the recipe, where the component refuses its arguments."""
    recipe, section = source(recipe, stage)
    try:
        return recipe.build(section, **supplied)
    except ValueError as error:
        said = f"{recipe.section(section).where()}: {error}"
        if stage == "direct" and recipe.section(section).shared is None:
            said += ". The direct route X → Y is built as the generator is; for another add direct: {use: NAME}"
        raise UserError(said) from error


def rule(recipe: Recipe, y: Spec) -> Any:
    """A converter that is not trained; one that has a parameter `y` is told the spec of Y."""
    at, section = source(recipe, "converter")
    component = at.section(section).component
    assert component is not None
    return built(recipe, "converter", **({"y": y} if "y" in wanted(component) else {}))


def joined_stages(pipeline: Any) -> Any:
    """Converter, generator and renderer of a pipeline as one stage, each as it has been trained so far, if it has."""
    from regenkit.models.joint import Joint  # TensorFlow

    stages = {}
    for name in (*(["converter"] if pipeline.learned else []), "generator", "renderer"):
        stages[name] = pipeline.build(name)
        if pipeline.folder and (weights := pipeline.folder / name / "best.weights.h5").exists():
            stages[name].load_weights(weights)
    rep, settings = pipeline.specs["rep"].only(optional=False), pipeline.recipe.joint
    try:
        return Joint(**{"converter": None, **stages}, rep=rep, x=pipeline.specs["x"], settings=settings)
    except ValueError as error:
        raise UserError(f"{pipeline.recipe.path}: {error}") from error


def identity(recipe: Recipe, stage: str) -> dict[str, Any]:
    """The name of the component that a stage is made of, and all its arguments."""
    recipe, name = source(recipe, stage)
    section = recipe.section(name)
    return {"use": section.component.name if section.component else None, **section.arguments()}
