"""A Y′ that is Y: nothing is left for a renderer, which makes no step, and all commands work."""

import json
from pathlib import Path

import numpy as np
import pytest
from dense_files import discs
from PIL import Image
from test_cli import regenkit

from regenkit import Spec
from regenkit.errors import UserError
from regenkit.identity import Identity
from regenkit.models.identity import IdentityRenderer
from regenkit.pipeline.editing import parse_given, parsed, text_of
from regenkit.spec import Field, tokens

RECIPE = """\
dataset: {use: dense/folder, path: discs, size: 32, classes: [ground, disc]}
converter: {use: identity}
generator: {use: dense/unet, width: 8}
renderer: {use: identity}
train: {steps: 4, batch_size: 4, steps_per_call: 2, validate_every: 2, checkpoint_every: 2, sample_every: 2}
"""
Y = Spec({"word": tokens(3), "size": Field(kind="continuous", shape=(2,))})


def test_the_converter_gives_y_and_its_text_gives_it_back() -> None:
    converter = Identity(y=Y)
    y = {"word": np.array([1, 3, 2], np.int32), "size": np.array([0.25, -1], np.float32)}
    assert converter.spec.to_json() == Y.to_json()
    again, meta = parsed(converter, text_of(converter, converter.convert(y), {"title": "a"}))
    assert meta == {"title": "a"}
    for name, value in y.items():
        np.testing.assert_array_equal(again[name], value)
    with pytest.raises(UserError, match="given word: of this Y′"):
        parse_given(converter, {"word": "1"})


def test_a_renderer_that_would_have_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks size of Y, which this renderer cannot draw"):
        IdentityRenderer(condition=Y, target=Y.without(["word"]))


@pytest.mark.exhaustive(minutes=0.6)
def test_a_run_whose_answer_is_y_prime(tmp_path: Path) -> None:
    discs(tmp_path / "discs", 24)
    (tmp_path / "discs.yaml").write_text(RECIPE)
    assert "sound" in regenkit("check", "discs.yaml", cwd=tmp_path).stdout
    regenkit("train", "discs.yaml", cwd=tmp_path)
    run = tmp_path / "runs/discs/1"
    assert json.loads((run / "renderer/done.json").read_text())["steps"] == 0
    regenkit("generate", "runs/discs/1", "--input", "discs/images/test/3.jpg", "-o", "out.png", cwd=tmp_path)
    with Image.open(tmp_path / "out.png") as image:
        assert image.mode == "P" and image.size == (32, 32)
    regenkit("convert", "runs/discs/1", "discs/labels/test/3.png", "-o", "y.yaml", cwd=tmp_path)
    regenkit("render", "runs/discs/1", "y.yaml", "-o", "back.png", cwd=tmp_path)
    with Image.open(tmp_path / "back.png") as mine, Image.open(tmp_path / "discs/labels/test/3.png") as theirs:
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(theirs)[:, 4:36])
    regenkit("evaluate", "runs/discs/1", "--no-direct", cwd=tmp_path)
    report = json.loads((run / "report.json").read_text())
    assert report["parameters"]["renderer"] == 0 and report["bits"]["routes"]["generator"]
