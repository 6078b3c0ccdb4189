"""Three lengths through everything: recipe, training, samples, generation, report; and X′ in X's place."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spelling
from rich.console import Console
from runs import PLAIN, SMALL, train
from toy_clocks import DIGITS, WAVE

from regenkit import UserError, plugins
from regenkit.analysis.evaluate import Options, evaluate_runs
from regenkit.pipeline import Pipeline
from regenkit.pipeline.load import load_run
from regenkit.pipeline.source import XConverter, as_y
from regenkit.recipe import check_data, load
from regenkit.spec import Clock, Field, Spec

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
RECIPE = f"""\
dataset: {{use: toy/numbers}}
converter: {{use: toy/words}}
generator: {{use: transformer, {SMALL}}}
renderer: {{use: transformer, {SMALL}}}
train: {{{PLAIN}, sample_every: 3, batch_steps: 60}}
"""
SOURCE = RECIPE.replace("converter:", "source: {use: toy/odd}\nconverter:")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("spelling")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        host = plugins.Host([spelling])
        patch.setattr(plugins, "host", lambda: host)
        yield folder


@pytest.fixture(scope="module")
def run(home: Path) -> Pipeline:
    return train("spelling", RECIPE)


@pytest.mark.exhaustive(minutes=0.4)
def test_samples_end_where_they_will_and_at_most_where_the_longest_did(run: Pipeline) -> None:
    longest = {stage: json.loads((run.folder / stage / "longest.json").read_text())["steps"]
               for stage in ("generator", "renderer")}  # fmt: skip
    prepared = run.prepare(lambda *_: None)
    sides = [prepared.example(int(index))[0] for index in prepared.indices("train")]
    assert longest == {"generator": max(len(each["rep"]["word"]) for each in sides),
                       "renderer": max(len(each["y"]["letter"]) for each in sides)}  # fmt: skip
    xs = [run.x.encode(text)[0] for text in ("12", "3456", "7") * 9]
    reps = run.predict_rep(xs, [run.given()] * len(xs), seed=1)
    ys = run.render_rep(reps, seed=1)
    words, letters = [len(rep["word"]) for rep in reps], [len(y["letter"]) for y in ys]
    assert len(set(words)) > 1 and max(words) <= longest["generator"]
    assert len(set(letters)) > 1 and max(letters) <= longest["renderer"]


@pytest.mark.exhaustive(minutes=0.4)
def test_a_user_says_how_long(run: Pipeline) -> None:
    made = run.generate(["12", "345"], seed=2, **{"generator.length": 3, "renderer.length": 5})
    assert [len(text) for text in made] == [5, 5]
    assert max(map(len, run.generate(["12"], count=9, **{"renderer.max_length": 2}))) <= 2
    assert run.generate(["12"], seed=3) == run.generate(["12"], seed=3)
    with pytest.raises(UserError, match=r"renderer\.lenght: not a sampling option .* did you mean 'length'"):
        run.generate(["12"], **{"renderer.lenght": 5})


@pytest.mark.exhaustive(minutes=0.4)
def test_the_report_says_how_long_samples_are_and_what_the_end_costs(run: Pipeline) -> None:
    report = evaluate_runs([run.folder], Options(), Console(quiet=True))
    assert report.unit == "letter" and set(report.lengths) >= {"reference", "oracle", "predicted", "direct", "unigram"}
    assert report.lengths["reference"].away.mean == 0 < report.lengths["predicted"].away.mean
    assert set(report.bits.routes["predicted"].fields) == {"word", "end of word", "letter", "end of y"}
    assert set(report.bits.routes["unigram"].fields) == {"letter", "end of y"}
    said = " ".join(report.finding)
    assert "letters long on average" in said and "To say where each ends costs" in said and "bits a letter" in said
    page = (run.folder / "report.html").read_text()
    assert "bits a letter (lower)" in page and "Lengths" in page


def test_a_model_that_draws_no_length_is_refused(home: Path) -> None:
    Path("bad.yaml").write_text(RECIPE.replace("generator: {use: transformer", "generator: {use: maskgit"))
    with pytest.raises(UserError, match="maskgit"):
        Pipeline(load("bad.yaml")).build("generator")


# --- X′ --------------------------------------------------------------------------------------------------------------


def test_what_a_converter_makes_along_y_runs_along_x() -> None:
    x = Spec({"wave": Field(kind="continuous", shape=(None,), axis="x")})
    assert as_y(x).clock("wave") == Clock("y", Fraction(1)) and as_y(WAVE) == WAVE

    class Mel:
        spec = Spec({"mel": Field(kind="continuous", shape=(None, 3), hop=Fraction(256)), "who": DIGITS["digit"]})
        version = 1

        def convert(self, y: dict) -> dict:
            return y

    mel: Any = Mel()  # no whole converter: only these members are asked for
    found = XConverter(mel, {"use": "mel"}, x)
    assert found.spec.clock("mel") == Clock("x", Fraction(256)) and found.identity["source"]["version"] == 1


@pytest.mark.exhaustive(minutes=0.5)
def test_x_is_converted_wherever_it_is_read(home: Path) -> None:
    run = train("odd", SOURCE)
    assert set(run.specs["x"]) == {"odd"} == set(run.sides("generator")[0].spec) and run.specs["x"].axes == ("x",)
    prepared = run.prepare(lambda *_: None)
    left = [reason for _, reason in prepared.skipped]
    assert left and set(left) == {"it has no X′: it has a 7"}
    for index in prepared.indices("train", paired=True)[:5]:
        x = prepared.example(int(index))[0]["x"]
        assert x is not None and set(x) == {"odd"} and set(np.unique(x["odd"])) <= {1, 2}
    assert run.generate(["13"], seed=1) == run.generate(["35"], seed=1)  # alike to whoever sees that they are odd
    with pytest.raises(UserError, match="there is no X′ of this X: it has a 7"):
        run.generate(["17"])
    assert load_run(run.folder).recipe.dump() == run.recipe.dump() and "source:" in run.recipe.dump()


def test_another_source_is_another_training(home: Path) -> None:
    contracts = []
    for number, text in enumerate((RECIPE, SOURCE, SOURCE.replace("toy/odd}", "toy/odd, every: 2}"))):
        Path(f"s{number}.yaml").write_text(text)
        recipe = load(f"s{number}.yaml")
        check_data(recipe)
        pipeline = Pipeline(recipe)
        contracts.append({stage: json.dumps(pipeline.contract(stage)) for stage in ("generator", "renderer")})
    assert len({each["generator"] for each in contracts}) == 3
    assert len({each["renderer"] for each in contracts}) == 1  # it never sees X


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source: {use: toy/words}", r"bad\.yaml:.*source\.use: toy/words is for spelt, but .* has the X digits"),
        ("source: {use: toy/odd, often: 2}", r"unknown key 'often'"),
        ("source: {from: runs/none}", r"source\.from: there is no run directory 'runs/none'"),
        ("source: {}", "needs the key 'use' or 'from'"),
    ],
)
def test_a_wrong_source_is_refused_with_its_place(home: Path, text: str, said: str) -> None:
    Path("bad.yaml").write_text(f"{RECIPE}{text}\n")
    with pytest.raises(UserError, match=said):
        load("bad.yaml")
