"""A recipe made concrete: components found, specs joined, stages built, checked against their Y′, and run.

Which fields each stage reads and draws is said in `sides`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit import distribute, plugins
from regenkit.components import Dataset
from regenkit.data.batches import Side
from regenkit.data.fraction import hide
from regenkit.data.parts import Elsewhere
from regenkit.data.prepare import Prepared, Progress, prepare
from regenkit.data.stack import stack, unstack
from regenkit.errors import UserError
from regenkit.given import Given
from regenkit.models.options import asked, taken
from regenkit.pipeline.building import built, identity, joined_stages, rule
from regenkit.pipeline.contract import check, plain
from regenkit.pipeline.learned import Learned
from regenkit.pipeline.modalities import keep, modalities_of
from regenkit.pipeline.sides import sides
from regenkit.recipe import Recipe
from regenkit.recipe.remedies import RESAMPLE
from regenkit.recipe.stages import ROUTE, is_learned
from regenkit.spec import Fields, Spec

SAMPLE_BATCH = 64


@final
class Pipeline:
    """The components of one recipe. Stages are built on first use, from `folder` where they have been trained."""

    def __init__(self, recipe: Recipe, folder: Path | None = None) -> None:
        self.recipe, self.folder = recipe, folder
        host = plugins.host()
        data = recipe.dataset.component
        assert isinstance(data, Dataset)
        self.modalities = modalities_of(recipe, folder)
        self.x_record = host.find("modality", data.x)
        self.x = self.x_record.load()(**self.modalities.get("x", {}))
        self.y_record = host.find("modality", data.y)
        self.y = self.y_record.load()(**self.modalities.get("y", {}))
        self.learned = is_learned(recipe)
        self.specs: dict[str, Spec] = {"x": self.x.spec, "y": self.y.spec, "rep": Spec()}
        self.converter = self._learned() if self.learned else rule(recipe, self.specs["y"])
        self.specs["rep"] = self.converter.spec
        self.given_spec = self.specs["rep"].only(optional=True)
        self.given_scalars = Spec((name, field) for name, field in self.given_spec.items() if field.scalar)
        self._stages: dict[str, Any] = {}

    # --- what each stage reads and writes ---------------------------------------------------------------------------

    def sides(self, stage: str) -> tuple[Side, Side]:
        """(condition, target) of a stage."""
        try:
            return sides(stage, self.specs, learned=self.learned)
        except ValueError as error:
            raise UserError(f"{self.recipe.path}: {error}") from error

    def runs(self, stage: str) -> bool:
        """Whether its batches have steps, and so a mask."""
        return any(side.spec.runs for side in self.sides(stage))

    def build(self, stage: str) -> Any:
        """A new, untrained stage; a joint one of stages as they have been trained so far."""
        if stage == "joint":
            return joined_stages(self)
        own_decoder = stage == "renderer" and self.recipe.renderer.own_decoder
        condition, target = self.sides("converter" if own_decoder else stage)
        return built(self.recipe, stage, condition=condition.spec, target=target.spec)

    def _learned(self) -> Learned:
        model = self.build("converter")  # for its spec; which of its weights are trained, `stage` knows
        return Learned(y=self.specs["y"], latent=model.spec, version=model.version, stage=self.stage,
                       folder=self.folder)  # fmt: skip

    # --- data --------------------------------------------------------------------------------------------------------

    def prepare(self, progress: Progress, processes: int | None = None, elsewhere: Elsewhere | None = None) -> Prepared:
        """See `data.prepare.prepare`; the recipe's `dataset.paired_fraction` of the training pairs keep X."""
        dataset = built(self.recipe, "dataset")
        keep(dataset, self.modalities, self.folder)
        prepared = prepare(
            dataset=dataset,
            identity=identity(self.recipe, "dataset"),
            converter=self.converter if not self.learned or self.converter.trained else None,
            converter_identity=identity(self.recipe, "converter"),
            specs=self.specs,
            progress=progress,
            processes=processes,
            elsewhere=elsewhere,
        )
        return hide(prepared, self.recipe.paired_fraction)

    def contract(self, stage: str) -> dict[str, Any]:
        """What a stage is: its component and settings, the Y′ it is for, what it reads and draws (see `contract`)."""
        condition, target = self.sides(stage)
        # the stages that make Y′ are not of a Y′ that they make another one
        of_itself = self.learned and stage in ("converter", "joint")
        version = self.converter.code_version if of_itself else self.converter.version
        return plain({
            "component": None if stage == "joint" else identity(self.recipe, stage),
            "converter": {**identity(self.recipe, "converter"), "version": version},
            "condition": condition.spec.to_json(),
            "target": target.spec.to_json(),
        })  # fmt: skip

    # --- trained stages ----------------------------------------------------------------------------------------------

    @cached_property
    def strategy(self) -> Any:
        """The `tf.distribute.Strategy` of trained stages, over whose devices samples are spread; may be replaced."""
        return distribute.local()

    def stage(self, name: str) -> Any:
        """A trained stage with its best averaged weights; the renderer as fine-tuned, where the recipe asks for that.

        Raises UserError where there is none.
        """
        if name not in self._stages:
            trained = "finetune" if name == "renderer" and self.recipe.finetune else name
            if self.folder is None or not (self.folder / trained / "best.weights.h5").exists():
                command = "evaluate" if trained.startswith("direct") else "train"
                raise UserError(f"{self.folder}: {trained} has not been trained; run `regenkit {command}` (it goes on "
                                "where it stopped)")  # fmt: skip
            check(trained, self.folder / trained, self.contract(trained))
            with self.strategy.scope():
                model = self.build(trained)
                model.load_weights(self.folder / trained / "best.weights.h5")
            self._stages[name] = model
        return self._stages[name]

    def forget(self) -> None:
        """Stages are read anew: their weights have changed."""
        self._stages.clear()

    @contextmanager
    def using(self, name: str, model: Any) -> Iterator[None]:
        """Within, `model` is the stage `name`: one under training, whose weights are not the best ones to come."""
        before = self._stages.pop(name, None)
        self._stages[name] = model
        try:
            yield
        finally:
            del self._stages[name]
            if before is not None:
                self._stages[name] = before

    # --- running -----------------------------------------------------------------------------------------------------

    def given(self, options: Mapping[str, str] | None = None) -> Given:
        """A user's `--given NAME=VALUE`, parsed by the converter, whose fields they are."""
        return self.converter.given(dict(options or {}))

    def given_of(self, rep: Fields) -> Given:
        """The given scalars of a known Y′, as if a user had said them."""
        return Given(fields={name: rep[name] for name in self.given_scalars})

    def sample(
        self,
        stage: str,
        conditions: Sequence[Fields],
        lengths: Sequence[int],
        *,
        seed: int,
        permitted: Mapping[str, np.ndarray] | None = None,
        truths: Sequence[Fields] | None = None,
        **options: Any,
    ) -> list[Fields]:
        """Targets of `stage` for conditions of any lengths, in batches of like length.

        truths   draw each step given these true earlier ones. Raises UserError where the stage has no `resample`.
        options  of which those count that the stage has
        """
        condition, target = self.sides(stage)
        given = {name: mask for name, mask in (permitted or {}).items() if name in target.spec}
        order = np.argsort(lengths, kind="stable")
        batches = [order[start : start + SAMPLE_BATCH] for start in range(0, len(order), SAMPLE_BATCH)]
        model, along = self.stage(stage), self.runs(stage)
        options = {name: value for name, value in options.items() if name in taken(model)}
        if truths is not None and not hasattr(model, "resample"):
            raise UserError(f"{self.folder}: its {stage}, {type(model).__name__}, has no method {RESAMPLE}")

        def draw(number: int) -> list[Fields]:
            sizes = [lengths[place] for place in batches[number]]
            padded = sizes if along else None
            batch = stack([conditions[place] for place in batches[number]], condition.spec, padded)
            if truths is None:
                drawn = model.sample(batch, seed=seed + 7919 * number, given=given, **options)
            else:
                known = stack([truths[place] for place in batches[number]], target.spec, padded)
                drawn = model.resample(batch, known, seed=seed + 7919 * number)
            return unstack(drawn, target.spec, sizes)

        found: list[Fields] = [{} for _ in conditions]
        for places, drawn in zip(batches, distribute.spread(self.strategy, draw, len(batches)), strict=True):
            for place, fields in zip(places, drawn, strict=True):
                found[place] = fields
        return found

    def predict_rep(
        self, xs: Sequence[Fields], given: Sequence[Given], lengths: Sequence[int], *, seed: int, **options: Any
    ) -> list[Fields]:
        """X → Y′, completed with what is given."""
        conditions = [{**x, **each.fields} for x, each in zip(xs, given, strict=True)]
        predicted = self.sample("generator", conditions, lengths, seed=seed, **options)
        return [
            self.converter.complete({**self.given_spec.absent(length), **each.fields, **rep}, each)
            for rep, each, length in zip(predicted, given, lengths, strict=True)
        ]

    def render_rep(
        self, reps: Sequence[Fields], lengths: Sequence[int], *, seed: int,
        permitted: Mapping[str, np.ndarray] | None = None, **options: Any,
    ) -> list[Fields]:  # fmt: skip
        """Y′ → Y: what the renderer draws, beside what Y′ holds already."""
        drawn = self.sample("renderer", reps, lengths, seed=seed, permitted=permitted, **options)
        return [self.joined(rep, target) for rep, target in zip(reps, drawn, strict=True)]

    # --- what a user asks for ----------------------------------------------------------------------------------------

    def read_inputs(self, text: str) -> list[Any]:
        """X from a file of one or many, or from the text itself."""
        path = Path(text)
        if len(text) < 256 and path.suffix.lower() in self.x_record.reads and "\n" not in text:
            if not path.is_file():
                raise UserError(f"--input {text}: there is no such file")
            return self.x.read(path)
        return [self.x.parse(text)]

    def generate(
        self, inputs: Sequence[Any], *, seed: int = 0, count: int = 1, given: Mapping[str, str] | None = None,
        **options: Any,
    ) -> list[Any]:  # fmt: skip
        """`count` values of Y for each input (X, or text to be parsed as X), in order.

        An X longer than the models learned from is generated in parts, where X's modality has `cut` and Y's `join`.

        given    what the user fixes, as {"key": "G"}: see the converter's `given`
        options  of how the stages draw: temperature, top_p, guidance …
        """
        options = asked({stage: self.stage(stage) for stage in ROUTE}, options)
        inputs = [self.x.parse(value) if isinstance(value, str) else value for value in inputs]
        fixed = self.given(given)
        wholes = [value for value in inputs for _ in range(count)]
        whole_only = not (hasattr(self.x, "cut") and hasattr(self.y, "join"))
        parts = [[value] if whole_only else self.x.cut(value) for value in wholes]
        xs = [self.x.encode(part)[0] for each in parts for part in each]
        lengths = [self._length(x) for x in xs]
        reps = self.predict_rep(xs, [fixed] * len(xs), lengths, seed=seed, **options)
        ys = iter(self.render_rep(reps, lengths, seed=seed, permitted=fixed.permitted, **options))
        made = [list(islice(ys, len(each))) for each in parts]
        return [
            self.y.decode(y[0] if len(y) == 1 else self.y.join(y), {**self.x.encode(value)[1], **fixed.meta})
            for value, y in zip(wholes, made, strict=True)
        ]

    def convert(self, value: Any) -> str:
        """Y′ of one Y, as text to read and edit."""
        y, meta = self.y.encode(value)
        return self.converter.to_text(self.converter.convert(y), meta)

    def render(self, text: str, *, seed: int = 0, count: int = 1, where: str = "Y′", **options: Any) -> list[Any]:
        """Y from Y′ as text. Raises UserError with the place of what is wrong in it."""
        try:
            rep, meta = self.converter.from_text(text)
        except UserError as error:
            raise UserError(f"{where}: {error}") from error
        options = asked({"renderer": self.stage("renderer")}, options)
        ys = self.render_rep([rep] * count, [self._length(rep)] * count, seed=seed, **options)
        return [self.y.decode(y, meta) for y in ys]

    @staticmethod
    def _length(fields: Fields) -> int:
        return max((len(value) for value in fields.values() if np.ndim(value)), default=1)

    def joined(self, known: Fields, drawn: Fields) -> Fields:
        """One example of Y from drawn fields and those already known."""
        return {name: drawn[name] if name in drawn else known[name] for name in self.specs["y"]}

    @cached_property
    def parameters(self) -> dict[str, int]:
        """Trainable parameters by stage, of fresh stages."""
        return {
            stage: sum(math.prod(variable.shape) for variable in self.build(stage).trainable_variables)
            for stage in ("generator", "renderer", "direct", "direct_half")
        }
