"""Distributions as pip leaves them in a folder, and commands of a process that finds them there."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import forked

ROOT = Path(__file__).parents[1]


def distribution(
    folder: Path, name: str, version: str, entry: str, module: str, requires: str = "", package: str = ""
) -> Path:
    """Install a one-module distribution into `folder`; returns its module. `requires` are lines of its metadata."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    package = package or f"{entry}_module"
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}")
    (info / "entry_points.txt").write_text(f"[regenkit]\n{entry} = {package}\n")
    (folder / f"{package}.py").write_text(textwrap.dedent(module))
    return folder / f"{package}.py"


def environment(*folders: Path, **more: str) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("REGENKIT_")}
    path = os.pathsep.join(map(str, [*folders, ROOT, ROOT / "plugins"]))
    return {**clean, "PYTHONPATH": path, **more}


def python(code: str, *folders: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A Python process with the distributions of these folders."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env=environment(*folders, **more),
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def regenkit(*arguments: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder, where distributions may be installed too."""
    return forked.regenkit(arguments, folder, environment(folder, **more))
