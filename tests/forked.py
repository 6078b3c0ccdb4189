"""Commands as processes of their own, forked from one that has imported TensorFlow: four seconds less for each.

A process starts as `python -m regenkit` does, but for these imports. What is about starting itself, about signals or
about an environment that TensorFlow reads when it is imported starts a whole process: `installed.python`, processes.py.
"""

import atexit
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from multiprocessing import forkserver
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATHS = os.pathsep.join(map(str, (ROOT, ROOT / "plugins")))
FORKED = multiprocessing.get_context("forkserver")


def regenkit(
    arguments: Sequence[str], folder: Path, env: dict[str, str] | None = None, timeout: float = 240
) -> subprocess.CompletedProcess[str]:
    """`regenkit arguments` in a folder, to its end; an error if it takes longer than `timeout` seconds.

    `env` is the environment; without it, this process's with our code first on its path.
    """
    env = env or {**os.environ, "PYTHONPATH": PATHS}
    with pytest.MonkeyPatch.context() as patch:  # of the first call alone: the server has started afterwards
        patch.setenv("PYTHONPATH", PATHS)
        FORKED.set_forkserver_preload(["regenkit.quiet"])
        forkserver.ensure_running()
    with tempfile.TemporaryDirectory() as kept:
        streams = [Path(kept, "stdout"), Path(kept, "stderr")]
        process = FORKED.Process(target=_command, args=(list(arguments), str(folder), env, list(map(str, streams))))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), timeout)
        printed = [stream.read_text("utf-8") for stream in streams]
        return subprocess.CompletedProcess(list(arguments), process.exitcode, *printed)


def _command(arguments: list[str], folder: str, env: dict[str, str], streams: list[str]) -> None:
    for descriptor, path in enumerate(streams, 1):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    paths = env.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = ["", *paths, *(each for each in sys.path if each.startswith((sys.prefix, sys.base_prefix)))]
    sys.argv[:] = ["regenkit", *arguments]
    try:
        runpy.run_module("regenkit", run_name="__main__", alter_sys=True)
    finally:  # as the interpreter ends: a fork of multiprocessing waits for children first, which these tell to end
        threading._shutdown()
        atexit._run_exitfuncs()
