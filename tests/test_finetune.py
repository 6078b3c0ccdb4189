"""A renderer fine-tuned on predicted Y′: what it is trained on, that it goes on as if nothing had happened, and who
uses it."""

import json
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import letters
import numpy as np
import processes
import pytest
import runs
from rich.console import Console
from runs import PLAIN, SMALL, alike, train

from regenkit.analysis.compare import Options, compare
from regenkit.analysis.grid.cells import cells
from regenkit.data.shards import Shards, deserialize
from regenkit.errors import Interrupted, UserError
from regenkit.pipeline import Pipeline
from regenkit.pipeline.load import load_run
from regenkit.run.predicted import predict

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
MODEL = f"{{use: transformer, {SMALL}}}"
RECIPE = f"""\
dataset: {{use: toy/data}}
converter: {{use: toy/parity}}
generator: {MODEL}
renderer: {MODEL}
train: {{{PLAIN}, sample_every: 0}}
"""
TAKEN = f"""\
dataset: {{use: toy/data}}
converter: {{use: toy/parity}}
generator: {{from: first}}
renderer: {{from: first}}
finetune: {{on: sampled}}
train: {{{PLAIN}, sample_every: 0, finetune: {{sample_every: 3}}}}
"""
NOISY = RECIPE.replace(f"generator: {MODEL}", "generator: {from: first}")
STOPPER = runs.Stopper("finetune")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder to work in, with the plugin of toys; in it `first`, trained on true Y′, and `second`, on sampled."""
    folder = tmp_path_factory.mktemp("home")
    with runs.at_home(folder, STOPPER):
        train("first", RECIPE)
        train("second", TAKEN)
        yield folder


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.parametrize("on", ["sampled", "teacher_forced"])
def test_y_prime_is_predicted_where_there_is_x(home: Path, on: str) -> None:
    run = load_run("second") if on == "sampled" else train("third", TAKEN.replace("sampled", on))
    prepared = run.prepare(lambda *_: None)
    drawn = Shards(sorted(path.with_suffix("") for path in Path(run.folder or "", "finetune/reps").glob("*.npz")))
    changed = []
    for index in range(len(drawn)):
        true = prepared.example(index)[0]["rep"]
        mine = deserialize(drawn[index], {"rep": letters.Parity.spec})[0]["rep"]
        assert true and mine and mine["mode"] == true["mode"]  # which is given
        learned = prepared.paired[index] and prepared.split[index] in ("train", "validation")
        if not learned:
            assert drawn[index] == prepared.reps[index]
        else:
            assert mine["parity"].shape == true["parity"].shape and mine["parity"].all()
            changed.append((mine["parity"] != true["parity"]).mean())
    assert 0.2 < np.mean(changed) < 0.8  # after six steps the generator knows nothing of parity
    chosen = [int(index) for index in prepared.indices("train", paired=True)[:3]]
    again = predict(run, [prepared.example(index)[0] for index in chosen], 0)
    assert all(each["parity"].all() for each in again)


@pytest.mark.exhaustive(minutes=0.5)
def test_the_fine_tuned_renderer_is_the_one_that_is_used(home: Path) -> None:
    assert alike("second/renderer", "first/renderer")
    assert not alike("second/finetune", "first/renderer")
    run = load_run("second")
    used = run.stage("renderer")
    fresh = run.build("renderer")
    fresh.load_weights("second/finetune/best.weights.h5")
    for one, other in zip(used.variables, fresh.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    with pytest.raises(UserError, match="first: finetune has not been trained"):
        Pipeline(run.recipe, Path("first")).stage("renderer")
    done = json.loads(Path("second/finetune/done.json").read_text())
    assert done["on"] == "sampled" and done["steps"] == 6
    assert sorted(path.name for path in Path("second/samples").glob("finetune-*")) == [
        f"finetune-{step:06d}-{number}.json" for step in (3, 6) for number in (1, 2, 3)
    ]


@pytest.mark.exhaustive(minutes=0.3)
def test_stopped_or_robbed_of_its_predictions_it_ends_the_same(home: Path) -> None:
    STOPPER.armed = True
    with pytest.raises(Interrupted):
        train("fourth", TAKEN)
    assert len(list(Path("fourth/finetune/checkpoints").iterdir())) == 1
    index = next(Path("fourth/finetune/reps").glob("*.npz"))
    records = index.with_suffix(".tfrecord")
    first = records.read_bytes()
    index.unlink()  # as where it was killed between the two
    train("fourth", TAKEN)
    assert records.read_bytes() == first
    assert alike("fourth/finetune", "second/finetune")


@pytest.mark.exhaustive(minutes=0.2)
def test_noise_as_the_generator_errs(home: Path) -> None:
    train("noisy", NOISY, "train.renderer.rep_noise=generator")
    assert not alike("noisy/renderer", "first/renderer")


@pytest.mark.exhaustive(minutes=1)
def test_the_noise_of_the_generator_is_measured_alike_again_and_none_changes_nothing(home: Path) -> None:
    for name in ("loud", "again"):
        train(name, NOISY, "train.renderer.rep_noise=generator")
    assert alike("loud/renderer", "again/renderer")
    train("plain", NOISY, "train.renderer.rep_noise=0")
    assert alike("plain/renderer", "first/renderer")


@pytest.mark.exhaustive(minutes=2)
@pytest.mark.timeout(900)
def test_killed_while_it_predicts_or_trains_it_ends_the_same(tmp_path: Path) -> None:
    letters.install(tmp_path)
    (tmp_path / "tuned.yaml").write_text(TAKEN.replace("{from: first}", MODEL))
    tuning = "train.finetune={steps: 200, checkpoint_every: 4, steps_per_call: 2}"
    command = ["train", "tuned.yaml", "--set", tuning, "--run"]
    processes.end(processes.regenkit(*command, "whole", cwd=tmp_path))
    seed = int(time.time())
    for wanted in ("reps", "checkpoints/step-00000004.npz"):
        process = processes.regenkit(*command, "killed", cwd=tmp_path)
        while process.poll() is None and not (tmp_path / "killed" / "finetune" / wanted).exists():
            time.sleep(0.005)
        time.sleep(random.Random(seed).uniform(0, 0.1))
        processes.kill(process)
        process.communicate()
    assert not (tmp_path / "killed" / "finetune" / "done.json").exists(), f"seed {seed}: it was too quick for us"
    processes.end(processes.regenkit(*command, "killed", cwd=tmp_path))
    for stage in ("renderer", "finetune"):
        assert alike(tmp_path / "killed" / stage, tmp_path / "whole" / stage), f"seed {seed}"


@pytest.mark.exhaustive(minutes=1)
def test_a_comparison_trains_what_its_cells_share_once(home: Path) -> None:
    path = home / "grid.yaml"
    path.write_text(RECIPE)
    grid = cells(path, [], ["finetune={on: sampled},{on: teacher_forced},null"], 1)
    assert [cell.label for cell in grid] == [
        "finetune={on: sampled}", "finetune={on: teacher_forced}", "finetune=null"
    ]  # fmt: skip
    found = compare(grid, Options(), Console(quiet=True))
    first, *others = (Path(cell.runs[0]) for cell in found.cells)
    for run in others:
        for stage in ("generator", "renderer"):
            assert json.loads((run / stage / "done.json").read_text())["from"] == str(first)
    assert not alike(first / "finetune", others[0] / "finetune")
    assert not (others[1] / "finetune").exists()
    assert found.cells[0].renderer != found.cells[2].renderer
    shutil.rmtree(home / "runs")
