"""A plugin that kills its process, or fills the disk, at an instant of a command; and the command line that has it.

    REGENKIT_SABOTAGE='kill|checkpoints/|2|0.004'     4 ms after the second file is opened for writing in checkpoints/
    REGENKIT_SABOTAGE='full|\\.wav$|1|0'               from the first .wav on, no file can grow

Every file that Python opens to write is met, by its path, and every renaming, as "rename TO"; "save_weights" as well,
since HDF5 opens its files itself.
"""

import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from regenkit import Generator, Renderer, hookimpl

ROOT = Path(__file__).parents[1]
SONGS = 64
COMMAND = [sys.executable, "-m", "regenkit", "train", "song.yaml", "--run", "run"]
PATIENCE = 900
UNEQUAL = ("steps_per_second", "waiting")
"""What of the log is of the machine."""
RECIPE = """\
dataset: {use: music/folder, path: songs}
converter: {use: music/template, parts: [timing], given: [tonality, metre]}
generator: {use: transformer, width: 8, depth: 1, heads: 2}
renderer: {use: transformer, width: 8, depth: 1, heads: 2}
train: {steps: 48, batch_size: 4, steps_per_call: 2, validate_every: 6, checkpoint_every: 4, sample_every: 24,
        warmup_steps: 1, seed: 1}
"""

# --- in the process that is to fail ----------------------------------------------------------------------------------

_what, _pattern, _count, _delay = (os.environ.get("REGENKIT_SABOTAGE") or "||0|0").split("|")
_left = int(_count)


def meet(name: str) -> None:
    """Strike where the name is the one, and it is the time."""
    global _left
    if _left and re.search(_pattern, name):
        _left -= 1
        if _left == 0:
            print("struck at", name, flush=True)
            _strike()


def _strike() -> None:
    if _what == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    else:
        threading.Timer(float(_delay), os.kill, (os.getpid(), signal.SIGKILL)).start()


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[1], str) and set("wax+") & set(arguments[1]):
        meet(str(arguments[0]))
    elif event == "os.rename":
        meet(f"rename {arguments[1]}")


if _left:
    sys.addaudithook(_listen)


@hookimpl
def training_callbacks(recipe: Any, stage: str, run_dir: Path) -> None:
    from regenkit.quiet import keras

    save = keras.Model.save_weights

    def met_and_saved(model: Any, path: Any, **options: Any) -> Any:
        meet("save_weights")
        return save(model, path, **options)

    keras.Model.save_weights = met_and_saved


@hookimpl
def register_generators() -> Iterator[Generator]:
    yield Generator(name="sabotage/table", target="table_stage:Table")


@hookimpl
def register_renderers() -> Iterator[Renderer]:
    yield Renderer(name="sabotage/table", target="table_stage:Table")


# --- in the test -----------------------------------------------------------------------------------------------------


def furnish(folder: Path) -> Path:
    """A user's folder: short songs with words, the recipe, and the plugin as pip would have installed it."""
    from regenkit_music.modality.files import write
    from regenkit_music.modality.melody import Melody, Note

    (folder / "songs").mkdir(parents=True)
    chance = random.Random(1)
    for number in range(SONGS):
        onset, notes = 0, []
        for _ in range(chance.randint(10, 16)):
            duration = chance.choice([2, 4, 4, 8])
            notes.append(Note(onset=onset, duration=duration, pitch=chance.randint(60, 76), syllable="la"))
            onset += duration
        write(Melody(notes=tuple(notes), title=str(number)), folder / "songs" / f"{number}.mid")
    (folder / "song.yaml").write_text(RECIPE)
    info = folder / "installed" / "saboteur-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: saboteur\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[regenkit]\nsaboteur = saboteur\n")
    return folder


def environment(folder: Path, sabotage: str = "") -> dict[str, str]:
    """A cache of its own, the plugin installed."""
    paths = map(str, (ROOT, ROOT / "plugins", ROOT / "tests", folder / "installed"))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "REGENKIT_CACHE": str(folder / "cache"),
            "REGENKIT_SABOTAGE": sabotage}  # fmt: skip


def train(folder: Path, sabotage: str = "") -> tuple[int, str]:
    """`regenkit train` in a furnished folder: its status and what it says. No traceback, no process left behind."""
    process = subprocess.Popen(COMMAND, cwd=folder, env=environment(folder, sabotage), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
    try:
        said, _ = process.communicate(timeout=PATIENCE)
        end = time.monotonic() + 20
        while _any_left(process.pid) and time.monotonic() < end:
            time.sleep(0.1)
        assert not _any_left(process.pid), "a process outlived the one that was killed"
    finally:
        if _any_left(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != -signal.SIGKILL:  # of one that is killed, workers may say that they lost it
        assert "Traceback" not in said, said
    return process.returncode, said


def _any_left(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def result(folder: Path) -> dict[str, Any]:
    """What a finished run leaves: weights, the last checkpoint of each stage, log but for speeds, samples."""
    run = folder / "run"
    found: dict[str, Any] = {}
    for stage in ("generator", "renderer"):
        names: list[str] = []
        with h5py.File(run / stage / "best.weights.h5") as file:
            file.visit(names.append)
            found |= {f"{stage} {name}": file[name][()] for name in names if isinstance(file[name], h5py.Dataset)}
        newest = max((run / stage / "checkpoints").glob("step-*.npz"))
        with np.load(newest) as last:
            found |= {f"{stage} {newest.name} {name}": last[name] for name in last.files}
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    found["log"] = [{name: value for name, value in line.items() if name not in UNEQUAL} for line in log]
    samples = [path for path in (run / "samples").glob("[!.]*") if path.suffix != ".musicxml"]  # which has random ids
    found |= {path.name: path.read_bytes() for path in samples}
    return dict(sorted(found.items()))


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Asserts that two finished runs are equal, to the bit."""
    assert list(one) == list(other) and len(one) > 100
    for name, value in one.items():
        np.testing.assert_equal(value, other[name], name)
