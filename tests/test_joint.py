"""Equation 1: which term moves which stage, and that what is trained together ends in the folders of its parts."""

import json
import pickle
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

from regenkit import UserError
from regenkit.analysis.compare import Options, compare
from regenkit.analysis.grid.cells import cells
from regenkit.data.shards import deserialize
from regenkit.data.stack import stack
from regenkit.errors import Interrupted
from regenkit.models.autoencoder import TokenAutoencoder
from regenkit.models.gaussian import Gaussian
from regenkit.models.joint import Joint
from regenkit.models.transformer import Transformer
from regenkit.pipeline import Pipeline
from regenkit.pipeline.load import load_run
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import load
from regenkit.recipe.train_settings import JointSettings
from regenkit.run import origin

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
LEARNED = f"""\
dataset: {{use: toy/data}}
converter: {{use: autoencoder, codebook_size: 4, {SMALL}}}
generator: {{use: transformer, {SMALL}}}
renderer: {{use: transformer, {SMALL}}}
joint: {{predict_x: 1.0}}
train: {{{PLAIN}, sample_every: 3}}
"""


def joint(bottleneck: str | None, **settings: Any) -> Joint:
    small: dict[str, Any] = {"width": 8, "depth": 1, "heads": 2, "dropout": 0.0}
    known, notes = Y.only(optional=True), Y.only(optional=False)
    converter = None if bottleneck is None else TokenAutoencoder(
        condition=known, target=notes, bottleneck=bottleneck, codebook_size=4, latent_dim=3, **small
    )  # fmt: skip
    rep = letters.Parity.spec.only(optional=False) if converter is None else converter.spec
    family = Gaussian if bottleneck == "vae" else Transformer
    parts = {"generator": family(condition=X | known, target=rep, **small),
             "renderer": Transformer(condition=known | rep, target=notes, **small)}  # fmt: skip
    learned = {} if converter is None else {"converter": converter}
    specs = {"x": X, "y": Y, "rep": known | rep}
    return Joint(parts={**learned, **parts}, specs=specs, settings=JointSettings(**settings))


def batch(*, paired: bool = True) -> dict[str, Any]:
    data = prepared()
    sides = [data.example(int(index))[0] for index in data.indices("train", paired=True)[:5]]
    lengths = [{"y": len(each["y"]["high"])} for each in sides]
    spec = X | Y | letters.Parity.spec
    rows = [{**each["y"], **each["rep"], **(each["x"] if paired else {})} for each in sides]
    both = {name: tf.constant(value) for name, value in stack(rows, spec, lengths).items()}
    noise = tf.stack([tf.fill([5], 3), tf.range(5)], 1)
    return {"condition": both, "target": both, "noise": noise}


def moved(model: Joint, term: str, **kind: bool) -> set[str]:
    """The stages that the gradient of a term reaches."""
    examples = batch(**kind)
    with tf.GradientTape() as tape:
        terms = model.losses(examples, noise=examples["noise"])["main"]
        chosen = [value for name, (value, _) in terms.items() if name.startswith(term)]
        assert chosen, (term, sorted(terms))
        total = tf.add_n([tf.reduce_sum(value) for value in chosen])
    variables = [(name, each) for name, stage in model.parts.items() for each in stage.trainable_variables]
    slopes = tape.gradient(total, [each.value for _, each in variables])
    return {
        name
        for (name, _), slope in zip(variables, slopes, strict=True)
        if slope is not None and np.abs(tf.convert_to_tensor(slope)).max() > 0
    }


@pytest.mark.parametrize("bottleneck", [pytest.param("vq", marks=pytest.mark.exhaustive(minutes=0.2)), "vae"])
def test_each_term_moves_what_its_stop_gradients_leave(bottleneck: str) -> None:
    model = joint(bottleneck)
    assert moved(model, "reconstruct") == {"converter", "renderer"}
    assert moved(model, "predict_x") == {"converter"}
    assert moved(model, "predict_rep") == {"generator"}
    assert moved(model, "approach") == {"converter"}
    assert moved(model, "adapt") == {"generator", "renderer"}


@pytest.mark.parametrize("through", ["straight_through", "gumbel"])
def test_with_a_rule_generator_and_renderer_are_tuned_end_to_end(through: str) -> None:
    model = joint(None, through=through)
    assert moved(model, "reconstruct") == {"renderer"}
    assert moved(model, "predict_rep") == {"generator"}
    assert moved(model, "adapt") == {"generator", "renderer"}
    names = set(model.losses(batch(), noise=None)["main"])
    assert not any(name.startswith(("predict_x", "approach")) for name in names)


