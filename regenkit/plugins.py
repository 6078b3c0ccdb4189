"""Find the plugins, leave broken ones out, look components up by name.

`REGENKIT_STRICT_PLUGINS=1` raises at the first broken plugin; `REGENKIT_PLUGINS=a,b` loads those entry points only.
"""

import functools
import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, final, overload

import pluggy

from regenkit import builtin, hookspecs
from regenkit.components import Component, Converter, Dataset, Generator, Metric, Modality, Renderer
from regenkit.errors import UserError
from regenkit.nearest import did_you_mean
from regenkit.signals import told_apart

GROUP = "regenkit"
ROLES: dict[str, tuple[str, type[Component]]] = {
    "modality": ("register_modalities", Modality),
    "converter": ("register_converters", Converter),
    "generator": ("register_generators", Generator),
    "renderer": ("register_renderers", Renderer),
    "dataset": ("register_datasets", Dataset),
    "metric": ("register_metrics", Metric),
}
"""Role → the hook that fills it and the record that it yields."""


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
    """The plugins of a process: `plugins` are objects with hookimpls, `found` are entry points not yet imported."""

    def __init__(self, plugins: Iterable[Any] = (), found: Iterable[EntryPoint] = ()) -> None:
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(hookspecs)
        self._components: dict[str, list[tuple[Component, str]]] = {role: [] for role in ROLES}
        self.broken: list[Broken] = []
        self._add(builtin, "regenkit")
        for plugin in plugins:
            self._add(plugin, "")
        for entry in found:
            self._load(entry)

    @property
    def hook(self) -> Any:
        """The hooks that are called in training: `host.hook.training_callbacks(recipe=…, stage=…, run_dir=…)`."""
        return self._manager.hook

    def all(self, role: str) -> list[tuple[Component, str]]:
        """The components of `role`, each with the name of the distribution that it comes from."""
        return list(self._components[role])

    def names(self, role: str) -> list[str]:
        return sorted({component.name for component, _ in self._components[role]})

    @overload
    def find(self, role: Literal["modality"], name: str) -> Modality: ...
    @overload
    def find(self, role: Literal["converter"], name: str) -> Converter: ...
    @overload
    def find(self, role: Literal["generator"], name: str) -> Generator: ...
    @overload
    def find(self, role: Literal["renderer"], name: str) -> Renderer: ...
    @overload
    def find(self, role: Literal["dataset"], name: str) -> Dataset: ...
    @overload
    def find(self, role: Literal["metric"], name: str) -> Metric: ...
    @overload
    def find(self, role: str, name: str) -> Component: ...
    def find(self, role: str, name: str) -> Component:
        """The component with this name. Raises UserError where there is none, or more than one."""
        matches = [(component, origin) for component, origin in self._components[role] if component.name == name]
        if len(matches) == 1:
            return matches[0][0]
        if matches:
            origins = " and ".join(f"{origin or 'this process'} ({found.target})" for found, origin in matches)
            raise UserError(f"two {role}s are named {name!r}: {origins}; uninstall one, or allow only one plugin by "
                            "REGENKIT_PLUGINS")  # fmt: skip
        elsewhere = [other for other in ROLES if other != role and name in self.names(other)]
        what = f"no {role} is named {name!r}" + (f" (that is a {elsewhere[0]})" if elsewhere else "")
        message = what + did_you_mean(name, self.names(role))
        if self.broken:
            message += ". Plugins that could not be loaded: " + "; ".join(map(str, self.broken))
        raise UserError(message)

    def _load(self, entry: EntryPoint) -> None:
        distribution, version = (entry.dist.name, entry.dist.version) if entry.dist else ("", "")
        try:
            with told_apart() as asked:
                self._add(entry.load(), distribution, f"{entry.name} of {distribution}")
        except BaseException as error:  # a plugin's module may raise anything when it is imported
            if asked.is_set() or os.environ.get("REGENKIT_STRICT_PLUGINS", "0") not in ("", "0"):
                raise
            reason = f"{type(error).__name__}: {error}"
            self.broken.append(
                Broken(name=entry.name, distribution=distribution, version=version, error=" ".join(reason.split()))
            )

    def _add(self, plugin: Any, origin: str, name: str | None = None) -> None:
        """Register a plugin and run its collecting hooks, or leave no trace of it and raise."""
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()  # refuses a misspelt hook
            records = [
                (role, _checked(record, kind, hook))
                for role, (hook, kind) in ROLES.items()
                for implementation in getattr(self._manager.hook, hook).get_hookimpls()
                if implementation.plugin is plugin
                for record in implementation.function()
            ]
        except BaseException:
            if self._manager.is_registered(plugin):
                self._manager.unregister(plugin)
            raise
        for role, record in records:
            self._components[role].append((record, origin))


def _checked(record: Any, kind: type[Component], hook: str) -> Component:
    if not isinstance(record, kind):
        raise TypeError(f"{hook} yielded {record!r}, not a regenkit.{kind.__name__}")
    module, colon, attribute = record.target.partition(":")
    if not (record.name and module and colon and attribute):
        raise ValueError(
            f"{hook} yielded name={record.name!r}, target={record.target!r}; a target is 'module:attribute'"
        )
    return record


@functools.cache
def host() -> Host:
    """This process's plugins: the installed entry points of the group `regenkit`."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    allowed = os.environ.get("REGENKIT_PLUGINS")
    if allowed is not None:
        wanted = {name.strip() for name in allowed.split(",")}
        found = [entry for entry in found if entry.name in wanted]
    return Host(found=found)
