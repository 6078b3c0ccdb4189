"""What is saved is whole or absent: damage is found when a checkpoint is read, and the one before it is taken."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from toy_job import lookup, settings, train, weights
from toy_watch import Watch, difference

from regenkit.errors import UserError
from regenkit.training.checkpoints import Checkpoints
from regenkit.training.state import State

# Keras 3.15 saves a variable of a model's own with a call that NumPy 2 finds old-fashioned.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


LONG = pytest.mark.exhaustive(minutes=0.1)


@pytest.mark.parametrize("damage", ["overwritten", *(pytest.param(each, marks=LONG) for each in ("cut", "emptied"))])
def test_a_damaged_checkpoint_is_passed_over(table: tuple[Path, Watch], stopped: Path, damage: str) -> None:
    path = stopped / "stage" / "checkpoints" / "step-00000010.npz"
    data, middle = path.read_bytes(), path.stat().st_size // 2
    overwritten = data[:middle] + bytes(400) + data[middle + 400 :]
    path.write_bytes({"cut": data[:middle], "overwritten": overwritten, "emptied": b""}[damage])
    said = io.StringIO()
    model, _ = train(stopped, build=lookup, console=Console(file=said, width=500))
    assert difference(weights(model), table[1].steps[-1]) == 0
    assert f"passed over a damaged checkpoint, {path}: " in said.getvalue()
    assert "going on from step 5" in said.getvalue()


def test_with_no_checkpoint_left_it_begins_anew(table: tuple[Path, Watch], stopped: Path) -> None:
    for path in (stopped / "stage" / "checkpoints").iterdir():
        path.write_bytes(path.read_bytes()[:-40])
    said = io.StringIO()
    model, _ = train(stopped, build=lookup, console=Console(file=said, width=500))
    assert difference(weights(model), table[1].steps[-1]) == 0
    assert said.getvalue().count("damaged checkpoint") == 2 and "going on" not in said.getvalue()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkpoints, bytes, dict[str, np.ndarray]]:
    """(checkpoints with one file, its bytes, the state it is of)"""
    state = State(lookup(), settings())
    checkpoints = Checkpoints(state, tmp_path_factory.mktemp("one"), keep=2)
    state.step.assign(7)
    checkpoints.save()
    checkpoints.close()
    (path,) = checkpoints.folder.iterdir()
    return checkpoints, path.read_bytes(), {name: np.array(each.numpy()) for name, each in state.named().items()}


@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255), cut=st.booleans())
def test_a_flipped_byte_is_found_or_harmless(saved: Any, place: float, flip: int, cut: bool) -> None:
    checkpoints, whole, values = saved
    data = bytearray(whole)
    data[int(place * len(data))] ^= flip
    (checkpoints.folder / "step-00000007.npz").write_bytes(data[: int(place * len(data))] if cut else data)
    for variable in checkpoints.state.named().values():
        variable.assign(np.zeros(variable.shape))
    if damaged := checkpoints.restore():
        assert "step-00000007.npz: " in damaged[0]
        assert not any(np.any(variable.numpy()) for variable in checkpoints.state.named().values())
    else:
        assert not cut
        for name, variable in checkpoints.state.named().items():
            np.testing.assert_array_equal(variable.numpy(), values[name])


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".step-00000005.npz").write_bytes(b"half")
    checkpoints = Checkpoints(State(lookup(), settings()), tmp_path, keep=1)
    assert checkpoints.restore() == [] and list(tmp_path.iterdir()) == []
    checkpoints.close()


def test_the_last_k_are_kept(tmp_path: Path) -> None:
    state = State(lookup(), settings())
    checkpoints = Checkpoints(state, tmp_path, keep=2)
    for step in (5, 10, 99, 100):
        state.step.assign(step)
        checkpoints.save()
    checkpoints.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000099.npz", "step-00000100.npz"]


def test_a_damaged_checkpoint_takes_no_place_of_one_that_is_whole(tmp_path: Path) -> None:
    """It was the last of `keep`, and the whole one that training wrote after it was deleted."""
    state = State(lookup(), settings())
    for step in (10, 5, 8):
        checkpoints = Checkpoints(state, tmp_path, keep=1)
        assert len(checkpoints.restore()) == (step == 5)
        state.step.assign(step)
        checkpoints.save()
        checkpoints.close()
        (path,) = tmp_path.iterdir()
        assert path.name == f"step-{step:08d}.npz"
        if step == 10:
            path.write_bytes(path.read_bytes()[:-50])


def test_a_checkpoint_of_another_model_is_refused(stopped: Path) -> None:
    checkpoints = Checkpoints(State(lookup(), settings()), stopped / "stage" / "checkpoints", keep=2)
    checkpoints.state.average.pop()
    with pytest.raises(UserError, match=r"step-00000010\.npz: is of another model .* --run DIR"):
        checkpoints.restore()
    checkpoints.close()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    checkpoints = Checkpoints(State(lookup(), settings()), tmp_path / "gone", keep=2)
    (tmp_path / "gone").rmdir()
    checkpoints.save()
    with pytest.raises(UserError, match=r"gone: a checkpoint cannot be written \(No such file or directory\)"):
        checkpoints.close()
