"""The second environment of CI says why it can't be made, and fails."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci/tfio"


@pytest.mark.skipif(not SCRIPT.is_file(), reason="this is no working copy: it has no .ci")
@pytest.mark.parametrize(
    ("python", "reason"),
    [
        ('case "$1" in --version) echo Python 3.14.0;; *) exit 1;; esac', "Python 3.14.0 has no build of it"),
        ('[ "$1" = -c ] && exit 0; exit 1', "no environment could be made"),
        ('[ "$1" = -c ] && exit 0; mkdir -p "$3/bin"; printf "#!/bin/sh\\nexit 1\\n" | tee "$3/bin/python" '
         '> "$3/bin/pip"; chmod +x "$3"/bin/*', "its environment could not be installed"),
        ('[ "$1" = -c ] && exit 0; mkdir -p "$3/bin"; printf "#!/bin/sh\\nexit 0\\n" > "$3/bin/pip"; '
         'printf "#!/bin/sh\\n[ \\$REGENKIT_TFIO = on ]\\n" > "$3/bin/python"; chmod +x "$3"/bin/*',
         "the tests of speech failed with REGENKIT_TFIO=off"),
    ],
)  # fmt: skip
def test_it_fails_where_it_cannot_do_its_work(tmp_path: Path, python: str, reason: str) -> None:
    """An interpreter is put in its place that is too new, makes no environment, an empty one, or one that fails."""
    (tmp_path / "python").write_text(f"#!/bin/sh\n{python}\n")
    (tmp_path / "python").chmod(0o755)
    where = {**os.environ, "PYTHON": str(tmp_path / "python"), "VENV": str(tmp_path / "venv")}
    done = subprocess.run([SCRIPT], env=where, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith(f"tensorflow-io: {reason}")
