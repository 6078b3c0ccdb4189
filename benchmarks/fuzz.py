"""Changed files by the thousand: what the readers answer. The table of docs/limits.md is of such a report.

    python benchmarks/fuzz.py --count 1500 --seed 0 --report fuzz.json     of each class of input
    python benchmarks/fuzz.py --runs --count 300 --report fuzz.json        of run folders
    python benchmarks/fuzz.py --replay "melody .mid" 87                    one of them again, with what came of it

A report is written now and then, so that it can be looked at, and a campaign that was stopped goes on.
"""

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))
import fuzzing  # noqa: E402
from fuzz_inputs import all_inputs  # noqa: E402
from fuzz_worker import answer, made  # noqa: E402

RUNS = "run folder"
PIECE, RUNS_PIECE = 125, 50
"""So many inputs of each class go by between two reports; each piece has a process of its own, since one that has built
the networks of a hundred runs has no memory left for more."""
COLUMNS = ("refused", "accepted", *fuzzing.FAULTS)


def campaign(names: list[str], worker: Path, count: int, seed: int, report: Path, folder: Path, piece: int) -> None:
    """All classes in turns, `piece` seeds at a time, until there are `count` of each."""
    done = json.loads(report.read_text()) if report.exists() else {}
    for name in names:
        done.setdefault(name, {"counts": {}, "faults": []})
    while missing := {name: number for name in names if (number := sum(done[name]["counts"].values())) < count}:
        begin = min(missing.values())
        now = [name for name, number in missing.items() if number == begin]
        found = fuzzing.run([worker], now, seed + begin, min(piece, count - begin), folder)
        for name, counts in found.of_class.items():
            done[name]["counts"] = dict(Counter(done[name]["counts"]) + counts)
            done[name]["faults"] += [fault for fault in found.faults if fault.startswith(f"{name} ")]
        report.write_text(json.dumps(done, indent=1, ensure_ascii=False))
        print(begin, len(now), "classes", dict(found.counts), *found.faults, sep="\n  ", flush=True)
    print(table(done))


def together(reports: list[dict]) -> dict:
    """One report of several, whose seeds differ."""
    found: dict = {}
    for report in reports:
        for name, each in report.items():
            known = found.setdefault(name, {"counts": {}, "faults": []})
            known["counts"] = dict(Counter(known["counts"]) + Counter(each["counts"]))
            known["faults"] += each["faults"]
    return found


def table(done: dict) -> str:
    """The report as Markdown."""
    lines = [f"| class of input | inputs | {' | '.join(COLUMNS)} |", "| --- " * (2 + len(COLUMNS)) + "|"]
    rows = {name: each["counts"] for name, each in done.items()}
    rows["**all**"] = {column: sum(row.get(column, 0) for row in rows.values()) for column in COLUMNS}
    for name, counts in rows.items():
        cells = [f"{counts.get(column, 0):,}" for column in COLUMNS]
        lines.append(f"| {name} | {sum(counts.values()):,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def replay(name: str, seed: int) -> None:
    folder = Path(tempfile.mkdtemp())
    kind = next(each for each in all_inputs(folder) if each.name == name)
    path = folder / f"changed{kind.suffix}"
    path.write_bytes(made(kind, seed))
    print(path, *answer(kind, path))
    kind.read(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report", type=Path, default=Path("fuzz.json"))
    parser.add_argument("--only", default="", help="a regular expression that the names of classes match")
    parser.add_argument("--runs", action="store_true", help="run folders, and no other class")
    parser.add_argument("--table", type=Path, nargs="+", help="print the table of reports, and do nothing else")
    parser.add_argument("--replay", nargs=2, metavar=("CLASS", "SEED"))
    given = parser.parse_args()
    if given.replay:
        replay(given.replay[0], int(given.replay[1]))
    elif given.table:
        print(table(together([json.loads(path.read_text()) for path in given.table])))
    else:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            names = (
                [RUNS] if given.runs else [each.name for each in all_inputs(folder) if re.search(given.only, each.name)]
            )
            worker = TESTS / ("fuzz_runs.py" if given.runs else "fuzz_worker.py")
            campaign(
                names,
                worker,
                given.count,
                given.seed,
                given.report,
                folder / "inputs",
                RUNS_PIECE if given.runs else PIECE,
            )
