"""A full disk: one message says what could not be written and what is kept; with room, the same command goes on."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import saboteur

from regenkit.files import no_room

ROOT = Path(__file__).parents[1]
ADVICE = "What was saved before it is kept: make room, and run the same command again"
FULL = ("File too large", "No space left on device")
"""What the system says of a limit of a file's size, and of a disk."""

WRITING = """
import resource, sys
from pathlib import Path
import numpy as np
from regenkit.errors import UserError
from regenkit.files import beside, copy, no_room, write_text

def npz(path):
    with path.open("wb") as file:
        np.savez(file, big)

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
big, folder = "x" * 5000, Path(sys.argv[1])
for name, write in {"text": lambda path: path.write_text(big), "npz": npz}.items():
    try:
        with beside(folder / name) as path:
            write(path)
    except UserError as error:
        print(error, no_room(error), sep="\\n")
    try:
        write(folder / "plain")
    except Exception as error:
        print(no_room(error))
try:
    copy(Path(sys.executable).resolve(), folder / "copied")
except UserError as error:
    print(error)
print(no_room(ValueError("File too small")), *folder.glob("[!p]*"))
write_text(folder / "small", "fits")
"""


def test_errors_that_lead_back_to_themselves_are_no_full_disk() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__context__ = second, first  # as two processes may hand them to each other
    assert no_room(first) is None
    second.__cause__ = OSError(28, "No space left on device")
    assert no_room(first) is not None


def test_whatever_writes_a_full_disk_is_said(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WRITING, tmp_path], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120)  # fmt: skip
    lines = done.stdout.splitlines()
    for name in ("text", "npz"):
        said = f"{tmp_path / name}: cannot be written (File too large)"
        assert lines[:2] == [said, f"{said}. {ADVICE}"]
        assert lines[2].endswith(f"cannot be written (File too large). {ADVICE}")
        lines = lines[3:]
    assert lines.pop(0) == f"{tmp_path / 'copied'}: cannot be written (File too large)"
    assert lines == ["None"]  # no other error is taken for it, and nothing half-written is left
    assert (tmp_path / "small").read_text() == "fits"


def test_a_list_on_a_full_disk(tmp_path: Path) -> None:
    """/dev/full is one, to whoever writes."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "regenkit", "plugins", "--json"], stdout=full, stderr=subprocess.PIPE, text=True,
            env=saboteur.environment(tmp_path), timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == f"error a file cannot be written (No space left on device). {ADVICE}\n"


@pytest.mark.exhaustive(minutes=6)
@pytest.mark.timeout(3600)
def test_full_at_one_file_after_the_other(untouched: dict[str, Any], tmp_path: Path) -> None:
    """In the order in which a run comes to them."""
    folder = saboteur.furnish(tmp_path / "user")
    for place, named in {
        "recipe.yaml": "recipe.yaml", "/cache/.*part-": "part-", "stage.json": "stage.json", "log.jsonl": "log.jsonl",
        "save_weights": "weights.h5", "checkpoints/": "checkpoint", "samples/g": "samples/generator",
        "renderer/done.json": "1-predicted.yaml",  # struck once it is in place: the next file is named
        r"samples/\d.*wav": ".musicxml",  # likewise
    }.items():  # fmt: skip
        status, said = saboteur.train(folder, f"full|{place}|1|0")
        print(place, *said.splitlines()[-1:])
        assert status == 2, said
        complaint = said.splitlines()[-1]
        assert complaint.startswith("error ") and named in complaint and FULL[0] in complaint, said
        assert complaint.endswith(ADVICE), said
    status, said = saboteur.train(folder)
    assert status == 0, said
    saboteur.same(saboteur.result(folder), untouched)


@pytest.mark.exhaustive(minutes=4)
@pytest.mark.timeout(3600)
def test_a_disk_that_grows(untouched: dict[str, Any], tmp_path: Path) -> None:
    """A real one, in memory and in a namespace of its own; full wherever that happens to be."""
    mounting = ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount -t tmpfs -o size=100k tmpfs "$0" && "$@"']
    folder = saboteur.furnish(tmp_path / "user")
    (folder / "run").mkdir()
    probe = subprocess.run([*mounting, folder / "run", "true"], capture_output=True, text=True, check=False)
    if probe.returncode:
        pytest.skip(f"no disk can be mounted here: {probe.stderr.strip()}")
    script = 'for size in 100 200 400 50000; do mount -o remount,size=${size}k run; "$@"; echo "status $?"; done; '
    keeping = "cp -r run kept"
    done = subprocess.run(
        [*mounting, folder / "run", "sh", "-c", script + keeping, "sh", *saboteur.COMMAND], cwd=folder, text=True,
        env=saboteur.environment(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True,
    )  # fmt: skip
    assert "Traceback" not in done.stdout, done.stdout
    *full, last, rest = done.stdout.split("status ")
    assert last.startswith("2\n") and rest == "0\n" and len(full) == 3, done.stdout
    for said in done.stdout.split("status 2\n")[:3]:
        complaint = said.splitlines()[-1]
        assert complaint.startswith("error ") and FULL[1] in complaint and complaint.endswith(ADVICE), done.stdout
    (folder / "run").rmdir()
    (folder / "kept").rename(folder / "run")
    saboteur.same(saboteur.result(folder), untouched)


@pytest.mark.exhaustive(minutes=2)
@pytest.mark.timeout(3600)
def test_a_cut_checkpoint_is_said(untouched: dict[str, Any], tmp_path: Path) -> None:
    folder = saboteur.furnish(tmp_path / "user")
    status, said = saboteur.train(folder, "kill|checkpoints/|6|0")  # three are opened and renamed
    assert status < 0, said
    newest = max((folder / "run" / "generator" / "checkpoints").glob("step-*.npz"))
    os.truncate(newest, newest.stat().st_size // 2)
    status, said = saboteur.train(folder)
    assert status == 0 and "warning generator: passed over a damaged checkpoint" in said and newest.name in said, said
    assert "going on from step" in said
    saboteur.same(saboteur.result(folder), untouched)
