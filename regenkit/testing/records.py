"""Checks of a record and what it names: without any data."""

import inspect
import re
from collections.abc import Callable
from typing import Any

from regenkit.components import Command, Component, Converter, Dataset, Generator, Metric, Modality, Renderer
from regenkit.extras import missing
from regenkit.recipe.arguments import parameters
from regenkit.testing.finding import Failed, Skipped

WORDS = 3
"""The fewest words of a docstring."""
MEASURE = re.compile(
    r"\d|\[|×|\bshapes?\b|\bshares?\b|\bnumber\b|\bcount|\bdistance\b|\bbits?\b|\bnats?\b|\bper\b|\bHz\b|\bdB\b|\bseconds?\b|\brate\b"
    r"|\bprobabilit|\bratio\b|\bmean\b|\baverage\b|\bcorrelation\b|\baccuracy\b|\bhow (many|much|far|often|well|like)\b"
    r"|\bone (a|for each)\b|\ba step\b|\ban example\b|\bcents?\b|\bdegrees?\b|\bpixels?\b|\bvalue\b|\blength\b",
    re.IGNORECASE,
)
"""Words by which a docstring says a shape, a unit or a range."""


def the_target_can_be_imported(component: Component) -> None:
    """The record's target is a module and a class or function in it that can be imported."""
    target = component.load()
    if not callable(target):
        raise Failed(f"{component.target} is a {type(target).__name__}", "name a class or a function")
    if isinstance(component, Metric) and inspect.isclass(target):
        raise Failed("the target is a class", "a metric is a function of one regenkit.Evaluation")


def the_record_is_complete(component: Component) -> None:
    """The record has a summary; a dataset says its licence and size; a modality of files names their suffixes."""
    lacking = [] if component.summary else ["summary"]
    if isinstance(component, Dataset):
        lacking += [name for name in ("licence", "size") if not getattr(component, name)]
    if lacking:
        raise Failed(
            f"{', '.join(lacking)} is empty", "fill it in where the record is made: lists and model cards show it"
        )


def the_packages_of_its_extra_are_there(component: Component) -> None:
    """What the record's extra installs is installed, so that the component can be checked at all."""
    if absent := missing(component):
        raise Skipped(f"{', '.join(absent)} is not installed: {component.installing(absent[0])}")


def every_option_has_a_type(component: Component) -> None:
    """Every argument that a recipe may give has a type hint, which is what recipes are checked against."""
    untyped = [
        name for name, each in parameters(component).items() if each.annotation in (Any, inspect.Parameter.empty)
    ]
    if untyped:
        raise Failed(f"{', '.join(untyped)} has none", "hint it with its type and range: depth: pydantic.PositiveInt")


def the_docstring_says_what_it_is(component: Component) -> None:
    """The target has a docstring: what it is in a sentence, and with shapes or units of what it takes or gives."""
    target = component.load()
    own = vars(target).get("__doc__") if inspect.isclass(target) else target.__doc__  # of a class, no inherited one
    around = inspect.getdoc(inspect.getmodule(target)) or ""
    text = " ".join([own or "", around, component.summary, *(_methods(target) if inspect.isclass(target) else [])])
    if not own and len(around.split()) < WORDS:
        raise Failed("there is none", "write one beneath its first line")
    if own and len(own.split()) < WORDS:
        raise Failed(f"it is {own!r}", "say what goes in and what comes out")
    wants = isinstance(component, Metric | Converter | Generator | Renderer | Modality)
    if wants and not MEASURE.search(text):
        raise Failed(f"no shape, unit or range is in it: {own!r}",
                     'say it as in "[steps]", "one a syllable", "a share from 0 to 1", "16 kHz"')  # fmt: skip


def _methods(target: Any) -> list[str]:
    return [inspect.getdoc(each) or "" for name, each in vars(target).items() if inspect.isfunction(each)]


def a_recipe_uses_it(component: Component) -> None:
    """A recipe uses the component, so that it can be checked with real examples."""
    raise Skipped("no recipe uses it: name one with --recipe, or in cases(PLUGIN, [RECIPE])")


def checks(component: Component) -> tuple[Callable[[Component], None], ...]:
    """Those that say something of a record of this kind."""
    always = (the_target_can_be_imported, the_record_is_complete, the_packages_of_its_extra_are_there)
    options = () if isinstance(component, Modality | Metric | Command) else (every_option_has_a_type,)
    return (*always, *options, the_docstring_says_what_it_is)
