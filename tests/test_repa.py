"""Representation alignment: its formula, its teachers, and what of both stays behind when training is over."""

import json
import math
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fetching import fetched
from grids import trained
from rich.console import Console
from test_image_run import shapes
from toy_job import weights
from toy_pictures import LABEL, LATENT, PIXELS, learn, shaken
from toy_watch import difference, stopping_at
from typer.testing import CliRunner

import regenkit_image
from regenkit import Converter, UserError, hookimpl, plugins
from regenkit.analysis.measures import diffusion_features
from regenkit.analysis.measures.diffusion_features import DiffusionFeatures
from regenkit.cli.main import app
from regenkit.errors import Interrupted
from regenkit.models.diffusion import Diffusion
from regenkit.pipeline.load import load_run
from regenkit.pipeline.weights import digest
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import load
from regenkit.regularizers.repa import Repa
from regenkit.run.train import train_recipe
from regenkit.spec import Field, Spec
from regenkit_image.networks.efficientnet import network
from regenkit_image.packages import EFFICIENTNET

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
SMALL: dict[str, Any] = {"width": 8, "depth": 1}


class Patches:
    """A picture's quarters as vectors, and beside them how bright each 2 × 2 is, in three classes."""

    version = 1

    def __init__(self, *, y: Spec) -> None:
        patch, mean = Field(kind="continuous", shape=(2, 2, 16)), Field(kind="continuous", shape=())
        self.spec = Spec({"patch": patch, "class": Field(vocabulary=3, shape=(4, 4)), "mean": mean})

    def encode(self, condition: Any, target: Any) -> dict[str, tf.Tensor]:
        pixels = target["pixels"]
        bright = tf.nn.avg_pool2d(pixels, 2, 2, "VALID")[..., 0]
        return {"patch": tf.nn.space_to_depth(pixels, 4), "mean": tf.reduce_mean(pixels, [1, 2, 3]),
                "class": 1 + tf.cast(bright > -0.3, tf.int32) + tf.cast(bright > 0.3, tf.int32)}  # fmt: skip


class Bag(Patches):
    def __init__(self, *, y: Spec) -> None:
        self.spec = Spec({"mean": Field(kind="continuous", shape=())})


class Toys:
    @hookimpl
    def register_converters(self) -> Iterator[Converter]:
        yield Converter(name="toy/patches", target=f"{__name__}:Patches", modality="image")
        yield Converter(name="toy/bag", target=f"{__name__}:Bag", modality="image")


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    host = plugins.Host([regenkit_image, Toys()])
    monkeypatch.setattr(plugins, "host", lambda: host)


