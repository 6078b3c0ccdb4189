"""A run that somebody sent is data: it runs nothing, and nothing outside of it is read."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import letters
import numpy as np
import pytest
from rich.console import Console

from regenkit import plugins, run_files, trust
from regenkit.errors import UserError
from regenkit.pipeline.sampling import longest
from regenkit.pipeline.weights import digest, load
from regenkit.quiet import keras
from regenkit.recipe import load as load_recipe
from regenkit.recipe import of_run
from regenkit.run.folder import open_run
from regenkit.run_files import Done, Line, check_whole, inside, read, read_json, read_lines
from regenkit.training.log import RunLog

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
HOSTILE = "\x1b]0;owned\x07<script>alert(1)</script> | [x](javascript:y) `a` ```\n\u202e\x9b2J\r\u2028 end"

# --- links -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    (folder / "generator").mkdir(parents=True)
    (folder / "generator" / "done.json").write_text('{"steps": 3}')
    (tmp_path / "outside.json").write_text('{"steps": 5}')
    return folder


@pytest.mark.parametrize("target", ["../../outside.json", "/etc/passwd", "/dev/zero", "../.."])
def test_a_link_that_leads_out_is_not_followed(target: str, run: Path) -> None:
    path = run / "generator" / "done.json"
    path.unlink()
    path.symlink_to(target)
    for reads in (lambda: check_whole(run), lambda: read_json(Done, run, "generator", "done.json")):
        with pytest.raises(UserError, match=r"done\.json: is a link that leads out of the run"):
            reads()


def test_a_folder_that_is_a_link_is_not_written_to(run: Path, tmp_path: Path) -> None:
    (run / "gallery").symlink_to(tmp_path)
    with pytest.raises(UserError, match="gallery: is a link that leads out"):
        check_whole(run)


def test_what_is_no_file_is_not_waited_for(run: Path) -> None:
    os.mkfifo(run / "log.jsonl")
    with pytest.raises(UserError, match="neither a file nor a folder"):
        check_whole(run)
    with pytest.raises(UserError, match="no regular file"):
        read(run, "log.jsonl")
    (run / "a").symlink_to("b")
    (run / "b").symlink_to("a")
    with pytest.raises(UserError):
        inside(run, "a")


def test_a_run_may_itself_be_a_link_and_have_links_within(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").symlink_to(run)
    (run / "same.json").symlink_to("generator/done.json")
    check_whole(tmp_path / "mine")
    assert read_json(Done, tmp_path / "mine", "same.json")["steps"] == 3


# --- forms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "[]", '{"steps": -1}', '{"steps": "3"', '{"steps": 1e400}', "[" * 10**5, '{"steps": [[]]}', "\xff"]
)
def test_a_file_of_another_form_is_named(text: str, run: Path) -> None:
    (run / "generator" / "done.json").write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=r"done\.json: "):
        read_json(Done, run, "generator", "done.json")


class Texts:
    """A stage whose options are looked at, of which nothing is drawn."""

    def sample(self, condition: Any, *, seed: int, given: Any, max_length: int | None = None) -> None:
        raise AssertionError("only the signature is read")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"steps": -3}', '{"steps": "a"}', '{"steps": 1e30}'])
def test_a_length_of_another_form_is_named(text: str, run: Path) -> None:
    stage: Any = Texts()
    assert longest(run, "generator", stage) == {}
    (run / "generator" / "longest.json").write_text('{"steps": 7}')
    assert longest(run, "generator", stage) == {"max_length": 7}
    (run / "generator" / "longest.json").write_text(text)
    with pytest.raises(UserError, match=r"longest\.json: "):
        longest(run, "generator", stage)


@pytest.mark.parametrize("text", ["[]", '"name"', "{", '{"regenkit-gone": "1.0"}'])
def test_a_recipe_of_no_use_is_told_whatever_its_environment_is(text: str, run: Path) -> None:
    (run / "recipe.yaml").write_text("dataset: {use: gone/data}")
    (run / "environment.json").write_text(text)
    with pytest.raises(UserError, match=r"no dataset is named 'gone/data'[^~]*(regenkit-gone|train a)"):
        of_run(run)


def test_the_last_line_of_a_log_may_be_cut_and_no_other(run: Path) -> None:
    line = '{"stage": "generator", "kind": "train", "step": 3}\n'
    (run / "log.jsonl").write_text(line * 2 + line[:20])
    assert len(list(read_lines(Line, run, "log.jsonl"))) == 2
    (run / "log.jsonl").write_text(line + '{"stage": 7, "kind": "train", "step": 3}\n')
    with pytest.raises(UserError, match=r"log\.jsonl: stage"):
        list(read_lines(Line, run, "log.jsonl"))


def test_the_log_of_a_long_training_is_read_whatever_its_size(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_files, "LARGEST", 1000)  # stands for 64 MB
    lines = [{"stage": "generator", "step": step, "kind": "train"} for step in range(100)]
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert list(read_lines(Line, run, "log.jsonl")) == lines
    with RunLog(run, Console(quiet=True)) as log:
        log.begin("generator", 49, 100, 0)
    assert list(read_lines(Line, run, "log.jsonl")) == lines[:50]
    (run / "log.jsonl").write_text("x" * (run_files.LONGEST + 9))
    with pytest.raises(UserError, match="has a line of more than 1 MB"):
        list(read_lines(Line, run, "log.jsonl"))


# --- weights ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def weights(run: Path) -> tuple[Any, Path]:
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    path = run / "generator" / "best.weights.h5"
    model.save_weights(path)
    load(model, path)
    return model, path


def _kernel(file: h5py.File) -> h5py.Group:
    found: list[h5py.Group] = []
    file.visititems(lambda name, item: found.append(item.parent) if name.endswith("vars/0") else None)
    return found[0]


def _external_link(vars_: h5py.Group, outside: Path) -> None:
    vars_["0"] = h5py.ExternalLink(str(outside), "secret")


def _soft_link(vars_: h5py.Group, outside: Path) -> None:
    vars_["0"] = h5py.SoftLink("/nowhere")


def _external_storage(vars_: h5py.Group, outside: Path) -> None:
    vars_.create_dataset("0", (3, 2), "f4", external=[(str(outside), 0, 24)])


def _virtual(vars_: h5py.Group, outside: Path) -> None:
    layout = h5py.VirtualLayout((3, 2), "f4")
    layout[:] = h5py.VirtualSource(str(outside), "secret", shape=(3, 2))
    vars_.create_virtual_dataset("0", layout)


def _text(vars_: h5py.Group, outside: Path) -> None:
    vars_.create_dataset("0", data=["a", "b"], dtype=h5py.string_dtype())


def _bomb(vars_: h5py.Group, outside: Path) -> None:
    vars_.create_dataset("0", (2**20, 2**18), "f4", chunks=(1024, 1024), compression="gzip")  # 1 TB of nothing


def _nan(vars_: h5py.Group, outside: Path) -> None:
    vars_.create_dataset("0", data=np.full((3, 2), np.nan, np.float32))


def _shape(vars_: h5py.Group, outside: Path) -> None:
    vars_.create_dataset("0", data=np.zeros((2, 3), np.float32))


CHANGES = [_external_link, _soft_link, _external_storage, _virtual, _text, _bomb, _nan, _shape]


@pytest.mark.parametrize("change", CHANGES)
def test_weights_are_numbers_in_their_own_file(
    change: Callable[[h5py.Group, Path], None], weights: tuple[Any, Path], run: Path, tmp_path: Path
) -> None:
    model, path = weights
    before = [each.numpy() for each in model.variables]
    with h5py.File(tmp_path / "outside.h5", "w") as file:
        file["secret"] = np.ones((3, 2), np.float32)
    with h5py.File(path, "a") as file:
        kernel = _kernel(file)
        del kernel["0"]
        change(kernel, tmp_path / "outside.h5")
    with pytest.raises(UserError, match=r"best\.weights\.h5: "):
        load(model, path)
    if change not in (_nan, _shape):
        with pytest.raises(UserError, match=r"best\.weights\.h5: "):
            digest(path)
        for variable, value in zip(model.variables, before, strict=True):
            np.testing.assert_array_equal(variable.numpy(), value)  # not so much as looked at


# --- what a recipe names ---------------------------------------------------------------------------------------------


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run, and one that takes its generator from it; both made here."""
    host = plugins.Host([letters])
    monkeypatch.setattr(plugins, "host", lambda: host)
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(trust.TRUST, raising=False)
    first, second = tmp_path / "first", tmp_path / "second"
    (tmp_path / "toy.yaml").write_text(letters.RECIPE)
    recipe = load_recipe(tmp_path / "toy.yaml")
    with open_run(first, recipe):
        pass
    with open_run(second, load_recipe(tmp_path / "toy.yaml", [f"generator={{from: {first}}}"])):
        pass
    return tmp_path


