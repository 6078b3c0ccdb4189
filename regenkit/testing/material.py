"""Real examples to check components with: a few of a recipe's dataset, prepared as training prepares them."""

import copy
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit import plugins
from regenkit.components import ANY, Component, Converter, Dataset, Example, Generator, Metric, Renderer
from regenkit.data.author import named, sources_of
from regenkit.data.prepare import Prepared, prepare
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline
from regenkit.pipeline.modalities import record_of
from regenkit.pipeline.source import WithSource
from regenkit.recipe import Recipe, load
from regenkit.recipe.arguments import parameters
from regenkit.spec import Fields
from regenkit.stages import GENERATOR, RENDERER
from regenkit.testing.elsewhere import read_elsewhere, variable
from regenkit.testing.finding import Skipped

EXAMPLES = 8
"""How many paired examples are wanted."""
FIRST = 6
"""How many sources are read twice, and in another process."""
SOURCES = 400
"""The most sources that are read for them."""
USUAL = ("transformer", "maskgit", "diffusion", "cvae", "gaussian")
"""The core's models, in the order in which they are tried where the plugin has none."""


@final
class Material:
    """What a recipe names, built, and a few examples of its data. All of it is made when it is first asked for."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._failed = False

    @property
    def name(self) -> str:
        return self.recipe.path.name

    @cached_property
    def pipeline(self) -> Pipeline:
        tensorflow()
        return Pipeline(self.recipe)

    @cached_property
    def dataset(self) -> Any:
        return self.recipe.dataset.build()

    @cached_property
    def first_sources(self) -> list[str]:
        """The sources that are read twice."""
        title = named("dataset", self.recipe.dataset.component.name, self.dataset)
        return sources_of(self.dataset, title)[:FIRST]

    @cached_property
    def elsewhere(self) -> tuple[list[str], list[Example]]:
        """All sources, and the examples of the first, as another process has them."""
        return read_elsewhere(self.dataset, self.first_sources)

    @cached_property
    def components(self) -> list[Component]:
        """The modalities, the dataset, the converter and the metrics."""
        host, data = plugins.host(), self.recipe.dataset.component
        assert isinstance(data, Dataset)
        modalities = [record_of(data, name) for name in dict.fromkeys((data.x, data.y))]
        metrics: list[Metric] = [host.find("metric", name) for name in self.recipe.evaluate]
        return [data, *modalities, self.recipe.part("converter").component, *metrics]

    @cached_property
    def stages(self) -> list[tuple[str, Component]]:
        """(stage, what makes it) of what is trained."""
        names = [*(["converter"] if self.recipe.learned else []), GENERATOR, RENDERER]
        return [(name, self.recipe.part(name).component) for name in names if not self.recipe.part(name).own_decoder]

    @cached_property
    def prepared(self) -> Prepared:
        """A few examples with their Y′. A learned converter makes it with the weights that it begins with.

        Raises UserError the first time that they cannot be made, and then Skipped: a fault is reported once.
        """
        if self._failed:
            raise Skipped("its examples cannot be prepared: see the first failure")
        self._failed = True
        found = self._prepare()
        self._failed = False
        return found

    def _prepare(self) -> Prepared:
        pipeline, count = self.pipeline, 2 * EXAMPLES
        if pipeline.learned:
            pipeline._stages["converter"] = pipeline.build("converter")
        while True:
            few = _few(self.dataset, count)
            with variable("REGENKIT_CACHE", _folder().name):
                found = prepare(
                    dataset=WithSource(few, pipeline.source) if pipeline.source else few,
                    identity={**self.recipe.dataset.identity, "sources": count}, converter=pipeline.converter,
                    converter_identity=self.recipe.part("converter").identity,
                    specs=pipeline.specs, progress=lambda what, done, total: None, processes=1,
                )  # fmt: skip
            if found.paired.sum() >= EXAMPLES or count >= min(SOURCES, len(self.dataset.sources())):
                return found
            count *= 4

    @cached_property
    def indices(self) -> np.ndarray:
        """Record numbers of paired examples with a Y′, the shortest first. Raises Skipped where they are too few."""
        sound = [index for index in np.flatnonzero(self.prepared.paired) if self.prepared.reps[int(index)]]
        if len(sound) < 3:
            raise Skipped(f"of the first {SOURCES} sources only {len(sound)} paired examples could be used")
        order = sorted(sound, key=lambda index: int(self.prepared.steps[index]))
        spread = np.linspace(0, len(order) - 1, min(EXAMPLES, len(order))).astype(int)
        return np.array([order[index] for index in spread])

    @cached_property
    def examples(self) -> list[Mapping[str, Fields]]:
        """The fields of these examples: {"x": …, "y": …, "rep": …}."""
        found = [self.prepared.example(int(index))[0] for index in self.indices]
        return [{side: fields for side, fields in each.items() if fields is not None} for each in found]

    @cached_property
    def without_rep(self) -> list[Fields]:
        """Y of some examples that preparation left out for their Y′."""
        found = [index for index in range(len(self.prepared.paired)) if not self.prepared.reps[index]][:EXAMPLES]
        return [self.prepared.example(index)[0]["y"] or {} for index in found]

    def batch(self, stage: str, chosen: Sequence[int], replicas: int = 1) -> list[dict[str, Any]]:
        """The parts of one batch of a stage, one a replica, as training gives them; `chosen` of `indices`."""
        from regenkit.data.batches import dataset

        condition, target = self.pipeline.sides(stage)
        plan = [self.indices[list(chosen)]]
        return [
            _numpy(part) for part in dataset(self.prepared, plan, condition, target, first=0, last=1, replicas=replicas)
        ]

    def build(self, stage: str, precision: str = "float32", seed: int = 0) -> Any:
        """A new stage, the same for the same seed."""
        from regenkit.quiet import keras
        from regenkit.training.train import computing_in

        keras.utils.set_random_seed(seed)
        with computing_in(precision):
            return self.pipeline.build(stage)


def _few(dataset: Any, count: int) -> Any:
    """The dataset with its first sources alone; of its own class, which messages name."""
    names, few = list(dataset.sources())[:count], copy.copy(dataset)
    object.__setattr__(few, "sources", lambda: names)  # it may be frozen
    return few


def _numpy(value: Any) -> Any:
    return {name: _numpy(each) for name, each in value.items()} if isinstance(value, dict) else value.numpy()


@cache
def _folder() -> tempfile.TemporaryDirectory:
    """Of what is prepared and written here; it is deleted when the process ends."""
    return tempfile.TemporaryDirectory(prefix="regenkit-check-")


# --- where no recipe is given -----------------------------------------------------------------------------------------


def materials(own: Sequence[Component], recipes: Sequence[Path], settings: Sequence[str] = ()) -> Iterator[Material]:
    """Of the recipes; without any, of those that can be made of the plugin's own components."""
    if recipes:
        yield from (Material(load(path, settings)) for path in recipes)
        return
    for dataset in own:
        if isinstance(dataset, Dataset) and not _needed(dataset):
            yield from _made(own, dataset)


