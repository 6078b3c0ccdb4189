"""Preparation, training, evaluation and comparison are killed at instants that chance decides, and started again until
they end. Is what they leave equal, to the bit, to what nobody touched? The table of docs/limits.md is of such a report.

    python benchmarks/kills.py --kills 1000 --report kills.json
    python benchmarks/kills.py --table kills.json

A round is the four commands in a folder of their own. Each is killed up to PATIENCE times before it may end. Most are
forks of a process that has imported everything (`tests/forks.py`), some are processes of their own. They are struck

    file        up to 50 ms after the N-th file was opened to be written, or renamed
    time        when they have used a time of the processor
    interrupt   at such a time by Ctrl-C, upon which they end by themselves

Kills count when their round has ended as it should. A campaign that was stopped goes on.
"""

import argparse
import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))
import kills  # noqa: E402
import processes  # noqa: E402
import saboteur  # noqa: E402

PATIENCE = {"prepare": 16, "train": 20, "evaluate": 20, "compare": 24}
"""How often a command is struck in a round."""
FILES = {"prepare": 12, "train": 40, "evaluate": 40, "compare": 60}
"""About how many files a command writes in the time that it has."""
SECONDS = {"prepare": 0.6, "train": 6.0, "evaluate": 5.0, "compare": 9.0}
"""Processor's time in which a fork does much of a command; another process has to import first, which takes START."""
START = 5.0
HOURS = 1
"""After which a command that has not ended hangs, on however busy a machine."""
KINDS = ("file", "time", "interrupt")
WAYS = {
    "file": "killed at a file", "time": "killed by time", "file direct": "own process, at a file",
    "time direct": "own process, by time", "interrupt": "Ctrl-C",
}  # fmt: skip
LEFT = (-signal.SIGKILL, 130, -signal.SIGINT)
"""What a struck command ends with. While Python itself ends, Ctrl-C is the system's: a shell calls that 130 as well."""


@final
@dataclass(frozen=True, kw_only=True)
class Ended:
    status: int
    seconds: float
    said: str


@final
@dataclass
class Server:
    """Starts commands, as forks of one process or as processes of their own, and strikes them."""

    errors: Path
    process: subprocess.Popen | None = None

    def fork(self, command: dict[str, Any]) -> int:
        if not self.process:
            self.process = subprocess.Popen(
                [sys.executable, TESTS / "forks.py"], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self.errors.open("w"), env=command["environment"],
            )  # fmt: skip
            self._line()
        assert self.process.stdin
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        return int(self._line()["pid"])

    def _line(self) -> dict[str, Any]:
        assert self.process and self.process.stdout
        if line := self.process.stdout.readline():
            return dict(json.loads(line))
        raise AssertionError(self.errors.read_text())

    def ended(self, wait: float) -> tuple[int, float] | None:
        """(status, seconds) of the fork, if it ends within `wait`."""
        assert self.process
        if not select.select([self.process.stdout], [], [], wait)[0]:
            return None
        line = self._line()
        return line["status"], line["seconds"]

    def close(self) -> None:
        """The next fork is of another process, which has other seeds for hashes, and other addresses."""
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.wait()
        self.process = None


