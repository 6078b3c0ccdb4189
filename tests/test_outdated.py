"""Authors change their code and forget its version: what it prepared before is named, and what was refused is made
anew."""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import letters
import pytest
from installed import regenkit
from test_scaffold import install
from toy_job import HUNDRED, prepared

from regenkit import Converter, Dataset, hookimpl, plugins
from regenkit.data.outdated import CHANGED
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline
from regenkit.recipe import load

RULE = '''"""A rule."""
import toy_job


class Echo(toy_job.Echo):
    """X is Y."""


class Rule(toy_job.Parity):
    """Of notes."""

    spec = toy_job.REP

    def convert(self, y):
        found = super().convert(y)
        found["parity"] = found["parity"] + 0  # all is well
        return found
'''


@pytest.fixture
def rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """rule(old, new, …): the converter of a module in which these are replaced."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def written(*changes: str) -> Any:
        text = RULE
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "fickle_rule.py").write_text(text)
        sys.modules.pop("fickle_rule", None)
        importlib.invalidate_caches()
        return importlib.import_module("fickle_rule").Rule()

    yield written
    sys.modules.pop("fickle_rule", None)


def test_code_that_has_changed_is_named(fresh: Path, rule: Callable[..., Any]) -> None:
    assert prepared(HUNDRED, rule()).outdated == ()
    assert prepared(HUNDRED, rule("# all is well", "# as it was", "Of notes", "Of high notes")).outdated == ()
    found = prepared(HUNDRED, rule("+ 0", "* 1"))
    assert found.outdated == (("fickle_rule", CHANGED),) == tuple(next(each for each in found.notes.values() if each))
    assert prepared(HUNDRED, rule("+ 0", "* 1", "def convert", "version = 2\n\n    def convert")).outdated == ()


@pytest.mark.exhaustive(minutes=0.2)
def test_preview_names_code_that_has_changed(tmp_path: Path) -> None:
    recipe = install(tmp_path, "chess")

    def said() -> str:
        done = regenkit("preview", str(recipe), folder=tmp_path / "made", REGENKIT_CACHE=str(tmp_path / "cache"))
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert CHANGED not in said()
    path = recipe.parents[1] / "regenkit_chess" / "family.py"
    path.write_text(path.read_text(encoding="utf-8").replace("found + 1", "1 + found"), encoding="utf-8")
    assert f"{CHANGED} (regenkit_chess.family)" in said()


def test_inherited_code_that_has_changed_is_named(fresh: Path, rule: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "fickle_child.py").write_text("import fickle_rule\n\n\nclass Child(fickle_rule.Rule):\n    pass\n")

    def child(*changes: str) -> Any:
        rule(*changes)
        sys.modules.pop("fickle_child", None)
        return importlib.import_module("fickle_child").Child()

    try:
        assert prepared(HUNDRED, child()).outdated == ()
        assert prepared(HUNDRED, child("# all is well", "# as it was")).outdated == ()
        assert prepared(HUNDRED, child("+ 0", "* 1")).outdated == (("fickle_rule", CHANGED),)
    finally:
        sys.modules.pop("fickle_child", None)


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("+ 0", "+ 1", r"parity holds \d…\d, its tokens are 1…2"),
        ("return found", "found", r"y′: it is None, .*`return` gives; right is a map from names of fields to arrays"),
        ("return found", "return [found]", r"y′: it is a list; right is a map from names of fields to arrays"),
    ],
)
def test_what_was_refused_is_prepared_anew_by_other_code(
    fresh: Path, rule: Callable[..., Any], good: str, bad: str, said: str
) -> None:
    for _ in range(2):
        with pytest.raises(UserError, match=said):
            prepared(HUNDRED, rule(good, bad))
    found = prepared(HUNDRED, rule())
    assert found.outdated == () and len(found.reps) == 100 and not found.skipped


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from toy_job import HUNDRED, Parity, files, prepared
from regenkit.errors import UserError

cache = Path(os.environ["REGENKIT_CACHE"])

def prepare(flaw):
    Path("fickle.py").write_text(
        "import toy_job\\n\\nclass Rule(toy_job.Parity):\\n    def convert(self, y):\\n"
        "        found = super().convert(y)\\n"
        f"        return {{**found, 'parity': found['parity'] + {flaw}}}\\n")
    sys.modules.pop("fickle", None)
    import fickle
    return prepared(HUNDRED, fickle.Rule())

def killed(number):
    def hook(event, arguments):
        nonlocal number
        number -= event == "os.remove"
        if not number:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

prepare(0)
right = files(cache)
shutil.rmtree(cache)
try:
    prepare(1)
except UserError:
    shutil.copytree(cache, "refused")
for number in range(1, 100):
    shutil.rmtree(cache)
    shutil.copytree("refused", cache)
    if not (process := os.fork()):
        killed(number)
        prepare(0)
        os._exit(0)
    ended = os.waitpid(process, 0)[1]
    assert prepare(0).outdated == () and files(cache) == right, number
    if not ended:
        break
print(number)
"""


def test_killed_while_it_deletes_what_was_refused_it_goes_on(tmp_path: Path) -> None:
    environment = {**os.environ, "REGENKIT_CACHE": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1",
                   "PYTHONPATH": os.pathsep.join(["", *sys.path])}  # fmt: skip
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, env=environment, capture_output=True, text=True,
                          timeout=240, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 4  # files were deleted


class Echoes:
    """A dataset whose X are notes, and a converter of them; one of the two is in the module that changes."""

    def __init__(self, changing: str) -> None:
        self.changing = changing

    @hookimpl
    def register_datasets(self) -> Iterator[Dataset]:
        module = "fickle_rule" if self.changing == "dataset" else "toy_job"
        yield Dataset(name="toy/echo", target=f"{module}:Echo", x="notes", y="notes")

    @hookimpl
    def register_converters(self) -> Iterator[Converter]:
        target = "fickle_rule:Rule" if self.changing == "source" else "letters:Parity"
        yield Converter(name="toy/fickle", target=target, modality="notes")


@pytest.mark.parametrize("changing", ["dataset", "source"])
def test_code_behind_a_converted_x_is_named(
    fresh: Path, rule: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changing: str
) -> None:
    host = plugins.Host([letters, Echoes(changing)])
    monkeypatch.setattr(plugins, "host", lambda: host)
    recipe = letters.RECIPE.replace("toy/data, count: 60", "toy/echo, count: 7").replace(
        "generator:", "source: {use: toy/fickle}\ngenerator:"
    )
    (tmp_path / "echo.yaml").write_text(recipe)
    for change, outdated in (("1", ()), ("1 * 1", (("fickle_rule", CHANGED),))):
        rule("+ 0", f"* {change}")
        assert Pipeline(load(tmp_path / "echo.yaml")).prepare(lambda *_: None).outdated == outdated
