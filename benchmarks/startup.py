"""How long until something happens? Every command against `import tensorflow`, and what the first step waits for.

    PYTHONPATH=.:plugins python benchmarks/startup.py            # about 6 minutes
    PYTHONPATH=.:plugins python benchmarks/startup.py --quick    # a round, without training: under a minute

Each command is a process of its own; all are started in turn, some rounds, medians. Wall and CPU seconds, and the wall
against that of `import tensorflow` in the same round. The run of which `generate` makes a song was trained for 3 steps
on Bach chorales, its models of the size of recipes/lyric2melody.yaml: what is started costs what it costs there.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).parents[1]
SIZE = "width: 128, depth: 3, dropout: 0.2"
RECIPE = f"""\
dataset: {{use: music/corpus, paired: [bach], unpaired: [], limit: 60}}
converter: {{use: music/template, parts: [timing], given: [tonality, metre, chords]}}
generator: {{use: transformer, {SIZE}}}
renderer: {{use: transformer, {SIZE}}}
train: {{steps: 3, steps_per_call: 3, validate_every: 3, checkpoint_every: 3, sample_every: 0, warmup_steps: 1}}
"""
UNIT = "import tensorflow"
WORDS = "The moon is bright above the sea, the winds are still tonight"
COMMANDS = {
    UNIT: ["-c", UNIT],
    "--help": ["-m", "regenkit", "--help"],
    "plugins": ["-m", "regenkit", "plugins"],
    "check": ["-m", "regenkit", "check", "song.yaml"],
    "generate": ["-m", "regenkit", "generate", "run", "--input", WORDS, "-o", "song.mid"],
}
FIRST_STEP = [str(Path(__file__).resolve()), "--first-step"]


def run(arguments: list[str], folder: Path) -> tuple[float, float, str]:
    """(wall seconds, CPU seconds, output) of a Python process in `folder`."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    environment = {**os.environ, "PYTHONPATH": paths, "REGENKIT_CACHE": str(folder / "cache")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # or every start would compile regenkit anew
    with (folder / "out").open("w+") as out:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *arguments], cwd=folder, env=environment, stdout=out, stderr=out)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}:\n{said}")
    return wall, usage.ru_utime + usage.ru_stime, said


def first_step() -> None:
    """`regenkit train` in this folder until its first call has come back; prints {what: (wall, CPU seconds)}."""
    laps: dict[str, tuple[float, float]] = {}
    last = [time.perf_counter(), 0.0]

    def lap(what: str) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        laps[what] = (wall - last[0], cpu - last[1])
        last[:] = [wall, cpu]

    from rich.console import Console

    from regenkit import recipe
    from regenkit.quiet import tensorflow as tf
    from regenkit.run import train as running
    from regenkit.training import train
    from regenkit.training.step import TrainStep

    lap("imports")
    loaded = recipe.load(Path("song.yaml"))
    recipe.check_data(loaded)
    lap("recipe and its components")

    def then(function: Any, what: str) -> Any:
        def wrapped(*arguments: Any) -> Any:
            found = function(*arguments)
            lap(what)
            return found

        return wrapped

    def train_step(*arguments: Any) -> Any:
        steps = TrainStep(*arguments)
        lap("checkpoints, batches")

        def first_call(iterator: Any, count: tf.Tensor) -> None:
            steps.traced.get_concrete_function(iterator, count)
            lap("tracing")
            steps(iterator, count)
            lap("first call")
            raise KeyboardInterrupt

        return first_call

    with tempfile.TemporaryDirectory(dir=".") as folder, mock.patch.multiple(
        train, State=then(train.State, "model and optimiser"), TrainStep=train_step
    ), mock.patch.object(running, "prepare_distributed", then(running.prepare_distributed, "data")):  # fmt: skip
        try:
            running.train_recipe(loaded, Path(folder) / "run", Console(quiet=True))
        except KeyboardInterrupt:
            print(json.dumps(laps))


def main(quick: bool) -> None:
    rounds, commands = (1 if quick else 7), dict(COMMANDS)
    measured: dict[str, list[tuple[float, float]]] = {}
    laps: list[dict[str, list[float]]] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "song.yaml").write_text(RECIPE)
        if quick:
            del commands["generate"]
        else:
            run(["-m", "regenkit", "train", "song.yaml", "--run", "run"], folder)
        run(["-c", UNIT], folder)  # from disk into memory
        for _ in range(rounds):
            for name, arguments in commands.items():
                measured.setdefault(name, []).append(run(arguments, folder)[:2])
            if not quick:
                wall, cpu, said = run(FIRST_STEP, folder)
                measured.setdefault("train, to its first step", []).append((wall, cpu))
                laps.append(json.loads(said.splitlines()[-1]))
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {load:.1f}; medians, rounds: {rounds}")
    print("\n| Command | wall s | CPU s | wall against `import tensorflow` |\n| --- | --- | --- | --- |")
    for name, values in measured.items():
        ratio = statistics.median(mine[0] / unit[0] for mine, unit in zip(values, measured[UNIT], strict=True))
        walls, cpus = zip(*values, strict=True)
        print(f"| `{name}` | {statistics.median(walls):.2f} | {statistics.median(cpus):.2f} | {ratio:.2f} |")
    if laps:
        print("\n| Before the first step of `train` | wall s | CPU s |\n| --- | --- | --- |")
        for what in laps[0]:
            wall, cpu = (statistics.median(each[what][which] for each in laps) for which in (0, 1))
            print(f"| {what} | {wall:.2f} | {cpu:.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a round, without training")
    parser.add_argument("--first-step", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    first_step() if options.first_step else main(options.quick)
