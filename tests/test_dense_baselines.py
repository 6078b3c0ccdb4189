"""The trivial answers of a report, where a part of the labels and of the pixels is not known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dense_files import discs, read_all, scene
from PIL import Image

from regenkit.analysis.measures.baselines import class_mean, constant_rep, random_training, unigram
from regenkit.analysis.measures.compactness import compactness
from regenkit.analysis.measures.examples import Pair
from regenkit.pipeline import Pipeline
from regenkit.recipe import load

RECIPE = """\
dataset: {{use: dense/folder, path: {path}, size: 32, {settings}}}
converter: {{use: identity}}
generator: {{use: dense/unet, width: 8}}
renderer: {{use: identity}}
train: {{steps: 1}}
"""
CLASSES = "classes: [ground, disc]"


def made(path: Path, settings: str) -> tuple[Pipeline, list[Pair], list[Pair]]:
    """(pipeline, training pairs, test pairs)"""
    (path / "discs.yaml").write_text(RECIPE.format(path=path, settings=settings))
    pipeline = Pipeline(load(path / "discs.yaml"))
    examples, left_out = read_all(pipeline.recipe.dataset.build())
    assert not left_out
    pairs: dict[str, list[Pair]] = {"train": [], "validation": [], "test": []}
    for each in examples:
        assert each.x and each.split
        pairs[each.split].append({"x": each.x, "y": each.y, "rep": each.y})
    return pipeline, pairs["train"], pairs["test"]


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pipeline, list[Pair], list[Pair]]:
    return made(discs(tmp_path_factory.mktemp("few"), 80), f"{CLASSES}, labelled_fraction: 0.1")


def test_what_is_not_known_is_no_answer(few: tuple[Pipeline, list[Pair], list[Pair]]) -> None:
    pipeline, learned, pairs = few
    labelled = [each["y"]["classes"] for each in learned if each["y"]["classes"].any()]
    assert 0 < len(labelled) < len(learned) / 4
    for seed in range(3):
        for each in random_training(pipeline, learned, pairs, seed):
            assert any(np.array_equal(each["classes"], known) for known in labelled)
    drawn = np.stack([each["classes"] for seed in range(3) for each in unigram(pipeline, learned, pairs, seed)])
    assert set(np.unique(drawn)) == {1, 2}
    assert np.mean(drawn == 2) == pytest.approx(np.mean(np.stack(labelled) == 2), abs=0.01)
    assert all((each["classes"] == 1).all() for each in constant_rep(pipeline, learned, pairs))  # the ground


def test_with_all_labels_the_draw_is_of_all(tmp_path: Path) -> None:
    pipeline, learned, pairs = made(discs(tmp_path, 12), CLASSES)
    numbers = np.random.default_rng(5).integers(len(learned), size=len(pairs))
    drawn = random_training(pipeline, learned, pairs, 5)
    for each, number in zip(drawn, numbers, strict=True):
        np.testing.assert_array_equal(each["classes"], learned[number]["y"]["classes"])


def test_where_nothing_is_known_nothing_is_answered(few: tuple[Pipeline, list[Pair], list[Pair]]) -> None:
    pipeline, learned, pairs = few
    none = [each for each in learned if not each["y"]["classes"].any()]
    for answers in (random_training(pipeline, none, pairs, 0), unigram(pipeline, none, pairs, 0),
                    constant_rep(pipeline, none, pairs)):  # fmt: skip
        assert len(answers) == len(pairs) and not any(each["classes"].any() for each in answers)


def depths(path: Path, settings: str) -> Any:
    """Each training picture has a depth of its own, and one that is not measured on its left; a column never is."""
    random = np.random.default_rng(0)
    for number in range(24):
        split = ("train", "val", "test")[number % 3]
        for folder in ("images", "depth"):
            (path / folder / split).mkdir(parents=True, exist_ok=True)
        Image.fromarray(scene(number, (32, 32))[0]).save(path / f"images/{split}/{number}.png")
        values = np.full((32, 32), number + 1.0)
        values[:, : random.integers(16)] = 0
        values[:, 20] = 0
        np.save(path / f"depth/{split}/{number}.npy", values)
    return made(path, f"maps: {{depth: depth}}, {settings}")


@pytest.mark.parametrize("map_", ["classes", "depth"])
def test_bits_are_a_known_pixel(tmp_path: Path, map_: str) -> None:
    """Without the left half, which is not known, the right half has the bits that it has alone."""
    if map_ == "classes":
        pipeline, learned, pairs = made(discs(tmp_path, 24), CLASSES)
    else:
        pipeline, learned, pairs = depths(tmp_path, "")
    spec = pipeline.specs["y"]

    def of(cut: Any) -> tuple[list[float], Any]:
        parts = [[{map_: cut(np.array(each["y"][map_]))} for each in part] for part in (learned, pairs)]
        units = [pipeline.units(y) for y in parts[1]]
        sides = [{"rep": part, "y": part} for part in parts]
        return units, compactness({"rep": spec, "y": spec}, *sides, np.array(units)).per_step["y"]

    def blinded(values: np.ndarray) -> np.ndarray:
        values[:, :16] = 0
        return values

    units, figure = of(blinded)
    assert units == [np.count_nonzero(each["y"][map_][:, 16:]) for each in pairs]
    assert figure == of(lambda values: values[:, 16:])[1] and figure.mean > 0
    assert of(np.zeros_like)[0] == [0] * len(pairs)


@pytest.mark.parametrize("fraction", [1.0, 0.5])
def test_a_mean_is_of_what_was_measured(tmp_path: Path, fraction: float) -> None:
    pipeline, learned, pairs = depths(tmp_path, f"labelled_fraction: {fraction}")
    all_depths = np.stack([each["y"]["depth"] for each in learned])
    assert (all_depths.any((1, 2, 3)).mean() == 1) == (fraction == 1)
    masked = np.ma.masked_equal(all_depths, 0)
    wanted = masked.mean(0).filled(masked.mean())
    for answers in (constant_rep(pipeline, learned, pairs),
                    class_mean(pipeline.specs["y"], learned, [each["x"] for each in pairs])):  # fmt: skip
        for each in answers:
            np.testing.assert_allclose(each["depth"], wanted, rtol=1e-5)
