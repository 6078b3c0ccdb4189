"""`regenkit evaluate` from the outside: what it announces, its one progress line, and what it keeps in memory."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import letters
import numpy as np
import pytest
from rich.console import Console

from regenkit import plugins
from regenkit.analysis import progress as progress_module
from regenkit.analysis.evaluate import Options, evaluate_run, evaluate_runs
from regenkit.analysis.measures import examples
from regenkit.analysis.measures.baselines import class_mean, random_training
from regenkit.analysis.measures.examples import Pairs, Side
from regenkit.analysis.plan import Planned, in_words, planned
from regenkit.analysis.progress import WorkProgress
from regenkit.analysis.results.files import read
from regenkit.analysis.results.report import Report
from regenkit.errors import UserError
from regenkit.pipeline.load import load_run
from regenkit.recipe import load
from regenkit.run.train import train_recipe
from regenkit.spec import Field, Spec

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
TABLE = "{use: toy/table, width: 8}"
RECIPE = (
    letters.RECIPE.replace("sample_every: 3", "sample_every: 0").replace(
        "{use: transformer, width: 16, depth: 1, heads: 2}", TABLE
    )
    + "direct: {width: 16}\n"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A trained run of toy data, without direct routes; `plugins.host` finds the toys."""
    folder = tmp_path_factory.mktemp("toy")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        host = plugins.Host([letters])
        patch.setattr(plugins, "host", lambda: host)
        Path("toy.yaml").write_text(RECIPE)
        console = Console(file=io.StringIO())  # whose markup a folder's name is not
        yield train_recipe(load(Path("toy.yaml")), folder / "[run]" / "[/1]", console)
        assert isinstance(console.file, io.StringIO) and "[/1]/samples" in "".join(console.file.getvalue().split())


def test_what_is_to_be_trained_is_known_before(run: Path) -> None:
    pipeline = load_run(run)
    direct, half = planned(pipeline, ("direct", "direct_half"))
    assert (direct.stage, direct.steps, half.steps) == ("direct", 12, 12)  # generator and renderer have 6 each
    assert direct.seconds and half.seconds and direct.seconds >= half.seconds > 0
    assert planned(pipeline, ()) == []
    (run / "log.jsonl").rename(run / "kept")
    try:
        assert [each.seconds for each in planned(pipeline, ("direct",))] == [None]
    finally:
        (run / "kept").rename(run / "log.jsonl")


def test_one_run_named_twice_has_no_spread(run: Path, tmp_path: Path) -> None:
    """It was measured twice and its mean printed; a copy of it, and another run of its seed, are no better."""
    (tmp_path / "copy").symlink_to(run)
    for other in (run, tmp_path / "copy"):
        with pytest.raises(UserError, match=r"are one run twice, of one recipe and seed 0, .* train\.seed=N"):
            evaluate_runs([run, other], Options(direct=False), Console(quiet=True))


def test_it_is_announced_in_words() -> None:
    stages = [Planned("direct", 1600, 200.0), Planned("direct_half", 1600, 100.0)]
    assert in_words(stages) == (
        "direct (1,600 steps) and direct_half (1,600 steps), about 5 minutes at the pace of this run's own stages"
    )
    assert "how long that takes is unknown" in in_words([Planned("direct", 9, None)])


def test_a_quick_look_trains_nothing(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "EVERY_SECONDS", 0)
    console = Console(record=True, width=200, force_terminal=False, stderr=True)
    quick = evaluate_run(run, Options(direct=False), console)
    text = console.export_text()
    assert not (run / "direct").exists() and "trains" not in text and "8 of 9 parts" in text
    assert quick == read(Report, run / "report.json") and quick.baselines == ()
    assert "direct" not in quick.parameters and quick.finding[0].startswith("The direct route was not measured")


@pytest.mark.exhaustive(minutes=0.8)
def test_a_whole_look_trains_the_direct_routes(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "EVERY_SECONDS", 0)
    quick = evaluate_run(run, Options(direct=False), Console(quiet=True))
    console = Console(record=True, width=200, force_terminal=False, stderr=True)
    whole = evaluate_run(run, Options(), console)
    text = console.export_text()
    assert re.search(r"trains direct \(12 steps\) and direct_half \(12 steps\), about \d+ (seconds|minutes)", text)
    assert "direct_half" in text and "12 of 13 parts" in text and (run / "direct_half" / "done.json").exists()
    for route, cost in quick.bits.routes.items():
        assert whole.bits.routes[route] == cost
    assert set(whole.bits.predicted_minus) == {"direct", "direct_half"}
    assert json.loads((run / "report.json").read_text())["version"] == Report.VERSION


def test_pairs_are_read_when_they_are_wanted_and_hold_little(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = load_run(run)
    prepared = pipeline.prepare(lambda *_: None)
    indices = prepared.indices("train", paired=True)
    whole = Pairs(pipeline, prepared, indices)
    monkeypatch.setattr(examples, "HELD", sum(map(examples.size_of, whole[0].values())))
    bounded = Pairs(pipeline, prepared, indices)
    for one, other in zip(whole, bounded, strict=True):
        for side in ("x", "y", "rep"):
            for name, value in one[side].items():
                np.testing.assert_array_equal(value, other[side][name])
    assert bounded[0] is bounded[0]  # held
    assert bounded[-1] is not bounded[-1]  # read anew
    assert len(bounded[2:5]) == 3 and len(Side(bounded, "y", ["low"])) == len(indices)
    assert [set(each) for each in Side(bounded, "y", ["low"])[:2]] == [{"low"}] * 2
    drawn = [random_training(pipeline, pairs, whole[:4], 0) for pairs in (whole, list(whole), bounded)]
    assert all(
        np.array_equal(a["high"], b["high"]) for other in drawn[1:] for a, b in zip(drawn[0], other, strict=True)
    )


def test_the_mean_of_a_class_is_that_of_its_examples() -> None:
    random = np.random.default_rng(0)
    learned = [{"x": {"label": np.int32(number % 2)}, "y": {"low": random.normal(size=(2, 3)).astype(np.float32)}}
               for number in range(9)]  # fmt: skip
    spec = Spec({"low": Field(kind="continuous", shape=(2, 3))})
    first, other = class_mean(spec, learned, [{"label": np.int32(1)}, {"label": np.int32(7)}])
    np.testing.assert_allclose(first["low"], np.mean([each["y"]["low"] for each in learned[1::2]], 0), rtol=1e-6)
    np.testing.assert_allclose(other["low"], np.mean([each["y"]["low"] for each in learned], 0), rtol=1e-6)


def test_one_line_goes_over_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "EVERY_SECONDS", 0)
    console = Console(record=True, width=200, force_terminal=False, stderr=True)
    with WorkProgress(console, 12, "updates", steady=True) as progress:
        progress.begin("one", 4)
        progress.show(0.5, "direct 2/4")
        progress.begin("two", 8)
        progress.show(0.25, "")
    lines = [line for line in console.export_text().splitlines() if line]
    assert lines == ["one; 0 of 12 updates", "one: direct 2/4; 2 of 12 updates", "two; 4 of 12 updates",
                     "two; 6 of 12 updates"]  # fmt: skip
