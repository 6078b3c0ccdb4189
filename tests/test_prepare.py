"""Preparing: what was interrupted goes on, what is bad is left out, and what has not changed is not done again."""

import time
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import letters
import numpy as np
import pytest
import toy_job
from toy_job import HUNDRED, Data, Parity, files, journal, prepared

from regenkit import plugins
from regenkit.data import prepare as prepare_module
from regenkit.data import process_pool
from regenkit.pipeline import Pipeline
from regenkit.recipe import load


def whole(cache: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> dict[str, bytes]:
    """The files of a preparation in another cache that nothing interrupted."""
    with monkeypatch.context() as patch:
        patch.setenv("REGENKIT_CACHE", str(cache.with_name("whole")))
        prepared(HUNDRED, **options)
    return files(cache.with_name("whole"))


def test_what_is_prepared_is_what_was_read(fresh: Path) -> None:
    found = prepared(HUNDRED)
    assert len(found.examples) == len(found.reps) == len(found.split) == 100
    for index in range(100):
        sides, meta = found.example(index)
        (example,) = HUNDRED.read(HUNDRED.sources()[index])
        assert meta == {"number": index, "id": str(index)}
        assert (sides["x"] is None) == (example.x is None) == (not found.paired[index])
        expected = {"x": example.x, "y": example.y, "rep": Parity().convert(example.y)}
        for side, fields in expected.items():
            for name, value in (fields or {}).items():
                np.testing.assert_array_equal(sides[side][name], value)
                assert sides[side][name].dtype == np.int32
        assert found.steps[index] == len(example.y["high"])
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
    assert len(list(fresh.rglob(".part-00001.*"))) == 1
    assert journal(read)[:32] == list(range(32))
    read.unlink()

    found = prepared(replace(HUNDRED, journal=str(read)))
    assert len(found.examples) == 100 and not list(fresh.rglob(".part-*"))
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
    for index, kind in enumerate((letters.Letters, letters.Notes, toy_job.Data), 2):
        monkeypatch.setattr(kind, "version", 2)
        assert prepare() == index * once, kind


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
    for index in range(100):
        one, other = (each.example(index)[0]["rep"]["parity"] for each in (plain, flipped))
        np.testing.assert_array_equal(one, 3 - other)
    assert len(list(fresh.glob("examples/*"))) == 1 and len(list(fresh.glob("examples/*/reps/*"))) == 2


def test_other_settings_of_the_dataset_are_read_anew(fresh: Path, tmp_path: Path) -> None:
    prepared(HUNDRED)
    read = tmp_path / "journal"
    prepared(Data(count=40, journal=str(read)))
    assert journal(read) == list(range(40))


@dataclass(frozen=True)
class Growing(Data):
    """Its sources are the files of a folder; what is in them changes nothing, and so it has no fingerprint."""

    folder: str = ""

    def sources(self) -> list[str]:
        return sorted((path.name for path in Path(self.folder).iterdir()), key=int)


def test_of_a_dataset_without_a_fingerprint_new_sources_are_read(fresh: Path, tmp_path: Path) -> None:
    folder = tmp_path / "songs"
    folder.mkdir()
    for number in range(60):
        (folder / str(number)).touch()
    data = Growing(folder=str(folder))
    assert len(prepared(data).examples) == 60
    (folder / "60").touch()  # into the second part, which is there already
    found = prepared(data)
    assert found.examples.column("id").tolist() == [str(number) for number in range(61)]
    (folder / "60").unlink()
    assert len(prepared(data).examples) == 60


@pytest.mark.parametrize("chunk", [1, 8])
def test_workers_are_never_far_ahead(chunk: int) -> None:
    taken: list[int] = []
    with process_pool.pool(2) as run:
        results = run(abs, (taken.append(number) or -number for number in count()), chunk)
        for number in range(300):
            assert next(results) == number
            assert len(taken) <= number + 1 + 2 * process_pool.AHEAD + chunk


def test_neither_preparation_nor_its_workers_import_tensorflow() -> None:
    code = "import sys, regenkit.data.beam, regenkit.data.prepare; sys.exit('tensorflow' in sys.modules)"
    process = toy_job.start(code)
    said, _ = process.communicate()
    assert process.returncode == 0, said