def test_an_unpaired_example_has_the_first_term_alone() -> None:
    model = joint("vq")
    examples = batch(paired=False)
    for name, (value, weight) in model.losses(examples, noise=examples["noise"])["main"].items():
        if name.startswith(("predict", "approach", "adapt")):
            assert not np.any(value) and not np.any(weight), name
        else:
            assert np.all(weight), name
    assert moved(model, "predict_rep", paired=False) == set()


def test_weights_scale_their_terms_and_0_leaves_out() -> None:
    examples = batch()
    one, other = joint("vq"), joint("vq", reconstruct=3.0, predict_x=0.0, adapt=0.0)
    other.set_weights(one.get_weights()[: len(other.get_weights())])  # the rest is of predict_x
    for stage, same in zip(other.parts.values(), one.parts.values(), strict=True):
        stage.set_weights(same.get_weights())
    ones, others = (each.losses(examples, noise=examples["noise"])["main"] for each in (one, other))
    np.testing.assert_allclose(3 * ones["reconstruct_high"][0], others["reconstruct_high"][0], rtol=1e-4)
    assert not any(name.startswith(("predict_x", "adapt")) for name in others)


# --- by a recipe -----------------------------------------------------------------------------------------------------


STOPPER = runs.Stopper("joint")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with runs.at_home(folder, STOPPER):
        yield folder


@pytest.fixture(scope="module")
def whole(home: Path) -> Pipeline:
    """The run `whole`, trained without an interruption."""
    return train("whole", LEARNED)


