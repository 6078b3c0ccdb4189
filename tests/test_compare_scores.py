"""Comparisons where bits are missing: stages without a likelihood, several recipe files, and the words on scores."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import letters
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from songs import anything
from typer.testing import CliRunner

from regenkit import Generator, Metric, Renderer, Spec, hookimpl, plugins
from regenkit.analysis.findings.comparison import worded
from regenkit.analysis.grid.cells import cells
from regenkit.analysis.grid.labels import shortened
from regenkit.analysis.grid.losses import score_over_seeds
from regenkit.analysis.grid.summary import Measured, summary
from regenkit.analysis.pages.comparison_page import page
from regenkit.analysis.pages.plot_tradeoff import losses
from regenkit.analysis.results import files
from regenkit.analysis.results.comparison import Comparison, Setup
from regenkit.analysis.results.figure import Better, Figure
from regenkit.analysis.tables.comparison_tables import main_table, metric_titles
from regenkit.cli.main import app
from regenkit.components import Evaluation
from regenkit.errors import UserError
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

# --- real runs of stages that have no likelihood ----------------------------------------------------------------------

RECIPE = """\
dataset: {use: toy/data, count: 90}
converter: {use: toy/parity}
generator: {use: toy/blind}
renderer: {use: toy/blind}
train: {steps: 0, generator: {steps: 2}, direct: {steps: 0}, steps_per_call: 2, sample_every: 0}
evaluate: [toy/high, toy/spread]
"""
COMMAND = ["compare", "even.yaml", "odd.yaml", "--baseline", "direct", "--examples", "6"]


class Blind(keras.Model):
    """How frequent each token is, whatever the condition; it draws, and says of nothing how likely it is."""

    def __init__(self, *, condition: Spec, target: Spec, sharpness: float = 1.0) -> None:
        super().__init__()
        self.condition, self.target, self.sharpness = condition, target, sharpness
        self.tables = {name: self.add_weight(name=name, shape=(field.vocabulary,), initializer="zeros")
                       for name, field in target.items()}  # fmt: skip
        self.built = True

    def losses(self, batch: Any, *, noise: Any) -> Any:
        known = tf.cast(batch["target"]["mask"], tf.float32)
        terms = {}
        for name, table in self.tables.items():
            nll = -tf.gather(tf.nn.log_softmax(table), tf.maximum(batch["target"][name] - 1, 0))
            terms[name] = (tf.reduce_sum(nll * known, 1), tf.reduce_sum(known, 1))
        return {"main": terms}

    def sample(self, condition: Any, *, seed: int, temperature: float = 1.0, given: Any = None) -> dict[str, Any]:
        mask = np.asarray(condition["mask"])
        random = np.random.default_rng(seed)
        drawn = {}
        for name, table in self.tables.items():
            share: np.ndarray = np.exp(self.sharpness * table.numpy().astype(np.float64))
            if not temperature:
                share = (np.arange(len(share)) == share.argmax()).astype(np.float64)
            drawn[name] = mask * random.choice(len(share), mask.shape, p=share / share.sum()) + mask
        return drawn


def high(evaluation: Evaluation) -> np.ndarray:
    """By example."""
    return np.array([np.mean(sample["high"]) for sample in evaluation.samples])


def spread(evaluation: Evaluation) -> float:
    """Of all together."""
    return float(np.std(np.concatenate([sample["high"] for sample in evaluation.samples])))


class Blinds:
    @hookimpl
    def register_generators(self) -> Iterator[Generator]:
        yield Generator(name="toy/blind", target="test_compare_scores:Blind")

    @hookimpl
    def register_renderers(self) -> Iterator[Renderer]:
        yield Renderer(name="toy/blind", target="test_compare_scores:Blind")

    @hookimpl
    def register_metrics(self) -> Iterator[Metric]:
        yield Metric(name="toy/high", target="test_compare_scores:high", modality="notes", better="closer")
        yield Metric(name="toy/spread", target="test_compare_scores:spread", modality="notes", better="lower")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    host = plugins.Host([letters, Blinds()])
    monkeypatch.setattr(plugins, "host", lambda: host)
    Path("even.yaml").write_text(RECIPE)
    Path("odd.yaml").write_text(RECIPE.replace("toy/parity", "toy/parity, flip: true"))
    return tmp_path


def test_without_scores_it_is_refused_before_anything_is_trained(home: Path) -> None:
    said = CliRunner().invoke(app, COMMAND)
    assert isinstance(said.exception, UserError)
    assert "even: its generator, toy/blind, has no likelihood (field_log_prob)" in str(said.exception)
    assert "add --scores" in str(said.exception) and not (home / "runs").exists()


def test_cells_that_differ_in_samples_alone_have_the_same_bits(home: Path) -> None:
    """They were compared, and one of two identical models was called the lowest."""
    Path("song.yaml").write_text(letters.RECIPE)
    vary = ["--vary", "generator.sample.temperature=0.5,2.0", "--vary", "generator.width=8,16"]
    with pytest.raises(UserError, match=r"temperature=2\.0.* in how samples are drawn, .*: add --scores"):
        CliRunner().invoke(app, ["compare", "song.yaml", *vary], catch_exceptions=False)
    assert not (home / "runs").exists()


@pytest.mark.exhaustive(minutes=0.3)
def test_cells_that_differ_in_samples_alone_are_trained_once(home: Path) -> None:
    """And drawn from in each cell's own way, the direct route too, which draws as the generator does."""
    vary = ["--vary", "generator.sample.temperature=0,2.0", "--baseline", "direct"]
    said = CliRunner().invoke(app, ["compare", "even.yaml", *vary, "--scores", "--json"], catch_exceptions=False)
    assert said.exit_code == 0, said.output
    for stage in ("generator", "direct"):
        done = [json.loads(path.read_text()) for path in Path("runs/even/compare").glob(f"*/{stage}/done.json")]
        assert sorted("from" in each for each in done) == [False, True], "the second is the first one's copy"
    found = json.loads(said.stdout)
    cold, warm = (cell["scores"]["toy/spread"]["routes"]["direct"]["mean"] for cell in found["cells"])
    assert cold == 0 < warm and [cell["direct"] for cell in found["cells"]] == [0, 1] and len(found["direct"]) == 2


