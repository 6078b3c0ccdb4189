"""The networks of a run as graphs for other programs: TensorFlow's SavedModel, or ONNX.

What can be exported follows from what a stage has (`regenkit.stage`):

    LearnedConverter  its encoder, Y → Y′
    PredictsSteps     its prediction of each step, given the condition and the true earlier steps; a program that draws
                      calls it once a step

Any other stage draws by a loop of its own, which is Python, and is left out with that reason. Every graph is read again
from its file and compared with the stage on random inputs before it counts.
"""

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, final

import numpy as np

from regenkit.errors import UserError
from regenkit.files import writing
from regenkit.pipeline import Pipeline
from regenkit.quiet import tensorflow as tf
from regenkit.run.export import needed
from regenkit.spec import Spec
from regenkit.stage import LearnedConverter, PredictsSteps
from regenkit.stages import STAGES

Form = Literal["savedmodel", "onnx"]
OPSET = 18
"""Of ONNX."""
TOLERANCE = 1e-4
"""The most that an output may differ from the stage's own, absolutely and relatively."""
STEPS = (5, 9)
"""Lengths of the inputs that are compared: a graph made for one length alone would fail at the other."""


def export_graphs(pipeline: Pipeline, folder: Path, form: Form) -> list[str]:
    """Write a graph of each stage that allows it into `folder`; returns a line for each stage.

    Raises UserError where the folder is there already, where ONNX's packages are not installed, or no stage allows it.
    """
    if folder.exists():
        raise UserError(f"-o {folder}: is there already; name a new folder")
    reader = _onnx if form == "onnx" else _saved_model
    if form == "onnx":
        _check_packages()
    lines, made = [], 0
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    with writing(folder):
        part.mkdir(parents=True)
    try:
        for stage in needed(pipeline):
            model = pipeline.stage(STAGES[stage].stands_for or stage)
            graph = _graph(model)
            if graph is None:
                lines.append(f"{stage}: left out, because {type(model).__name__} draws by a loop in Python and has "
                            "neither an encoder nor `predict_steps`")  # fmt: skip
                continue
            try:
                worst = _made_and_compared(graph, part / stage, reader)
            except Exception as error:  # whatever keeps a network from being a graph is the reason
                reason = " ".join(f"{type(error).__name__}: {error}".split())
                lines.append(f"{stage}: left out; it cannot be written as {form} ({reason[:300]})")
                continue
            made += 1
            suffix = ".onnx" if form == "onnx" else ""
            lines.append(f"{folder / stage}{suffix}: {graph.what}; read again, it differs by {worst:.1e} at most")
        if not made:
            raise UserError(f"{folder}: no stage of this run can be exported as {form}:\n" + "\n".join(lines))
        with writing(folder):
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return lines


@final
class Graph(tf.Module):
    """One function of a stage on flat inputs (`condition_NAME`, `target_NAME`, masks); what it returns is flat too."""

    def __init__(self, what: str, model: Any, call: Callable[..., Mapping[str, Any]]) -> None:
        super().__init__()
        self.what, self.model = what, model
        self.inputs = {
            **_inputs("condition", model.condition, model.condition.clocks + model.target.clocks),
            **_inputs("target", model.target, model.target.clocks),
        }
        flat = [tf.TensorSpec(shape, kind, name=name) for name, (_, _, shape, kind) in self.inputs.items()]

        def function(*values: tf.Tensor) -> dict[str, tf.Tensor]:
            sides: dict[str, dict[str, tf.Tensor]] = {"condition": {}, "target": {}}
            for (side, key, _, _), value in zip(self.inputs.values(), values, strict=True):
                sides[side][key] = value
            return _flat(call(sides["condition"], sides["target"]))

        self.function = tf.function(function, input_signature=flat)

    def example(self, steps: int) -> dict[str, np.ndarray]:
        """Two random examples of so many steps, as the specs have them, without padding."""
        random, found = np.random.default_rng(steps), dict[str, np.ndarray]()
        specs = {"condition": self.model.condition, "target": self.model.target}
        for name, (side, key, shape, kind) in self.inputs.items():
            size = [2, *(steps if each is None else each for each in shape[1:])]
            if kind == tf.bool:
                found[name] = np.ones(size, bool)
            elif kind == tf.int32:
                found[name] = random.integers(1, (specs[side][key].vocabulary or 1) + 1, size).astype(np.int32)
            else:
                found[name] = random.uniform(-1, 1, size).astype(np.float32)
        return found


