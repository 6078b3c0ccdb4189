"""Telling classes by fixed features: where they are apart, where they are not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import letters
import numpy as np
import pytest
import toy_job

from regenkit import Dataset, Modality, Spec, UserError, hookimpl, plugins, tokens
from regenkit.analysis.measures.linear_probe import correct
from regenkit.analysis.probe import class_field, flat, probe
from regenkit.components import Example
from regenkit.pipeline import Pipeline
from regenkit.recipe import load
from regenkit.spec import Field


def clusters(apart: float, count: int = 300, size: int = 12, classes: int = 4, seed: int = 0) -> list[np.ndarray]:
    """[features, labels from 1, and the same held out], each class a cloud, of features of scales far apart."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, 2 * count)
    centres = random.normal(0, apart, (classes, size))
    features = (centres[labels] + random.normal(size=(2 * count, size))) * 10.0 ** random.uniform(-3, 3, size) + 7
    return [features[:count], 1 + labels[:count], features[count:], 1 + labels[count:]]


def test_distinct_classes_are_predicted_and_equal_ones_are_not() -> None:
    assert all(predicted.mean() > 0.98 for predicted in correct(*clusters(4.0)).values())
    for predicted in correct(*clusters(0.0)).values():
        assert abs(predicted.mean() - 0.25) < 0.1


def test_what_no_line_parts_neighbours_tell() -> None:
    """Clouds at the corners of a square, and opposite ones are of one class."""
    random = np.random.default_rng(0)
    corners = random.choice([-1.0, 1.0], (600, 2))
    features, labels = corners + random.normal(0, 0.2, (600, 2)), np.int32(corners.prod(1) > 0)
    predicted = correct(features[:300], labels[:300], features[300:], labels[300:])
    assert predicted["linear"].mean() < 0.65 and predicted["knn"].mean() > 0.98


def test_what_many_features_have_in_common_is_found() -> None:
    """400 features of 12 numbers, and as much noise in each: more of them than COMPONENTS, and than examples."""
    features, labels, held_out, truth = clusters(4.0)
    spread, random = np.random.default_rng(1).normal(size=(12, 400)), np.random.default_rng(2)
    scale = features.std(0)
    many = [each / scale @ spread + random.normal(size=(len(each), 400)) for each in (features, held_out)]
    assert all(predicted.mean() > 0.95 for predicted in correct(many[0], labels, many[1], truth).values())


def test_a_feature_that_never_varies_says_nothing() -> None:
    features, labels, held_out, truth = clusters(4.0)
    flat_too = [np.concatenate([each, np.full((len(each), 1), 3.0)], 1) for each in (features, held_out)]
    np.testing.assert_array_equal(correct(flat_too[0], labels, flat_too[1], truth)["linear"],
                                  correct(features, labels, held_out, truth)["linear"])  # fmt: skip


def test_fields_become_features() -> None:
    spec = Spec({"code": Field(vocabulary=3, shape=(2, 1)), "low": Field(kind="continuous", shape=(1, 2)),
                 "note": tokens(2)})  # fmt: skip
    example = {"code": np.int32([[2], [0]]), "low": np.float32([[5, 6]]), "note": np.int32([1, 2, 2, 2])}
    np.testing.assert_allclose(flat(spec, [{"y": example}], "y"), [[0, 1, 0, 0, 0, 0, 5, 6, 0.25, 0.75]])


def test_a_field_without_any_step_is_as_wide_as_the_others() -> None:
    spec = Spec({"note": tokens(2), "sound": Field(kind="continuous", shape=(None, 2), hop=1)})
    some = {"note": np.int32([2, 2]), "sound": np.float32([[1, 3]])}
    none = {"note": np.zeros(0, np.int32), "sound": np.zeros((0, 2), np.float32)}
    np.testing.assert_array_equal(flat(spec, [{"y": some}, {"y": none}], "y"), [[0, 1, 1, 3], [0, 0, 0, 0]])


ONE = tokens(3, scalar=True)


@pytest.mark.parametrize(
    "x", [Spec({"letter": tokens(5)}), Spec({"a": ONE, "b": ONE}), Spec({"low": Field(kind="continuous", shape=())})]
)
def test_what_is_no_class_is_refused(x: Spec) -> None:
    with pytest.raises(UserError, match=r"runs/1: a probe asks for the class .* right is one token, as a label"):
        class_field(x, "runs/1")


def test_a_label_is_a_class() -> None:
    assert class_field(Spec({"label": ONE}), "runs/1") == "label"


# --- classes that are not known ---------------------------------------------------------------------------------------


class Kind(letters.Letters):
    """A class, or none that is known."""

    spec = Spec({"kind": tokens(2, scalar=True, gaps=True)})


class Kinds(toy_job.Data):
    """The kind of an example is whether its first note is high; of two in three it is not known."""

    def read(self, source: str) -> list[Example]:
        return [replace(each, x={"kind": np.int32(0 if int(source) % 3 else 1 + (each.y["high"][0] > 3))})
                for each in super().read(source)]  # fmt: skip


class Plugin:
    @hookimpl
    def register_modalities(self) -> Iterator[Modality]:
        yield Modality(name="kind", target="test_probe:Kind")

    @hookimpl
    def register_datasets(self) -> Iterator[Dataset]:
        yield Dataset(name="toy/kinds", target="test_probe:Kinds", x="kind", y="notes")


def test_a_class_that_is_not_known_is_no_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was the commonest of three, and to predict it was counted as right."""
    host = plugins.Host([letters, Plugin()])
    monkeypatch.setattr(plugins, "host", lambda: host)
    recipe = tmp_path / "kinds.yaml"
    recipe.write_text(letters.RECIPE.replace("toy/data, count: 60", "toy/kinds, count: 300"))
    pipeline = Pipeline(load(recipe))
    prepared = pipeline.prepare(lambda *_: None)
    found = probe(pipeline, prepared, "converter", time=0.0, examples=1000)
    sides = {split: [prepared.example(int(each))[0]["x"] for each in prepared.indices(split, paired=True)]
             for split in ("train", "test")}  # fmt: skip
    train, test = ([int(x["kind"]) for x in sides[split] if x and x["kind"]] for split in ("train", "test"))
    assert 0 < len(test) < len(sides["test"]) and set(train) == {1, 2}
    assert (found.training, found.held_out) == (len(train), len(test))
    share = test.count(max((1, 2), key=train.count)) / len(test)
    assert found.features["the commonest class"].linear.mean == pytest.approx(share)
