"""Find the plugins, leave broken ones out, look components up by name.

`REGENKIT_STRICT_PLUGINS=1` raises at the first broken plugin; `REGENKIT_PLUGINS=a,b` loads those entry points only.
"""

import functools
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from typing import Any, Literal, final, overload

import pluggy

from regenkit import builtin, hookspecs
from regenkit.components import Command, Component, Converter, Dataset, Metric, Modality
from regenkit.errors import UserError
from regenkit.hookspecs import RecipeView
from regenkit.nearest import did_you_mean, there_are
from regenkit.origin import CORE, GROUP, Origin, passed, raised_at, strict
from regenkit.plugin_code import plugin_code
from regenkit.plugins.clashes import Clash, chosen, clashes
from regenkit.plugins.records import ROLES, check_hooks, records_of

NOWHERE = Origin()
_NAMELESS = "the distribution that it comes from has no name in its metadata; install it again"
SLOW = 0.5
"""Seconds from which on the import of a plugin is named as slow."""


@final
@dataclass(frozen=True, kw_only=True)
class Broken:
    """A plugin that could not be loaded, and why."""

    name: str
    distribution: str
    version: str
    error: str

    def __str__(self) -> str:
        return f"{self.name} ({self.distribution} {self.version}): {self.error}".replace(" )", ")")


@final
class Host:
    """The plugins of a process: `plugins` are objects with hookimpls, `found` are entry points not yet imported.

    broken         plugins that could not be loaded; nothing of them is registered
    distributions  the origin of each entry point that could be
    slow           seconds that an import took, by entry point, where they were many
    """

    def __init__(self, plugins: Iterable[Any] = (), found: Iterable[EntryPoint] = ()) -> None:
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(hookspecs)
        self._origins: dict[Any, Origin] = {}
        self._components: dict[str, list[Component]] = {role: [] for role in ROLES}
        self.broken: list[Broken] = []
        self.distributions: dict[str, Origin] = {}
        self.slow: dict[str, float] = {}
        self._add(builtin, Origin(CORE, ""))
        for plugin in plugins:
            self._add(plugin, Origin())
        for entry in found:
            self._load(entry)

    def callbacks(self, recipe: RecipeView, stage: str, run_dir: Path, warn: Callable[[str], None]) -> list[Any]:
        """The Keras callbacks of every plugin for one stage. A plugin that raises goes without them, and `warn` gets a
        message that names it."""
        found: list[Any] = []
        for name, call in self._each("training_callbacks"):
            try:
                with plugin_code() as asked:
                    (made,) = call(recipe=recipe, stage=stage, run_dir=run_dir) or ([],)
                    own = list(made) if isinstance(made, Iterable) else [made]
            except BaseException as error:
                if isinstance(error, UserError) or asked.is_set() or strict():
                    raise
                warn(f"plugin {name}: its training_callbacks raised {_said(error)}. {stage} is trained without them")
                continue
            if all(callable(getattr(each, "set_model", None)) for each in own):
                found += own
            else:
                warn(f"plugin {name}: its training_callbacks returns {made!r}; right is a list of Keras callbacks. "
                     f"{stage} is trained without them")  # fmt: skip
        return found

    def strategy(self, recipe: RecipeView) -> Any:
        """The tf.distribute.Strategy to train under. Raises UserError naming the plugin whose hook raises, or returns
        anything else: to train elsewhere than its user asked for would be worse."""
        for name, call in self._each("make_strategy"):
            try:
                with plugin_code() as asked:
                    found = call(recipe=recipe)
            except BaseException as error:
                if isinstance(error, UserError) or asked.is_set() or strict() or name == CORE:
                    raise
                raise UserError(f"plugin {name}: its make_strategy raised {_said(error)}") from error
            if found is not None and not callable(getattr(found, "scope", None)):
                raise UserError(f"plugin {name}: its make_strategy returns {found!r}; right is a "
                                "tf.distribute.Strategy, or None")  # fmt: skip
            if found is not None:
                return found
        return None

    def _each(self, hook: str) -> Iterator[tuple[str, Any]]:
        """(the plugin's distribution, what calls its implementation alone) of a hook that acts, in pluggy's order."""
        registered = self._manager.get_plugins()
        for implementation in reversed(getattr(self._manager.hook, hook).get_hookimpls()):
            others = [each for each in registered if each is not implementation.plugin]
            origin = self._origins[implementation.plugin]
            yield str(origin).strip(), self._manager.subset_hook_caller(hook, others)

    def all(self, role: str) -> list[tuple[Component, str]]:
        """The components of `role`, each with the name of the distribution that it comes from."""
        return [(component, component.origin.distribution) for component in self._components[role]]

    def names(self, role: str) -> list[str]:
        return sorted({component.name for component in self._components[role]})

    @property
    def clashes(self) -> list[Clash]:
        """The names that several distributions have for a component of one role."""
        return [clash for role, found in self._components.items() for clash in clashes(role, found)]

    @overload
    def find(self, role: Literal["modality"], name: str, near: Origin = ...) -> Modality: ...
    @overload
    def find(self, role: Literal["converter"], name: str, near: Origin = ...) -> Converter: ...
    @overload
    def find(self, role: Literal["dataset"], name: str, near: Origin = ...) -> Dataset: ...
    @overload
    def find(self, role: Literal["metric"], name: str, near: Origin = ...) -> Metric: ...
    @overload
    def find(self, role: Literal["command"], name: str, near: Origin = ...) -> Command: ...
    @overload
    def find(self, role: str, name: str, near: Origin = ...) -> Component: ...
    def find(self, role: str, name: str, near: Origin = NOWHERE) -> Component:
        """The component with this name, or of this distribution ("DIST:NAME"). Where several distributions have the
        name, it is that of `near`, or of regenkit itself. Raises UserError where there is none, or no way to choose.
        """
        if found := chosen(role, name, self._components[role], near):
            return found
        distribution, _, short = name.rpartition(":")
        elsewhere = [other for other in ROLES if other != role and short in self.names(other)]
        what = f"no {role} is named {name!r}" + (f" (that is a {elsewhere[0]})" if elsewhere else "")
        if distribution:
            own = [each.name for each in self._components[role] if each.origin.named(distribution)]
            raise UserError(f"{what}; of {distribution} {there_are(own)[0].lower()}{there_are(own)[1:]}")
        known = {each.name.partition("/")[0] for role in ROLES for each in self._components[role]}
        if not self.broken or name.partition("/")[0] in known:  # else it may well be of a plugin that is broken
            what += did_you_mean(name, self.names(role))
        raise UserError(what + self.unloaded)

    @property
    def unloaded(self) -> str:
        """How `find` ends what it says of a name that is not there: "; could not be loaded: acme (acme-regenkit 0.2):
        …", or nothing."""
        return f"; could not be loaded: {'; '.join(map(str, self.broken))}" if self.broken else ""

    def _load(self, entry: EntryPoint) -> None:
        origin = Origin(*_distribution(entry.dist), entry.name)
        if entry.dist is not None and not origin.distribution:
            self.broken.append(Broken(name=entry.name, distribution="?", version="", error=_NAMELESS))
            return
        began = time.perf_counter()
        try:
            with plugin_code() as asked:
                plugin = entry.load()
                took = time.perf_counter() - began
                self._add(plugin, origin, f"{entry.name} of {origin.distribution}")
        except BaseException as error:  # a plugin's module may raise anything when it is imported
            if asked.is_set() or strict():
                raise
            said = " ".join(f"{type(error).__name__}: {error}".split())
            if ", line " not in said:
                said += f" ({_where(error, entry)})"
            self.broken.append(
                Broken(name=entry.name, distribution=origin.distribution, version=origin.version, error=said)
            )
            return
        self.distributions[entry.name] = origin
        if took > SLOW:
            self.slow[entry.name] = took

    def _add(self, plugin: Any, origin: Origin, name: str | None = None) -> None:
        """Register a plugin and run its collecting hooks, or leave no trace of it and raise."""
        check_hooks(plugin)
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()
            records = [
                (role, record)
                for role, (hook, kind) in ROLES.items()
                for implementation in getattr(self._manager.hook, hook).get_hookimpls()
                if implementation.plugin is plugin
                for record in records_of(implementation.function, hook, kind)
            ]
        except BaseException:
            if self._manager.is_registered(plugin):
                self._manager.unregister(plugin)
            raise
        self._origins[plugin] = origin
        for role, record in records:
            self._components[role].append(replace(record, origin=origin))


