"""Commands on streams that take few characters, or none, and JSON that stays JSON whatever a plugin prints."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from own_pictures import draw
from processes import PATHS
from test_plugins import distribution

from regenkit.plugins import ROLES

STREAMS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
}
LIGHT = ("plugins", "plugins --json", "data list", "train none.yaml")
HEAVY = ("schema", "doctor --json", "preview --help", "data list --json")
LONG = pytest.mark.exhaustive(minutes=0.3)
COMMANDS = [*LIGHT, *(pytest.param(command, marks=LONG) for command in HEAVY)]
RECIPE = """\
dataset: {use: image/captions, path: bäume, size: 8}
converter: {use: image/downsample, factor: 2}
generator: {use: diffusion, width: 16, depth: 1}
renderer: {use: diffusion, width: 16, depth: 1}
"""


def shell(command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A line for bash, in which `regenkit` is this one."""
    script = f'regenkit() {{ "{sys.executable}" -m regenkit "$@"; }}; {command}'
    return subprocess.run(
        ["bash", "-c", script], cwd=cwd, env={**os.environ, "PYTHONPATH": PATHS, **environment},
        capture_output=True, timeout=240, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe of pictures whose names and captions are beyond ASCII."""
    folder = tmp_path_factory.mktemp("user")
    for number in range(12):
        draw(folder / "bäume" / f"木{number}.png", number)
        (folder / "bäume" / f"木{number}.txt").write_text(f"a tree 🌳 {number}", encoding="utf-8")
    (folder / "bäume" / "lone[red]ly.txt").write_text("no picture")
    (folder / "r.yaml").write_text(RECIPE, encoding="utf-8")
    return folder


@pytest.mark.parametrize("encoding", STREAMS)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_character_is_written_on_every_stream(command: str, encoding: str, tmp_path: Path) -> None:
    done = shell(f"regenkit {command}", tmp_path, **STREAMS[encoding])
    assert done.returncode in (0, 1 if "doctor" in command else 2) and b"Traceback" not in done.stderr, done.stderr
    if "json" in command or command == "schema":
        json.loads(done.stdout.decode("cp1252" if encoding == "cp1252" else "ascii"))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("where", [">&-", ">&- 2>&-", "| head -c 1", "</dev/null 1<&0"])
def test_a_closed_output_is_no_traceback(command: str, where: str, tmp_path: Path) -> None:
    done = shell(f"set -o pipefail; regenkit {command} {where}", tmp_path)
    assert b"Traceback" not in done.stderr and b"Exception ignored" not in done.stderr, done.stderr
    assert done.returncode in (0, 1, 2, 141)
    if where == ">&-" and command == "plugins":
        assert done.returncode == 0 and not done.stderr


def test_a_full_disk_is_still_one_message(tmp_path: Path) -> None:
    done = shell("regenkit plugins >/dev/full", tmp_path)
    assert done.returncode == 2 and b"No space left on device" in done.stderr and b"Traceback" not in done.stderr


@pytest.mark.exhaustive(minutes=0.2)
def test_names_beyond_the_stream_s_characters(place: Path) -> None:
    found = json.loads(shell("regenkit preview r.yaml --json", place, LC_ALL="C", **STREAMS["ascii"]).stdout)
    assert found["shown"][0]["id"].startswith("木")
    assert found["skipped"] == [["lone[red]ly.txt", "a caption without a picture"]]
    assert found["left_out"] == [{"text": "a caption without a picture", "names": ["lone[red]ly.txt"]}]


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_preview_for_people(place: Path, encoding: str) -> None:
    done = shell("regenkit preview r.yaml", place, **STREAMS[encoding])
    assert done.returncode == 0 and b"Traceback" not in done.stderr, done.stderr
    assert rb"\u6728" in done.stdout and b"1 left out:" in done.stdout
    assert b"  1 \xd7 a caption" in done.stdout or rb"  1 \u00d7 a caption without a picture (lone[red]" in done.stdout


NOISY = """
    import os, sys
    print("hello from a noisy plugin")
    sys.stdout.write("and no newline")
    os.write(1, b"past Python")
    from regenkit import Generator, hookimpl

    @hookimpl
    def register_generators():
        print("and later")
        yield Generator(name="noisy/x", target="noisy_module:X")
"""


@pytest.mark.parametrize(
    "command", ["plugins --json", *(pytest.param(command, marks=LONG) for command in ("schema", "doctor --json"))]
)
def test_json_is_alone_on_its_stream(command: str, tmp_path: Path) -> None:
    distribution(tmp_path, "acme-noisy", "1.0", "noisy", NOISY)
    distribution(tmp_path, "acme-exits", "1.0", "exits", "import sys\nsys.exit('no licence')")
    done = shell(f"regenkit {command}", tmp_path, PYTHONPATH=f"{tmp_path}{os.pathsep}{PATHS}")
    found = json.loads(done.stdout)
    for printed in (b"hello from a noisy plugin", b"and no newline", b"past Python", b"and later"):
        assert printed in done.stderr
    if command == "plugins --json":
        assert [each["from"] for each in found["generator"] if each["name"] == "noisy/x"] == ["acme-noisy"]
        said = "SystemExit: no licence (exits_module.py, line 2, in <module>)"
        assert [(each["name"], each["error"]) for each in found["broken"]] == [("exits", said)]
        assert set(ROLES) < set(found)
