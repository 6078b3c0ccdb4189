"""What a faulty plugin makes of the commands of a user, and a run whose plugin is gone."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from installed import distribution, regenkit

PLUGIN = """
    import numpy as np
    from regenkit import Converter, Dataset, Example, Modality, Spec, hookimpl, tokens

    @hookimpl
    def register_modalities():
        yield Modality(name="moves", target="chess_module:Moves", reads=(".txt",), writes=(".txt",))

    @hookimpl
    def register_datasets():
        yield Dataset(name="chess/openings", target="chess_module:Openings", x="moves", y="moves")

    @hookimpl
    def register_converters():
        yield Converter(name="chess/skeleton", target="chess_module:Skeleton", modality="moves")

    class Moves:
        spec, version = Spec({"move": tokens(8)}), 1

        def read(self, path):
            return [int(open(path).read())]

        def write(self, value, path): ...
        def encode(self, value): return {"move": np.array([value], np.int32)}, {}
        def decode(self, fields, meta=None): return 1
        def describe(self, value): return str(value)

    class Openings:
        version = 1
        def sources(self): return [str(number) for number in range(40)]

        def read(self, source):
            move = np.array([int(source) % 8 + 1], np.int32)
            return [Example(id=source, x={"move": move}, y={"move": move})]

    class Skeleton:
        spec, version = Spec({"half": tokens(4)}), 1
        def convert(self, y): return {"half": (y["move"] + 1) // 2}
"""
RECIPE = """\
dataset: {use: chess/openings}
converter: {use: chess/skeleton}
generator: {use: transformer, width: 8, depth: 1, heads: 2}
renderer: {use: transformer, width: 8, depth: 1, heads: 2}
train: {steps: 0}
"""


@pytest.fixture
def chess(tmp_path: Path) -> Iterator[Any]:
    """Installs the plugin with one change."""
    (tmp_path / "chess.yaml").write_text(RECIPE)

    def install(old: str = "", new: str = "") -> Path:
        assert old in PLUGIN
        distribution(tmp_path, "regenkit-chess", "0.1.0", "chess", PLUGIN.replace(old, new))
        return tmp_path

    yield install


@pytest.mark.parametrize(
    ("command", "old", "new", "said"),
    [
        ("check", "def convert(self, y)", "def convrt(self, y)",
         ["converter chess/skeleton (regenkit-chess 0.1.0) lacks convert(y); is convrt meant", "chess_module.py"]),
        ("check", "spec, version = Spec", "def given(self, options): return None\n        spec, version = Spec",
         ["converter chess/skeleton (regenkit-chess 0.1.0) lacks complete(rep, given)", "chess_module.py, line "]),
        ("preview", "int(source) % 8 + 1", "int(source) + 1",
         ["had to be left out", "dataset chess/openings (regenkit-chess 0.1.0)", "or the like"]),
        ("preview", "Example(id=source", "Example(id='one'", ["have the id 'one' 40 times", "chess_module.py, line"]),
        ("preview", "return [Example", "return {}['a'] and [Example",
         ["Openings.read('0'): KeyError: 'a' (regenkit-chess 0.1.0: chess_module.py, line 3", "in read"]),
    ],
)  # fmt: skip
def test_a_recipe_of_a_faulty_plugin_is_refused(chess: Any, command: str, old: str, new: str, said: list[str]) -> None:
    folder = chess(old, new)
    done = regenkit(command, "chess.yaml", folder=folder, REGENKIT_CACHE=str(folder / "cache"))
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert [each for each in said if each not in done.stderr] == []


@pytest.mark.exhaustive(minutes=0.5)
def test_a_run_knows_its_plugins_and_says_what_is_gone(chess: Any) -> None:
    folder = chess()
    cache = {"REGENKIT_CACHE": str(folder / "cache")}
    done = regenkit("train", "chess.yaml", "--run", "run", folder=folder, **cache)
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "run" / "environment.json").read_text())["regenkit-chess"] == "0.1.0"
    (folder / "bad.txt").write_text("e4")
    done = regenkit("generate", "run", "--input", "bad.txt", "-o", "out.txt", folder=folder)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert re.search(r"modality moves \(regenkit-chess 0.1.0\): read raised ValueError: invalid literal", done.stderr)
    line = PLUGIN[: PLUGIN.index("return [int(open(path)")].count("\n") + 1
    assert f"chess_module.py, line {line}, in read: return [int(open(path).read())]" in done.stderr
    assert "raise regenkit.UserError" in done.stderr
    shutil.rmtree(folder / "regenkit_chess-0.1.0.dist-info")
    done = regenkit("generate", "run", "--input", "bad.txt", "-o", "out.txt", folder=folder)
    assert "made with regenkit-chess==0.1.0, which is not installed: pip install regenkit-chess==0.1.0" in done.stderr
