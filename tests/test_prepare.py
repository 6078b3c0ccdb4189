"""Preparing: what was interrupted goes on, what is damaged is named, and what has not changed is not done again."""

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy_job
from toy_job import Data, Parity, prepared

from regenkit.data import prepare as prepare_module
from regenkit.data import shards
from regenkit.errors import UserError

HUNDRED = Data(count=100)


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
                np.testing.assert_array_equal(sides[side][name], value)  # type: ignore[index]
                assert sides[side][name].dtype == np.int32  # type: ignore[index]
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
        one, other = (each.example(place)[0]["rep"]["parity"] for each in (plain, flipped))  # type: ignore[index]
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
    assert "toy/data" in str(caught.value) and "32 of 32 had to be set aside" in str(caught.value)
    assert "0: number 0 is bad" in str(caught.value)


def test_where_there_are_no_sources_it_is_said(fresh: Path) -> None:
    with pytest.raises(UserError, match="not one example could be used"):
        prepared(Data(count=0))


@pytest.mark.parametrize("reps", [False, True])
def test_a_flipped_byte_is_found_wherever_it_is(fresh: Path, reps: bool) -> None:
    prepared(Data(count=40))
    path = next(path for path in sorted(fresh.rglob("part-00000.tfrecord")) if ("reps" in path.parts) == reps)
    data = path.read_bytes()
    second = 16 + int.from_bytes(data[:8], "little")
    size = int.from_bytes(data[second : second + 8], "little")
    for flipped in (0, 8, 12, 12 + size // 2, 12 + size, size + 15):
        changed = bytearray(data)
        changed[second + flipped] ^= 1
        path.write_bytes(changed)
        found = prepared(Data(count=40))
        records = found.reps if reps else found.examples
        assert records[0] and records[2]
        with pytest.raises(UserError) as caught:
            records[1]
        assert str(path) in str(caught.value) and f"byte {second} " in str(caught.value)


@pytest.mark.parametrize("suffix", [".tfrecord", ".npz"])
@pytest.mark.parametrize("damage", ["cut", "deleted"])
def test_a_damaged_file_is_named(fresh: Path, suffix: str, damage: str) -> None:
    found = prepared(Data(count=40))
    path = next(fresh.glob(f"examples/*/part-00000{suffix}"))
    kept = path.read_bytes()
    if damage == "deleted":
        path.unlink()
    else:
        path.write_bytes(kept[: len(kept) // 2])
    if (suffix, damage) == (".npz", "deleted"):  # a shard without its index is one that was never finished
        again = prepared(Data(count=40))
        assert [again.examples[place] for place in range(40)] == [found.examples[place] for place in range(40)]
        assert path.read_bytes() == kept
    else:
        with pytest.raises(UserError, match=path.name):
            again = prepared(Data(count=40))
            [again.examples[place] for place in range(40)]


def test_any_tensorflow_program_reads_the_shards(fresh: Path) -> None:
    from regenkit.quiet import tensorflow as tf

    found = prepared(HUNDRED)
    paths = [str(path.with_suffix(".tfrecord")) for path in found.examples.paths]
    assert len(paths) == 4
    records = list(tf.data.TFRecordDataset(paths).as_numpy_iterator())
    assert records == [found.examples[place] for place in range(100)]
    features = tf.io.parse_single_example(records[1], {"y/high": tf.io.VarLenFeature(tf.int64)})
    assert features["y/high"].values.numpy().tolist() == Data().read("1")[0].y["high"].tolist()


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


def test_records_hold_whatever_a_spec_allows() -> None:
    from regenkit.spec import Field, Spec, tokens

    spec = Spec({"grid": Field(vocabulary=9, shape=(None, 2, 3)), "mel": Field(kind="continuous", shape=(None, 4)),
                 "speed": Field(kind="continuous", shape=()), "key": tokens(12, scalar=True)})  # fmt: skip
    fields = {"grid": np.arange(24).reshape(4, 2, 3) % 10, "mel": np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4),
              "speed": np.float32(0.5), "key": np.int32(7)}  # fmt: skip
    sides, meta = shards.deserialize(shards.serialize({"y": fields, "x": None}, {"title": "Ä"}), {"y": spec, "x": spec})
    assert sides["x"] is None and meta == {"title": "Ä"}
    spec.check(sides["y"], "y")  # type: ignore[arg-type]
    for name, value in fields.items():
        np.testing.assert_array_equal(sides["y"][name], value)  # type: ignore[index]