@pytest.mark.exhaustive(minutes=0.5)
def test_the_parts_of_what_was_trained_together_are_the_stages_of_the_run(whole: Pipeline) -> None:
    run = load_run("whole")
    together = run.build("joint")
    together.load_weights("whole/joint/best.weights.h5")
    for name, part in together.parts.items():
        for mine, theirs in zip(part.get_weights(), run.stage(name).get_weights(), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    data = run.prepare(lambda *_: None)
    y = data.example(3)[0]["y"]
    rep = data.example(3)[0]["rep"]
    assert y and rep and set(rep) == {"mode", "code"}
    np.testing.assert_array_equal(run.converter.convert(y)["code"], rep["code"])  # Y′ is of the weights of the end
    assert len(list(Path("whole/samples").glob("*-predicted.json"))) == 3


@pytest.mark.exhaustive(minutes=0.4)
def test_a_copy_of_a_copy_knows_how_long_it_was_trained_together(whole: Pipeline) -> None:
    """The direct route is trained for as many steps as generator and renderer, in all runs that they went through."""
    text = LEARNED.replace("joint: {predict_x: 1.0}\n", "")
    parts = ("converter", "generator", "renderer")
    for run, other in (("once", "whole"), ("twice", "once")):
        taken = [f"{part}: {{from: {other}}}" for part in parts]
        train(run, "\n".join(["dataset: {use: toy/data}", *taken, text[text.index("train:") :]]))
    steps = [origin.settings_of(load_run(run).recipe, "direct").steps for run in ("whole", "once", "twice")]
    assert steps == [2 * 6 + 2 * 6] * 3
    assert json.loads(Path("twice/renderer/done.json").read_text())["further"] == 6


@pytest.mark.exhaustive(minutes=0.5)
def test_where_the_converter_is_a_rule_generator_and_renderer_are_trained_together(home: Path) -> None:
    converter = LEARNED.split("\n")[1]
    train("rule", LEARNED.replace(converter, "converter: {use: toy/parity}"))
    together, alone = (json.loads(Path(f"rule/{stage}/done.json").read_text()) for stage in ("joint", "renderer"))
    assert alone["together"] and together["steps"] == 6
    run = load_run("rule")
    both = run.build("joint")
    both.load_weights("rule/joint/best.weights.h5")
    np.testing.assert_array_equal(both.renderer.get_weights()[0], run.stage("renderer").get_weights()[0])


@pytest.mark.exhaustive(minutes=1)
def test_interrupted_it_ends_with_the_same_weights(whole: Pipeline) -> None:
    STOPPER.armed = True
    with pytest.raises(Interrupted):
        train("halves", LEARNED)
    assert not Path("halves/joint/done.json").exists()
    train("halves", LEARNED)
    for stage in ("converter", "generator", "renderer", "joint"):
        assert alike(f"whole/{stage}", f"halves/{stage}"), stage


@pytest.mark.exhaustive(minutes=2)
@pytest.mark.timeout(900)
def test_cells_of_a_comparison_train_together_each_for_itself(tmp_path: Path) -> None:
    text = LEARNED.replace(LEARNED.split("\n")[1], f"converter: {{use: toy/parity}}\ndirect: {{{SMALL}}}")
    with runs.at_home(tmp_path, STOPPER):
        Path("grid.yaml").write_text(text.replace("sample_every: 3", "sample_every: 0"))
        grid = cells(Path("grid.yaml"), [], ["direct.width=8,12"], 1)
        found = compare(grid, Options(direct=True), Console(quiet=True))
        first, second = (Path(cell.runs[0]) for cell in found.cells)
        for stage in ("generator", "renderer", "joint"):
            assert alike(first / stage, second / stage), stage
        assert found.cells[0].total == found.cells[1].total

        grid = cells(Path("grid.yaml"), [], ["joint={predict_x: 1.0},null"], 1)
        alone = Path(compare(grid, Options(), Console(quiet=True)).cells[1].runs[0])
        for stage in ("generator", "renderer"):  # what was trained further is not taken for what was not
            assert "from" not in json.loads((alone / stage / "done.json").read_text())
            assert not alike(first / stage, alone / stage), stage


@pytest.mark.exhaustive(minutes=1)
def test_struck_down_while_it_hands_out_it_ends_the_same(whole: Pipeline) -> None:
    for last in ("write_json", "write_weights", "sign"):
        done, calls = getattr(origin, last), []

        def struck(*arguments: Any, done: Any = done, calls: list[None] = calls) -> None:
            calls.append(done(*arguments))
            if len(calls) == 2:  # the generator's
                raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(origin, last, struck)
            train("torn", LEARNED)
        assert not Path("torn/joint/done.json").exists()
    run = train("torn", LEARNED)
    for stage in ("converter", "generator", "renderer", "joint"):
        assert alike(f"whole/{stage}", f"torn/{stage}"), stage
    assert run.stage("generator") and run.stage("renderer")  # their contracts name the converter's weights


@pytest.mark.exhaustive(minutes=1)
def test_a_renderer_for_other_codes_is_refused(whole: Pipeline) -> None:
    text = LEARNED.replace(f"renderer: {{use: transformer, {SMALL}}}", "renderer: {from: whole}")
    with pytest.raises(UserError, match=r"converter\.version"):
        train("other", text.replace("joint: {predict_x: 1.0}\n", "").replace(PLAIN, f"{PLAIN}, seed: 1"))


@pytest.mark.exhaustive(minutes=1)
def test_converter_and_renderer_of_another_run_and_the_converters_own_decoder(whole: Pipeline) -> None:
    text = LEARNED.replace("joint: {predict_x: 1.0}\n", "")
    used = f"converter: {{use: autoencoder, codebook_size: 4, {SMALL}}}"
    taken = text.replace(used, "converter: {from: whole}")
    train("taken", taken.replace(f"renderer: {{use: transformer, {SMALL}}}", "renderer: {from: whole}"))
    assert alike("taken/converter", "whole/converter")
    assert json.loads(Path("taken/renderer/done.json").read_text())["from"] == "whole"

    train("own", text.replace(f"renderer: {{use: transformer, {SMALL}}}", "renderer: {use: converter}"))
    assert alike("own/renderer", "own/converter")
    renderer = f"renderer: {{use: transformer, {SMALL}}}"
    train("owned", text.replace(used, "converter: {from: own}").replace(renderer, "renderer: {from: own}"))
    assert alike("owned/renderer", "own/converter") and load_run("owned").stage("renderer")
    run = load_run("own")
    data = run.prepare(lambda *_: None)
    rep = data.example(0)[0]["rep"]
    assert rep
    drawn = run.render_rep([rep], seed=0)[0]
    Y.check(drawn, "it")


@pytest.mark.exhaustive(minutes=0.3)
def test_converted_elsewhere_it_is_the_same_y_prime(whole: Pipeline) -> None:
    run = load_run("whole")
    there = pickle.loads(pickle.dumps(run.converter))
    data = run.prepare(lambda *_: None)
    ys = [data.example(index)[0]["y"] for index in range(8)]
    for y, rep in zip(ys, there.convert_all(ys), strict=True):
        np.testing.assert_array_equal(rep["code"], run.converter.convert(y)["code"])
    record = data.reps[0]
    assert deserialize(record, {"rep": run.specs["rep"]})[0]["rep"] is not None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("joint: {predict_x: 1.0}", "joint: {predict_y: 1.0}"),
            r"learned.yaml:5:9: joint.predict_y: .* did you mean 'predict_x'",
        ),
        (("joint: {predict_x: 1.0}", "joint: {adapt: -1}"), "joint.adapt"),
        (("joint: {predict_x: 1.0}", "joint: {}\nfinetune: {on: sampled}"), "keep this or finetune"),
        ((f"renderer: {{use: transformer, {SMALL}}}", "renderer: {use: converter}"), "a renderer of its own"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(home: Path, change: tuple[str, str], said: str) -> None:
    Path("learned.yaml").write_text(LEARNED.replace(*change))
    with pytest.raises(UserError, match=said):
        load(Path("learned.yaml"))