def test_a_run_that_was_made_here_may_name_another(runs: Path) -> None:
    assert of_run(runs / "second").generator.run == runs / "first"


def test_a_strangers_run_may_not_unless_it_is_trusted(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGENKIT_CACHE", str(runs / "cache of somebody else"))
    assert of_run(runs / "first").generator.run is None  # it names nothing
    with pytest.raises(UserError, match=r"not made here, and its recipe names .*first, which lies outside.*TRUST=1"):
        of_run(runs / "second")
    monkeypatch.setenv(trust.TRUST, "1")
    assert of_run(runs / "second").generator.run == runs / "first"


def test_a_recipe_that_was_changed_since_is_a_strangers(runs: Path) -> None:
    with (runs / "second" / "recipe.yaml").open("a") as file:
        file.write("# one line more\n")
    with pytest.raises(UserError, match="not made here"):
        of_run(runs / "second")


def test_a_mark_that_was_made_up_is_none(runs: Path) -> None:
    assert trust.trusted(runs / "second")
    (runs / "second" / ".mark").write_text("0" * 64)
    assert not trust.trusted(runs / "second")
    assert (runs / "cache" / "secret").stat().st_mode & 0o77 == 0


def test_data_outside_are_not_read_for_a_strangers_run(runs: Path) -> None:
    trust.check_data(runs / "first", {"path": str(runs)})  # made here
    trust.check_data(None, {"path": str(runs)})
    trust.check_data(runs / "not yet", {"path": str(runs)})
    (runs / "first" / ".mark").unlink()
    trust.check_data(runs / "first", {"path": "no such folder"})
    with pytest.raises(UserError, match=r"its dataset names .*, which lies outside of it"):
        trust.check_data(runs / "first", {"path": str(runs)})


def test_folders_of_data_count_as_what_is_named(run: Path, tmp_path: Path) -> None:
    trust.check_named(run, "dataset", {"path": "no such folder", "limit": 3, "parts": [1.5, None]})
    trust.check_named(run, "dataset", {"path": str(run / "generator")})
    for value in ({"path": str(tmp_path)}, {"paths": ["x", {"deep": str(tmp_path / "outside.json")}]}, {"path": "~"}):
        with pytest.raises(UserError, match="lies outside"):
            trust.check_named(run, "dataset", value)


def test_json_files_of_a_run_hold_no_code(run: Path) -> None:
    (run / "generator" / "done.json").write_text(json.dumps({"steps": 3, "__class__": "os.system", "on": HOSTILE}))
    assert read_json(Done, run, "generator", "done.json")["on"] == HOSTILE  # text, and no more than that
