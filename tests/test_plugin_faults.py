"""A plugin with a fault in its hooks or records is set aside whole, and what else is installed stays."""

from collections.abc import Iterator
from typing import Any

import pytest

from regenkit import Converter, Generator, Metric, builtin, hookimpl, plugins


class Mistyped:
    @hookimpl
    def register_generatros(self) -> Iterator[Generator]:
        yield Generator(name="never", target="a:b")


class WrongArguments:
    @hookimpl
    def register_generators(self) -> Iterator[Generator]:
        yield Generator(name="never", target="a:b")

    @hookimpl
    def training_callbacks(self, recipe: Any, step: int) -> list[Any]:
        return []


class WrongRecord:
    @hookimpl
    def register_generators(self) -> Iterator[Any]:
        yield Generator(name="never", target="a:b")
        yield Metric(name="score", target="a:b", modality="melody")


class WrongTarget:
    @hookimpl
    def register_generators(self) -> Iterator[Generator]:
        yield Generator(name="never", target="a.b")


class Raises:
    @hookimpl
    def register_converters(self) -> Iterator[Converter]:
        yield Converter(name="never", target="a:b", modality="melody")
        raise RuntimeError("half way")


class Exits:
    @hookimpl
    def register_converters(self) -> Iterator[Converter]:
        raise SystemExit(3)


class FakeEntry:
    """An entry point that has a value already; importlib.metadata's own can't be made without files."""

    def __init__(self, plugin: Any) -> None:
        self.name, self.dist, self.plugin, self.value = type(plugin).__name__, None, plugin, plugin.__module__

    def load(self) -> Any:
        return self.plugin


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        (Mistyped(), "register_generatros"),
        (WrongArguments(), "step"),
        (WrongRecord(), "register_generators yielded Metric"),
        (WrongTarget(), "Generator(target='a.b'): a target is 'module:attribute'"),
        (Raises(), "RuntimeError: half way"),
        (Exits(), "SystemExit: 3"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_faulty_plugin_leaves_no_trace(plugin: Any, said: str) -> None:
    host = plugins.Host(found=[FakeEntry(plugin), FakeEntry(Named("fine"))])
    assert [broken.name for broken in host.broken] == [type(plugin).__name__]
    assert said in host.broken[0].error
    assert host.names("generator") == sorted(["fine", *builtin.FAMILIES, "gaussian", "ladder"])
    assert not any(
        implementation.plugin is plugin
        for caller in vars(host._manager.hook).values()
        if hasattr(caller, "get_hookimpls")
        for implementation in caller.get_hookimpls()
    )


class Named:
    def __init__(self, name: str) -> None:
        self.name = name

    @hookimpl
    def register_generators(self) -> Iterator[Generator]:
        yield Generator(name=self.name, target="a:b")
