"""`dataset.paired_fraction`: which pairs keep X, what the stages see of the others, and that nothing else changes."""

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_batches import epoch, numpy, same
from toy import HOST, TEXT, read, refusal
from toy_job import REP, Y, prepared, sides

from regenkit.data.batches import dataset
from regenkit.data.fraction import hide, seen, shown
from regenkit.data.plan import Plan
from regenkit.recipe import json_schema
from regenkit.stages import Side

RENDERER = (
    Side(spec=REP, source=dict.fromkeys(REP, "rep")),
    Side(spec=Y.without(REP), source=dict.fromkeys(Y.without(REP), "y")),
)
fractions = st.floats(0, 1, exclude_min=True)


@cache
def toy() -> Any:
    return prepared()


def kept(fraction: float) -> set[int]:
    return set(hide(toy(), fraction).indices("train", paired=True).tolist())


@given(fractions, fractions)
def test_the_share_keeps_x_and_the_smaller_lies_in_the_larger(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert kept(low) <= kept(high) <= kept(1)
    assert len(kept(low)) == max(1, round(low * len(kept(1))))


@given(fractions)
def test_all_but_the_training_pairs_stay_as_they_are(fraction: float) -> None:
    found = hide(toy(), fraction)
    training = toy().split == "train"
    assert (found.paired == toy().paired)[~training].all() and (found.split == toy().split).all()
    if found.hidden is not None:
        assert not found.hidden[~(training & toy().paired)].any()
        assert (found.hidden | found.paired == toy().paired).all()
    assert (shown(found).paired == toy().paired).all() and shown(found).hidden is None


def test_which_they_are_is_the_ids_doing_alone() -> None:
    """Another order of the records changes nothing."""
    order = np.random.default_rng(0).permutation(len(toy().split))
    names = toy().examples.column("id")

    class Shuffled:
        def column(self, name: str) -> np.ndarray:
            return {"id": names[order]}[name]

    other: Any = replace(toy(), examples=Shuffled(), **{
        name: getattr(toy(), name)[order] for name in ("split", "paired", "steps")
    })  # fmt: skip
    assert set(names[order][hide(other, 0.3).indices("train", paired=True)]) == set(names[sorted(kept(0.3))])


def batches(found: Any, sides: tuple[Side, Side], **options: Any) -> list[dict[str, Any]]:
    mine = seen(found, sides[0])
    plan = Plan(mine, split="train", batch_size=9, seed=5, paired_share=0.5)
    return numpy(dataset(mine, plan, *sides, **{"last": 16, "seed": 5, **options}))


def test_hidden_x_is_that_of_an_example_without_any() -> None:
    found = hide(toy(), 0.3)
    assert found.hidden is not None and found.hidden.sum() > 10
    plan = Plan(found, split="train", batch_size=9, seed=5, paired_share=0.5)
    met = {"hidden": 0, "kept": 0}
    for step, batch in enumerate(batches(found, sides())):
        for row, index in enumerate(plan.examples(step)):
            fields, _ = toy().example(index)
            length = len(fields["y"]["high"])
            np.testing.assert_array_equal(batch["target"]["high"][row, :length], fields["y"]["high"])
            letters = batch["condition"]["letter"][row]
            if found.hidden[index]:
                assert not letters.any() and fields["x"]["letter"].all()
                met["hidden"] += 1
            elif fields["x"]:
                np.testing.assert_array_equal(letters[:length], fields["x"]["letter"])
                met["kept"] += 1
    assert min(met.values()) > 20


def test_where_x_is_the_only_measure_of_length_none_is_told() -> None:
    """A side that reads X alone: a hidden one has no steps, as an unpaired one has none."""
    found = hide(toy(), 0.3)
    condition, nothing = Side(spec=toy().specs["x"], source={"letter": "x"}), Side(spec=REP.only(optional=True),
                                                                                   source={"mode": "rep"})  # fmt: skip
    assert found.hidden is not None
    (batch,) = numpy(dataset(found, [np.flatnonzero(found.hidden)[:4]], condition, nothing, last=1))
    assert not batch["condition"]["mask"].any() and batch["condition"]["letter"].shape[0] == 4


def test_the_renderer_learns_the_same_whatever_the_fraction() -> None:
    whole, part = batches(toy(), RENDERER), batches(hide(toy(), 0.05), RENDERER)
    same(part, whole)
    direct = batches(hide(toy(), 0.05), sides()), batches(toy(), sides())
    assert direct[0][0]["condition"]["letter"].sum() < direct[1][0]["condition"]["letter"].sum()


def test_generator_and_direct_see_the_hidden_ones_as_unpaired() -> None:
    found = hide(toy(), 0.2)
    visits = np.concatenate(epoch(Plan(seen(found, sides()[0]), split="train", batch_size=9, seed=0)))
    assert sorted(visits) == sorted(toy().indices("train"))
    plan = Plan(seen(found, sides()[0]), split="train", batch_size=9, seed=0, paired_share=0.5)
    share = np.isin(np.concatenate(epoch(plan)), sorted(kept(0.2))).mean()
    assert share == pytest.approx(0.5, abs=0.02)


# --- the recipe ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["0", "1.5", "-0.1", "half", "true", "[0.5]", "null", "'0.5'"])
def test_what_is_no_share_is_refused_with_its_place(value: str, tmp_path: Path) -> None:
    text = TEXT.replace("  paired: [bach, essen]\n", f"  paired: [bach, essen]\n  paired_fraction: {value}\n")
    assert "toy.yaml:5:20: dataset.paired_fraction: should be a number over 0 and up to 1" in refusal(tmp_path, text)


def test_it_is_the_core_s_key_and_left_out_where_it_is_one(tmp_path: Path) -> None:
    plain, half = read(tmp_path, TEXT), read(tmp_path, TEXT, "dataset.paired_fraction=0.5")
    assert read(tmp_path, TEXT, "dataset.paired_fraction=1").plain() == plain.plain()
    assert plain.paired_fraction == 1 and "paired_fraction" not in plain.plain()["dataset"]
    assert half.dataset.arguments == plain.dataset.arguments
    assert half.digest() != plain.digest() and half.digest("converter") == plain.digest("converter")
    again = read(tmp_path, half.dump())
    assert again.paired_fraction == 0.5 and again.plain() == half.plain()


def test_the_schema_has_it_for_every_dataset() -> None:
    (choice,) = json_schema.build(HOST)["properties"]["dataset"]["anyOf"]
    assert choice["properties"]["paired_fraction"]["exclusiveMinimum"] == 0
    assert "paired_fraction" not in choice["required"]


# --- the pipeline ----------------------------------------------------------------------------------------------------

RECIPE = """\
dataset: {use: music/corpus, paired: [bach], unpaired: [], limit: 12}
converter: {use: music/template, parts: [timing], given: [tonality, metre]}
generator: {use: transformer, width: 8, depth: 1, heads: 2}
renderer: {use: transformer, width: 8, depth: 1, heads: 2}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("fraction")
    (path / "song.yaml").write_text(RECIPE)
    yield path


def test_the_log_says_how_many_keep_x() -> None:
    from rich.console import Console

    from regenkit.run.train import _say_data

    console = Console(record=True, width=200, file=io.StringIO())

    class Log:
        say = warn = staticmethod(console.print)

    log: Any = Log()
    _say_data(log, hide(toy(), 0.3))
    whole = len(kept(1))
    assert f"dataset.paired_fraction: {len(kept(0.3))} of {whole} training pairs keep X" in console.export_text()
    _say_data(log, toy())
    assert "paired_fraction" not in console.export_text()


def test_the_cache_knows_nothing_of_it_and_one_renderer_serves_all(folder: Path) -> None:
    from regenkit.analysis.grid.reuse import stage_key
    from regenkit.pipeline import Pipeline
    from regenkit.recipe import load

    keys: dict[str, list[str]] = {stage: [] for stage in ("generator", "renderer", "direct")}
    paths = set()
    for fraction in ("0.2", "0.5", "1"):
        pipeline = Pipeline(load(folder / "song.yaml", [f"dataset.paired_fraction={fraction}"]))
        found = pipeline.prepare(lambda *_: None, processes=1)
        assert (found.hidden is not None) == (fraction != "1")
        paths.update((*found.examples.paths, *found.reps.paths))
        for stage, mine in keys.items():
            mine.append(stage_key(pipeline, stage, found))
    assert len(paths) == 2  # prepared once
    assert {stage: len(set(mine)) for stage, mine in keys.items()} == {"generator": 3, "renderer": 1, "direct": 3}
