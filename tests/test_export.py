"""An exported run draws what the run draws, holds no training state, stands alone; and a stranger's cannot do harm."""

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import letters
import numpy as np
import pytest
import runs
from runs import PLAIN, train

from regenkit.errors import UserError
from regenkit.pipeline.load import FILES, MANIFEST, load_run
from regenkit.pipeline.pipeline import Pipeline
from regenkit.run.export import export_run
from regenkit.run.graphs import export_graphs

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
RECIPE = f"""\
dataset: {{use: toy/data, count: 60}}
converter: {{use: toy/parity}}
generator: {{use: toy/table}}
renderer: {{use: toy/table}}
train: {{{PLAIN}, sample_every: 0}}
"""
TAKEN = f"""\
dataset: {{use: toy/data, count: 60}}
converter: {{use: toy/parity}}
generator: {{from: first}}
renderer: {{from: first}}
finetune: {{on: sampled}}
train: {{{PLAIN}, sample_every: 0}}
"""
WEIGHTS = "generator/best.weights.h5"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder to work in; in it `second`, which took its stages from `first` and tuned its renderer; its export."""
    folder = tmp_path_factory.mktemp("home")
    with runs.at_home(folder, runs.Stopper("none")):
        train("first", RECIPE)
        train("second", TAKEN.replace("from: first", f"from: {folder / 'first'}"))
        export_run(load_run("second"), Path("second.zip"))
        yield folder


def drawn(run: Pipeline) -> list[Any]:
    xs = [{"letter": np.arange(1, 6, dtype=np.int32)}, {"letter": np.ones(9, np.int32)}]
    reps = run.predict_rep(xs, [run.given_of({"mode": np.int32(2)})] * 2, seed=4)
    return [{name: value.tolist() for name, value in y.items()} for y in run.render_rep(reps, seed=4)]


def test_it_draws_what_the_run_draws_when_the_runs_are_gone(home: Path) -> None:
    mine = drawn(load_run("second"))
    for name in ("first", "second"):
        Path(name).rename(f"{name}.gone")
    try:
        assert drawn(load_run("second.zip")) == mine
    finally:
        for name in ("first", "second"):
            Path(f"{name}.gone").rename(name)


def test_it_has_the_tuned_renderer_and_no_training_state(home: Path) -> None:
    with zipfile.ZipFile("second.zip") as opened:
        names = opened.namelist()
        said = json.loads(opened.read(MANIFEST))
        text = b"".join(opened.read(name) for name in names if not name.endswith(".h5")).decode()
    assert set(names) <= set(FILES) and len(names) == len(set(names))
    assert said["stages"] == ["generator", "finetune"] and said["name"] == "second"
    assert said["licences"] == {"toy/data": "not stated"} and said["components"]["toy/parity"] == ""
    assert str(home) not in text and "from:" not in text
    folder = load_run("second.zip").folder
    assert folder is not None and not list(folder.rglob("checkpoints"))
    with h5py.File(folder / WEIGHTS) as file:
        found: list[str] = []
        file.visit(found.append)
    assert found and not [name for name in found if "optimizer" in name]


def test_it_is_the_same_bytes_again_and_an_export_can_be_exported(home: Path) -> None:
    export_run(load_run("second"), Path("again.zip"))
    assert Path("again.zip").read_bytes() == Path("second.zip").read_bytes()
    export_run(load_run("second.zip"), Path("from_export.zip"))
    assert drawn(load_run("from_export.zip")) == drawn(load_run("second"))


def test_weights_may_be_larger_than_a_plain_zip_can_hold(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)  # stands for 2 GB
    export_run(load_run("second"), Path("large.zip"))
    assert drawn(load_run("large.zip")) == drawn(load_run("second"))


def test_what_is_not_trained_is_refused_and_nothing_is_written(home: Path) -> None:
    shutil.copytree("first", "half")
    shutil.rmtree("half/renderer")
    with pytest.raises(UserError, match="renderer has not been trained"):
        export_run(load_run("half"), Path("half.zip"))
    assert not Path("half.zip").exists() and not list(Path().glob(".half*"))


def test_a_run_that_reads_x_by_another_run_is_refused(home: Path) -> None:
    run = load_run("first")
    source = replace(run.recipe.part("converter"), run=Path("other"))
    run.recipe = replace(run.recipe, parts={**run.recipe.parts, "source": source})
    with pytest.raises(UserError, match="its X′ is made by the converter of other"):
        export_run(run, Path("no.zip"))


# --- what a stranger may send -----------------------------------------------------------------------------------------


def repacked(change: Callable[[dict[str, bytes]], None], name: str) -> Path:
    with zipfile.ZipFile("second.zip") as opened:
        held = {each: opened.read(each) for each in opened.namelist()}
    change(held)
    with zipfile.ZipFile(name, "w") as archive:
        for each, data in held.items():
            archive.writestr(each, data)
    return Path(name)


def with_weights(make: Callable[[h5py.File], Any]) -> Callable[[dict[str, bytes]], None]:
    def change(held: dict[str, bytes]) -> None:
        Path("w.h5").write_bytes(held[WEIGHTS])
        with h5py.File("w.h5", "a") as file:
            make(file)
        held[WEIGHTS] = Path("w.h5").read_bytes()

    return change


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "x", (3,))
    file.create_virtual_dataset("v", layout)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda held: held.pop(MANIFEST), "is no exported run"),
        (lambda held: held.update({MANIFEST: b"{"}), "is no exported run"),
        (lambda held: held.update({MANIFEST: b'{"format": 99}'}), "of format 99, this regenkit reads 1"),
        (lambda held: held.update({WEIGHTS: b"not weights"}), "cannot be used"),
        (lambda held: held.update({WEIGHTS: b"0" * 10_000_000}), "cannot be used"),
        (with_weights(lambda file: file.update({"out": h5py.ExternalLink("secret.h5", "/x")})), "out is a link"),
        (with_weights(lambda file: file.update({"soft": h5py.SoftLink("/layers")})), "soft is a link"),
        (with_weights(lambda file: file.create_dataset("e", (3,), "f4", external="secret.bin")), "in another file"),
        (with_weights(virtual), "in another file"),
        (with_weights(lambda file: file.create_dataset("text", data=b"code")), "no numbers"),
        (with_weights(lambda file: file.create_dataset("big", (10**9,), "f8", chunks=(10,))), "larger than such"),
        (lambda held: held.update({"recipe.yaml": b"!!python/object/apply:os.system [true]"}), "recipe.yaml"),
    ],
    ids=["none", "json", "format", "noise", "size", "link", "soft", "external", "virtual", "text", "big", "yaml"],
)  # fmt: skip
def test_a_stranger_s_export_is_refused(home: Path, change: Any, said: str) -> None:
    with pytest.raises(UserError) as found:
        load_run(repacked(change, "strange.zip")).stage("generator")
    assert said in str(found.value)


def test_what_an_export_has_not_is_left_in_the_archive(home: Path, tmp_path: Path) -> None:
    """Paths that lead out, links, code, and a second weights file by another name."""

    def change(held: dict[str, bytes]) -> None:
        held |= {"../evil.py": b"1", "/tmp/evil.py": b"1", "evil.py": b"1", "generator/evil.py": b"1"}

    path = repacked(change, "more.zip")
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("renderer/best.weights.h5")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    run = load_run(path)
    assert run.folder is not None
    assert {str(each.relative_to(run.folder)) for each in run.folder.rglob("*") if each.is_file()} <= set(FILES)
    assert drawn(run) == drawn(load_run("second.zip"))


def test_a_damaged_zip_and_another_file_are_told(home: Path) -> None:
    Path("cut.zip").write_bytes(Path("second.zip").read_bytes()[:5000])
    with pytest.raises(UserError, match=r"cut\.zip: is damaged, or no zip file"):
        load_run("cut.zip")
    whole = bytearray(Path("second.zip").read_bytes())
    whole[whole.index(b"PK\x01\x02")] ^= 1  # where the list of its files begins
    Path("bad.zip").write_bytes(whole)
    with pytest.raises(UserError, match=r"bad\.zip: is damaged \(Bad magic number"):
        load_run("bad.zip")
    Path("run.tar").touch()
    with pytest.raises(UserError, match=r"run\.tar: is a file; right are a run directory and an export"):
        load_run("run.tar")


def test_a_stage_that_is_no_graph_is_left_out_by_name(home: Path) -> None:
    run = load_run("first")
    with run.using("generator", letters), pytest.raises(UserError, match="generator: left out, because module"):
        run._stages["renderer"] = letters  # what has neither an encoder nor predict_steps
        export_graphs(run, Path("none"), "savedmodel")
    assert not Path("none").exists()
