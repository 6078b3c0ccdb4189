"""Which checks apply to which components of a plugin, and one of them being run."""

import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, final

from regenkit import plugins
from regenkit.components import Component, Converter, Dataset, Generator, Metric, Modality, Renderer
from regenkit.errors import BadSource, UserError
from regenkit.nearest import did_you_mean
from regenkit.origin import passed, place, raised_at
from regenkit.stages import RENDERER
from regenkit.testing import converters, datasets, learning, metrics, modalities, records, stages
from regenkit.testing.finding import Failed, Finding, Skipped
from regenkit.testing.likelihoods import probabilities_add_up_to_one
from regenkit.testing.material import Material, materials

Check = Callable[..., None]
CHECKS: dict[type[Component], tuple[Check, ...]] = {
    Modality: modalities.CHECKS, Dataset: datasets.CHECKS, Metric: metrics.CHECKS, Converter: converters.CHECKS,
}  # fmt: skip
"""Of what a recipe uses and is no stage."""
MODEL = (*stages.CHECKS, *learning.CHECKS, probabilities_add_up_to_one)
"""Of a generator or a renderer."""
ENCODING = (
    stages.it_is_built_for_these_specs,
    *(check for check in learning.CHECKS if check is not learning.likelihoods_are_one_an_example),
    learning.encoding_mixes_no_examples,
)
"""Of a learned converter: what it draws, and its likelihood, are of Y given Y′."""
DECODING = (*stages.CHECKS[1:], learning.likelihoods_are_one_an_example, probabilities_add_up_to_one)
"""Of one that is the renderer too (`renderer: {use: converter}`)."""


@final
@dataclass(frozen=True, kw_only=True)
class Case:
    """One check of one component. `stage` says in which role it is checked, where it is a model."""

    component: Component
    check: Check
    material: Material | None = None
    stage: str = ""

    def __str__(self) -> str:
        return f"{self._title}: {self.name}"

    @property
    def name(self) -> str:
        return self.check.__name__.replace("_", " ")

    @property
    def _title(self) -> str:
        recipe = f" in {self.material.name}" if self.material else ""
        return f"{self.component.title.partition(' (')[0]}{recipe}"

    def run(self) -> None:
        """Raises AssertionError where the component does not conform; skips the test where the check does not apply."""
        found = self.finding()
        if found.state == "failed":
            raise AssertionError(f"\n{found}")
        if found.state == "skipped":
            import unittest

            raise unittest.SkipTest(found.got)  # pytest shows the reason

    def finding(self) -> Finding:
        return self.examined()[0]

    def examined(self) -> tuple[Finding, str]:
        """(what is found, what names the fault). What a check did not find is this component's own fault, though others
        may have one by the same words; an error that was raised is one fault wherever it comes up."""
        named: dict[str, Any] = {"component": self._title, "check": self.name}
        try:
            self.check(*self._arguments)
        except Skipped as why:
            return Finding(**named, state="skipped", got=str(why)), ""
        except Failed as error:
            return Finding(**named, state="failed", expected=error.expected or self._expected, got=error.got,
                           where=self._where, remedy=error.remedy), f"{error.got} {self._where}"  # fmt: skip
        except Exception as error:  # of an author's object, which may raise anything
            got, remedy = _told(error, self.name)
            return Finding(**named, state="failed", expected=self._expected, got=got, where=self._source(error),
                           remedy=remedy), got  # fmt: skip
        return Finding(**named, state="ok"), ""

    @cached_property
    def _expected(self) -> str:
        return " ".join((self.check.__doc__ or "").split())

    def _source(self, error: Exception) -> str:
        """The line that the message names, else the author's line that the error came by, else the component's."""
        if named := re.search(r"[^\s(]+, line \d+", str(error)):
            return named[0]
        root = self.component.target.partition(":")[0].partition(".")[0]
        return raised_at(error, root) if passed(error, root) else self._where

    @property
    def _where(self) -> str:
        try:
            return f"{self.component.target}, {place(self.component.load())}"
        except UserError:
            return self.component.target

    @property
    def _arguments(self) -> tuple[Any, ...]:
        if self.material is None:
            return (self.component,)
        return (self.component, self.material, self.stage) if self.stage else (self.component, self.material)


def cases(plugin: str, recipes: Sequence[str | Path] = (), settings: Sequence[str] = ()) -> list[Case]:
    """Every check of a plugin's components, by the name of its entry point or distribution.

    recipes  files that say how its components are built and what they are used with. Without any, each dataset that
             needs no arguments is taken with the plugin's other components
    settings "KEY=VALUE", as after --set, for the recipes. Paths in them begin at the current folder

    Raises UserError where there is no such plugin, where it cannot be loaded, or where a recipe is wrong.
    """
    own = _components(plugin)
    found = [Case(component=component, check=check) for component in own for check in records.checks(component)]
    covered: set[str] = set()
    for material in materials(own, [Path(recipe) for recipe in recipes], settings):
        for component, stage, checks in _parts(own, material):
            key = f"{component.title} {stage}"
            if key not in covered:
                covered.add(key)
                found += [Case(component=component, check=check, material=material, stage=stage) for check in checks]
    tried = {key.rpartition(" ")[0] for key in covered}
    return found + [
        Case(component=component, check=records.a_recipe_uses_it)
        for component in own if component.title not in tried and not isinstance(component, plugins.ROLES["command"][1])
    ]  # fmt: skip


def _told(error: Exception, check: str) -> tuple[str, str]:
    """(what was raised, the remedy)."""
    if isinstance(error, UserError | BadSource):
        return str(error), f"correct what it names; --only {check!r} runs this check alone"
    ends = "".join(traceback.format_exception(error)[-3:])
    return f"{type(error).__name__}: {error}", f"correct the line above; its traceback ends with\n{ends}"


def findings(chosen: Iterable[Case]) -> Iterator[Finding]:
    """What each case finds. A fault is reported once: other checks that it makes fail are skipped."""
    known: set[str] = set()
    for case in chosen:
        found, fault = case.examined()
        if found.state == "failed":
            if fault in known:
                found = Finding(component=found.component, check=found.check, state="skipped",
                                got="it fails for a reason that is above")  # fmt: skip
            known.add(fault)
        yield found


def _components(plugin: str) -> list[Component]:
    host = plugins.host()
    for broken in host.broken:
        if plugin in (broken.name, broken.distribution):
            raise UserError(f"{broken}")
    own = [
        component for role in plugins.ROLES for component, _ in host.all(role)
        if component.origin.plugin == plugin or component.origin.named(plugin)
    ]  # fmt: skip
    if not own:
        raise UserError(f"no plugin is named {plugin!r}{did_you_mean(plugin, host.distributions)}")
    return own


def _parts(own: Sequence[Component], material: Material) -> Iterator[tuple[Component, str, tuple[Check, ...]]]:
    """(component of the plugin, its stage, its checks) of what a recipe uses."""
    for component in material.components:
        if component not in own:
            continue
        if not (isinstance(component, Converter) and component.learned):
            yield component, "", CHECKS[type(component)]
    for stage, component in material.stages:
        if component in own and isinstance(component, Generator | Renderer | Converter):
            yield component, stage, ENCODING if stage == "converter" else MODEL
    decoder = material.recipe.part(RENDERER)
    if decoder.own_decoder and decoder.component in own:
        yield decoder.component, RENDERER, DECODING
