"""Batches are a function of (seed, step) alone, and how they are cut and padded changes nothing."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_job import Data, prepared, sides, transformer

from regenkit.data.batches import dataset
from regenkit.data.plan import Plan
from regenkit.data.stack import stack, unstack
from regenkit.errors import UserError
from regenkit.spec import Field, Spec, tokens
from regenkit.stages import Side

toy = cache(prepared)


def epoch(plan: Plan, number: int = 0) -> list[np.ndarray]:
    return [plan.examples(step) for step in range(number * plan.batches, (number + 1) * plan.batches)]


def numpy(batches: Any) -> list[dict[str, Any]]:
    from regenkit.quiet import tensorflow as tf

    return [tf.nest.map_structure(lambda tensor: tensor.numpy(), batch) for batch in batches]


def same(one: Any, other: Any) -> None:
    from regenkit.quiet import tensorflow as tf

    tf.nest.assert_same_structure(one, other)
    for left, right in zip(tf.nest.flatten(one), tf.nest.flatten(other), strict=True):
        np.testing.assert_array_equal(left, right)


# --- the plan --------------------------------------------------------------------------------------------------------


def marked(paired: int, unpaired: int) -> Any:
    """So many training examples of each kind, lengths at random; beside them some that are held out."""
    count = paired + unpaired + 4
    random = np.random.default_rng(count)
    return replace(
        toy(), paired=np.arange(count) < paired + 2, steps=random.integers(1, 50, count),
        split=np.where(np.isin(np.arange(count), [0, 1, count - 2, count - 1]), "test", "train"),
    )  # fmt: skip


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 12), st.integers(0, 2**31 - 1))
def test_without_a_share_an_epoch_is_every_example_once(paired: int, unpaired: int, size: int, seed: int) -> None:
    if not paired + unpaired:
        return
    found = marked(paired, unpaired)
    plan = Plan(found, split="train", batch_size=size, seed=seed)
    for number in range(2):
        batches = epoch(plan, number)
        assert sorted(np.concatenate(batches)) == sorted(found.indices("train"))
        assert sorted(map(len, batches), reverse=True)[:-1] == [size] * (len(batches) - 1)


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.05, 0.95), st.integers(0, 99))
def test_the_rarer_kind_is_repeated_up_to_its_share(paired: int, unpaired: int, share: float, seed: int) -> None:
    found = marked(paired, unpaired)
    visits = Counter(np.concatenate(epoch(Plan(found, split="train", batch_size=7, seed=seed, paired_share=share))))
    assert set(visits) == set(found.indices("train"))
    pairs = [visits[index] for index in found.indices("train", paired=True)]
    others = [visits[index] for index in found.indices("train", paired=False)]
    assert min(set(pairs)) == 1 or min(set(others)) == 1
    for times in (pairs, others):
        assert max(times) - min(times) <= 1
    assert sum(pairs) / (sum(pairs) + sum(others)) == pytest.approx(share, abs=0.5 / (sum(pairs) + sum(others)) + 1e-9)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_whole_share_leaves_the_others_out(share: float) -> None:
    found = marked(10, 20)
    seen = np.concatenate(epoch(Plan(found, split="train", batch_size=4, seed=0, paired_share=share)))
    assert sorted(seen) == sorted(found.indices("train", paired=bool(share)))


@settings(deadline=None)
@given(st.booleans(), st.floats(0, 1), st.integers(1, 9))
def test_of_one_kind_alone_every_example_is_visited_once(paired: bool, share: float, count: int) -> None:
    found = marked(count, 0) if paired else marked(0, count)
    seen = np.concatenate(epoch(Plan(found, split="train", batch_size=4, seed=0, paired_share=share)))
    assert sorted(seen) == sorted(found.indices("train"))


def test_the_order_is_of_seed_and_epoch_alone() -> None:
    def order(seed: int, number: int = 0) -> list[int]:
        return np.concatenate(epoch(Plan(toy(), split="train", batch_size=8, seed=seed), number)).tolist()

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert order(1) != order(1, 1)
    plan = Plan(toy(), split="train", batch_size=8, seed=1)
    steps = list(range(3 * plan.batches))
    forwards = [plan.examples(step).tolist() for step in steps]
    assert [plan.examples(step).tolist() for step in reversed(steps)] == forwards[::-1]


def test_a_batch_is_of_like_lengths() -> None:
    found = marked(600, 0)
    spans = [np.ptp(found.steps[indices]) for indices in epoch(Plan(found, split="train", batch_size=8, seed=0))]
    assert np.mean(spans) < 5 < 30 < np.ptp(found.steps)


# --- the batches -----------------------------------------------------------------------------------------------------


def batches(replicas: int = 1, **options: Any) -> list[dict[str, Any]]:
    plan = Plan(toy(), split="train", batch_size=9, seed=5, paired_share=0.5)
    return numpy(dataset(toy(), plan, *sides(), replicas=replicas, **{"last": 16, "seed": 5, **options}))


def test_a_batch_holds_the_records_it_is_planned_of() -> None:
    plan = Plan(toy(), split="train", batch_size=9, seed=5, paired_share=0.5)
    for step, batch in enumerate(batches()):
        assert batch["noise"].shape == (len(plan.examples(step)), 2)
        for row, index in enumerate(plan.examples(step)):
            fields, _ = toy().example(index)
            length = len(fields["y"]["high"])
            letter = fields["x"]["letter"] if fields["x"] else np.zeros(length, int)
            for side, name, value in (
                ("condition", "letter", letter),
                ("target", "high", fields["y"]["high"]),
                ("target", "low", fields["y"]["low"]),
                ("target", "mask", np.ones(length, bool)),
            ):
                np.testing.assert_array_equal(batch[side][name][row, :length], value)
                assert not batch[side][name][row, length:].any()
            assert batch["condition"]["mode"][row] == fields["rep"]["mode"]


def test_they_are_of_seed_and_step_alone() -> None:
    whole = batches()
    same(batches(), whole)
    same(batches(first=6), whole[6:])
    marks = np.concatenate([batch["noise"] for batch in whole])
    assert len(np.unique(marks, axis=0)) == len(marks)
    other = batches(seed=6)
    assert not np.isin(other[0]["noise"][:, 0], marks[:, 0]).any()


@pytest.mark.parametrize("replicas", [2, 3])
def test_the_parts_of_the_replicas_are_the_batch(replicas: int) -> None:
    """Also of the last batch of an epoch, so small that some replicas have nothing."""
    whole, parts = batches(), batches(replicas)
    assert len(parts) == replicas * len(whole)
    assert any(not len(part["noise"]) for part in parts) and min(len(batch["noise"]) for batch in whole) < replicas
    for step, batch in enumerate(whole):
        mine = parts[step * replicas : (step + 1) * replicas]
        sizes = [len(part["noise"]) for part in mine]
        assert max(sizes) - min(sizes) <= 1 and sum(sizes) == len(batch["noise"])
        np.testing.assert_array_equal(np.concatenate([part["noise"] for part in mine]), batch["noise"])
        for side in ("condition", "target"):
            for name, value in batch[side].items():
                found = [part[side][name] for part in mine]
                if value.ndim > 1:  # each replica is padded to its own longest
                    found = [np.pad(each, [(0, 0), (0, value.shape[1] - each.shape[1])]) for each in found]
                np.testing.assert_array_equal(np.concatenate(found), value)


def test_every_process_takes_its_own_parts() -> None:
    parts = batches(4)
    for mine in ([0, 1], [2, 3], [0, 2]):
        same(batches(4, mine=mine), [parts[4 * step + part] for step in range(16) for part in mine])


def test_a_damaged_record_is_never_part_of_a_batch(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from regenkit.quiet import tensorflow as tf

    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path))
    found = prepared(Data(count=20))
    path = found.examples.paths[0].with_suffix(".tfrecord")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises((UserError, tf.errors.OpError), match=f"{path.name}: the record at byte"):
        numpy(dataset(found, [np.arange(20)], *sides(), last=1))


# --- other shapes than the toy's -------------------------------------------------------------------------------------


def test_fields_of_every_kind_are_batched() -> None:
    """Continuous frames, a grid, fields that do not run along Y; of several examples, of one, and of none."""
    from regenkit.data import shards

    spec = Spec({
        "mel": Field(kind="continuous", shape=(None, 4), hop=Fraction(1)),
        "grid": Field(vocabulary=9, shape=(None, 3), hop=Fraction(1)),
        "codes": Field(vocabulary=9, shape=(None, 2), hop=Fraction(2)),
        "speaker": Field(kind="continuous", shape=(5,)),
        "speed": Field(kind="continuous", shape=()),
        "key": tokens(12, scalar=True),
    })  # fmt: skip
    random = np.random.default_rng(0)
    examples = [
        {"mel": random.normal(size=(n, 4)), "grid": random.integers(1, 10, (n, 3)),
         "codes": random.integers(1, 10, (n // 2, 2)), "speaker": random.normal(size=5), "speed": random.normal(),
         "key": random.integers(1, 13)}
        for n in (20, 6, 4)
    ]  # fmt: skip
    fake: Any = replace(
        toy(), examples=[shards.serialize({"x": None, "y": each}, {}) for each in examples], reps=[b""] * 3,
        specs={"x": Spec(), "y": spec, "rep": Spec()},
    )  # fmt: skip
    side, nothing = Side(spec=spec, source=dict.fromkeys(spec, "y")), Side(spec=Spec(), source={})
    plan = [np.arange(3), np.array([1]), np.arange(0)]
    for indices, batch in zip(plan, numpy(dataset(fake, plan, nothing, side, last=3)), strict=True):
        longest = max((len(examples[index]["mel"]) for index in indices), default=1)
        steps = -(-longest // 16) * 16
        assert batch["target"]["mask"].sum(1).tolist() == [len(examples[index]["mel"]) for index in indices]
        assert batch["target"]["mel"].shape == (len(indices), steps, 4)
        assert batch["target"]["grid"].shape == (len(indices), steps, 3)
        for row, index in enumerate(indices):
            for name, value in examples[index].items():
                found = batch["target"][name][row]
                if np.ndim(value):
                    np.testing.assert_allclose(found[: len(value)], value, rtol=1e-6)
                    assert not found[len(value) :].any()
                else:
                    assert found == pytest.approx(value)


def test_levels_are_absent_where_x_is_hidden_or_lacking() -> None:
    """A picture as X: 0, which is grey, stands for none."""
    from regenkit.data import shards

    spec = Spec({"pixels": Field(kind="continuous", shape=(2, 3, 1), levels=256)})
    pictures = [np.random.default_rng(seed).integers(0, 256, (2, 3, 1), np.uint8) for seed in range(3)]
    records = [shards.serialize({"x": {"pixels": each}}, {}) for each in pictures] + [shards.serialize({"x": None}, {})]
    fake: Any = replace(toy(), examples=records, reps=[b""] * 4, specs={"x": spec, "y": Spec(), "rep": Spec()},
                        hidden=np.array([False, True, False, False]))  # fmt: skip
    side, nothing = Side(spec=spec, source={"pixels": "x"}), Side(spec=Spec(), source={})
    [batch] = numpy(dataset(fake, [np.arange(4)], side, nothing, last=1))
    assert "mask" not in batch["condition"]
    found = batch["condition"]["pixels"]
    for index, seen in enumerate((True, False, True, False)):
        wanted = shards.unpacked(pictures[index], 256) if seen else np.zeros((2, 3, 1))
        np.testing.assert_allclose(found[index], wanted, atol=1e-7)


# --- padding ---------------------------------------------------------------------------------------------------------


@cache
def model() -> Any:
    return transformer(dropout=0.3)


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 20), st.integers(0, 3), st.booleans())
def test_padding_never_changes_the_loss(more: int, step: int, noisy: bool) -> None:
    batch = batches(last=4)[step]
    noise = batch["noise"] if noisy else None

    def padded(side: str) -> dict[str, np.ndarray]:
        return {name: np.pad(value, [(0, 0)] + [(0, more)] * (value.ndim - 1)) for name, value in batch[side].items()}

    plain = model().losses({side: padded(side) | batch[side] for side in ("condition", "target")}, noise=noise)
    wide = model().losses({side: padded(side) for side in ("condition", "target")}, noise=noise)
    for name, (loss, weight) in plain["main"].items():
        np.testing.assert_allclose(wide["main"][name][0], loss, rtol=2e-5)
        np.testing.assert_array_equal(wide["main"][name][1], weight)
        assert weight.numpy().tolist() == batch["target"]["mask"].sum(1).tolist()


def test_a_batch_of_none_loses_nothing() -> None:
    empty = next(part for part in batches(2) if not len(part["noise"]))
    for loss, weight in model().losses(empty, noise=empty["noise"])["main"].values():
        assert loss.shape == weight.shape == (0,)


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_stacked_is_unstacked(lengths: list[int]) -> None:
    spec = Spec({"note": tokens(5), "key": tokens(3, scalar=True), "mel": Field(kind="continuous", shape=(None, 2),
                 hop=Fraction(1))})  # fmt: skip
    examples = [{"note": np.full(n, 2, np.int32), "key": np.int32(3), "mel": np.ones((n, 2), np.float32)}
                for n in lengths]  # fmt: skip
    batch = stack(examples, spec)
    assert batch["mask"].sum(1).tolist() == lengths
    for example, back in zip(examples, unstack(batch, spec, [{"y": n} for n in lengths]), strict=True):
        same(example, {name: back[name] for name in example})
