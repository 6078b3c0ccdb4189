"""Was a run made here? Only then may what it names outside of itself be read.

A recipe may name folders of data, and runs to take stages from. A run that somebody sent is data, so its recipe could
name any folder of whoever opens it. So a run gets a mark when it is made, which needs a secret in the user's own cache;
without it, nothing outside is read unless REGENKIT_TRUST=1 says so.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from regenkit.cache import cache_dir, locked
from regenkit.errors import UserError
from regenkit.files import beside, write_text
from regenkit.run_files import inside, read

TRUST = "REGENKIT_TRUST"
FILE, RECIPE = ".mark", "recipe.yaml"


def sign(run: Path) -> None:
    """Mark a run as made here. Raises UserError where the cache cannot be written."""
    write_text(run / FILE, _mark(run))


def trusted(run: Path) -> bool:
    """Whether a run was made here, or the user trusts all runs."""
    if os.environ.get(TRUST, "0") not in ("", "0"):
        return True
    if not inside(run, FILE).exists():
        return False
    return hmac.compare_digest(read(run, FILE), _mark(run).encode())


def check_data(run: Path | None, arguments: Mapping[str, Any]) -> None:
    """Before the dataset of a run is built: raises UserError where the run is not trusted, and these arguments name
    what lies outside of it."""
    if run is not None and (run / RECIPE).is_file() and not trusted(run):
        check_named(run, "dataset", dict(arguments))


def check_named(run: Path, what: str, value: Any) -> None:
    """Raises UserError where `value`, plain data, names something that exists outside of a run that is not trusted."""
    if isinstance(value, str | Path) and str(value):
        with suppress(OSError, ValueError, RuntimeError):  # no name of a file
            path = Path(value).expanduser()
            if path.exists() and not path.resolve().is_relative_to(run.resolve()):
                raise UserError(
                    f"{run}: this run was not made here, and its {what} names {value}, which lies outside of it. Look "
                    f"at {run / RECIPE}; to let it be read: export {TRUST}=1"
                )
    elif isinstance(value, dict):
        for each in value.values():
            check_named(run, what, each)
    elif isinstance(value, list | tuple):
        for each in value:
            check_named(run, what, each)


def _mark(run: Path) -> str:
    return hmac.new(_secret(), read(run, RECIPE), hashlib.sha256).hexdigest()


def _secret() -> bytes:
    path = cache_dir() / "secret"
    try:
        if not path.exists() or not path.stat().st_size:
            with locked(path.parent):  # another process may be first
                if not path.exists() or not path.stat().st_size:
                    with beside(path) as new:
                        new.touch(0o600)
                        new.write_bytes(secrets.token_bytes(32))
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read or written ({error.strerror}); set REGENKIT_CACHE to a folder that can"
        ) from error