def attempt(server: Server, folder: Path, name: str, *, direct: bool, kind: str = "", at: float = 0,
            processors: int = 1, delay: float = 0) -> Ended:  # fmt: skip
    """A command, struck by `kind` at `at`: the number of a file, or seconds; without a kind nobody touches it."""
    output = folder.parent / f"{folder.name}.txt"
    output.unlink(missing_ok=True)
    sabotage = f"kill|.|{int(at)}|{delay}" if kind == "file" else ""
    environment = saboteur.environment(folder, sabotage) | {"TMPDIR": str(folder / "tmp")}
    command = {"arguments": kills.COMMANDS[name], "folder": str(folder), "environment": environment,
               "output": str(output), "processors": processors}  # fmt: skip
    if direct:
        with output.open("w") as out:
            own = subprocess.Popen([sys.executable, "-m", "regenkit", *kills.COMMANDS[name]], cwd=folder,
                                   env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   process_group=0)  # fmt: skip
        pid = own.pid
    else:
        pid = server.fork(command)
    until, struck, found = time.monotonic() + 3600 * HOURS, False, None
    while not found:
        if not struck and kind in ("time", "interrupt") and processes.used(pid) >= at:
            os.kill(pid, signal.SIGKILL if kind == "time" else signal.SIGINT)
            struck = True
        if time.monotonic() > until:
            os.killpg(pid, signal.SIGKILL)
            raise AssertionError(f"{name} {kind} {at}: has not ended within {HOURS} hours\n{output.read_text()}")
        found = _reaped(pid) if direct else server.ended(0.004)
    _check_alone(pid)
    return Ended(status=found[0], seconds=found[1], said=output.read_text(errors="replace"))


def _reaped(pid: int) -> tuple[int, float] | None:
    done, status, usage = os.wait4(pid, os.WNOHANG)
    if not done:
        time.sleep(0.004)
        return None
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime


def _check_alone(pid: int) -> None:
    """Nothing that it started outlives it for long."""
    until = time.monotonic() + 120
    while True:
        try:
            os.killpg(pid, 0)
        except ProcessLookupError:
            return
        assert time.monotonic() < until, f"a process of group {pid} outlives the one that was killed"
        time.sleep(0.02)


@final
@dataclass
class Round:
    """Counts of a round: strikes by command and way, what was written when they struck, seconds of the processor."""

    strikes: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    seconds: float = 0


def go_round(folder: Path, recipe: str, seed: int, *, direct: bool) -> Round:
    """The four commands, struck again and again, until all have ended. Raises AssertionError for whatever is wrong."""
    chance, found, server = random.Random(seed), Round(), Server(folder.parent / "forks.txt")
    kills.furnish(folder, recipe)
    (folder / "tmp").mkdir()
    for name in kills.COMMANDS:
        for left in range(PATIENCE[name], -1, -1):
            kind = chance.choices(KINDS, (10, 9, 1))[0] if left else ""
            early = chance.random() ** 2  # so that most attempts are short
            at = 1 + int(FILES[name] * early) if kind == "file" else 0.3 + SECONDS[name] * early + START * direct
            ended = attempt(server, folder, name, direct=direct, kind=kind, at=at, delay=chance.uniform(0, 0.05),
                            processors=chance.choice((1, 1, 1, 2)))  # fmt: skip
            found.seconds += ended.seconds
            if ended.status != -signal.SIGKILL:  # of one that is killed, workers may say that they lost it
                assert "Traceback" not in ended.said, f"seed {seed}: {name} {kind} {at}\n{ended.said}"
            if ended.status == 0:
                break
            assert kind and ended.status in LEFT, f"seed {seed}: {name} {kind} {at} {ended.status}\n{ended.said}"
            way = "interrupt" if ended.status in (130, -signal.SIGINT) else f"{kind} direct" if direct else kind
            found.strikes[f"{name}: {way}"] += 1
            if place := re.search(r"struck at (.*)", ended.said):
                found.places[generic(place[1], folder)] += 1
    server.close()
    return found


def generic(path: str, folder: Path) -> str:
    """A file's name without what is of one run."""
    rename = "rename to " * path.startswith("rename ")
    path = path.removeprefix("rename ").replace(str(folder), "").strip("/")
    return rename + re.sub(r"[0-9a-f]{8,}|\d+", "N", "/".join(path.split("/")[-2:]))


