"""Shards: any TensorFlow program reads them, and no damage goes unnoticed."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_job import REP, Data, Parity, X, Y, prepared

from regenkit.data import shards
from regenkit.data.parts import without, write_examples, write_reps
from regenkit.data.read_or_skip import Convert, Read
from regenkit.errors import UserError
from regenkit.spec import Field, Spec

SPECS = {"x": X, "y": Y, "rep": REP}
COLUMNS = ("id", "groups", "fingerprints", "fingerprint_count", "split", "paired", "steps", "remarks", "skipped")


def contents(folder: Path) -> dict[str, Any]:
    """All that can be read of a part of examples and of their y′."""
    examples, reps = shards.Shards([folder / "examples"]), shards.Shards([folder / "reps"])
    records = {name: [found[index] for index in range(len(found))] for name, found in (("x", examples), ("rep", reps))}
    columns = {name: examples.column(name).tolist() for name in COLUMNS}
    return {**records, **columns, "without": without(reps)}


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a part of 200 examples (so that indices are larger than a buffer), and their y′ but for one."""
    folder = tmp_path_factory.mktemp("part")
    data = Data(count=201, bad=(3,))
    write_examples(folder / "examples", map(Read(data, SPECS), data.sources()))
    examples = shards.Shards([folder / "examples"])
    convert = Convert(Parity(), SPECS)
    converted = [convert(examples[index]) for index in range(200)]
    write_reps(folder / "reps", 0, [*converted[:150], (b"", "has none"), *converted[151:]])
    return folder


@given(
    st.sampled_from(["examples", "reps"]),
    st.sampled_from([".tfrecord", ".npz"]),
    st.lists(st.tuples(st.integers(0), st.integers(1, 255)), min_size=1, max_size=4),
)
@settings(max_examples=400, deadline=None)
def test_damage_is_named_or_changes_nothing(part: Path, name: str, suffix: str, flips: list[tuple[int, int]]) -> None:
    whole = contents(part)
    assert whole["without"] == [(150, "has none")] and len(whole["x"]) == 200
    path = (part / name).with_suffix(suffix)
    kept = path.read_bytes()
    damaged = bytearray(kept)
    for index, bits in flips:
        damaged[index % len(kept)] ^= bits
    try:
        path.write_bytes(damaged)
        assert contents(part) == whole
    except UserError as error:
        assert str(path) in str(error)
    finally:
        path.write_bytes(kept)


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
        assert [again.examples[index] for index in range(40)] == [found.examples[index] for index in range(40)]
        assert path.read_bytes() == kept
    else:
        with pytest.raises(UserError, match=path.name):
            again = prepared(Data(count=40))
            [again.examples[index] for index in range(40)]


def test_few_files_stay_open_and_all_records_are_read(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = prepared(Data(count=200)).examples
    again = shards.Shards(records.paths)
    monkeypatch.setattr(shards, "OPEN", 2)
    before = len(os.listdir("/dev/fd"))
    assert len(records.paths) > 4
    assert [again[index] for index in range(200)] == [records[index] for index in range(200)]
    assert len(again._files) == 2 and len(os.listdir("/dev/fd")) <= before + 4


def test_any_tensorflow_program_reads_the_shards(fresh: Path) -> None:
    from regenkit.quiet import tensorflow as tf

    found = prepared(Data(count=100))
    paths = [str(path.with_suffix(".tfrecord")) for path in found.examples.paths]
    assert len(paths) == 4
    records = list(tf.data.TFRecordDataset(paths).as_numpy_iterator())
    assert records == [found.examples[index] for index in range(100)]
    features = tf.io.parse_single_example(records[1], {"y/high": tf.io.VarLenFeature(tf.int64)})
    assert features["y/high"].values.numpy().tolist() == Data().read("1")[0].y["high"].tolist()


def test_records_hold_whatever_a_spec_allows() -> None:
    from regenkit.spec import Field, Spec, tokens

    spec = Spec({"grid": Field(vocabulary=9, shape=(None, 2, 3)), "mel": Field(kind="continuous", shape=(None, 4)),
                 "speed": Field(kind="continuous", shape=()), "key": tokens(12, scalar=True)})  # fmt: skip
    fields = {"grid": np.arange(24).reshape(4, 2, 3) % 10, "mel": np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4),
              "speed": np.float32(0.5), "key": np.int32(7)}  # fmt: skip
    sides, meta = shards.deserialize(shards.serialize({"y": fields, "x": None}, {"title": "Ä"}), {"y": spec, "x": spec})
    assert sides["x"] is None and meta == {"title": "Ä"}
    spec.check(sides["y"], "y")
    for name, value in fields.items():
        np.testing.assert_array_equal(sides["y"][name], value)


def test_records_are_those_that_tensorflow_writes() -> None:
    from regenkit.quiet import tensorflow as tf

    fields = {"key": np.int64(7), "pitch": np.array([-3, 2**40]), "none": np.zeros(0, np.int64),
              "mel": np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)}  # fmt: skip
    lists = {"y/key": [7], "y/pitch": [-3, 2**40], "y/none": []}
    features = {name: tf.train.Feature(int64_list=tf.train.Int64List(value=value)) for name, value in lists.items()}
    features["y/mel"] = tf.train.Feature(float_list=tf.train.FloatList(value=fields["mel"].reshape(-1)))
    features["meta"] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[b'{"id": "1"}']))
    theirs = tf.train.Example(features=tf.train.Features(feature=features))
    assert shards.serialize({"y": fields}, {"id": "1"}) == theirs.SerializeToString(deterministic=True)


LEVELS = st.integers(2, 256).flatmap(
    lambda count: st.tuples(st.just(count), st.lists(st.integers(0, count - 1), min_size=4, max_size=4))
)


@given(LEVELS)
def test_levels_take_a_byte_each_and_come_back_exactly(drawn: tuple[int, list[int]]) -> None:
    levels, numbers = drawn
    spec = Spec({"pixels": Field(kind="continuous", shape=(2, 2), levels=levels)})
    values = shards.unpacked(np.array(numbers).reshape(2, 2), levels)
    assert np.abs(values).max() <= 1
    spec.check({"pixels": values}, "y")
    packed = shards.packed(values, levels)
    sides, _ = shards.deserialize(shards.serialize({"y": {"pixels": packed}}, {}), {"y": spec})
    assert sides["y"] and (sides["y"]["pixels"] == values).all()
