"""What twenty plugins cost `regenkit --help` and `regenkit plugins`, against the same imports bare.

    python benchmarks/plugins.py

Each is a process of its own; the two are started in turns, and the medians' ratio counts.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PLUGINS, TURNS = 20, 5
MODULE = """
from regenkit import Generator, Metric, hookimpl

@hookimpl
def register_generators():
    for number in range(5):
        yield Generator(name=f"p{0}/g{{number}}", target="none:None", summary="a generator")

@hookimpl
def register_metrics():
    for number in range(5):
        yield Metric(name=f"p{0}/m{{number}}", target="none:None", summary="a metric", modality="image")
"""
ROOT = Path(__file__).parents[1]
COMMANDS = {"--help": "import typer.rich_utils", "plugins": "from rich.console import Console"}
"""What each command imports beside the command line and the plugins: the same is imported bare."""


def install(folder: Path) -> list[str]:
    for number in range(PLUGINS):
        info = folder / f"p{number}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: p{number}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[regenkit]\np{number} = plugin_{number}\n")
        (folder / f"plugin_{number}.py").write_text(MODULE.format(number))
    return [f"plugin_{number}" for number in range(PLUGINS)]


def seconds(command: list[str], path: str) -> float:
    """Of computing, which other work on the machine changes little."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        modules = install(Path(name))
        own = [path.name for path in (ROOT / "plugins").glob("regenkit_*")]
        path = os.pathsep.join(map(str, (name, ROOT, ROOT / "plugins")))
        for argument, more in COMMANDS.items():
            code = f"import regenkit.cli.main, regenkit.plugins, {', '.join([*modules, *own])}; {more}"
            times: dict[str, list[float]] = {"bare": [], "regenkit": []}
            for _ in range(TURNS):
                times["bare"].append(seconds([sys.executable, "-c", code], path))
                times["regenkit"].append(seconds([sys.executable, "-m", "regenkit", argument], path))
            bare, whole = (statistics.median(each) for each in times.values())
            print(f"{argument}: {whole:.2f} s, the imports alone {bare:.2f} s: {whole / bare:.2f} times")


if __name__ == "__main__":
    main()
