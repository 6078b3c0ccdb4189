"""Values that are too large, from the top of docs/limits.md: how soon is each answered, and by which message?

    python benchmarks/limits.py          about two minutes; prints a table in Markdown

Each command is a process of its own, in a folder with some pictures, some songs, and a run that was trained for three
steps. Seconds of the wall and of the processor: on a busy machine only the latter mean something. Commands that are not
refused are interrupted, as by Ctrl-C, as soon as the first result is written.
"""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))
import own_pictures  # noqa: E402
import processes  # noqa: E402
import saboteur  # noqa: E402

PICTURES = """\
dataset: {use: image/folder, path: pictures, size: 32}
converter: {use: image/vqvae}
generator: {use: transformer, width: 32, depth: 1, heads: 2}
renderer: {use: converter}
"""
SONGS = saboteur.RECIPE.replace("steps: 48", "steps: 3")
LARGE = (
    ("song.yaml", "generator.width=100000"), ("song.yaml", "generator.depth=100000"),
    ("picture.yaml", "converter.width=1000000"), ("picture.yaml", "converter.codebook_size=100000000"),
    ("picture.yaml", "converter.depth=5000"), ("song.yaml", "train.batch_size=1000000000"),
)  # fmt: skip
MANY = (
    ("generate", "run", "--input", "la la la la", "--count", "1000000", "-o", "many.mid"),
    ("render", "run", "rep.yaml", "--count", "1000000000", "-o", "again.mid"),
    ("evaluate", "run", "--samples", "1000000000"),
)  # fmt: skip
WIDTH = 200


def furnish(folder: Path) -> None:
    saboteur.furnish(folder)
    (folder / "song.yaml").write_text(SONGS)
    (folder / "picture.yaml").write_text(PICTURES)
    for number in range(24):
        own_pictures.draw(folder / "pictures" / ("cat", "dog")[number % 2] / f"{number}.png", number)
    for command in (("train", "song.yaml", "--run", "run"), ("convert", "run", "songs/1.mid", "-o", "rep.yaml")):
        made = answer(command, folder)
        assert made.status == 0, made.said


@dataclass
class Answer:
    """Seconds of the wall and of the processor until the message is there, and until the first result is."""

    status: int = 0
    said: str = ""
    message: tuple[float, float] = (0, 0)
    result: tuple[float, float] | None = None


def answer(command: tuple[str, ...], folder: Path, results: str = "no results") -> Answer:
    """A command that runs until it ends, or is interrupted when it has written the first of `results`, a pattern."""
    output, found = folder / "output.txt", Answer()
    with output.open("w") as out:
        began, spoken = time.perf_counter(), False
        process = subprocess.Popen([sys.executable, "-m", "regenkit", *command], cwd=folder, stdout=out, stderr=out,
                                   env={**saboteur.environment(folder), "TF_CPP_MIN_LOG_LEVEL": "2"})  # fmt: skip
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            now = time.perf_counter() - began, processes.used(process.pid)
            if not spoken and output.stat().st_size:
                found.message, spoken = now, True
            if not found.result and any(folder.glob(results)):
                found.result = now
                process.send_signal(signal.SIGINT)
            time.sleep(0.01)
    _, status, usage = ended
    process.returncode = found.status = os.waitstatus_to_exitcode(status)
    if not found.result:
        found.message = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    found.said = output.read_text()
    return found


def main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a job in the background and its children ignore
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        furnish(folder)
        print("| command | status | wall s | CPU s | answer |\n| --- | --- | --- | --- | --- |")
        for command in (*(("check", recipe, "--set", setting) for recipe, setting in LARGE), *MANY):
            results = f"{command[-1].removesuffix('.mid')}-*.mid"
            found = answer(command, folder, results)
            assert "Traceback" not in found.said and found.status in (2, signal.SIGINT + 128), found.said
            words = textwrap.shorten(found.said.removeprefix("error "), WIDTH, placeholder=" …")
            if found.result:
                words = (f"{found.said.splitlines()[0]}. First result: {found.result[1]:.1f} s of the processor; "
                         f"{len(list(folder.glob(results)))} kept upon Ctrl-C")  # fmt: skip
            wall, seconds = found.message
            print(f"| `{' '.join(command)}` | {found.status} | {wall:.1f} | {seconds:.1f} | {words} |", flush=True)


if __name__ == "__main__":
    main()
