"""Clusters as TF_CONFIG and SLURM name them, what their processes tell each other, and work spread over devices."""

import json
import os
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import toy_job
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from processes import PATIENCE, addresses, end_all, start, tf_config

from regenkit.cluster import cluster
from regenkit.distribute import gathered, make_strategy, spread, together
from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf

TWO = {"worker": ["one:2222", "two:2222"]}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name == "TF_CONFIG" or name.startswith("SLURM")]:
        monkeypatch.delenv(name)


def test_tf_config_names_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cluster() is None
    monkeypatch.setenv("TF_CONFIG", tf_config(TWO, "worker", 1))
    assert cluster() == {"cluster": TWO, "task": {"type": "worker", "index": 1}}


@pytest.mark.parametrize("config", ['{"environment": "cloud"}', tf_config({"worker": ["one:2222"]}, "worker", 0)])
def test_a_single_process_is_no_cluster(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", config)
    assert cluster() is None


@pytest.mark.parametrize(
    "config", ["{", "[]", "3", json.dumps({"cluster": TWO}), json.dumps({"cluster": TWO, "task": {"type": "worker"}}),
               tf_config(TWO, "evaluator", 0), tf_config(TWO, "ps", 0)],
)  # fmt: skip
def test_another_tf_config_is_refused(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(UserError, match=r"^TF_CONFIG: "):
        cluster()


CASE = '{"cluster":{"worker":"localhost:12345"},"task":{"type":"worker","index":0}}'
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["worker", "one:1", 0]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cluster", "task", "worker", "chief", "type", "index"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(text=CASE)
@example(text="[" * 100_000)
@example(text=tf_config(TWO, "worker", 2))
@example(text=tf_config(TWO, "chief", 0))
@example(text='{"cluster": {"worker": ["one", "two:1"]}, "task": {"type": "worker", "index": 0}}')
@given(text=values.map(json.dumps) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_tf_config_of_any_shape_is_a_cluster_or_one_message(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", text)
    try:
        found = cluster()
    except UserError as error:
        assert str(error).startswith("TF_CONFIG: ") and "\n" not in str(error) and len(str(error)) < 1200
        return
    if found:
        task = found["task"]
        assert isinstance(found["cluster"][task["type"]][task["index"]], str)
    assert text not in (CASE, "[" * 100_000)


@pytest.mark.parametrize("count", ["two", "-", "1.5"])
def test_slurm_s_environment_that_is_none_is_refused(count: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", count)
    with pytest.raises(UserError, match=r"SLURM's environment names no cluster"):
        cluster()


def slurm(patch: pytest.MonkeyPatch, nodes: str, tasks: str, node: str, local: int, rank: int, count: int) -> None:
    patch.setenv("SLURM_JOB_ID", "1251")
    patch.setenv("SLURM_STEP_NUM_TASKS", str(count))
    patch.setenv("SLURM_STEP_NODELIST", nodes)
    patch.setenv("SLURM_STEP_TASKS_PER_NODE", tasks)
    patch.setenv("SLURMD_NODENAME", node)
    patch.setenv("SLURM_LOCALID", str(local))
    patch.setenv("SLURM_PROCID", str(rank))


def test_each_task_of_slurm_is_the_address_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machine n9 comes before n10 in SLURM's list and after it among the addresses."""
    found = []
    for rank, (node, local) in enumerate([("n9", 0), ("n9", 1), ("n10", 0), ("n10", 1)]):
        slurm(monkeypatch, "n[9-10]", "2(x2)", node, local, rank, 4)
        config = cluster()
        assert config is not None
        found.append(config["cluster"]["worker"][config["task"]["index"]])
    assert found == ["n9:10016", "n9:10017", "n10:10016", "n10:10017"]


def test_slurm_without_a_step_is_no_cluster_and_half_a_step_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_NTASKS", "4")  # as within salloc
    assert cluster() is None
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "4")
    with pytest.raises(UserError, match="srun"):
        cluster()


def test_unknown_strategies_are_refused() -> None:
    with pytest.raises(UserError, match="none of auto, none, mirrored"):
        make_strategy("parameter_server")
    with pytest.raises(UserError, match="multi_worker needs several processes"):
        make_strategy("multi_worker")


def test_alone_a_process_gathers_what_it_has() -> None:
    strategy = make_strategy("auto")
    assert gathered(strategy, "é") == ["é"]
    assert spread(strategy, lambda number: number**2, 3) == [0, 1, 4]
    with pytest.raises(UserError, match=r"^no$"), together(strategy):
        raise UserError("no")


def test_samples_of_two_devices_are_those_of_one() -> None:
    strategy = make_strategy("mirrored")
    devices = strategy.extended.worker_devices
    assert len(devices) == 2
    conditions = [{"letter": np.full((3, 16), letter, np.int32), "mode": np.full(3, 2, np.int32),
                   "mask": np.ones((3, 16), bool)} for letter in range(1, 6)]  # fmt: skip
    with strategy.scope():
        model = toy_job.transformer()
    used = []

    def draw(number: int) -> dict[str, np.ndarray]:
        used.append(tf.constant(number).device)
        return model.sample(conditions[number], seed=number)

    apart = spread(strategy, draw, len(conditions))
    assert {tf.DeviceSpec.from_string(device).device_index for device in used} == {0, 1}
    for number, fields in enumerate(apart):
        for name, value in model.sample(conditions[number], seed=number).items():
            np.testing.assert_array_equal(fields[name], value)
    assert any((a["high"] != b["high"]).any() for a, b in pairwise(apart))


TALK = """
import sys
import numpy as np
from regenkit.distribute import gathered, is_chief, make_strategy, spread, together, worker_count, worker_index
from regenkit.errors import UserError

strategy = make_strategy("auto")
index = worker_index(strategy)
assert (worker_count(strategy), is_chief(strategy)) == (3, index == 0)
assert gathered(strategy, index) == [0, 1, 2]
first, second, third = gathered(strategy, {"é": np.full(1000 * index, np.nan), "odd": "x" * index})
assert (len(first["é"]), second["odd"], len(third["é"])) == (0, "x", 2000) and np.isnan(third["é"]).all()
assert spread(strategy, lambda number: (number, index), 5) == [(0, 0), (1, 1), (2, 2), (3, 0), (4, 1)]
with together(strategy):
    pass
try:
    with together(strategy):
        if index == 1:
            raise UserError("a bad disk")
except UserError as error:
    assert str(error) == ("a bad disk" if index == 1 else "worker 1: a bad disk")
    sys.exit(7)
"""


@pytest.mark.exhaustive(minutes=0.2)
@pytest.mark.timeout(2 * PATIENCE)
def test_processes_tell_each_other_and_refuse_together(tmp_path: Path) -> None:
    """A chief and two workers."""
    chief, *others = addresses(3)
    places = [("chief", 0), ("worker", 0), ("worker", 1)]
    configs = [tf_config({"chief": [chief], "worker": others}, *place) for place in places]
    end_all([start([sys.executable, "-c", TALK], tmp_path, TF_CONFIG=config) for config in configs], expect=7)