def _where(error: BaseException, entry: EntryPoint) -> str:
    """The line of the plugin at fault; where none was reached, its entry point, which may be mistyped."""
    root = re.split(r"[.:]", entry.value)[0].strip()
    if isinstance(error, ImportError | AttributeError) and not passed(error, root):
        return f"the entry point {entry.name} = {entry.value!r} leads there"
    return raised_at(error, root)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error} ({raised_at(error)})".replace(": )", ")")


@functools.cache  # each property of a distribution parses its metadata anew, and a distribution may have many plugins
def _distribution(found: Distribution | None) -> tuple[str, str]:
    """(name, version), "" where the metadata lack them, as after an installation that was cut."""
    read: Any = found.metadata if found else {}
    return read.get("Name") or "", read.get("Version") or ""


@functools.cache
def host() -> Host:
    """This process's plugins: the installed entry points of the group `regenkit`. Raises UserError where
    REGENKIT_PLUGINS names one that is not installed."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    allowed = os.environ.get("REGENKIT_PLUGINS")
    if allowed is not None:
        wanted = {name.strip() for name in allowed.split(",") if name.strip()}
        known = {entry.name for entry in found}
        if unknown := sorted(wanted - known):
            raise UserError(f"REGENKIT_PLUGINS={allowed}: no plugin named {unknown[0]!r} is installed"
                            f"{did_you_mean(unknown[0], known)}")  # fmt: skip
        found = [entry for entry in found if entry.name in wanted]
    return Host(found=found)
