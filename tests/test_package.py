"""The package as it would be published: built, installed into an empty environment, and used in an empty folder."""

import email
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLUGINS = sorted(path.name for path in (ROOT / "plugins").glob("regenkit_*"))
SMALL = ("--set", "dataset.paired=[bach]", "--set", "dataset.unpaired=[]", "--set", "dataset.limit=30", "--set",
         "train.sample_every=0", "--set", "train.generator.steps=2", "--set", "train.renderer.steps=2")  # fmt: skip


def run(*command: object, cwd: Path, expect: int = 0) -> str:
    """What a command says, without anything of this checkout on its path."""
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=clean, capture_output=True, text=True, timeout=1500, check=False
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(source distribution, wheel): the wheel is built from what the source distribution holds."""
    folder = tmp_path_factory.mktemp("dist")
    listed = run("git", "ls-files", "-z", cwd=ROOT).split("\0") if (ROOT / ".git").exists() else []
    if not listed:
        pytest.skip("needs a checkout: what is built is what git has")
    source = folder / "source"
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "build", "--outdir", folder, source, cwd=folder)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


@pytest.mark.exhaustive(minutes=1)
@pytest.mark.timeout(900)
def test_the_wheel_has_types_recipes_and_whole_metadata(built: tuple[Path, Path]) -> None:
    sdist, wheel = built
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
        (place,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        about = email.message_from_bytes(opened.read(place))
    assert {f"{package}/py.typed" for package in ("regenkit", *PLUGINS)} <= names
    recipes = {f"regenkit/recipes/{path.name}" for path in (ROOT / "recipes").glob("*.yaml")}
    assert recipes and recipes == {name for name in names if name.startswith("regenkit/recipes/")}
    modules = {str(path.relative_to(ROOT / folder)) for folder, inside in ((".", "regenkit"), ("plugins", ""))
               for path in (ROOT / folder / inside).rglob("*.py")}  # fmt: skip
    assert modules == {name for name in names if name.endswith(".py")}
    assert about["Requires-Python"] and about["Keywords"] and about["Summary"]
    assert about["Description-Content-Type"] == "text/markdown" and "# regenkit" in about.get_payload()
    assert "Typing :: Typed" in about.get_all("Classifier", [])
    assert {"music", "image"} <= set(about.get_all("Provides-Extra", []))
    with tarfile.open(sdist) as opened_sdist:
        inside = {name.partition("/")[2] for name in opened_sdist.getnames()}
    assert {"README.md", "CHANGELOG.md", "docs/design.md", "tests/conftest.py", "recipes/lyric2melody.yaml"} <= inside


@pytest.mark.exhaustive(minutes=6)
@pytest.mark.timeout(2400)
def test_the_wheel_works_in_an_empty_environment_and_an_empty_folder(built: tuple[Path, Path], tmp_path: Path) -> None:
    home, folder = tmp_path / "venv", tmp_path / "empty"
    folder.mkdir()
    venv.create(home, with_pip=True)
    run(home / "bin/pip", "install", "--quiet", f"regenkit[music] @ {built[1].as_uri()}", cwd=folder)
    regenkit = home / "bin/regenkit"
    assert "lyric2melody" in run(regenkit, "recipes", cwd=folder)
    run(regenkit, "recipes", "copy", "lyric2melody", cwd=folder)
    run(regenkit, "check", "lyric2melody", cwd=folder)
    run(regenkit, "train", "lyric2melody", *SMALL, cwd=folder)
    words = ("--input", "The moon is bright above the sea", "-o", "song.mid")
    run(regenkit, "generate", "runs/lyric2melody/1", *words, cwd=folder)
    assert (folder / "song.mid").stat().st_size > 50
    said = run(home / "bin/python", "-c", "import regenkit; print(regenkit.__file__)", cwd=folder)
    assert str(home) in said
