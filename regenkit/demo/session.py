"""What a page does with a run, without the page: each function takes what was typed, and gives what is to be shown."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from inspect import Parameter
from pathlib import Path
from typing import Any, final

from regenkit.adapter import Cuts, Joins, Parses
from regenkit.errors import BadSource, UserError
from regenkit.given import given_options
from regenkit.pipeline import Pipeline
from regenkit.pipeline.editing import text_of
from regenkit.recipe.sampling import USUAL, asked, options_of
from regenkit.run.beside import x_line
from regenkit.spec import Fields
from regenkit.stages import BEST, RENDERER, ROUTE

ROUTES = ("reference", "oracle", "predicted", "direct")
"""What an example is shown as, side by side: the real Y; from true Y′; from predicted Y′; without Y′."""

UPLOADS = 4
"""So many values of uploads are kept, to draw from them again."""


@final
@dataclass(frozen=True)
class Made:
    """A result: Y′ as text, one line about Y, and Y as a file of each suffix that its modality writes."""

    rep: str
    said: str
    files: Mapping[str, Path] = field(default_factory=dict)


@final
class Session:
    """A run in use. Files that it makes lie in `folder`, which `close` deletes."""

    def __init__(self, pipeline: Pipeline, name: str) -> None:
        self.pipeline, self.name = pipeline, name
        self.folder = Path(tempfile.mkdtemp(prefix="regenkit-demo-"))
        self._made = 0
        self._uploads: dict[tuple[str, int], Any] = {}

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def parses(self) -> bool:
        """Whether X can be typed."""
        return isinstance(self.pipeline.x, Parses)

    @cached_property
    def options(self) -> dict[str, Parameter]:
        """The sampling options of generator and renderer by name."""
        return {name: each for stage in ROUTE for name, each in options_of(self.pipeline.stage(stage)).items()}

    def usual(self, name: str) -> Any:
        """The value that an option has where nobody sets it: the recipe's, else what `generate` takes, else its own."""
        for stage in ROUTE:
            if name in self.pipeline.recipe.part(stage).sample:
                return self.pipeline.recipe.part(stage).sample[name]
        return USUAL.get(name, self.options[name].default)

    def generate(self, typed: str, upload: str | None, given: str, seed: int, options: Mapping[str, Any]) -> Made:
        """X → Y′ → Y. Raises UserError where X, what is given or an option is wrong."""
        line, value = self.pipeline, self._input(typed, upload)
        fixed = given_options(filter(str.strip, given.splitlines()), flag="")
        checked = asked({stage: line.stage(stage) for stage in ROUTE}, self._changed(options, ROUTE))
        if isinstance(line.x, Cuts) and isinstance(line.y, Joins) and len(line.x.cut(value)) > 1:
            y = line.generate([value], seed=seed, given=fixed, **checked)[0]
            return self._shown(line.convert(y), y)
        known, how = line.given(fixed), {"seed": seed, "options": checked, "usual": USUAL}
        x, meta = line.encode_x(value, known)
        rep = line.predict_rep([x], [known], **how)[0]
        drawn = line.render_rep([rep], permitted=known.permitted, **how)[0]
        meta = {**meta, **known.meta}
        return self._shown(text_of(line.converter, rep, meta), line.y.decode(drawn, meta))

    def convert(self, upload: str | None) -> Made:
        """Y → Y′, of the first value of an uploaded file."""
        value = self._read(self.pipeline.y, self.pipeline.y_record.reads, upload)
        return self._shown(self.pipeline.convert(value), value)

    def render(self, rep: str, seed: int, options: Mapping[str, Any]) -> Made:
        """Y′ as text → Y."""
        if not rep.strip():
            raise UserError("there is no Y′ yet: generate one, or upload a file")
        y = self.pipeline.render(rep, seed=seed, **self._changed(options, (RENDERER,)))[0]
        return self._shown(rep, y)

    def compare(self, number: int, seed: int) -> tuple[str, dict[str, Made]]:
        """(name and X, what each route makes) of held-out example `number`. Raises UserError where there is none."""
        line, indices = self.pipeline, self._held
        if not len(indices):
            raise UserError("no held-out example of this run has an X")
        sides, meta = self._prepared.example(int(indices[number % len(indices)]))
        x, y, rep = (sides[each] or {} for each in ("x", "y", "rep"))
        given = line.given_of(rep)
        found: dict[str, tuple[Fields, Fields]] = {"reference": (rep, y)}
        found["oracle"] = rep, line.render_rep([rep], seed=seed)[0]
        predicted = line.predict_rep([x], [given], seed=seed)[0]
        found["predicted"] = predicted, line.render_rep([predicted], seed=seed)[0]
        if (line.run / "direct" / BEST).exists():
            drawn = line.sample("direct", [{**x, **given.fields}], seed=seed)[0]
            found["direct"] = {}, line.joined(given.fields, drawn)
        made = {
            route: self._shown(text_of(line.converter, rep, meta) if rep else "", line.y.decode(y, meta))
            for route, (rep, y) in found.items()
        }
        return f"{meta.get('id', '')}: {x_line(line, x, meta)}", made

    # --- parts -------------------------------------------------------------------------------------------------------

    @cached_property
    def _prepared(self) -> Any:
        return self.pipeline.prepare(lambda *_: None)

    @cached_property
    def _held(self) -> Any:
        return self._prepared.indices("test", paired=True)

    def _input(self, typed: str, upload: str | None) -> Any:
        if typed.strip():
            return self.pipeline.parse(typed)
        if upload or not self.parses:
            return self._read(self.pipeline.x, self.pipeline.x_record.reads, upload)
        raise UserError("there is no input yet: type it, or upload a file")

    def _read(self, modality: Any, reads: tuple[str, ...], upload: str | None) -> Any:
        """The first value of an upload, which is deleted then. Asked for again, it is one of the last few values."""
        if not upload:
            raise UserError("upload a file first")
        path, key = Path(upload), (upload, id(modality))
        if not path.exists() and key in self._uploads:
            return self._uploads[key]
        self._uploads.pop(key, None)
        try:
            if path.suffix.lower() not in reads:
                raise UserError(f"{path.name}: should be one of {', '.join(reads)}")
            if not path.exists():
                raise UserError(f"{path.name}: is no longer kept here; upload it again")
            self._uploads[key] = modality.read(path)[0]
        except (UserError, BadSource) as error:  # the folder of uploads says nothing to whoever uploaded
            raise UserError(str(error).replace(upload, path.name)) from error
        finally:
            path.unlink(missing_ok=True)
        while len(self._uploads) > UPLOADS:
            del self._uploads[next(iter(self._uploads))]
        return self._uploads[key]

    def _changed(self, options: Mapping[str, Any], stages: tuple[str, ...]) -> dict[str, Any]:
        """The options that are not as usual, of those that one of the stages has."""
        known = {name for stage in stages for name in options_of(self.pipeline.stage(stage))}
        return {name: value for name, value in options.items() if name in known and value != self.usual(name)}

    def _shown(self, rep: str, value: Any) -> Made:
        line, folder = self.pipeline, self.folder / str(self._made % 40)  # of a long visit the last ones are kept
        self._made += 1
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        files = {}
        for suffix in line.y_record.writes:
            path = folder / f"result{suffix}"
            line.y.write(value, path)
            files[suffix] = path
        return Made(rep=rep, said=line.y.describe(value), files=files)


def about(pipeline: Pipeline) -> str:
    """What a run makes of what, in a line."""
    recipe = pipeline.recipe
    drawn_by = "the converter's own decoder" if recipe.renderer.own_decoder else recipe.renderer.use
    return (f"{pipeline.x_record.name} → {pipeline.y_record.name}. Y′ is made by {recipe.part('converter').use}; "
            f"{recipe.generator.use} draws it from X, and {drawn_by} draws Y from it.")  # fmt: skip
