"""Two CPU devices wherever TensorFlow is imported, so that a laptop tests distribution too; and a cache of our own."""

import importlib.util
import os
import sys
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("MPLBACKEND", "agg")


class _TwoDevices(MetaPathFinder):
    """Splits the CPU into two logical devices as soon as TensorFlow is there, before anything can use it.

    A finder, because the split must come before the first operation, while tests without TensorFlow must not pay for
    its import.
    """

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            halves = [module.config.LogicalDeviceConfiguration()] * 2
            module.config.set_logical_device_configuration(module.config.list_physical_devices("CPU")[0], halves)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


if "tensorflow" in sys.modules:
    raise RuntimeError("TensorFlow was imported before tests/conftest.py: its CPU can no longer be split in two")
sys.meta_path.insert(0, _TwoDevices())


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that a test prepares is taken from, or left in, the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGENKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
