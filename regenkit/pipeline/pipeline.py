"""A recipe made concrete: components built, specs joined, stages checked against their Y′, and run.

The table `regenkit.stages` has the fields that each stage reads and draws.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from os.path import isfile
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit import distribute
from regenkit.adapter import Cuts, Decodes, Joins, Modality, OutputModality, Parses, RuleConverter, unit_of
from regenkit.components import Dataset
from regenkit.conform import refuse_unfit
from regenkit.data.fraction import hide
from regenkit.data.parts import Elsewhere
from regenkit.data.prepare import Prepared, Progress, prepare
from regenkit.errors import UserError
from regenkit.given import Given
from regenkit.pipeline.building import build, modality, rule, usual
from regenkit.pipeline.contract import check, plain
from regenkit.pipeline.draft import count
from regenkit.pipeline.editing import completed, given_by_user, parsed, text_of
from regenkit.pipeline.encoding import checked, encoded
from regenkit.pipeline.learned import Learned
from regenkit.pipeline.modalities import check_shared, keep, modalities_of, record_of
from regenkit.pipeline.same_data import as_begun
from regenkit.pipeline.sampling import draw, longest, ungiven
from regenkit.pipeline.source import WithSource, XConverter, as_y
from regenkit.pipeline.weights import load
from regenkit.recipe import Recipe, of_run
from regenkit.recipe.mismatch_options import RESAMPLE
from regenkit.recipe.sampling import USUAL, asked, for_stage
from regenkit.spec import Fields, Spec
from regenkit.stage import Resamples
from regenkit.stages import BEST, GENERATOR, RENDERER, ROUTE, STAGES, Side, given_scalars, sides


@final
class Pipeline:
    """The components of one recipe. Stages are built on first use, from `folder` where they have been trained."""

    def __init__(self, recipe: Recipe, folder: Path | None = None) -> None:
        self.recipe, self.folder = recipe, folder
        data = recipe.dataset.component
        assert isinstance(data, Dataset)
        self.modalities = modalities_of(recipe, folder)
        self.x_record = record_of(data, data.x)
        self.x: Modality = modality(self.x_record, self.modalities.get("x", {}), data.title)
        self.y_record = record_of(data, data.y)
        self.y: OutputModality = modality(self.y_record, self.modalities.get("y", {}), data.title, (Decodes,))
        check_shared(recipe, self.x, self.y)
        self.source = self._source() if "source" in recipe.parts else None
        self.specs: dict[str, Spec] = {"x": (self.source or self.x).spec, "y": self.y.spec, "rep": Spec()}
        self.learned = self._learned() if recipe.learned else None
        self.converter: RuleConverter = self.learned or rule(recipe.part("converter"), self.specs["y"])
        self.specs["rep"] = self.converter.spec
        self.given_spec = self.specs["rep"].only(optional=True)
        self.given_scalars = given_scalars(self.specs["rep"])
        self._stages: dict[str, Any] = {}

    @property
    def run(self) -> Path:
        """The run directory of a pipeline that has one."""
        assert self.folder is not None
        return self.folder

    # --- what each stage reads and writes ---------------------------------------------------------------------------

    def sides(self, stage: str) -> tuple[Side, Side]:
        """(condition, target) of a stage."""
        try:
            return sides(stage, self.specs, learned=self.recipe.learned)
        except ValueError as error:
            raise UserError(f"{self.recipe.path}: {error}") from error

    def build(self, stage: str, *, drafted: bool = False) -> Any:
        """A new, untrained stage. One of several parts begins with the weights that they have so far.

        drafted   without the values of its weights, for questions of form and size
        """
        try:
            return build(self.recipe, stage, self.specs, self.folder, drafted=drafted)
        except ValueError as error:
            raise UserError(f"{self.recipe.path}: {error}") from error

    def _source(self) -> XConverter:
        part = self.recipe.part("source")
        converter = _converter_of_run(part.run) if part.run else rule(part, as_y(self.x.spec), source=True)
        return XConverter(converter, part.identity, self.x.spec)

    def _learned(self) -> Learned:
        model = self.build("converter", drafted=True)  # for its spec; `stage` gives the trained one
        return Learned(y=self.specs["y"], latent=model.spec, version=model.version, stage=self.stage,
                       folder=self.folder, again=_converter_of_run, author=model)  # fmt: skip

    # --- data --------------------------------------------------------------------------------------------------------

    def prepare(self, progress: Progress, processes: int | None = None, elsewhere: Elsewhere | None = None) -> Prepared:
        """See `data.prepare.prepare`, `as_begun`. Of the training pairs, `dataset.paired_fraction` keeps X."""
        dataset = self.recipe.dataset.build()
        refuse_unfit(self.recipe.dataset.component, dataset)
        keep(dataset, self.modalities, self.folder)
        prepared = prepare(
            dataset=WithSource(dataset, self.source) if self.source else dataset,
            identity=self.recipe.dataset.identity
            | {"encodings": [self.x.version, self.y.version], **(self.source.identity if self.source else {})},
            converter=self.converter if not self.learned or self.learned.trained else None,
            converter_identity=self.recipe.part("converter").identity,
            specs=self.specs,
            progress=progress,
            also=(self.x, self.y, *([self.source.converter] if self.source else [])),
            processes=processes,
            elsewhere=elsewhere,
        )
        return hide(as_begun(prepared, self.folder), self.recipe.paired_fraction)

    def contract(self, stage: str) -> dict[str, Any]:
        """What a stage is: its component and settings, the Y′ it is for, what it reads and draws (see `contract`)."""
        condition, target = self.sides(stage)
        kind = STAGES[stage]
        # the contract of a stage that makes Y′ cannot name its own weights
        version = self.learned.code_version if self.learned and kind.makes_rep else self.converter.version
        return plain({
            "component": None if kind.parts else self.recipe.part(stage).identity,
            "converter": {**self.recipe.part("converter").identity, "version": version},
            **(self.source.identity if self.source and "x" in condition.source.values() else {}),
            "condition": condition.spec.to_json(),
            "target": target.spec.to_json(),
        })  # fmt: skip

    # --- trained stages ----------------------------------------------------------------------------------------------

    @cached_property
    def strategy(self) -> Any:
        """The `tf.distribute.Strategy` of trained stages, over whose devices samples are spread; may be replaced."""
        return distribute.local()

    def stage(self, name: str) -> Any:
        """A trained stage with its best averaged weights; the fine-tuned renderer where the recipe asks for it.

        Raises UserError where there is none.
        """
        if name not in self._stages:
            trained = self.recipe.in_place_of(name)
            if self.folder is None or not (self.folder / trained / BEST).exists():
                command = "evaluate" if STAGES[trained].baseline else "train"
                raise UserError(f"{self.folder}: {trained} has not been trained; run `regenkit {command}` (it goes on "
                                "where it stopped)")  # fmt: skip
            check(trained, self.folder / trained, self.contract(trained), usual(self.recipe, trained))
            with self.strategy.scope():
                model = self.build(trained)
                load(model, self.folder / trained / BEST)
            self._stages[name] = model
        return self._stages[name]

    def forget(self) -> None:
        """Read stages again when they are next used, because their weights have changed."""
        self._stages.clear()

    @contextmanager
    def using(self, name: str, model: Any) -> Iterator[None]:
        """Within, `model` is the stage `name`: one in training, with its present weights."""
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
        """A user's `--given NAME=VALUE`: of X by its labels, of Y′ as the converter parses it."""
        return given_by_user(options or {}, self.x.spec, self.specs["y"], self.converter)

    def given_of(self, rep: Fields) -> Given:
        """The given scalars of a known Y′, as if a user had given them."""
        return Given(fields={name: rep[name] for name in self.given_scalars})

    def sample(
        self, stage: str, conditions: Sequence[Fields], *, seed: int,
        permitted: Mapping[str, np.ndarray] | None = None, truths: Sequence[Fields] | None = None,
        options: Mapping[str, Any] | None = None, usual: Mapping[str, Any] | None = None,
    ) -> list[Fields]:  # fmt: skip
        """Targets of `stage` for conditions of any lengths, in batches of similar length.

        truths   draw each step given these true earlier ones. Raises UserError where the stage has no `resample`.
        options  sampling options. They override the recipe's, which override the `usual` ones; a stage takes its own
        """
        model = self.stage(stage)
        if truths is not None and not isinstance(model, Resamples):
            raise UserError(f"{self.folder}: its {stage}, {type(model).__name__}, has no method {RESAMPLE}")
        return draw(
            stage, model, self.sides(stage), conditions, strategy=self.strategy, seed=seed, truths=truths,
            permitted=permitted or {},
            options={**longest(self.folder, stage, model), **(usual or {}), **self.recipe.part(stage).sample,
                     **for_stage(options or {}, stage)},
        )  # fmt: skip

    def predict_rep(self, xs: Sequence[Fields], given: Sequence[Given], **how: Any) -> list[Fields]:
        """X → Y′, completed with what is given. `how` as of `sample`: seed, options …"""
        conditions = [{**x, **each.fields} for x, each in zip(xs, given, strict=True)]
        predicted = self.sample(GENERATOR, conditions, **how)
        return [
            completed(self.converter, {**ungiven(x, rep, self.specs), **each.fields, **rep}, each)
            for x, rep, each in zip(xs, predicted, given, strict=True)
        ]

    def render_rep(self, reps: Sequence[Fields], **how: Any) -> list[Fields]:
        """Y′ → Y: the fields that the renderer draws and those that Y′ has. `how` as of `sample`."""
        drawn = self.sample(RENDERER, reps, **how)
        return [self.joined(rep, target) for rep, target in zip(reps, drawn, strict=True)]

    # --- what a user asks for ----------------------------------------------------------------------------------------

    def read_inputs(self, text: str) -> list[Any]:
        """The X of a file, one or many, or of the text itself."""
        path = Path(text)
        if path.suffix.lower() in self.x_record.reads and "\n" not in text and (isfile(text) or len(text) < 256):
            if not isfile(text):
                raise UserError(f"{text}: there is no such file")
            return self.x.read(path)
        return [self.parse(text)]

    def parse(self, text: str) -> Any:
        """The X of a text. Raises UserError where it is none, or X cannot be typed."""
        if not isinstance(self.x, Parses):
            kinds = f" ({', '.join(self.x_record.reads)})" if self.x_record.reads else ""
            raise UserError(f"{self.x_record.name} cannot be read from text: name a file{kinds}")
        return self.x.parse(text)

    def generate(
        self, inputs: Sequence[Any], *, seed: int = 0, count: int = 1, given: Mapping[str, str] | None = None,
        **options: Any,
    ) -> list[Any]:  # fmt: skip
        """`count` values of Y for each input (X, or text to be parsed as X), in order.

        An X longer than the models learned from is generated in parts, where X's modality has `cut` and Y's `join`.

        given    what the user fixes, as {"key": "G"}: see the converter's `given`
        options  sampling options: temperature, top_p, guidance …
        """
        how = {"seed": seed, "options": asked({stage: self.stage(stage) for stage in ROUTE}, options), "usual": USUAL}
        inputs = [self.parse(value) if isinstance(value, str) else value for value in inputs]
        fixed = self.given(given)
        wholes = [value for value in inputs for _ in range(count)]
        parts = [self.x.cut(value) if isinstance(self.x, Cuts) and isinstance(self.y, Joins) else [value]
                 for value in wholes]  # fmt: skip
        xs = [self.encode_x(part, fixed)[0] for each in parts for part in each]
        reps = self.predict_rep(xs, [fixed] * len(xs), **how)
        drawn = iter(self.render_rep(reps, permitted=fixed.permitted, **how))
        made = [list(islice(drawn, len(each))) for each in parts]
        metas = ({**self.x.encode(value)[1], **fixed.meta} for value in wholes)
        ys = [self.y.join(each) if len(each) > 1 and isinstance(self.y, Joins) else each[0] for each in made]
        return [self.y.decode(y, meta) for y, meta in zip(ys, metas, strict=True)]

    def encode_x(self, value: Any, fixed: Given) -> tuple[Fields, dict[str, Any]]:
        """(X as the generator reads it, meta). Raises UserError where it has no X′."""
        fields, meta = encoded(self.x_record, self.x, value)
        fields = {**fields, **fixed.x}
        return (self.source.of_user(fields) if self.source else fields), meta

    def convert(self, value: Any) -> str:
        """Y′ of one Y, as text to read and edit."""
        y, meta = encoded(self.y_record, self.y, value)
        return text_of(self.converter, checked(self.converter, "convert", self.converter.convert(y)), meta)

    def render(self, text: str, *, seed: int = 0, count: int = 1, where: str = "Y′", **options: Any) -> list[Any]:
        """Y from Y′ as text. Raises UserError that says where the text is wrong."""
        rep, meta = parsed(self.converter, text, where)
        how = {"seed": seed, "options": asked({RENDERER: self.stage(RENDERER)}, options), "usual": USUAL}
        return [self.y.decode(y, meta) for y in self.render_rep([rep] * count, **how)]

    def units(self, y: Fields) -> float:
        """How much of Y an example has, in what reports count it in (`adapter.HasUnit`); what is not known is not."""
        return self.specs["y"].known(y) / unit_of(self.y).steps

    def joined(self, known: Fields, drawn: Fields) -> Fields:
        """One example of Y from the drawn fields and the known ones."""
        return {name: drawn[name] if name in drawn else known[name] for name in self.specs["y"]}

    @cached_property
    def parameters(self) -> dict[str, int]:
        """Number of trainable parameters by stage."""
        return {
            stage: count(self.build(stage, drafted=True).trainable_variables)
            for stage in (*ROUTE, *(name for name, kind in STAGES.items() if kind.baseline))
        }


def _converter_of_run(folder: Path) -> Any:
    return Pipeline(of_run(folder), folder).converter