def student(teacher: dict[str, Any] | None, target: Spec = PIXELS, **options: Any) -> Diffusion:
    keras.utils.set_random_seed(0)
    choice = {"use": "repa", "teacher": teacher, "width": 8} if teacher else None
    return Diffusion(condition=LABEL, target=target, regularizer=choice, **{**SMALL, **options})


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one * other).sum(-1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(other, axis=-1)


@pytest.mark.parametrize("side", [1, 2])
def test_it_is_the_mean_cosine_of_two_vectors_at_each_place(side: int) -> None:
    random = np.random.default_rng(0)
    pixels = np.float32(random.uniform(-1, 1, (5, 8, 8, 1)))
    inner = np.float32(random.normal(size=(5, side * side, 6)))
    repa = Repa(teacher={"use": "toy/patches"}, weight=0.3, width=7)
    repa.begin_training((side, side), 6, PIXELS, 5)
    value = repa.terms(tf.constant(inner), {"pixels": tf.constant(pixels)}, tf.ones(5))["repa"]
    x = inner
    for number, layer in enumerate(repa.layers):
        x = x @ layer.kernel.numpy() + layer.bias.numpy()
        x = x / (1 + np.exp(-x)) if number < 2 else x
    fine = pixels.reshape(5, 4, 2, 4, 2).mean((2, 4))
    told = np.eye(3)[np.digitize(fine, [-0.3, 0.3])].reshape(5, 2, 2, 2, 2, 3).mean((2, 4))
    seen = np.concatenate([pixels.reshape(5, 2, 4, 2, 4).transpose(0, 1, 3, 2, 4).reshape(5, 2, 2, 16), told], -1)
    seen = seen.reshape(5, 4, 19) if side == 2 else seen.mean((1, 2))[:, None]
    np.testing.assert_allclose(value, -0.3 * cosines(x, seen).mean(1), atol=1e-5)


@pytest.mark.parametrize("network", ["unet", "dit", "mlp"])
def test_blocks_are_as_they_are_said_to_be(network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is another, and has the places and numbers that it is said to have."""
    vector = Spec({"vector": Field(kind="continuous", shape=(5,))})
    size = {"width": 16, "depth": 1} if network == "unet" else {"width": 32, "depth": 3}
    model = student(None, vector if network == "mlp" else PIXELS, network=network, **size)
    shaken(model)
    inner = DiffusionFeatures(model)
    rows = [{name: np.ones(field.shape, np.float32) for name, field in model.target.items()}] * 3
    told = inner(rows, time=0.3)
    assert len(told) == len(model.network.blocks) >= 3
    _, there = model.predict_noisy(tf.zeros([3, *model.shape]), tf.ones(3), tf.zeros([3, size["width"]]), None)
    for mine, wide, ((height, breadth), numbers) in zip(told, there, model.network.blocks, strict=True):
        assert wide.shape == (3, height * breadth, numbers)
        assert mine.shape == (3, numbers) and np.abs(mine[0] - mine[1]).max() > 1e-6
    for one, other in combinations(told, 2):
        assert one.shape != other.shape or np.abs(one - other).max() > 1e-4
    monkeypatch.setattr(diffusion_features, "BATCH", 2)
    for one, other in zip(inner(rows, time=0.3), told, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)  # an example's noise is its own


def test_without_training_it_is_the_model_it_would_be_without_it() -> None:
    plain, taught = student(None), student({"use": "toy/patches"})
    assert len(taught.variables) == len(plain.variables)
    taught.begin_training(4)
    assert len(taught.trainable_variables) == len(plain.trainable_variables) + 6
    for mine, theirs in zip(taught.trainable_variables, plain.trainable_variables, strict=False):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.exhaustive(minutes=1)
def test_two_replicas_end_with_the_weights_of_one() -> None:
    one, two = (trained(lambda: shaken(student({"use": "toy/patches"})), LABEL, PIXELS, name)
                for name in ("none", "mirrored"))  # fmt: skip
    assert difference(one, two) < 1e-5


@pytest.mark.exhaustive(minutes=1)
@pytest.mark.parametrize("choice", [{"use": "dispersive"}, {"use": "repa", "teacher": {"use": "toy/patches"}}])
def test_an_interrupted_training_ends_as_if_it_had_not_been(choice: dict[str, Any], tmp_path: Path) -> None:
    def build() -> Diffusion:
        return Diffusion(condition=LABEL, target=PIXELS, regularizer=choice, **SMALL)

    options = {"sample_every": 5, "accumulate": 2}
    whole = learn(tmp_path / "whole", build, **options)[0]
    with pytest.raises(Interrupted):
        learn(tmp_path / "cut", build, sample=stopping_at(10), **options)
    assert difference(weights(learn(tmp_path / "cut", build, **options)[0]), weights(whole)) == 0


# --- a run as the teacher --------------------------------------------------------------------------------------------

RECIPE = """\
dataset: {use: image/folder, path: shapes, size: 8, channels: 1}
converter: {use: image/vae, factor: 2, width: 8, latent_dim: 3}
generator: {use: diffusion, width: 8, depth: 1, sample: {steps: 2}, regularizer: {use: dispersive}}
renderer: {use: converter}
train: {steps: 4, batch_size: 8, steps_per_call: 2, validate_every: 4, checkpoint_every: 4, sample_every: 0}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a trained converter and generator."""
    folder = tmp_path_factory.mktemp("teacher")
    shapes(folder / "shapes")
    (folder / "vae.yaml").write_text(RECIPE.replace("shapes,", f"{folder / 'shapes'},"))
    train_recipe(load(folder / "vae.yaml"), folder / "run", Console(quiet=True), ["converter", "generator"])
    return folder / "run"


@pytest.mark.exhaustive(minutes=0.7)
def test_a_teacher_teaches_unchanged_and_stays_behind(run: Path, tmp_path: Path) -> None:
    choice, before = {"from": str(run)}, digest(run / "converter" / "best.weights.h5")
    model, result = learn(tmp_path, lambda: student(choice), steps=4, checkpoint_every=4, validate_every=4)
    teacher = model.regularizer.__dict__["teacher"].converter
    assert teacher.variables and not {id(each) for each in teacher.variables} & {id(each) for each in model.variables}
    for mine, theirs in zip(teacher.variables, load_run(run).stage("converter").variables, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert digest(run / "converter" / "best.weights.h5") == before
    with pytest.raises(UserError, match=r"reads pixels \(8, 8, 1\); this stage draws latent \(4, 4, 2\)"):
        student(choice, LATENT).begin_training(4, load_run)
    plain = student(None)
    assert result["parameters"] == sum(math.prod(each.shape) for each in plain.trainable_variables)
    (saved,) = (tmp_path / "stage" / "checkpoints").iterdir()
    with np.load(saved) as arrays:
        assert sum(name.startswith("model/") for name in arrays.files) == len(plain.variables) + 6
    away = run.rename(run.parent / "away")
    try:
        drawing = student(choice)
        drawing.load_weights(tmp_path / "stage" / "best.weights.h5")
        assert drawing.sample({"label": np.int32([1, 2])}, seed=0)["pixels"].shape == (2, 8, 8, 1)
        plain.load_weights(tmp_path / "stage" / "best.weights.h5")
        assert difference(weights(plain), weights(drawing)) == 0
        with pytest.raises(UserError, match=r"regularizer\.teacher: .*run: not a run directory"):
            drawing.begin_training(4, load_run)
    finally:
        away.rename(run)


@pytest.mark.exhaustive(minutes=0.3)
def test_a_run_is_probed(run: Path, tmp_path: Path) -> None:
    """As a user types it: what Y′ tells of the label, and every block of the generator."""
    told = CliRunner().invoke(app, ["probe", str(run), "--json"])
    assert told.exit_code == 0, told.output
    report = json.loads((run / "probe-converter.json").read_text())
    assert json.loads(told.stdout) == report and set(report["features"]) == {"the commonest class", "Y", "Y′"}
    assert (report["features"]["Y"]["size"], report["features"]["Y′"]["size"]) == (64, 48)
    for row in report["features"].values():
        assert 0 <= row["linear"]["low"] <= row["linear"]["mean"] <= row["linear"]["high"] <= 1
    table = CliRunner().invoke(app, ["probe", str(run), "--stage", "generator", "--time", "0.5"]).stdout
    assert "block 3" in table and "nearest neighbours" in table
    for stage, said in (("renderer", "run `regenkit train`"), ("direct", "run `regenkit evaluate`")):
        refused = CliRunner().invoke(app, ["probe", str(run), "--stage", stage]).exception
        assert isinstance(refused, UserError) and said in str(refused)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "target", "said"),
    [
        ({"use": "toy/bag"}, PIXELS, r"toy/bag makes mean \(\); right is a Y′ that is a grid"),
        ({"use": "image/efficientnet"}, LATENT, r"image/efficientnet: Y has latent \(4, 4, 2\); right is pixels"),
        ({"use": "image/efficientnet"}, PIXELS, "regenkit data fetch image/"),
    ],
)
def test_a_teacher_that_cannot_teach_this(
    choice: dict[str, str], target: Spec, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path))  # where no weights are
    network.cache_clear()
    model = student(choice, target)
    with pytest.raises(UserError, match=said):
        model.begin_training(4)


# --- the features of a classifier ------------------------------------------------------------------------------------


@pytest.mark.exhaustive(minutes=1)
def test_what_a_classifier_sees_is_a_grid_of_vectors() -> None:
    fetched(EFFICIENTNET)
    network.cache_clear()
    for size, channels, options, shape in ((28, 1, {}, (7, 7, 112)), (16, 3, {"stage": 3, "factor": 2}, (8, 8, 40))):
        y = Spec({"pixels": Field(kind="continuous", shape=(size, size, channels))})
        converter = plugins.host().find("converter", "image/efficientnet").load()(y=y, **options)
        random = np.random.default_rng(0)
        ys = [{"pixels": np.float32(random.uniform(-1, 1, (size, size, channels)))} for _ in range(3)]
        found = converter.convert_all(ys)
        for one, rep in zip(ys, found, strict=True):
            converter.spec.check(rep, "an example")
            np.testing.assert_allclose(converter.convert(one)["features"], rep["features"], atol=1e-3)
        assert found[0]["features"].shape == shape
        together = converter.encode({}, {"pixels": tf.stack([one["pixels"] for one in ys])})["features"]
        np.testing.assert_allclose(together, [rep["features"] for rep in found], atol=1e-3)
    model = student({"use": "image/efficientnet"}, PIXELS)
    model.begin_training(4)
    assert model.regularizer is not None and model.regularizer.__dict__["teacher"].size == 112
    with pytest.raises(ValueError, match="factor is 3; pictures of 28 × 28 divide by"):
        plugins.host().find("converter", "image/efficientnet").load()(
            y=Spec({"pixels": Field(kind="continuous", shape=(28, 28, 1))}), factor=3
        )
