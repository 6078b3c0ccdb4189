"""Preparing: what was interrupted goes on, what is bad is left out, and what has not changed is not done again."""

import os
import signal
import time
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import letters
import numpy as np
import pytest
import toy_job
from toy_job import Data, Parity, prepared

from regenkit import plugins
from regenkit.components import Example, LeftOut
from regenkit.data import prepare as prepare_module
from regenkit.data import workers
from regenkit.errors import BadSource, UserError
from regenkit.pipeline import Pipeline
from regenkit.recipe import load
from regenkit.spec import Fields

HUNDRED = Data(count=100)


@dataclass(frozen=True)
class Faulty:
    """`Data`, of which some sources do what they should not."""

    faults: dict[int, str]
    data: Data = field(default=HUNDRED)
    version = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.data, name)

    def read(self, source: str) -> list[Example]:
        (example,) = self.data.read(source)
        match self.faults.get(int(source)):
            case "range":
                return [replace(example, y={**example.y, "high": example.y["high"] + 9}), replace(example, id="sound")]
            case "type":
                return [replace(example, y={**example.y, "high": example.y["high"] / 2})]
            case "field":
                return [replace(example, x={"word": example.y["high"]})]
            case "error":
                return [{}["melody"]]
            case "exit":
                raise SystemExit(7)
            case "left out":
                return [LeftOut(id=f"{source}:2", reason="has no melody"), replace(example, remarks=("is cut",))]
            case "split":
                return [replace(example, split="test")]
            case "no split":
                return [replace(example, split="dev")]
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
        return [example]


