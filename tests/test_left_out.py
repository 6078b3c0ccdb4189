"""Preparing what is bad: it is left out, counted and named, or stops the run."""

import os
import signal
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_job import HUNDRED, Data, Parity, files, journal, prepared

from regenkit.components import Example, LeftOut
from regenkit.errors import BadSource, UserError
from regenkit.spec import Field, Fields, Spec


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
            case "name":
                return [replace(example, id="caf\udce9", groups=("fine",))]
            case "group":
                return [replace(example, groups=("caf\udce9",))]
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


class Batches(Picky):
    """The same, for many at once."""

    def convert_all(self, ys: list[Fields]) -> list[Fields]:
        return [self.convert(y) for y in ys]


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
    assert "32 × number 0 is bad, or the like (0, 1, 2, …)" in str(caught.value)


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
        assert [found.example(index)[1]["id"] for index in (6, 7, 8)] == ["6", "sound", "8"]
        assert len(found.examples) == 98
        reasons = dict(found.skipped)
        assert list(reasons) == ["7", "50", "80"]
        assert "y: high holds" in reasons["7"] and "float64" in reasons["50"] and "x: has the fields" in reasons["80"]


def test_names_that_are_no_text_are_set_aside(fresh: Path) -> None:
    found = prepared(Faulty({7: "name", 50: "group"}), processes=1)
    reason = "its id, or the key of a group, is no text in UTF-8"
    assert found.skipped == (("caf\\udce9", reason), ("50", reason)) and len(found.examples) == 98


def test_a_number_that_float32_cannot_hold_is_none() -> None:
    spec = Spec({"loud": Field(kind="continuous")})
    spec.check({"loud": np.array([-3.4e38, 3.4e38])}, "y")
    for bad in (1e39, -1e39, np.inf, np.nan):
        with pytest.raises(ValueError, match="loud holds what is no finite number"):
            spec.check({"loud": np.array([0, bad])}, "y")


@pytest.mark.parametrize("kind", [Picky, Batches])
@pytest.mark.parametrize("wrong", [False, True])
def test_examples_without_a_y_prime_are_set_aside(fresh: Path, wrong: bool, kind: type[Picky]) -> None:
    plain = prepared(HUNDRED)
    without = [index for index in range(100) if plain.example(index)[0]["y"]["high"][0] == 1]
    assert 3 < len(without) < 20
    reason = "y′: parity holds" if wrong else "begins with a 1"
    for _ in range(2):  # made, and found in the cache
        found = prepared(HUNDRED, kind(flip=True, wrong=wrong))
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
        index = found.examples.column("id").tolist().index("50")
        assert found.split[index] == ("test" if found.paired[index] else "dropped")


def test_a_plugin_that_ends_the_process_ends_with_a_message(fresh: Path) -> None:
    with pytest.raises(UserError, match=r"Faulty.read\('40'\): SystemExit: 7"):
        prepared(Faulty({40: "exit"}), processes=1)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_exception_of_a_plugin_names_the_source(fresh: Path, processes: int) -> None:
    with pytest.raises(UserError, match=r"Faulty.read\('40'\): KeyError: 'melody' .*test_left_out.py, line \d+"):
        prepared(Faulty({40: "error"}), processes=processes)
    assert len(files(fresh)) == 2  # the part before it is kept
    with pytest.raises(UserError, match=r"Picky.convert, example '\d+': KeyError: 'two' .* raise regenkit.BadSource"):
        prepared(HUNDRED, Picky(flip=True, fails=True), processes=processes)
    with pytest.raises(UserError, match=r"Batches.convert_all: KeyError: 'two' .*test_left_out.py, line \d+"):
        prepared(HUNDRED, Batches(flip=True, wrong=True, fails=True))


def test_a_worker_that_is_killed_ends_the_preparation(fresh: Path) -> None:
    with pytest.raises(UserError, match="ended from outside"):
        prepared(Faulty({40: "killed"}), processes=2)
    assert len(prepared(HUNDRED).examples) == 100


def test_more_bad_than_good_stops_unless_it_is_allowed(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = replace(HUNDRED, bad=tuple(range(0, 100, 2)))
    assert len(prepared(half).examples) == 50
    more = replace(HUNDRED, bad=(*range(0, 100, 2), 99))
    for _ in range(2):
        with pytest.raises(
            UserError, match=r"toy/data: 51 of 100 .* more than 50%\n  51 × number \d+ is bad, or the like"
        ):
            prepared(more)
    monkeypatch.setenv("REGENKIT_MAX_BAD", "0.6")
    assert len(prepared(more).examples) == 49
    monkeypatch.setenv("REGENKIT_MAX_BAD", "many")
    with pytest.raises(UserError, match="REGENKIT_MAX_BAD=many"):
        prepared(more)


def test_a_hopeless_dataset_is_not_read_to_its_end(fresh: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(UserError, match="32 of 32"):
            prepared(replace(HUNDRED, bad=tuple(range(40)), journal=str(tmp_path / "journal")))
        assert len(journal(tmp_path / "journal")) == 32


def test_an_interruption_makes_no_share_of_bad_sources_larger(fresh: Path) -> None:
    late = Data(count=160, bad=tuple(range(96, 126)))  # 30 of its fourth part
    assert len(prepared(late).examples) == 130
    for index in fresh.rglob("part-0000[34].npz"):
        index.unlink()  # as where it was interrupted after three parts
    assert len(prepared(late).examples) == 130


# --- what it takes ---------------------------------------------------------------------------------------------------
