"""An auxiliary stage, trained beside the generator and dropped: what it moves, and what is left of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import letters
import numpy as np
import pytest
import runs
from rich.console import Console
from runs import PLAIN, SMALL, alike, train
from toy_job import X, Y, prepared

from regenkit.data.stack import stack
from regenkit.errors import Interrupted, UserError
from regenkit.models.assisted import Assisted
from regenkit.models.gan import GAN
from regenkit.models.transformer import Transformer
from regenkit.pipeline import Pipeline
from regenkit.pipeline.load import load_run
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import load
from regenkit.run.train import train_recipe
from regenkit.spec import Field, Spec

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
REP = letters.Parity.spec
RECIPE = f"""\
dataset: {{use: toy/data}}
converter: {{use: toy/parity}}
generator: {{use: transformer, {SMALL}}}
renderer: {{use: transformer, {SMALL}}}
auxiliary: {{use: transformer, weight: 0.5, {SMALL}}}
train: {{{PLAIN}, sample_every: 0}}
"""


def assisted(weight: float) -> Assisted:
    small: dict[str, Any] = {"width": 8, "depth": 1, "heads": 2, "dropout": 0.0}
    known, predicted = REP.only(optional=True), REP.only(optional=False)
    parts = {"generator": Transformer(condition=X | known, target=predicted, **small),
             "auxiliary": Transformer(condition=X | predicted, target=X, **small)}  # fmt: skip
    return Assisted(parts=parts, specs={"x": X, "y": Y, "rep": REP}, settings=weight)


def batch(*, paired: bool = True) -> dict[str, Any]:
    data = prepared()
    sides = [data.example(int(index))[0] for index in data.indices("train", paired=True)[:5]]
    rows = [{**each["y"], **each["rep"], **(each["x"] if paired else {})} for each in sides]
    both = stack(rows, X | Y | REP)
    tensors = {name: tf.constant(value) for name, value in both.items()}
    return {"condition": tensors, "target": tensors, "noise": tf.stack([tf.fill([5], 3), tf.range(5)], 1)}


def slopes(model: Assisted, terms: str, **kind: bool) -> dict[str, float]:
    """The greatest slope that the terms of this beginning have by the weights of each part."""
    found = {}
    with tf.GradientTape(persistent=True) as tape:
        losses = model.losses(batch(**kind), noise=batch()["noise"])["main"]
        total = tf.add_n([tf.reduce_sum(value) for name, (value, _) in losses.items() if name.startswith(terms)])
    for name, part in model.parts.items():
        each = [tape.gradient(total, variable.value) for variable in part.trainable_variables]
        found[name] = max((float(tf.reduce_max(tf.abs(tf.convert_to_tensor(one)))) for one in each if one is not None),
                          default=0.0)  # fmt: skip
    return found


@pytest.mark.exhaustive(minutes=0.3)
def test_what_the_auxiliary_stage_loses_moves_both_and_the_generator_s_own_loss_the_generator_alone() -> None:
    model = assisted(0.5)
    moved, own = slopes(model, "auxiliary_"), slopes(model, "parity")
    assert moved["auxiliary"] > 1e-3 and moved["generator"] > 1e-6
    assert own["generator"] > 1e-3 and own["auxiliary"] == 0
    assert slopes(assisted(0.0), "auxiliary_") == {"generator": 0.0, "auxiliary": 0.0}


def test_without_an_x_there_is_nothing_to_draw_again() -> None:
    losses = assisted(0.5).losses(batch(paired=False), noise=batch()["noise"])["main"]
    assert not any(map(np.any, losses["auxiliary_letter"]))


def test_the_generator_alone_is_judged() -> None:
    model = assisted(0.5)
    mine, theirs = (part.losses(batch(), noise=None)["main"] for part in (model, model.generator))
    assert set(mine) == set(theirs) == {"parity"}
    for one, other in zip(mine["parity"], theirs["parity"], strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_generator_with_several_optimisers_is_refused_and_an_adversary_has_its_own() -> None:
    picture = Spec({"pixels": Field(kind="continuous", shape=(8, 8, 1))})
    whole = assisted(0.5)
    gan = GAN(condition=picture, target=picture, width=8)
    gan.predict_steps = gan.losses  # it has what an auxiliary stage asks for, and too many optimisers
    with pytest.raises(
        ValueError, match=r"the generator, GAN, has an optimiser for each .*\(generator, discriminator\)"
    ):
        Assisted(parts={"generator": gan, "auxiliary": gan}, specs={"x": picture}, settings=0.1)
    both = Assisted(parts={"generator": whole.generator, "auxiliary": gan}, specs={"x": picture}, settings=0.1)
    groups, own = both.groups(), gan.groups()
    assert list(groups) == ["main", "auxiliary_discriminator"]
    assert len(groups["main"]) == len(whole.generator.trainable_variables) + len(own["generator"])
    assert len(groups["auxiliary_discriminator"]) == len(own["discriminator"])


# --- a run ------------------------------------------------------------------------------------------------------------

STOPPER = runs.Stopper("assisted")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with runs.at_home(folder, STOPPER):
        yield folder


@pytest.fixture(scope="module")
def whole(home: Path) -> Pipeline:
    """The run `whole`, trained without an interruption."""
    return train("whole", RECIPE)


@pytest.mark.exhaustive(minutes=0.5)
def test_the_generator_gets_the_weights_and_the_auxiliary_stage_is_dropped(whole: Pipeline) -> None:
    run = load_run("whole")
    assert run.recipe.stages == ("generator", "renderer", "assisted")
    together = run.build("assisted")
    together.load_weights("whole/assisted/best.weights.h5")
    for mine, theirs in zip(together.generator.get_weights(), run.stage("generator").get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert json.loads(Path("whole/generator/done.json").read_text())["together"]
    assert not Path("whole/auxiliary").exists() and "auxiliary" not in run.parameters
    plain = load(Path("whole.yaml"), ["auxiliary=null"])
    assert plain.stages == ("generator", "renderer") and plain.plain()["generator"] == run.recipe.plain()["generator"]
    x = prepared().example(int(prepared().indices("test", paired=True)[0]))[0]["x"]
    assert x and set(run.sample("generator", [{**x, "mode": np.int32(1)}], seed=1)[0]) == {"parity"}
    again = Path("again.yaml")
    again.write_text(run.recipe.dump())
    assert load(again).plain() == run.recipe.plain() and run.recipe.plain()["auxiliary"]["weight"] == 0.5


def test_what_cannot_be_assisted_is_refused(home: Path) -> None:
    for line, said in ((f"weight: -1, {SMALL}", "auxiliary.weight: should be a number of at least 0"),
                       (f"weight: 1e400, {SMALL}", "auxiliary.weight: should be a number of at least 0, not inf"),
                       (f"wdith: 8, {SMALL}", "unknown key 'wdith'; did you mean 'width'?")):  # fmt: skip
        Path("bad.yaml").write_text(RECIPE.replace(f"weight: 0.5, {SMALL}", line))
        with pytest.raises(UserError, match=said):
            load(Path("bad.yaml"))
    Path("bad.yaml").write_text(RECIPE.replace("generator: {use: transformer,", "generator: {use: gaussian,"))
    with pytest.raises(UserError, match=r"bad\.yaml:3:12: generator: gaussian predicts"):
        train_recipe(load("bad.yaml"), Path("bad"), Console(quiet=True))
    ladder = f"generator: {{use: ladder, rungs: [{{use: transformer, {SMALL}}}]}}"
    Path("bad.yaml").write_text(RECIPE.replace(f"generator: {{use: transformer, {SMALL}}}", ladder))
    with pytest.raises(UserError, match=r"assisted: Ladder lacks predict_steps"):
        train_recipe(load("bad.yaml"), Path("bad2"), Console(quiet=True))
    assert not Path("bad2/generator").exists(), "refused before anything is trained"


def test_alone_it_has_nothing_to_go_on_from(home: Path) -> None:
    Path("early.yaml").write_text(RECIPE)
    with pytest.raises(UserError, match=r"its generator has not been trained, from which assisted goes on"):
        train_recipe(load("early.yaml"), Path("early"), Console(quiet=True), ["assisted"])
    assert not Path("early/assisted").exists()


@pytest.mark.exhaustive(minutes=0.5)
def test_interrupted_it_ends_with_the_same_weights(whole: Pipeline) -> None:
    STOPPER.armed = True
    with pytest.raises(Interrupted):
        train("halves", RECIPE)
    assert not Path("halves/assisted/done.json").exists()
    train("halves", RECIPE)
    assert alike("whole/assisted", "halves/assisted") and alike("whole/generator", "halves/generator")
