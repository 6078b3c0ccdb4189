"""Two CPU devices wherever TensorFlow is imported, so that a laptop tests distribution too; a cache of our own; and
REGENKIT_SAMPLE=MINUTES, which of the exhaustive tests takes as many as fit in, others every day.
"""

import datetime
import importlib.util
import os
import random
import signal
import sys
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("untimed", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")  # tests of time are in benchmarks/
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("MPLBACKEND", "agg")
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a background job and its children ignore


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

        spec.loader.exec_module = exec_module
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


@pytest.fixture(scope="module", autouse=True)
def graphs(request: pytest.FixtureRequest) -> Iterator[None]:
    """The long tests run in one process, which would keep the graphs of all of them: ten gigabytes."""
    yield
    if request.config.option.markexpr == "exhaustive" and "tensorflow" in sys.modules:
        from regenkit.forget import forget_graphs

        forget_graphs()


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `saboteur.RECIPE` leaves when nothing goes wrong."""
    import saboteur

    folder = saboteur.furnish(tmp_path_factory.mktemp("user") / "untouched")
    status, said = saboteur.train(folder)
    assert status == 0, said
    return saboteur.result(folder)


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that is empty."""
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.hookimpl(trylast=True)  # after -m has chosen
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Draw, by the date, exhaustive tests for REGENKIT_SAMPLE minutes; `exhaustive(minutes=…)` says what each takes."""
    if not (budget := os.environ.get("REGENKIT_SAMPLE")):
        return
    left, drawn = float(budget), set[pytest.Item]()
    for item in random.Random(today()).sample(items, len(items)):
        if (minutes := estimate(item)) <= left:
            left -= minutes
            drawn.add(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in drawn])
    items[:] = [item for item in items if item in drawn]


def pytest_report_collectionfinish(items: list[pytest.Item]) -> list[str]:
    if not (budget := os.environ.get("REGENKIT_SAMPLE")):
        return []
    sum_ = sum(map(estimate, items))
    head = f"drawn for {today()}: {len(items)} tests of about {sum_:.0f} minutes, of {budget} there are"
    return [head, *(f"  {item.nodeid}" for item in items)]


def estimate(item: pytest.Item) -> float:
    """Minutes that a test takes on two cores."""
    marker = item.get_closest_marker("exhaustive")
    return float(marker.kwargs.get("minutes", 2)) if marker else 0.0


def today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


# --- what tests of the loop compare with, trained when first asked for: a few seconds each ----------------------------


@pytest.fixture(
    scope="session", params=["lookup", pytest.param("transformer", marks=pytest.mark.exhaustive(minutes=0.5))]
)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, list[Any]]:
    """(what builds the stage, its folder, its weights) after 20 steps on one device, without any interruption.

    Both stages have dropout, and one of the batches is of a single example.
    """
    import toy_job

    build, folder = getattr(toy_job, request.param), tmp_path_factory.mktemp("whole")
    model, _ = toy_job.train(folder, build=build, sample=lambda model, step: None, sample_every=5)
    return build, folder, toy_job.weights(model)


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The small stage, trained without any interruption."""
    from toy_job import lookup, train
    from toy_watch import Watch

    folder, watch = tmp_path_factory.mktemp("table"), Watch()
    train(folder, build=lookup, callbacks=[watch])
    return folder, watch


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """The same, interrupted by a signal at step 10, with checkpoints of steps 5 and 10."""
    from toy_job import lookup, train
    from toy_watch import stopping_at

    from regenkit.errors import Interrupted

    with pytest.raises(Interrupted):
        train(tmp_path / "stopped", build=lookup, sample=stopping_at(10), sample_every=5)
    return tmp_path / "stopped"