def untouched(folder: Path, recipe: str, *, direct: bool) -> dict[str, Any]:
    """What nobody touched leaves, by processes of their own or by forks, whichever the round will have. Once both are
    known they are compared: they are to be the same."""
    ways = {True: folder / f"{recipe}-direct", False: folder / f"{recipe}-forked"}
    one, server = ways[direct], Server(folder / "forks.txt")
    if not (one / "done").exists():
        shutil.rmtree(one, ignore_errors=True)
        kills.furnish(one, recipe)
        (one / "tmp").mkdir()
        for name in kills.COMMANDS:
            ended = attempt(server, one, name, direct=direct)
            print(f"untouched {one.name} {name}: {ended.seconds:.1f} s", flush=True)
            assert ended.status == 0, ended.said
        (one / "done").touch()
    server.close()
    found = kills.result(one)
    if (ways[not direct] / "done").exists():
        saboteur.same(kills.result(ways[not direct]), found)
        print(f"forks and processes of their own leave the same {len(found)} values", flush=True)
    return found


def campaign(count: int, report: Path, folder: Path, recipe: str, direct: bool) -> None:
    """Rounds until `count` kills of this recipe, in this way, are in the report."""
    done: dict[str, dict[str, Any]] = json.loads(report.read_text()) if report.exists() else {}
    name = f"{recipe}, {'direct' if direct else 'forked'}"
    known = done.setdefault(name, {"strikes": {}, "places": {}, "rounds": 0, "seconds": 0.0, "differences": []})
    whole = untouched(folder, recipe, direct=direct)
    while sum(number for way, number in known["strikes"].items() if not way.endswith("interrupt")) < count:
        seed = int(time.time())
        one = Path(tempfile.mkdtemp(prefix=f"{recipe}-", dir=folder))
        try:
            found = go_round(one / "user", recipe, seed, direct=direct)
            saboteur.same(kills.result(one / "user"), whole)
        except AssertionError as error:
            known["differences"].append(f"seed {seed}: {error}"[-2000:])
            report.write_text(json.dumps(done, indent=1))
            print(one, error, sep="\n", flush=True)
            raise
        for part in ("strikes", "places"):
            known[part] = dict(Counter(known[part]) + getattr(found, part))
        known["rounds"] += 1
        known["seconds"] = round(known["seconds"] + found.seconds, 1)
        report.write_text(json.dumps(done, indent=1))
        print(name, known["rounds"], "rounds", sum(known["strikes"].values()), "strikes", dict(found.strikes),
              f"{found.seconds:.0f} s", flush=True)  # fmt: skip
        shutil.rmtree(one)


def table(done: dict[str, dict[str, Any]]) -> str:
    """The report as Markdown."""
    lines = [f"| command | {' | '.join(WAYS.values())} | all |", "| --- " * (len(WAYS) + 2) + "|"]
    strikes: Counter[str] = sum((Counter(each["strikes"]) for each in done.values()), Counter())
    rows = {name: [strikes[f"{name}: {way}"] for way in WAYS] for name in kills.COMMANDS}
    rows["**all**"] = [sum(column) for column in zip(*rows.values(), strict=True)]
    lines += [f"| {name} | {' | '.join(f'{number:,}' for number in (*row, sum(row)))} |" for name, row in rows.items()]
    for name, each in done.items():
        count, differ, minutes = sum(each["strikes"].values()), len(each["differences"]), each["seconds"] / 60
        lines.append(f"{name}: {each['rounds']} rounds, {count:,} strikes, {differ} differences, {minutes:.0f} minutes")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--report", type=Path, default=Path("kills.json"))
    parser.add_argument("--folder", type=Path, default=Path("kills"), help="what nobody touched is kept here")
    parser.add_argument("--recipe", choices=list(kills.RECIPES), default="table")
    parser.add_argument("--direct", action="store_true", help="each command is a process of its own")
    parser.add_argument("--table", type=Path, help="print the table of a report, and do nothing else")
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a job in the background and its children ignore
    if given.table:
        print(table(json.loads(given.table.read_text())))
    else:
        given.folder.mkdir(parents=True, exist_ok=True)
        campaign(given.kills, given.report, given.folder.resolve(), given.recipe, given.direct)
