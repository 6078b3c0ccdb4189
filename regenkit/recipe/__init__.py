"""Recipes: which dataset, converter, generator and renderer, and how they are trained.

    recipe = load("lyric2melody", ["renderer.depth=4"])
    generator = recipe.generator.build(condition=x_spec, target=rep_spec)

`document` knows the position of each key, `reader` checks form and names (`Written`), `resolve` imports what is named
and checks its arguments (`Recipe`). Safe YAML only, and names resolve through plugins alone, so a recipe cannot run
code. Every error is a UserError, a line for each fault: `file:line:column: key.path: what is wrong; did you mean 'x'?`.
"""

from regenkit.recipe.load import check_is_run, load, of_run, read
from regenkit.recipe.reader import Written
from regenkit.recipe.recipe import REQUIRED, SECTIONS, SETTINGS, Part, Recipe
from regenkit.recipe.resolve import check_data, check_packages
from regenkit.recipe.train_settings import TrainSettings

__all__ = [
    "REQUIRED", "SECTIONS", "SETTINGS", "Part", "Recipe", "TrainSettings", "Written", "check_data", "check_is_run",
    "check_packages", "load", "of_run", "read",
]  # fmt: skip
