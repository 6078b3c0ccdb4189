"""How large is too large: limits that are stated here and nowhere else, each raised by a variable of the environment.

    REGENKIT_MEMORY        bytes that a stage may take, as in 64G     the machine's memory
    REGENKIT_MAX_LAYERS    layers of one stage                        1,000
    REGENKIT_MAX_SAMPLES   samples of a route that are measured       1,000,000

They belong to the environment and not to the recipe, because they do not change what is made.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from regenkit.errors import UserError

MEMORY, LAYERS, SAMPLES = "REGENKIT_MEMORY", "REGENKIT_MAX_LAYERS", "REGENKIT_MAX_SAMPLES"
_DEFAULTS = {LAYERS: 1_000, SAMPLES: 1_000_000}
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_CGROUP = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""The limit of a container, of both versions."""


def memory() -> int:
    """Bytes: what REGENKIT_MEMORY says, else the machine's memory, or the container's where that is less."""
    text = os.environ.get(MEMORY, "")
    if not text:
        return min([os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *_contained()])
    found = re.fullmatch(r"(\d{1,15}) ?([KMGT]?)B?", text.strip(), re.IGNORECASE)
    if not found or not int(found[1]):
        raise UserError(f"{MEMORY}={text}: right is a number of bytes, as in {MEMORY}=64G")
    return int(found[1]) * _UNITS[found[2].upper()]


def most(name: str) -> int:
    """The limit of that name: of LAYERS, whose number decides how long it takes to build a stage and to trace it, or of
    SAMPLES of one route, all inputs together."""
    text = os.environ.get(name, "") or str(_DEFAULTS[name])
    if not re.fullmatch(r"\d{1,15}", text.strip()) or not int(text):
        raise UserError(f"{name}={text}: right is a whole number above 0, as in {name}={10 * _DEFAULTS[name]}")
    return int(text)


def size(count: float) -> str:
    """Bytes as a person reads them: 1.5 GB."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            break
        count /= 1000
    return f"{count:,.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:,.1f} {unit}"


def _contained() -> list[int]:
    found = []
    for path in _CGROUP:
        with suppress(OSError):
            if (text := path.read_text().strip()).isdecimal():  # else "max"
                found.append(int(text))
    return found
