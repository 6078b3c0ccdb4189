"""`python fuzz_worker.py CLASSES FIRST COUNT FOLDER`: reads COUNT changed files under limits of memory and time, and
prints a line for each: its number, and what came of it. CLASSES are names with commas between; of M classes, number N
is seed N // M of class N % M.

    accepted    a value that the specs allow
    refused     a UserError or BadSource that names the file
    nameless    one that does not
    slow        no answer within SECONDS
    traceback   anything else

What ends the process (a crash) is seen by who started it: the last line is the number that was begun.
"""

import random
import resource
import shutil
import signal
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

from fuzz_changes import changed
from fuzz_inputs import Input, all_inputs

from regenkit.errors import BadSource, UserError

SECONDS, MEMORY = 10, 10**9
"""Within which each file is to be answered: of the processor's time, so that a busy machine makes no difference; and of
memory, beyond what the process has before the first."""


class Slow(BaseException):
    """Not an Exception, so that no reader takes it for a fault of the file."""


def made(kind: Input, seed: int) -> bytes:
    """The changed file of a seed."""
    chance = random.Random(f"{kind.name} {seed}")
    return changed(chance, chance.choice(kind.sound), kind.suffix)


def answer(kind: Input, path: Path) -> tuple[str, str]:
    """(what came of reading a file, more about that)."""

    def ring(*_: Any) -> None:
        raise Slow

    signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        kind.read(path)
    except (UserError, BadSource) as error:
        said = str(error)
        wants_data = "regenkit data fetch" in said  # a reader that is a network: it names what it lacks
        return ("refused", "") if path.stem in said or wants_data else ("nameless", said[:200])
    except Slow:
        return "slow", ""
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return "traceback", f"{type(error).__name__}: {str(error)[:150]!r} {where.filename}:{where.lineno}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return "accepted", ""


def limited() -> None:
    """No more than MEMORY from now on."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY,) * 2)


def main(names: list[str], first: int, count: int, folder: Path) -> None:
    known = {each.name: each for each in all_inputs(folder)}
    kinds = [known[name] for name in names]
    for kind in kinds:
        for data in kind.sound if len(kinds) == 1 else kind.sound[-1:]:  # imports, caches
            path = folder / f"sound{kind.suffix}"
            path.write_bytes(data)
            answer(kind, path)
    limited()
    warnings.simplefilter("ignore")
    for number in range(first, first + count):
        print(number, end=" ", flush=True)
        kind, seed = kinds[number % len(kinds)], number // len(kinds)
        path = folder / f"changed{kind.suffix}"
        path.write_bytes(made(kind, seed))
        print(*answer(kind, path), flush=True)
        shutil.rmtree(folder / "changed.unpacked", ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1].split(","), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
