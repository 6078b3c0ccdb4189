"""What this installation is made of, what is broken, and the command that mends it."""

import os
import shutil
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from packaging.requirements import Requirement

from regenkit.cache import cache_dir
from regenkit.plugins import host


def examine() -> list[dict[str, Any]]:
    """Findings as {"what", "ok", "detail", "mend"}."""
    return [*_packages(), _tensorflow(), *_plugins(), *_cache()]


def _packages() -> list[dict[str, Any]]:
    found = []
    for text in requires("regenkit") or []:
        requirement = Requirement(text)
        extras = [
            extra
            for extra in ("", "image", "music")
            if not requirement.marker or requirement.marker.evaluate({"extra": extra})
        ]
        if not extras:
            continue
        mend = f"pip install 'regenkit[{extras[0]}]'" if extras[0] else f"pip install '{requirement}'"
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            found.append(
                _finding(
                    requirement.name, False, f"not installed, {requirement.specifier or 'any version'} wanted", mend
                )
            )
            continue
        fits = requirement.specifier.contains(installed, prereleases=True)
        found.append(
            _finding(
                requirement.name, fits, installed if fits else f"{installed}, {requirement.specifier} wanted", mend
            )
        )
    return found


def _tensorflow() -> dict[str, Any]:
    try:
        from regenkit.quiet import tensorflow as tf

        value = float(tf.reduce_sum(tf.ones([2, 2])))
        devices = ", ".join(device.name for device in tf.config.list_logical_devices())
        return _finding("devices", value == 4.0, devices, "pip install --force-reinstall tensorflow")
    except Exception as error:  # whatever keeps TensorFlow from its first operation is the finding
        return _finding("devices", False, str(error).splitlines()[0], "pip install --force-reinstall tensorflow")


def _plugins() -> list[dict[str, Any]]:
    broken = host().broken
    if not broken:
        return [_finding("plugins", True, "all load", "")]
    return [
        _finding(f"plugin {each.name}", False, each.error, f"pip install -U {each.distribution}") for each in broken
    ]


def _cache() -> list[dict[str, Any]]:
    folder = cache_dir()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free / 1e9
    writable = os.access(existing, os.W_OK)
    return [
        _finding("cache", writable, f"{folder}, {free:.0f} GB free", "export REGENKIT_CACHE=A_FOLDER_YOU_CAN_WRITE"),
    ]


def _finding(what: str, ok: bool, detail: str, mend: str) -> dict[str, Any]:
    return {"what": what, "ok": ok, "detail": detail, "mend": mend}
