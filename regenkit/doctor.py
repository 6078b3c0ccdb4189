"""What this installation is made of, what is broken, and the command that mends it."""

import os
import shutil
from importlib.metadata import requires
from typing import Any

from packaging.requirements import Requirement

from regenkit.cache import cache_dir
from regenkit.extras import applies, installed
from regenkit.origin import CORE, Origin
from regenkit.plugins import ROLES, host


def examine() -> list[dict[str, Any]]:
    """Findings as {"what", "state", "ok", "detail", "mend"}: `state` is "ok", "broken", "not installed" (of an optional
    package) or "look" (of what works, but not as one might think). What is broken alone is not `ok`."""
    return [*_packages(), _tensorflow(), *_plugins(), _cache()]


def _packages() -> list[dict[str, Any]]:
    """Those that regenkit and each plugin need, and those of the extras that their components name."""
    found = []
    for distribution, extras in _distributions().items():
        for requirement in map(Requirement, requires(distribution) or []):
            extra = next((each for each in extras if applies(requirement, each)), None)
            if extra is not None and (distribution == CORE or not Origin(requirement.name).named(CORE)):
                found.append(_package(distribution, requirement, extra))
    return list({each["what"]: each for each in reversed(found)}.values())[::-1]


def _distributions() -> dict[str, tuple[str, ...]]:
    """The extras that the components of each distribution name; "" for what is always needed."""
    found: dict[str, set[str]] = {CORE: {""}}
    for origin in host().distributions.values():
        found.setdefault(origin.distribution, {""})
    for role in ROLES:
        for component, distribution in host().all(role):
            if component.extra and distribution in found:
                found[distribution].add(component.extra)
    return {distribution: tuple(sorted(extras)) for distribution, extras in found.items()}


def _package(distribution: str, requirement: Requirement, extra: str) -> dict[str, Any]:
    wanted = f"{requirement.specifier or 'any version'} wanted"
    wanted += "" if distribution == CORE else f" by {distribution}"
    mend = f"pip install '{distribution}[{extra}]'" if extra else f"pip install '{requirement}'"
    found = installed(requirement.name)
    if found is None:
        state = f"not installed, {wanted}" + (f" where its {extra} is used" if extra else "")
        return _finding(requirement.name, "not installed" if extra else "broken", state, mend)
    fits = requirement.specifier.contains(found, prereleases=True)
    return _finding(requirement.name, "ok" if fits else "broken", found if fits else f"{found}, {wanted}", mend)


def _tensorflow() -> dict[str, Any]:
    try:
        from regenkit.quiet import tensorflow as tf

        works = float(tf.reduce_sum(tf.ones([2, 2]))) == 4.0
        detail = ", ".join(device.name for device in tf.config.list_logical_devices())
    except Exception as error:  # whatever keeps TensorFlow from its first operation is the finding
        works, detail = False, str(error).splitlines()[0]
    return _finding("devices", "ok" if works else "broken", detail, "pip install --force-reinstall tensorflow")


def _plugins() -> list[dict[str, Any]]:
    found = [
        _finding(f"plugin {each.name}", "broken", each.error, f"pip install -U {each.distribution}")
        for each in host().broken
    ]
    found += [_finding(f"{each.role} {each.name}", "look", str(each), "") for each in host().clashes]
    found += [
        _finding(f"plugin {name}", "look", f"takes {seconds:.1f} s to import", "")
        for name, seconds in host().slow.items()
    ]
    return found or [_finding("plugins", "ok", "all load", "")]


def _cache() -> dict[str, Any]:
    folder = cache_dir()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free / 1e9
    state = "ok" if os.access(existing, os.W_OK) else "broken"
    return _finding("cache", state, f"{folder}, {free:.0f} GB free", "export REGENKIT_CACHE=A_FOLDER_YOU_CAN_WRITE")


def _finding(what: str, state: str, detail: str, mend: str) -> dict[str, Any]:
    return {"what": what, "state": state, "ok": state != "broken", "detail": detail, "mend": mend}