def _made(own: Sequence[Component], dataset: Dataset) -> Iterator[Material]:
    """Recipes for a dataset in which each of the plugin's other components that fits is used once."""
    converters = [each for each in own if isinstance(each, Converter) and _fits(each, dataset) and not _needed(each)]
    generators = [each for each in own if isinstance(each, Generator) and not _needed(each)]
    renderers = [each for each in own if isinstance(each, Renderer) and not _needed(each)]
    metrics = [each.name for each in own if isinstance(each, Metric) and _fits(each, dataset)]
    for number in range(max(len(converters), len(generators), len(renderers), 1)):
        converter = converters[number % len(converters)].name if converters else "identity"
        for generator in _choices(generators, number):
            renderer = next(iter(_choices(renderers, number))) if renderers else generator
            sections = {"dataset": dataset.name, "converter": converter, "generator": generator, "renderer": renderer}
            text = "".join(f"{section}: {{use: {name!r}}}\n" for section, name in sections.items())
            path = Path(_folder().name) / f"{dataset.name.replace('/', '-')}-{number}.yaml"
            path.write_text(f"{text}evaluate: {metrics}\n", encoding="utf-8")
            try:
                material = Material(load(path))
                for stage, _ in material.stages:
                    material.pipeline.build(stage)
            except UserError:
                continue
            yield material
            break


def _choices(components: Sequence[Component], number: int) -> list[str]:
    return [components[number % len(components)].name] if components else list(USUAL)


def _fits(component: Any, dataset: Dataset) -> bool:
    return component.modality in (dataset.y, ANY)


def _needed(component: Component) -> list[str]:
    """The arguments that a recipe must give."""
    try:
        return [name for name, each in parameters(component).items() if each.default is each.empty]
    except UserError as error:
        return [str(error)]


def tensorflow() -> Any:
    """TensorFlow, its CPU split in two if that is still possible."""
    from regenkit.quiet import tensorflow as tf

    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    with suppress(RuntimeError, ValueError):  # something has been computed already
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], halves)
    return tf


@contextmanager
def graphs_counted() -> Iterator[list[str]]:
    """The names of the graphs that are traced within."""
    from tensorflow.python.framework import func_graph  # no public function tells of a trace

    names: list[str] = []
    plain = func_graph.FuncGraph.__init__

    def counting(self: Any, name: str, *arguments: Any, **more: Any) -> None:
        names.append(name)
        plain(self, name, *arguments, **more)

    func_graph.FuncGraph.__init__ = counting
    try:
        yield names
    finally:
        func_graph.FuncGraph.__init__ = plain
