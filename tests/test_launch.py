"""`regenkit train --workers 2`: two processes end as one would, and together, however they are stopped."""

import os
import signal
import time
from pathlib import Path

import letters
import pytest
from processes import PATIENCE, alive, assert_alike, end, kill, regenkit, wait_for_steps, weights, workers

from regenkit.cli.local_workers import launch

pytestmark = [
    pytest.mark.timeout(4 * PATIENCE),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc, which Linux has"),
]
LONG = ("train", "toy.yaml", "--stage", "generator", "--set", "train.steps=60", "--set", "train.steps_per_call=1")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe."""
    folder = tmp_path_factory.mktemp("user")
    letters.install(folder)
    return folder


@pytest.fixture(scope="module")
def one(place: Path) -> Path:
    """A run that one process trained."""
    end(regenkit("train", "toy.yaml", "--run", "one", cwd=place))
    return place / "one"


@pytest.mark.exhaustive(minutes=1)
def test_two_processes_end_with_the_weights_of_one(place: Path, one: Path) -> None:
    said = end(regenkit("train", "toy.yaml", "--run", "two", "--workers", 2, cwd=place))
    assert "done; samples are in two/samples" in said
    assert_alike(weights(place / "two"), weights(one), 1e-5)
    names = {path.name for path in (place / "two/samples").iterdir()}
    assert names == {path.name for path in (one / "samples").iterdir()}
    assert (place / "two/worker-1.log").read_text() == ""
    assert (place / "two/log.jsonl").exists() and (place / "two/worker-1/log.jsonl").exists()


@pytest.mark.exhaustive(minutes=4)
@pytest.mark.parametrize("kind", ["joint", "finetune"])
def test_a_learned_y_prime_and_a_predicted_one_are_alike_in_two_processes(place: Path, kind: str) -> None:
    learned = "converter: {use: autoencoder, codebook_size: 4, width: 16, depth: 1, heads: 2}\njoint: {}"
    changed = letters.RECIPE.replace("converter: {use: toy/parity}", learned)
    text = changed if kind == "joint" else f"{letters.RECIPE}finetune: {{on: sampled}}\n"
    (place / f"{kind}.yaml").write_text(text)
    end(regenkit("train", f"{kind}.yaml", "--run", f"{kind}-one", cwd=place))
    end(regenkit("train", f"{kind}.yaml", "--run", f"{kind}-two", "--workers", 2, cwd=place))
    stages = ["generator", "renderer", kind]
    assert_alike(weights(place / f"{kind}-two", stages), weights(place / f"{kind}-one", stages), 2e-5)


@pytest.mark.exhaustive(minutes=3)
def test_interrupted_they_go_on_as_one_or_as_two(place: Path) -> None:
    end(regenkit(*LONG, "--run", "whole", cwd=place))
    for count in (2, 1, 2):
        process = regenkit(*LONG, "--run", "stopped", "--workers", count, cwd=place)
        lines = (place / "stopped/log.jsonl").read_text().count('"train"') if (place / "stopped").exists() else 0
        wait_for_steps(place / "stopped", lines + 3, process)
        process.send_signal(signal.SIGTERM if count == 1 else signal.SIGINT)
        said = end(process, expect=130)
        assert "is saved. To go on: regenkit train toy.yaml" in said
    assert "going on from step" in end(regenkit(*LONG, "--run", "stopped", cwd=place))
    assert_alike(weights(place / "stopped", ["generator"]), weights(place / "whole", ["generator"]), 1e-5)


@pytest.mark.exhaustive
def test_all_end_when_one_is_killed(place: Path) -> None:
    process = regenkit(*LONG, "--run", "killed", "--workers", 2, cwd=place)
    wait_for_steps(place / "killed", 2, process)
    os.kill(workers(process)[1], signal.SIGKILL)
    assert "killed/worker-1.log" in end(process, expect=128 + signal.SIGKILL)
    end(regenkit(*LONG, "--run", "killed", cwd=place))


@pytest.mark.exhaustive
def test_no_process_survives_a_killed_launcher(place: Path) -> None:
    process = regenkit(*LONG, "--run", "orphans", "--workers", 2, cwd=place)
    wait_for_steps(place / "orphans", 2, process)
    assert len(alive(process)) >= 3
    os.kill(process.pid, signal.SIGKILL)
    until = time.monotonic() + 20
    while alive(process) and time.monotonic() < until:
        time.sleep(0.1)
    left = alive(process)
    kill(process)
    process.communicate()
    assert not left


def test_a_mistake_of_all_is_said_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert launch(2, ["train", str(tmp_path / "none.yaml")], tmp_path) == 2
    said = capfd.readouterr().err
    assert said.count("none.yaml") == 1 and "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workers", "2", "--strategy", "mirrored"), "--workers 2 needs train.strategy auto or multi_worker"),
        pytest.param(
            ("--strategy", "multi_worker"),
            "multi_worker needs several processes",
            marks=pytest.mark.exhaustive(minutes=0.1),
        ),
        (("--strategy", "several"), "train.strategy"),
    ],
)
def test_a_mistake_is_one_message(place: Path, arguments: tuple[str, ...], said: str) -> None:
    before = set(place.rglob("*"))
    message = end(regenkit("train", "toy.yaml", *arguments, cwd=place), expect=2)
    assert said in message and "Traceback" not in message
    assert set(place.rglob("*")) == before


@pytest.mark.exhaustive(minutes=0.4)
def test_a_run_of_another_recipe_is_left_as_it_is(place: Path, one: Path) -> None:
    before = set(place.rglob("*"))
    another = ("--workers", "2", "--set", "generator.depth=2", "--run", "one")
    assert "one: holds a run of another recipe" in end(regenkit("train", "toy.yaml", *another, cwd=place), expect=2)
    assert set(place.rglob("*")) == before


@pytest.mark.exhaustive(minutes=0.2)
def test_processes_started_by_others_are_told_the_run(place: Path) -> None:
    config = '{"cluster": {"worker": ["127.0.0.1:1", "127.0.0.1:2"]}, "task": {"type": "worker", "index": 0}}'
    message = end(regenkit("train", "toy.yaml", cwd=place, TF_CONFIG=config), expect=2)
    assert "--run DIR" in message and not (place / "runs").exists()