@dataclass(frozen=True)
class Picky(Parity):
    """`Parity`, which refuses songs that begin with a 1, and fails at those that begin with a 2."""

    wrong: bool = False
    fails: bool = False

    def convert(self, y: Fields) -> Fields:
        if y["high"][0] == 1 and not self.wrong:
            raise BadSource("y", "begins with a 1")
        if y["high"][0] == 2 and self.fails:
            raise KeyError("two")
        found = super().convert(y)
        return {**found, "parity": found["parity"] + (2 if y["high"][0] == 1 else 0)}


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that is empty."""
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def files(cache: Path) -> dict[str, bytes]:
    return {str(path.relative_to(cache)): path.read_bytes() for path in sorted(cache.rglob("part-*"))}


def journal(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def whole(cache: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> dict[str, bytes]:
    """The files of a preparation in another cache that nothing interrupted."""
    with monkeypatch.context() as patch:
        patch.setenv("REGENKIT_CACHE", str(cache.with_name("whole")))
        prepared(HUNDRED, **options)
    return files(cache.with_name("whole"))


def test_what_is_prepared_is_what_was_read(fresh: Path) -> None:
    found = prepared(HUNDRED)
    assert len(found.examples) == len(found.reps) == len(found.split) == 100
    for place in range(100):
        sides, meta = found.example(place)
        (example,) = HUNDRED.read(HUNDRED.sources()[place])
        assert meta == {"number": place, "id": str(place)}
        assert (sides["x"] is None) == (example.x is None) == (not found.paired[place])
        expected = {"x": example.x, "y": example.y, "rep": Parity().convert(example.y)}
        for side, fields in expected.items():
            for name, value in (fields or {}).items():
                np.testing.assert_array_equal(sides[side][name], value)
                assert sides[side][name].dtype == np.int32
        assert found.steps[place] == len(example.y["high"])
    counts = found.counts()
    assert sum(sum(each.values()) for each in counts.values()) == 100
    assert counts["test"]["paired"] == counts["validation"]["paired"] == round(0.1 * found.paired.sum())


def test_a_killed_preparation_goes_on_with_what_is_missing(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = tmp_path / "journal"
    process = toy_job.start(
        f"import toy_job; toy_job.prepared(toy_job.Data(count=100, pause=0.02, journal={str(read)!r}))"
    )
    while len(journal(read)) < 45 and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    said, _ = process.communicate()
    assert process.returncode == -9, said
    before = files(fresh)
    assert sorted(name.rpartition("/")[2] for name in before) == ["part-00000.npz", "part-00000.tfrecord"]
    assert journal(read)[:32] == list(range(32))
    read.unlink()

    found = prepared(replace(HUNDRED, journal=str(read)))
    assert len(found.examples) == 100
    assert journal(read) == list(range(32, 100))
    after = files(fresh)
    assert before.items() <= after.items()
    assert after == whole(fresh, monkeypatch)
    read.unlink()
    prepared(replace(HUNDRED, journal=str(read)))
    assert journal(read) == []


def test_whoever_writes_another_version_has_the_data_prepared_again(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = plugins.Host([letters])
    monkeypatch.setattr(plugins, "host", lambda: host)
    (tmp_path / "toy.yaml").write_text(letters.RECIPE)
    pipeline = Pipeline(load(tmp_path / "toy.yaml"))

    def prepare() -> int:
        pipeline.prepare(lambda *_: None)
        return len(files(fresh))

    once = prepare()
    assert prepare() == once > 0
    for place, kind in enumerate((letters.Letters, letters.Notes, toy_job.Data), 2):
        monkeypatch.setattr(kind, "version", 2)
        assert prepare() == place * once, kind


def test_several_processes_write_the_same_bytes(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(HUNDRED, processes=2)
    assert files(fresh) == whole(fresh, monkeypatch)


def test_an_interrupted_conversion_goes_on_with_what_is_missing(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare_module, "EXAMPLES_A_PART", 16)
    with pytest.raises(KeyboardInterrupt):
        prepared(HUNDRED, Parity(stop_after=40))
    assert len([name for name in files(fresh) if "/reps/" in name]) == 2 * 2
    found = prepared(HUNDRED, Parity(stop_after=100 - 2 * 16))  # more than it may convert stops it again
    assert len(found.reps) == 100
    assert files(fresh) == whole(fresh, monkeypatch)


def test_other_settings_of_the_converter_convert_anew_and_read_nothing(fresh: Path, tmp_path: Path) -> None:
    read = tmp_path / "journal"
    plain = prepared(HUNDRED)
    flipped = prepared(replace(HUNDRED, journal=str(read)), Parity(flip=True))
    assert journal(read) == []
    assert plain.split.tolist() == flipped.split.tolist()
    for place in range(100):
        one, other = (each.example(place)[0]["rep"]["parity"] for each in (plain, flipped))
        np.testing.assert_array_equal(one, 3 - other)
    assert len(list(fresh.glob("examples/*"))) == 1 and len(list(fresh.glob("examples/*/reps/*"))) == 2


def test_other_settings_of_the_dataset_are_read_anew(fresh: Path, tmp_path: Path) -> None:
    prepared(HUNDRED)
    read = tmp_path / "journal"
    prepared(Data(count=40, journal=str(read)))
    assert journal(read) == list(range(40))


def test_bad_sources_are_skipped_named_and_counted(fresh: Path) -> None:
    for _ in range(2):  # read, and found in the cache
        found = prepared(replace(HUNDRED, bad=(3, 50)))
        assert len(found.examples) == 98
        assert found.skipped == (("3", "number 3 is bad"), ("50", "number 50 is bad"))
        assert found.example(3)[1]["id"] == "4"


def test_where_all_sources_are_bad_their_reasons_are_said(fresh: Path) -> None:
    with pytest.raises(UserError) as caught:
        prepared(Data(count=40, bad=tuple(range(40))))
    assert "toy/data" in str(caught.value) and "32 of 32 had to be left out" in str(caught.value)
    assert "32 × number … is bad (0, 1, 2, …)" in str(caught.value)


def test_where_there_are_no_sources_it_is_said(fresh: Path) -> None:
    with pytest.raises(UserError, match="no example could be used"):
        prepared(Data(count=0))


def test_a_cache_that_cannot_be_written_is_the_users_to_mend(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path / "file"))
    with pytest.raises(UserError, match="REGENKIT_CACHE"):
        prepared(HUNDRED)
    if os.geteuid():
        (tmp_path / "closed").mkdir(mode=0o500)
        monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path / "closed"))
        with pytest.raises(UserError, match="REGENKIT_CACHE"):
            prepared(HUNDRED)


# --- what is bad -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("processes", [1, 2])
def test_examples_that_break_their_spec_are_set_aside(fresh: Path, processes: int) -> None:
    for _ in range(2):  # made, and found in the cache
        found = prepared(Faulty({7: "range", 50: "type", 80: "field"}), processes=processes)
        assert [found.example(place)[1]["id"] for place in (6, 7, 8)] == ["6", "sound", "8"]
        assert len(found.examples) == 98
        reasons = dict(found.skipped)
        assert list(reasons) == ["7", "50", "80"]
        assert "y: high holds" in reasons["7"] and "float64" in reasons["50"] and "x: has the fields" in reasons["80"]


@pytest.mark.parametrize("wrong", [False, True])
def test_examples_without_a_y_prime_are_set_aside(fresh: Path, wrong: bool) -> None:
    plain = prepared(HUNDRED)
    without = [place for place in range(100) if plain.example(place)[0]["y"]["high"][0] == 1]
    assert 3 < len(without) < 20
    reason = "y′: parity holds" if wrong else "begins with a 1"
    for _ in range(2):  # made, and found in the cache
        found = prepared(HUNDRED, Picky(flip=True, wrong=wrong))
        assert [int(name) for name, _ in found.skipped] == without
        assert all(each.startswith(reason) for _, each in found.skipped)
        assert set(found.split[without]) == {"dropped"}
        others = np.setdiff1d(np.arange(100), without)
        assert (found.split[others] == plain.split[others]).all()


def test_what_a_dataset_leaves_out_remarks_and_splits_is_in_the_cache(fresh: Path) -> None:
    for _ in range(2):  # made, and found in the cache
        found = prepared(Faulty({7: "left out", 50: "split", 80: "no split"}), processes=1)
        assert found.skipped == (
            ("7:2", "has no melody"), ("80", "split is 'dev'; right is one of train, validation, test, or None")
        )  # fmt: skip
        assert found.remarks == (("7", "is cut"),)
        place = found.examples.column("id").tolist().index("50")
        assert found.split[place] == ("test" if found.paired[place] else "dropped")


def test_a_plugin_that_ends_the_process_ends_with_a_message(fresh: Path) -> None:
    with pytest.raises(UserError, match=r"Faulty.read\('40'\): SystemExit: 7"):
        prepared(Faulty({40: "exit"}), processes=1)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_exception_of_a_plugin_names_the_source(fresh: Path, processes: int) -> None:
    with pytest.raises(UserError, match=r"Faulty.read\('40'\): KeyError: 'melody' .*test_prepare.py, line \d+"):
        prepared(Faulty({40: "error"}), processes=processes)
    assert len(files(fresh)) == 2  # the part before it is kept
    with pytest.raises(UserError, match=r"Picky.convert, example '\d+': KeyError: 'two'"):
        prepared(HUNDRED, Picky(flip=True, fails=True), processes=processes)


def test_a_worker_that_is_killed_ends_the_preparation(fresh: Path) -> None:
    with pytest.raises(UserError, match="ended from outside"):
        prepared(Faulty({40: "killed"}), processes=2)
    assert len(prepared(HUNDRED).examples) == 100


def test_more_bad_than_good_stops_unless_it_is_allowed(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = replace(HUNDRED, bad=tuple(range(0, 100, 2)))
    assert len(prepared(half).examples) == 50
    more = replace(HUNDRED, bad=(*range(0, 100, 2), 99))
    for _ in range(2):
        with pytest.raises(UserError, match=r"toy/data: 51 of 100 .* more than 50%\n  51 × number … is bad"):
            prepared(more)
    monkeypatch.setenv("REGENKIT_MAX_BAD", "0.6")
    assert len(prepared(more).examples) == 49
    monkeypatch.setenv("REGENKIT_MAX_BAD", "many")
    with pytest.raises(UserError, match="REGENKIT_MAX_BAD=many"):
        prepared(more)


def test_a_hopeless_dataset_is_not_read_to_its_end(fresh: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="32 of 32"):
        prepared(replace(HUNDRED, bad=tuple(range(40)), journal=str(tmp_path / "journal")))
    assert len(journal(tmp_path / "journal")) == 32


# --- what it takes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 8])
def test_workers_are_never_far_ahead(chunk: int) -> None:
    taken: list[int] = []
    with workers.pool(2) as run:
        results = run(abs, (taken.append(number) or -number for number in count()), chunk)
        for number in range(300):
            assert next(results) == number
            assert len(taken) <= number + 1 + 2 * workers.AHEAD + chunk


def test_neither_preparation_nor_its_workers_import_tensorflow() -> None:
    code = "import sys, regenkit.data.beam, regenkit.data.prepare; sys.exit('tensorflow' in sys.modules)"
    process = toy_job.start(code)
    said, _ = process.communicate()
    assert process.returncode == 0, said
