"""A graph that is exported gives what the stage gives, to a reader without regenkit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import runs
from runs import PLAIN, SMALL, train

from regenkit.errors import UserError
from regenkit.pipeline.load import load_run
from regenkit.run.graphs import export_graphs

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:tf2onnx"),
    pytest.mark.filterwarnings("ignore::FutureWarning:tf2onnx"),
]
MODEL = f"{{use: transformer, {SMALL}}}"
RECIPE = f"""\
dataset: {{use: toy/data, count: 60}}
converter: {{use: toy/parity}}
generator: {MODEL}
renderer: {MODEL}
train: {{{PLAIN}, sample_every: 0}}
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with runs.at_home(tmp_path, runs.Stopper("none")):
        yield tmp_path


@pytest.mark.exhaustive(minutes=0.4)
@pytest.mark.parametrize("form", ["savedmodel", "onnx"])
def test_a_graph_gives_what_the_stage_gives(home: Path, form: Any) -> None:
    """Compared here once more, by a reader of our own, at a length that the export did not try."""
    if form == "onnx":
        pytest.importorskip("tf2onnx", reason="the extra onnx is not installed")
    train("first", RECIPE)
    run = load_run("first")
    said = export_graphs(run, Path(form), form)
    assert [line.split(":")[0] for line in said] == [f"{form}/{each}{'.onnx' * (form == 'onnx')}"
                                                     for each in ("generator", "renderer")]  # fmt: skip
    letter, mask = np.array([[1, 2, 3]], np.int32), np.ones((1, 3), bool)
    mode, parity = np.array([2], np.int32), np.array([[1, 2, 1]], np.int32)
    condition = {"letter": letter, "mode": mode, "mask": mask}
    mine = run.stage("generator").predict_steps(condition, {"parity": parity, "mask": mask})["parity"]
    flat = {"condition_letter": letter, "condition_mode": mode, "condition_mask": mask, "target_parity": parity,
            "target_mask": mask}  # fmt: skip
    if form == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(f"{form}/generator.onnx", providers=["CPUExecutionProvider"])
        taken = {each.name for each in session.get_inputs()}
        (theirs,) = session.run(["parity"], {name: value for name, value in flat.items() if name in taken})
    else:
        from regenkit.quiet import tensorflow as tf

        read = tf.saved_model.load(f"{form}/generator").signatures["serving_default"]
        theirs = read(**{name: tf.constant(value) for name, value in flat.items()})["parity"]
    np.testing.assert_allclose(theirs, mine, rtol=1e-4, atol=1e-4)
    with pytest.raises(UserError, match="is there already"):
        export_graphs(run, Path(form), form)
