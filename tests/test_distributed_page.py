"""Every command of docs/distributed.md, as far as two processes on this machine can follow it."""

import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import letters
import numpy as np
import pytest
import yaml
from processes import (
    PATIENCE,
    ROOT,
    addresses,
    assert_alike,
    end,
    end_all,
    kill,
    regenkit,
    start,
    tf_config,
    wait_for_steps,
    weights,
)  # fmt: skip

PAGE = (ROOT / "docs" / "distributed.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
MIRRORED, LAUNCHED, BY_HAND, SBATCH = (text for language, text in BLOCKS if language == "bash")
(MANIFEST,) = (yaml.safe_load(text) for language, text in BLOCKS if language == "yaml")
(CONTAINER,) = MANIFEST["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"]["containers"]
COMMANDS = [*re.findall(r"\b(regenkit train .*)$", PAGE, flags=re.MULTILINE), shlex.join(CONTAINER["command"])]
SRUN = """\
#!{python}
import os, subprocess, sys
command = sys.argv[1:]
while command[0].startswith("--"):
    command.pop(0)
step = dict(SLURM_JOB_ID="{job}", SLURM_STEP_NUM_TASKS="2", SLURM_STEP_NODELIST="localhost",
            SLURM_STEP_TASKS_PER_NODE="2", SLURMD_NODENAME="localhost")
ranks = [dict(SLURM_PROCID=str(rank), SLURM_LOCALID=str(rank)) for rank in range(2)]
tasks = [subprocess.Popen(command, env={{**os.environ, **step, **rank}}) for rank in ranks]
sys.exit(max(task.wait() for task in tasks))
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_known_options(command: str) -> None:
    first, *arguments = shlex.split(command)
    assert first == "regenkit"
    subprocess.run([sys.executable, "-m", "regenkit", *arguments, "--help"], cwd=ROOT, check=True, capture_output=True)


def test_the_manifest_is_a_tfjob() -> None:
    assert (MANIFEST["apiVersion"], MANIFEST["kind"]) == ("kubeflow.org/v1", "TFJob")
    assert CONTAINER["name"] == "tensorflow"
    spec = MANIFEST["spec"]["tfReplicaSpecs"]["Worker"]
    assert spec["replicas"] == 2 and spec["restartPolicy"] == "OnFailure"
    mounts = {mount["name"] for mount in CONTAINER["volumeMounts"]}
    assert mounts == {volume["name"] for volume in spec["template"]["spec"]["volumes"]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small recipe of the name that the page uses, `regenkit` and `srun`."""
    folder = tmp_path_factory.mktemp("site")
    letters.install(folder)
    (folder / "recipes").mkdir()
    (folder / "toy.yaml").rename(folder / "recipes/lyric2melody.yaml")
    scripts = {"srun": SRUN.format(python=sys.executable, job=random.randrange(10**6)),
               "regenkit": f'#!/bin/sh\nexec {sys.executable} -m regenkit "$@"\n'}  # fmt: skip
    for name, text in scripts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def one(site: Path) -> dict[str, np.ndarray]:
    """The weights of one process, from the run `one`."""
    end(regenkit("train", "recipes/lyric2melody.yaml", "--run", "one", cwd=site))
    return weights(site / "one")


def in_shell(script: str, site: Path, **environment: str) -> subprocess.Popen:
    path = f"{site}{os.pathsep}{os.environ['PATH']}"
    return start(["bash", "-e", "-c", script], site, PATH=path, PWD=str(site), **environment)


@pytest.mark.exhaustive
@pytest.mark.timeout(4 * PATIENCE)
class TestTwoProcesses:
    def test_mirrored(self, site: Path) -> None:
        end(in_shell(f"{MIRRORED.strip()} --run mirrored", site))

    def test_launched(self, site: Path, one: dict[str, np.ndarray]) -> None:
        end(in_shell(LAUNCHED, site))
        assert_alike(weights(site / "runs/lyric2melody/1"), one, 1e-5)

    def test_by_hand(self, site: Path, one: dict[str, np.ndarray]) -> None:
        places = dict(zip(("one:2222", "two:2222"), addresses(2), strict=True))
        script = re.sub("one:2222|two:2222", lambda found: places[found[0]], BY_HAND)
        other = script.replace('"index": 0', '"index": 1')
        assert other != script != BY_HAND
        end_all([in_shell(each, site) for each in (script, other)])
        assert_alike(weights(site / "runs/lyric2melody/both"), one, 1e-5)

    def test_slurm(self, site: Path, one: dict[str, np.ndarray]) -> None:
        end(in_shell(SBATCH, site))
        assert_alike(weights(site / "runs/lyric2melody/slurm"), one, 1e-5)
        parts = [path.relative_to(site / "cache") for path in (site / "cache").rglob("part-*.*")]
        assert len(parts) == 6, "of the examples two and of their Y′ one, an index and records each"
        for part in parts:  # made in turns, and by one process
            assert (site / "cache" / part).read_bytes() == (Path(os.environ["REGENKIT_CACHE"]) / part).read_bytes()

    def test_tfjob(self, site: Path, one: dict[str, np.ndarray]) -> None:
        """TF_CONFIG as the operator sets it, but for the names: NAME-worker-0.NAMESPACE.svc:2222."""
        cluster = {"worker": addresses(MANIFEST["spec"]["tfReplicaSpecs"]["Worker"]["replicas"])}
        configs = [{"cluster": cluster, "task": {"type": "worker", "index": index}, "environment": "cloud"}
                   for index in range(2)]  # fmt: skip
        command = shlex.join(CONTAINER["command"])
        end_all([in_shell(command, site, TF_CONFIG=json.dumps(config)) for config in configs])
        assert_alike(weights(site / "runs/lyric2melody/k8s"), one, 1e-5)

    def test_evaluated_in_turns(self, site: Path, one: dict[str, np.ndarray]) -> None:
        """By one process, which trains the direct routes; and the same run anew by two."""
        end(regenkit("evaluate", "one", cwd=site))
        shutil.copytree(site / "one", site / "again", ignore=shutil.ignore_patterns("report.*"))
        places = addresses(2)
        end_all([regenkit("evaluate", "again", cwd=site, TF_CONFIG=tf_config({"worker": places}, "worker", index))
                 for index in range(2)])  # fmt: skip
        alone, both = (json.loads((site / run / "report.json").read_text()) for run in ("one", "again"))
        assert alone["bits"]["routes"]["predicted"]["fields"]["parity"]["bits"]["mean"] > 0
        assert alone["bits"] == both["bits"]

    def test_a_process_says_that_another_was_lost(self, site: Path) -> None:
        places = addresses(2)
        started = [
            regenkit("train", "recipes/lyric2melody.yaml", "--run", "lost", "--set", "train.generator.steps=100000",
                     cwd=site, TF_CONFIG=tf_config({"worker": places}, "worker", index))
            for index in range(2)
        ]  # fmt: skip
        try:
            wait_for_steps(site / "lost", 2, started[0])
            kill(started[1])
            said = end(started[0], expect=2)
            assert "another process of this training has gone" in said and "Traceback" not in said
        finally:
            kill(started[0])
            started[1].communicate()

    def test_processes_with_different_data_refuse(self, site: Path) -> None:
        places = addresses(2)
        started = [
            regenkit("train", "recipes/lyric2melody.yaml", "--run", "differ", "--set", f"dataset.count={60 - index}",
                     cwd=site, TF_CONFIG=tf_config({"worker": places}, "worker", index))
            for index in range(2)
        ]  # fmt: skip
        for said in end_all(started, expect=2):
            assert "the data of the processes differ (worker 0: " in said
