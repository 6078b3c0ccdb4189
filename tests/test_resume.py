"""An interruption changes nothing: what goes on from a checkpoint ends as what was never stopped."""

import signal
from pathlib import Path

import pytest
from toy_job import lookup, train, weights
from toy_stages import play
from toy_watch import Watch, Whole, best, difference, lines, stopping_at

from regenkit.distribute import make_strategy
from regenkit.errors import Interrupted

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_resumed_it_ends_as_if_nothing_had_happened(whole: Whole, tmp_path: Path) -> None:
    (build, folder, expected), resumed = whole, tmp_path / "resumed"
    with pytest.raises(Interrupted):
        train(resumed, build=build, sample=stopping_at(10), sample_every=5)
    assert list(lines(resumed, "train")) == [5, 10]
    model, _ = train(resumed, build=build)
    assert difference(weights(model), expected) == 0
    assert difference(best(resumed, build), best(folder, build)) == 0
    for kind in ("train", "validation"):
        mine, theirs = lines(resumed, kind), lines(folder, kind)
        for line in (*mine.values(), *theirs.values()):
            line.pop("steps_per_second", None)
            line.pop("waiting", None)
        assert mine == theirs
    assert len(list((resumed / "tensorboard" / "stage").glob("events.*"))) == 2


@pytest.mark.exhaustive(minutes=0.3)
@pytest.mark.parametrize("name", ["three clocks", "windows"])
def test_batches_by_steps_and_windows_go_on_where_they_stopped(name: str, tmp_path: Path) -> None:
    whole = play(name, tmp_path / "whole", make_strategy("none"))
    halved = play(name, tmp_path / "halved", make_strategy("none"), stop=10)
    assert difference(halved, whole) == 0


@pytest.mark.exhaustive(minutes=0.2)
def test_resumed_on_other_devices_it_ends_nearly_the_same(table: tuple[Path, Watch], stopped: Path) -> None:
    model, _ = train(stopped, build=lookup, strategy=make_strategy("mirrored"))
    assert difference(weights(model), table[1].steps[-1]) < 1e-5


def test_a_finished_training_is_not_trained_further(tmp_path: Path) -> None:
    first, result = train(tmp_path, build=lookup)
    log = (tmp_path / "log.jsonl").read_text()
    again, repeated = train(tmp_path, build=lookup)
    assert repeated == result and (tmp_path / "log.jsonl").read_text() == log
    assert difference(weights(first), weights(again)) == 0


def test_a_log_torn_by_a_crash_goes_on(stopped: Path) -> None:
    with (stopped / "log.jsonl").open("a") as file:
        file.write('{"stage": "stage", "step": 15, "kind": "train", "high": 1.0}\n{"stage": "sta')
    train(stopped, build=lookup)
    assert list(lines(stopped, "train")) == [5, 10, 15, 20]


def test_handlers_of_signals_are_put_back(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted):
        train(tmp_path, build=lookup, sample=stopping_at(5), sample_every=5)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
