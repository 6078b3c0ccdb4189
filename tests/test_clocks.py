"""X, Y′ and Y of different lengths: what a batch says of them, how windows are cut, and how batches are bounded."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
import toy_clocks
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_clocks import DIGITS, FRAMES, HOP, LETTERS, VOCODER, WAVE, WORDS, side

from regenkit.data import shards
from regenkit.data.batches import dataset
from regenkit.data.lengths import clocks_in_condition, drawn_axes, lengths_of
from regenkit.data.plan import Plan
from regenkit.data.read_or_skip import Convert
from regenkit.data.stack import stack, unstack
from regenkit.errors import UserError
from regenkit.spec import Clock, Field, Fields, Spec, tokens

numbers, waves = cache(toy_clocks.numbers), cache(toy_clocks.waves)


def numpy(batches: Any) -> list[dict[str, Any]]:
    from regenkit.quiet import tensorflow as tf

    return [tf.nest.map_structure(lambda tensor: tensor.numpy(), batch) for batch in batches]


# --- specs -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.fractions(Fraction(1, 8), 512, max_denominator=8))
def test_entries_cover_the_steps_and_no_more(steps: int, hop: Fraction) -> None:
    clock = Clock("y", hop)
    entries = clock.entries(steps)
    assert entries * hop >= steps > (entries - 1) * hop if steps else entries == 0


def test_a_field_runs_along_what_it_says() -> None:
    spec = Spec({"a": tokens(3), "b": tokens(3, axis="x"), "c": Field(vocabulary=3), "d": tokens(3, scalar=True),
                 "e": Field(vocabulary=3, axis="x", hop=Fraction(2))})  # fmt: skip
    assert [spec.clock(name) for name in spec] == [
        Clock("y", Fraction(1)), Clock("x", Fraction(1)), Clock("c", Fraction(1)), None, Clock("x", Fraction(2)),
    ]  # fmt: skip
    assert [clock.mask for clock in spec.clocks] == ["mask", "mask x", "mask c", "mask x 2"]
    assert spec.axes == ("y", "x", "c")


def test_a_hop_may_be_a_whole_number() -> None:
    wholes: list[Any] = [4, np.int64(4), Fraction(4)]
    hops = [Field(vocabulary=3, hop=hop).hop for hop in wholes]
    assert hops == [Fraction(4)] * 3 and all(isinstance(hop, Fraction) for hop in hops)


WRONG = ({"shape": (), "axis": "x"}, {"hop": Fraction(0)}, {"hop": Fraction(-1)}, {"hop": 0.5}, {"hop": "4"})


@pytest.mark.parametrize("wrong", WRONG)
def test_an_axis_and_a_hop_must_make_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"axis=|hop="):
        Field(vocabulary=3, **wrong)


@pytest.mark.parametrize("name", ["mask", "mask x", "end"])
def test_names_of_the_core_are_no_fields(name: str) -> None:
    with pytest.raises(ValueError, match="the core itself uses"):
        Spec({name: tokens(3)})


def test_the_finest_field_says_how_long_an_example_is() -> None:
    spec = FRAMES | WAVE
    assert lengths_of({"wave": np.ones(9), "frame": np.ones((3, 2))}, spec) == {"y": 9}
    assert lengths_of({"frame": np.ones((3, 2))}, spec) == {"y": 12}
    assert lengths_of({"wave": np.ones(0), "frame": np.ones((3, 2))}, spec) == {"y": 12}
    assert lengths_of({}, spec) == {}


def test_a_condition_says_how_long_what_runs_along_it_is() -> None:
    assert [clock.mask for clock in clocks_in_condition(FRAMES, WAVE)] == ["mask y 4", "mask"]
    assert [clock.mask for clock in clocks_in_condition(DIGITS, LETTERS)] == ["mask x"]
    assert (drawn_axes(FRAMES, WAVE), drawn_axes(DIGITS, LETTERS)) == ((), ("y",))


@dataclass(frozen=True)
class Short(toy_clocks.Frames):
    """Forgets the last steps of Y that fill no frame."""

    def convert(self, y: Fields) -> Fields:
        return {"frame": super().convert(y)["frame"][: len(y["wave"]) // HOP]}


def test_a_converter_that_forgets_the_end_is_noticed() -> None:
    """Else its frames would lie beside other steps than their own, and nothing would fail."""
    convert = Convert(Short(), {"x": Spec(), "y": WAVE, "rep": FRAMES})

    def record(steps: int) -> bytes:
        return shards.serialize({"x": None, "y": {"wave": np.ones(steps, np.float32)}}, {"id": "a"})

    assert convert(record(8))[1] == ""
    assert convert(record(9)) == (b"", "y′: frame has 2 entries; 9 steps of Y have 3, by its hop of 4")


# --- one padded batch ------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 30)), min_size=1, max_size=4))
def test_stacked_is_unstacked_on_several_clocks(lengths: list[tuple[int, int]]) -> None:
    spec = DIGITS | WAVE | FRAMES
    examples = [
        {"digit": np.full(x, 2, np.int32), "wave": np.ones(y, np.float32), "frame": np.ones((-(-y // HOP), 2))}
        for x, y in lengths
    ]
    batch = stack(examples, spec)
    for mask, wanted in {"mask x": [x for x, _ in lengths], "mask": [y for _, y in lengths],
                         "mask y 4": [-(-y // HOP) for _, y in lengths]}.items():  # fmt: skip
        assert batch[mask].sum(1).tolist() == wanted
    for known in ([{"x": x, "y": y} for x, y in lengths], [{}] * len(lengths)):  # told, or as the masks say
        for example, back in zip(examples, unstack(batch, spec, known), strict=True):
            assert all(np.array_equal(example[name], back[name]) for name in spec)


def test_batches_have_a_mask_for_each_clock() -> None:
    data = numbers()
    indices = data.indices("train")[:9]
    (batch,) = numpy(dataset(data, [indices], side(DIGITS, "x"), side(WORDS, "rep"), last=1))
    assert set(batch["condition"]) == {"digit", "mask x"} and set(batch["target"]) == {"word", "mask word"}
    examples = [data.example(int(index))[0] for index in indices]
    assert any(each["x"] is None for each in examples)
    for row, each in enumerate(examples):
        digits = [] if each["x"] is None else each["x"]["digit"].tolist()
        assert batch["condition"]["digit"][row][batch["condition"]["mask x"][row]].tolist() == digits
        assert batch["target"]["word"][row][batch["target"]["mask word"][row]].tolist() == each["rep"]["word"].tolist()


def test_the_clocks_of_one_axis_are_padded_to_the_same_steps() -> None:
    data = waves()
    (batch,) = numpy(dataset(data, [data.indices("train")[:7]], *VOCODER, last=1))
    assert batch["target"]["wave"].shape[1] == HOP * batch["condition"]["frame"].shape[1]
    np.testing.assert_array_equal(batch["condition"]["mask"], batch["target"]["mask"])
    wave, frame = batch["target"]["mask"].sum(1), batch["condition"]["mask y 4"].sum(1)
    assert frame.tolist() == [-(-steps // HOP) for steps in wave]


# --- windows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", [1, 3, 40])
def test_a_window_is_cut_at_the_hop(window: int) -> None:
    """Every window of Y belongs to its window of Y′, and over the steps every place is seen."""
    data = waves()
    plan = Plan(data, split="train", batch_size=8, seed=1)
    seen: dict[int, set[int]] = {}
    for batch in numpy(dataset(data, plan, *VOCODER, last=8 * plan.batches, seed=1, window=window)):
        for row in range(len(batch["noise"])):
            wave = batch["target"]["wave"][row][batch["target"]["mask"][row]]
            frame = batch["condition"]["frame"][row][batch["condition"]["mask y 4"][row]]
            example, first = divmod(int(wave[0]) - 1, 1000)
            whole = data.example(int(np.flatnonzero(data.examples.column("id") == str(example))[0]))[0]["y"]["wave"]
            assert first % HOP == 0 and len(frame) == min(window, -(-len(whole) // HOP))
            assert wave.tolist() == whole[first : first + HOP * window].tolist()
            assert frame[:, 0].tolist() == wave[::HOP].tolist() and frame[-1, 1] == wave[-1]
            seen.setdefault(example, set()).add(first // HOP)
    if window == 3:
        indices = sum(max(1, -(-len(data.example(int(index))[0]["y"]["wave"]) // HOP) - window + 1)
                     for index in data.indices("train"))  # fmt: skip
        assert sum(map(len, seen.values())) > 0.6 * indices


def test_windows_are_the_same_on_one_replica_and_on_many() -> None:
    data = waves()
    plan = Plan(data, split="train", batch_size=9, seed=5)

    def waves_of(replicas: int, first: int = 0) -> list[list[float]]:
        parts = numpy(dataset(data, plan, *VOCODER, first=first, last=4, replicas=replicas, seed=5, window=2))
        return [row[row > 0].tolist() for part in parts for row in part["target"]["wave"]]

    last = waves_of(2, first=3)
    assert waves_of(1) == waves_of(3) and waves_of(1)[-len(last) :] == last


def test_held_out_windows_are_the_middle_ones() -> None:
    data = waves()
    indices = data.indices("validation")
    (batch,) = numpy(dataset(data, [indices], *VOCODER, last=1, window=3))
    for row, index in enumerate(indices):
        whole = data.example(int(index))[0]["y"]["wave"]
        free = max(-(-len(whole) // HOP) - 3, 0) + 1
        assert batch["target"]["wave"][row][0] == whole[HOP * (free // 2)]


def test_a_window_that_cannot_be_cut_is_refused() -> None:
    with pytest.raises(UserError, match="no field of this stage runs along Y"):
        dataset(numbers(), [np.array([0])], side(DIGITS, "x"), side(WORDS, "rep"), window=3)
    odd = Spec({"frame": replace(FRAMES["frame"], hop=Fraction(3, 2))})
    with pytest.raises(UserError, match="hop 3/2 of frame is no multiple of the hop 1 of wave"):
        dataset(waves(), [np.array([0])], side(odd, "rep"), side(WAVE, "y"), window=3)


# --- batches by steps ------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 200), st.integers(1, 9), st.integers(0, 99), st.integers(1, 3))
def test_batches_are_bounded_by_their_steps(most: int, size: int, seed: int, parts: int) -> None:
    """Of a batch that is cut, each part is."""
    data = waves()
    plan = Plan(data, split="train", batch_size=size, seed=seed, batch_steps=most, parts=parts)
    batches, total = [], 3 * len(data.indices("train"))
    while sum(map(len, batches)) < total:
        batches.append(plan.examples(len(batches)))
    for batch in batches:
        largest = max(map(len, np.array_split(batch, parts)))
        assert len(batch) == 1 or (len(batch) <= size and largest * data.steps[batch].max() <= most)
    seen = np.concatenate(batches)
    assert len(seen) == total and (np.bincount(seen, minlength=len(data.steps))[data.indices("train")] == 3).all()
    again = Plan(data, split="train", batch_size=size, seed=seed, batch_steps=most, parts=parts)  # as when interrupted
    assert again.examples(len(batches) - 1).tolist() == batches[-1].tolist()


def test_accumulation_makes_batches_by_steps_larger() -> None:
    data = waves()
    plain, larger = (Plan(data, split="train", batch_size=9 * parts, seed=3, batch_steps=150, parts=parts)
                     for parts in (1, 3))  # fmt: skip
    mean = {plan: np.mean([len(plan.examples(step)) for step in range(60)]) for plan in (plain, larger)}
    assert mean[larger] > 2.5 * mean[plain]
