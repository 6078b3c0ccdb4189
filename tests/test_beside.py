"""X beside Y′ and Y: what a preview and the samples of a run show."""

import base64
import re
from pathlib import Path

import numpy as np
import pytest
from test_cli import RECIPE, regenkit

from regenkit import Field, Spec, tokens
from regenkit.cli.inline import CHUNK, escaped
from regenkit.run.beside import fields_line


def test_fields_are_read_by_their_labels() -> None:
    spec = Spec({"word": tokens(["a", "the"]), "size": Field(kind="continuous", shape=(2,)), "many": tokens(9)})
    fields = {"word": np.array([2, 0, 1]), "size": np.array([0.5, 1 / 3], np.float32), "many": np.ones(20, int)}
    assert fields_line(spec, fields) == f"word: the – a; size: 0.5 0.333; many: {'1 ' * 12}… (20)"


@pytest.mark.parametrize("size", [1, 3 * CHUNK, 40_000])
def test_what_a_terminal_gets_is_the_picture(size: int) -> None:
    png = bytes(range(256)) * (size // 256 + 1)
    (kitty,) = re.findall(r"^((?:\x1b_G[^;]*;[^\x1b]*\x1b\\)+)$", escaped(png, {"TERM": "xterm-kitty"}))
    parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", kitty)
    assert base64.b64decode("".join(text for _, text in parts)) == png
    assert [head[-3:] for head, _ in parts] == ["m=1"] * (len(parts) - 1) + ["m=0"]
    assert all(len(text) <= CHUNK for _, text in parts)
    found = re.fullmatch(r"\x1b\]1337;File=inline=1;size=(\d+):(.*)\x07", escaped(png, {"TERM_PROGRAM": "WezTerm"}))
    assert found and int(found[1]) == len(png) and base64.b64decode(found[2]) == png
    assert escaped(png, {"TERM": "xterm-256color"}) == ""


@pytest.mark.exhaustive(minutes=0.3)
def test_a_preview_shows_x_and_writes_y(tmp_path: Path) -> None:
    (tmp_path / "song.yaml").write_text(RECIPE)
    said = regenkit("preview", "song.yaml", "--count", 2, "-o", "y.mid", cwd=tmp_path).stdout
    assert "{'" not in said and re.search(r"steps an example +\d+ +\d+ +\d+", said)
    assert len(re.findall(r"^X +\S", said, flags=re.MULTILINE)) == 2
    assert len(re.findall(r"^Y′ +\S", said, flags=re.MULTILINE)) == 2
    assert sorted(path.name for path in tmp_path.glob("y*")) == ["y-1.mid", "y-2.mid"]
    for file, what in (("y.gif", ".gif can't be written; there are .mid"), ("no/y.mid", "mkdir -p no")):
        refused = regenkit("preview", "song.yaml", "-o", file, cwd=tmp_path, expect=2)
        assert what in refused.stderr and not refused.stdout