def test_a_stage_that_cannot_be_built_is_refused_before_another_cell_is_trained(home: Path) -> None:
    Path("song.yaml").write_text(letters.RECIPE)
    with pytest.raises(UserError, match=r"heads=3: .*song\.yaml:\d+:\d+: generator: .*width"):
        CliRunner().invoke(app, ["compare", "song.yaml", "--vary", "generator.heads=2,3"], catch_exceptions=False)
    assert not (home / "runs").exists()


@pytest.mark.exhaustive(minutes=0.2)
def test_recipes_are_cells_and_what_they_share_is_trained_and_drawn_once(home: Path) -> None:
    said = CliRunner().invoke(app, [*COMMAND, "--scores", "--json"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    even, odd = found["cells"]
    assert [cell["label"] for cell in found["cells"]] == ["even", "odd"] and found["examples"] == 6
    assert "lowest" not in found and not {"generator", "renderer", "total", "minus_direct"} & (set(even) | set(odd))
    assert [Path(cell["runs"][0]).parts[:3] for cell in found["cells"]] == [
        ("runs", "even", "compare"), ("runs", "odd", "compare")
    ]  # fmt: skip
    assert len(found["direct"]) == 1 and "cost" not in found["direct"][0]
    done = json.loads(Path(odd["runs"][0], "direct/done.json").read_text())
    assert done["from"] == even["runs"][0]
    for name in ("toy/high", "toy/spread"):
        mine, theirs = even["scores"][name]["routes"], odd["scores"][name]["routes"]
        assert mine["direct"] == theirs["direct"] and mine["reference"] == theirs["reference"]
    predicted = even["scores"]["toy/high"]["routes"]["predicted"]
    assert predicted["low"] < predicted["high"]
    written = sorted((home / "runs/even/compare").glob("comparison-recipe-*"))
    assert [path.suffix for path in written] == [".html", ".json"]
    text = written[0].read_text()
    assert "<h2>The trade-off by a score</h2>" in text and "<h2>The trade-off</h2>" not in text
    assert "X → Y′</button>" not in text and "<h2>The fields</h2>" not in text and "high (closer)" in text
    comparison = files.read(Comparison, written[1])
    assert files.to_json(comparison) == written[1].read_text() == said.stdout.rstrip("\n")
    table = main_table(comparison)
    assert table.titles == ["", "cell", "high (closer)", "spread (lower)", "M parameters", "seconds"]
    assert len(table.without(metric_titles(comparison)).titles) == 4  # in a terminal, scores have a table of their own


def test_recipes_of_other_data_or_metrics_do_not_compare(home: Path) -> None:
    for text, section in ((RECIPE.replace("90", "60"), "dataset"), (RECIPE.replace("toy/high, ", ""), "evaluate")):
        Path("other.yaml").write_text(text)
        with pytest.raises(UserError, match=rf"other.yaml: its section '{section}' is not that of even.yaml"):
            cells(Path("even.yaml"), [], [], 1, [Path("other.yaml")])
    Path("same.yaml").write_text(RECIPE)
    with pytest.raises(UserError, match="even and same are the same recipe"):
        cells(Path("even.yaml"), [], [], 1, [Path("same.yaml")])
    with pytest.raises(UserError, match="two recipes are named even"):
        cells(Path("even.yaml"), [], [], 1, [Path("more/even.yaml")])
    grid = cells(Path("even.yaml"), [], ["train.ema=0.9,0"], 1, [Path("odd.yaml")])
    assert [cell.label for cell in grid] == ["even, ema=0.9", "even, ema=0", "odd, ema=0.9", "odd, ema=0"]
    assert shortened([cell.settings for cell in grid]) == [cell.label for cell in grid]


# --- labels, losses and words -----------------------------------------------------------------------------------------


def test_labels_are_what_differs() -> None:
    for key, values, labels in (
        ("converter", ["{use: a}", "{use: b, x: 3}"], ["a", "b x=3"]),
        ("converter", ["{use: a, parts: [c, d]}", "{use: a, parts: []}"],
         ["converter parts=[c, d]", "converter parts=[]"]),
        ("train", ["{ema: 0, steps: 8, joint: {steps: 0}}", "{ema: 0, steps: 0, joint: {steps: 8}}"],
         ["train steps=8 joint.steps=0", "train steps=0 joint.steps=8"]),
        ("finetune", ["null", "{on: sampled}"], ["finetune=null", "finetune on=sampled"]),
        ("converter.parts", ["[timing]", "[rhythm, cadence]"], ["parts=[timing]", "parts=[rhythm, cadence]"]),
    ):  # fmt: skip
        assert shortened([{key: value} for value in values]) == labels
    two = [{"joint": joint, "generator.width": width} for joint in ("{}", "{through: gumbel}") for width in ("8", "4")]
    assert shortened(two)[1:3] == ["joint={}, width=4", "joint through=gumbel, width=8"]


@anything
@given(st.sampled_from(["higher", "lower", "closer"]), st.integers(0, 2**16))
def test_losses_add_up_to_the_distance_from_the_reference(side: Better, seed: int) -> None:
    random = np.random.default_rng(seed)
    runs = [{"m": {route: np.array(random.normal()) for route in ("reference", "oracle", "predicted", "direct")}}
            for _ in range(2)]  # fmt: skip
    score = score_over_seeds(runs, [[]] * 2, {"m": side})["m"]
    loss = score.loss
    assert loss and loss.direct and loss.minus_direct
    assert loss.whole.mean == pytest.approx(loss.rendering.mean + loss.predicting.mean)
    assert loss.split.mean == pytest.approx(loss.rendering.mean - loss.predicting.mean)
    assert loss.minus_direct.mean == pytest.approx(loss.whole.mean - loss.direct.mean)
    apart = score.routes["predicted"].mean - score.routes["reference"].mean
    assert loss.whole.mean == pytest.approx({"lower": apart, "higher": -apart, "closer": abs(apart)}[side])


def report(scored: dict[str, dict[str, float]], *, noise: float = 0.02, seeds: int = 3) -> Comparison:
    """Cells without bits, by the means of their routes: toy/fid (lower), one figure a seed, where the reference has 0,
    and toy/hit (higher), of 50 examples, which is 1 − that."""
    random = np.random.default_rng(1)

    def run(cell: str) -> Measured:
        fid = {route: np.array(mean + noise * random.standard_normal()) for route, mean in scored[cell].items()}
        hit = {route: 1 - mean + noise * random.standard_normal(50) for route, mean in scored[cell].items()}
        stages = ("generator", "renderer", "direct")
        return Measured(
            folder=Path("runs/made/up"), ids=[str(number) for number in range(50)], steps=np.full(50, 784), bits={},
            keys=dict.fromkeys(stages, "same"), given=(), shared=(), parameters=dict.fromkeys(stages, 1000),
            seconds=dict.fromkeys(stages, 60.0),
            scores={"toy/fid": {"reference": np.array(0.0), **fid}, "toy/hit": {"reference": np.ones(50), **hit}},
        )  # fmt: skip

    better: dict[str, Better] = {"toy/fid": "lower", "toy/hit": "higher"}
    setup = Setup(recipe="pictures", folder="runs/pictures/compare", split="validation", base={}, better=better,
                  seeds=(tuple(range(seeds)),) * len(scored), environment={}, command="regenkit compare")  # fmt: skip
    named = [(cell, {"recipe": cell}) for cell in scored]
    return worded(summary(setup, named, [[run(cell) for _ in range(seeds)] for cell in scored]))


SCORED = {
    "coarse": {"oracle": 0.6, "predicted": 0.7, "direct": 0.9},  # Y′ → Y loses
    "codes": {"oracle": 0.1, "predicted": 0.5, "direct": 0.9},  # X → Y′ loses
    "even": {"oracle": 0.5, "predicted": 1.0, "direct": 0.9},  # both alike, and worse than the direct route
}


def test_who_beats_the_direct_route_and_which_step_loses_more_is_said() -> None:
    found = report(SCORED)
    assert not any("bits a step" in sentence for sentence in found.finding)
    direct, best, rendering, predicting, open_, *_ = found.finding
    assert re.match(r"Against the direct route, beyond the spread: coarse is better by fid \(0\.\d+ against 0", direct)
    assert re.search(r"; codes is better by .*; even is worse by ", direct)
    assert best.startswith("Samples from the predicted Y′ of codes score best, beyond the spread, by fid (0.")
    assert re.search(r"rendering loses more than predicting in coarse \(fid 0\.\d+ against 0.*\): .* richer", rendering)
    assert "codes" not in rendering
    assert "predicting loses more than rendering in codes (" in predicting and "coarse" not in predicting
    assert "easier to predict" in predicting and open_.startswith("By no metric") and open_.endswith("more in even.")
    assert any("no likelihood" in limit for limit in found.limits)


def test_what_lies_within_the_spread_is_not_said() -> None:
    near = report({"a": {"oracle": 0.3, "predicted": 0.6, "direct": 0.6},
                   "b": {"oracle": 0.3, "predicted": 0.6, "direct": 0.6}}, noise=2.0)  # fmt: skip
    assert near.finding[0] == "By no metric different from the direct route, as far as is known: a; b."
    assert not any("score best" in sentence or "loses more than" in sentence for sentence in near.finding)
    single = report(SCORED, seeds=1)  # a score of all together, of one seed, may be anything
    assert not any("fid (0" in sentence or "fid 0" in sentence for sentence in single.finding)
    assert any("by hit (" in sentence for sentence in single.finding)


def test_the_scores_are_drawn_with_the_direct_route_as_a_line() -> None:
    found = report(SCORED)
    drawn = losses(found)
    assert drawn.count("<circle") == 3 and 'class="direct"' in drawn and "loss of fid by rendering" in drawn
    described = re.search(r'<desc id="losses-text">(.*?)</desc>', drawn)
    assert described and re.search(r"1: coarse: predicting 0\.\d+, rendering 0\.\d+, total 0.*; 2: codes", described[1])
    assert "The trade-off by a score" in page(found) and 'id="tradeoff-text"' not in page(found)
    cells = []
    for cell in found.cells:
        fid, nothing = cell.scores["toy/fid"], Figure(float("nan"))
        assert fid.loss
        undefined = replace(fid, loss=replace(fid.loss, whole=nothing))
        cells.append(replace(cell, scores={**cell.scores, "toy/fid": undefined}))
    assert "loss of hit by rendering" in losses(replace(found, cells=tuple(cells)))
