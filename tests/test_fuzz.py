"""Changed files and run folders: each is answered by a value that the specs allow, or by a message that names the file.

The quick tests take a few of each class, the long ones REGENKIT_FUZZ of each (100). Seeds are printed where they fail:
`python benchmarks/fuzz.py --replay CLASS SEED` reads one again.
"""

import os
import time
from pathlib import Path

import fuzz_inputs
import fuzz_runs
import fuzz_worker
import fuzzing
import pytest
from fuzz_sound import FOUND

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # Keras and NumPy 2
    pytest.mark.timeout(1800),  # a busy machine
]
TESTS = Path(__file__).parent
MANY = int(os.environ.get("REGENKIT_FUZZ", "100"))


def test_found_cases_are_answered(tmp_path: Path) -> None:
    kinds = {(each.name.split()[0], each.suffix): each for each in fuzz_inputs.all_inputs(tmp_path)}
    cases = [path for path in sorted(FOUND.rglob("*")) if path.is_file()]
    assert cases
    for path in cases:
        found, more = fuzz_worker.answer(kinds[path.parent.name, path.suffix], path)
        assert found in ("refused", "accepted"), f"{path}: {found} {more}"


@pytest.mark.exhaustive(minutes=0.3)
def test_a_few_of_each_class_are_answered(tmp_path: Path) -> None:
    names = [each.name for each in fuzz_inputs.all_inputs(tmp_path)]
    found, count = fuzzing.run([TESTS / "fuzz_worker.py"], names, 0, 3, tmp_path), 3 * len(names)
    assert not found.faults, "\n".join(found.faults)
    assert found.counts["refused"] > count / 4 and found.counts["accepted"] > count / 30, found.counts
    assert found.counts.total() == count


@pytest.mark.exhaustive(minutes=20)
@pytest.mark.timeout(36_000)
def test_many_of_each_class_are_answered(tmp_path: Path) -> None:
    seed = 10_000 * int(time.time())
    names = [each.name for each in fuzz_inputs.all_inputs(tmp_path)]
    print("seed", seed, "of", MANY, "inputs of each of", len(names), "classes")
    found = fuzzing.run([TESTS / "fuzz_worker.py"], names, seed, MANY, tmp_path)
    print(dict(found.counts))
    assert not found.faults, "\n".join(found.faults)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fuzz_runs.furnish(tmp_path_factory.mktemp("home"))


@pytest.mark.exhaustive(minutes=0.4)
def test_a_few_changed_runs_are_answered(home: Path) -> None:
    found = fuzzing.run([TESTS / "fuzz_runs.py"], ["run"], 0, 10, home)
    assert not found.faults, "\n".join(found.faults)
    assert found.counts.total() == 10 and found.counts["refused"] > 3


@pytest.mark.exhaustive(minutes=6)
@pytest.mark.timeout(36_000)
def test_many_changed_runs_are_answered(home: Path) -> None:
    seed = 10_000 * int(time.time())
    print("seed", seed)
    for first in range(seed, seed + 5 * MANY, 50):  # a process that has built a hundred's networks has no memory left
        found = fuzzing.run([TESTS / "fuzz_runs.py"], ["run"], first, 50, home)
        print(dict(found.counts))
        assert not found.faults, "\n".join(found.faults)


def test_a_reader_that_fails_hangs_or_dies_is_told_from_one_that_answers(tmp_path: Path) -> None:
    """The instrument itself: each fault is seen, and the inputs after it are read all the same."""
    worker = tmp_path / "worker.py"
    worker.write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from fuzz_inputs import Input\n"
        "from fuzz_worker import answer\n"
        "def read(path):\n"
        "    seed = int(path.name)\n"
        "    if seed == 1: os.kill(os.getpid(), 11)\n"
        "    if seed == 2: raise KeyError('x')\n"
        "    if seed == 3: raise __import__('regenkit').UserError('no name')\n"
        "for seed in range(int(sys.argv[2]), int(sys.argv[2]) + int(sys.argv[3])):\n"
        "    print(seed, end=' ', flush=True)\n"
        "    print(*answer(Input(name='x', suffix='', read=read, sound=[]), Path(f'/{seed}')), flush=True)\n"
    )
    found = fuzzing.run([worker], ["x"], 0, 5, tmp_path / "one")
    assert found.counts == {"accepted": 2, "crash": 1, "traceback": 1, "nameless": 1}
    assert [fault.split(":")[0] for fault in found.faults] == ["x 1", "x 2", "x 3"]


def test_what_was_written_reads_what_is_used(home: Path) -> None:
    """Else the changes would be of files that nobody opens."""
    names = {str(path.relative_to(home / "sound")) for path in fuzz_runs.read_files(home / "sound")}
    assert {"recipe.yaml", "log.jsonl", "generator/stage.json", "renderer/best.weights.h5"} <= names
    fuzz_runs.use(home / "sound")