def _graph(model: Any) -> Graph | None:
    if isinstance(model, LearnedConverter):
        return Graph("its encoder, Y → Y′", model, model.encode)
    if isinstance(model, PredictsSteps):
        return Graph("its prediction of each step", model, model.predict_steps)
    return None


def _inputs(side: str, spec: Spec, clocks: Any) -> dict[str, tuple[str, str, tuple[int | None, ...], Any]]:
    """By the name of the input: (side, key, shape with the batch, type)."""
    found: dict[str, tuple[str, str, tuple[int | None, ...], Any]] = {}
    for name, field in spec.items():
        kind = tf.int32 if field.vocabulary else tf.float32
        found[_name(side, name)] = (side, name, (None, *field.shape), kind)
    for mask in dict.fromkeys(clock.mask for clock in clocks):
        found[_name(side, mask)] = (side, mask, (None, None), tf.bool)
    return found


def _name(*parts: str) -> str:
    return re.sub(r"\W", "_", "_".join(parts))


def _flat(outputs: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Fields by name; of a prediction of numbers, (mean, log scale), two."""
    found: dict[str, tf.Tensor] = {}
    for name, value in outputs.items():
        parts = {"_mean": value[0], "_log_scale": value[1]} if isinstance(value, tuple) else {"": value}
        found |= {_name(name) + suffix: tf.identity(each) for suffix, each in parts.items()}
    return found


def _made_and_compared(graph: Graph, path: Path, reader: Callable[..., Any]) -> float:
    """Write the graph, read it again, and compare; returns the largest difference. Raises ValueError for a larger one
    than may be."""
    call, worst = reader(graph, path), 0.0
    for steps in STEPS:
        given = graph.example(steps)
        mine = graph.function(*given.values())
        theirs = call(given)
        for name, value in mine.items():
            ours, read = np.asarray(value, np.float64), np.asarray(theirs[name], np.float64)
            np.testing.assert_allclose(read, ours, rtol=TOLERANCE, atol=TOLERANCE, err_msg=name)
            worst = max(worst, float(np.abs(read - ours).max(initial=0)))
    return worst


def _saved_model(graph: Graph, path: Path) -> Callable[[dict[str, np.ndarray]], Any]:
    tf.saved_model.save(graph, str(path), signatures=graph.function)
    read = tf.saved_model.load(str(path)).signatures["serving_default"]
    return lambda given: read(**{name: tf.constant(value) for name, value in given.items()})


def _onnx(graph: Graph, path: Path) -> Callable[[dict[str, np.ndarray]], Any]:
    import onnxruntime
    import tf2onnx

    file = path.with_suffix(".onnx")
    signature = [tf.TensorSpec(shape, kind, name=name) for name, (_, _, shape, kind) in graph.inputs.items()]
    tf2onnx.convert.from_function(graph.function, signature, opset=OPSET, output_path=str(file))
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    taken = {each.name for each in session.get_inputs()}  # what the graph does not use is not among them
    names = [each.name for each in session.get_outputs()]

    def call(given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        feed = {name: value for name, value in given.items() if name in taken}
        return dict(zip(names, session.run(names, feed), strict=True))

    return call


def _check_packages() -> None:
    try:
        import onnxruntime  # noqa: F401
        import tf2onnx  # noqa: F401
    except ModuleNotFoundError as error:
        raise UserError(f"--format onnx needs the package {error.name!r}: pip install 'regenkit[onnx]'") from error
