"""Changed files by the thousand: what the readers answer. The table of docs/limits.md is of such a report.

    python benchmarks/fuzz.py --count 2500 --seed 0 --report fuzz.json     of each class of input
    python benchmarks/fuzz.py --replay "melody .mid" 87                    one of them again, with what came of it

A report is written after each class, so that it can be looked at, and a campaign that was stopped is gone on with.
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

COLUMNS = ("refused", "accepted", *fuzzing.FAULTS)


def campaign(count: int, seed: int, report: Path, only: str, part: int, parts: int) -> None:
    done = json.loads(report.read_text()) if report.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        names = [each.name for each in all_inputs(Path(folder)) if re.search(only, each.name)]
        for name in names[part::parts]:
            known = done.setdefault(name, {"first": seed, "counts": {}, "faults": []})
            missing = count - sum(known["counts"].values())
            if missing <= 0:
                continue
            found = fuzzing.run([TESTS / "fuzz_worker.py"], name, seed + count - missing, missing, Path(folder) / "one")
            for each, number in found.counts.items():
                known["counts"][each] = known["counts"].get(each, 0) + number
            known["faults"] += found.faults
            report.write_text(json.dumps(done, indent=1, ensure_ascii=False))
            print(name, dict(found.counts), *found.faults[:9], sep="\n  ", flush=True)
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
    parser.add_argument("--count", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report", type=Path, default=Path("fuzz.json"))
    parser.add_argument("--only", default="", help="a regular expression that the names of classes match")
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1), help="of so many parts of the classes, this one")
    parser.add_argument("--table", type=Path, nargs="+", help="print the table of reports, and do nothing else")
    parser.add_argument("--replay", nargs=2, metavar=("CLASS", "SEED"))
    given = parser.parse_args()
    if given.replay:
        replay(given.replay[0], int(given.replay[1]))
    elif given.table:
        print(table(together([json.loads(path.read_text()) for path in given.table])))
    else:
        campaign(given.count, given.seed, given.report, given.only, *given.part)
