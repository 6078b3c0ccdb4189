"""`python forks.py`: commands of regenkit as forks of one process that has imported everything, for those who start
hundreds of them. A fork takes milliseconds; the import of TensorFlow takes seconds.

Each line of standard input is a command: {"arguments", "folder", "environment", "output", "processors"}. It is answered
by two lines: {"pid"} when it begins, {"status", "seconds"} when it has ended. The status is as `subprocess` has it, the
seconds are of the processor.

A fork is sound here because this process has one thread and has run no operation of TensorFlow. Both are checked before
each fork. A fork leaves the loop and calls `main()` at the end of the script, so that Python ends it like any process.
"""

import gc
import importlib
import json
import os
import pkgutil
import random
import sys
from typing import Any


def imported(*packages: str) -> int:
    """Imports all modules of packages, and says how many."""
    names = [module.name for package in packages
             for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
             if not module.name.endswith("__main__")]  # fmt: skip
    for name in names:
        importlib.import_module(name)
    return len(names)


def check_alone() -> None:
    """Nothing has begun of which a fork would have but half."""
    from tensorflow.python.eager import context

    assert len(os.listdir("/proc/self/task")) == 1, "there are threads, which a fork would lack"
    assert not context.context()._initialized, "an operation has run: a fork would lack the threads that run them"


def become(command: dict[str, Any]) -> None:
    """This fork is the process of a command: in a group of its own, with its folder, environment and files."""
    import numpy as np

    os.setpgid(0, 0)
    out = os.open(command["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    null = os.open(os.devnull, os.O_RDONLY)
    for mine, standard in ((null, 0), (out, 1), (out, 2)):
        os.dup2(mine, standard)
        os.set_inheritable(standard, True)
    os.close(out)
    os.close(null)
    os.chdir(command["folder"])
    os.environ.clear()
    os.environ.update(command["environment"])
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: command["processors"]])
    random.seed()  # as in a process that has just begun: nobody may lean on what the generators happen to say
    np.random.seed()
    sys.argv = ["regenkit", *command["arguments"]]


def serve() -> bool:
    """True in a fork; False when the input has ended."""
    print(json.dumps({"modules": imported("regenkit", "regenkit_music")}), flush=True)
    gc.collect()
    gc.freeze()  # else the first collection of a fork copies all memory
    for line in sys.stdin:
        check_alone()
        pid = os.fork()
        if not pid:
            become(json.loads(line))
            return True
        print(json.dumps({"pid": pid}), flush=True)
        _, status, usage = os.wait4(pid, 0)
        seconds = usage.ru_utime + usage.ru_stime
        print(json.dumps({"status": os.waitstatus_to_exitcode(status), "seconds": seconds}), flush=True)
    return False


if __name__ == "__main__" and serve():
    from regenkit.cli.main import main

    main()
