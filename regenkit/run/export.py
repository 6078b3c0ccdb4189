"""A trained run as one file to pass on: its best weights, recipe, specs, card and licences, and no training state."""

import io
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from regenkit import plugins
from regenkit.adapter import Adapts
from regenkit.components import Component, Dataset
from regenkit.errors import UserError
from regenkit.files import beside, json_text
from regenkit.pipeline import Pipeline
from regenkit.pipeline.contract import FILE as CONTRACT
from regenkit.pipeline.contract import plain
from regenkit.pipeline.load import CARD, FORMAT, MANIFEST, RECIPE
from regenkit.pipeline.modalities import FILE as MODALITIES
from regenkit.recipe.document import dump
from regenkit.run.origin import DONE, done
from regenkit.run_files import Map, read_json
from regenkit.stages import BEST, LONGEST, ROUTE

WHEN = (1980, 1, 1, 0, 0, 0)
"""The time of every file, the first that a zip can name: the same run gives the same bytes."""


def export_run(pipeline: Pipeline, path: Path) -> list[str]:
    """Write the run of `pipeline` to `path`, a .zip that `regenkit.load` opens; returns the names of its stages.

    Raises UserError where a stage is not trained, or Y′ depends on what a run does not keep.
    """
    if isinstance(pipeline.converter, Adapts):
        raise UserError(f"{pipeline.run}: its converter learns from the data before it converts (`adapt`), and a "
                        "run does not keep what it learns; such a run cannot be exported")  # fmt: skip
    if "source" in pipeline.recipe.parts and (other := pipeline.recipe.parts["source"].run):
        raise UserError(f"{pipeline.run}: its X′ is made by the converter of {other}, and an export holds one run "
                        "alone; only a run whose source is a rule can be exported")  # fmt: skip
    stages = needed(pipeline)
    with beside(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        _add(archive, MANIFEST, json_text(manifest(pipeline, stages)))
        _add(archive, RECIPE, dump(standing_alone(pipeline)))
        _add(archive, MODALITIES, json_text(pipeline.modalities))
        _add(archive, CARD, card(pipeline))
        for stage in dict.fromkeys((*stages, *ROUTE)):
            if (longest := pipeline.run / stage / LONGEST).is_file():
                _add(archive, f"{stage}/{LONGEST}", longest.read_text(encoding="utf-8"))
        for stage in stages:
            folder = pipeline.run / stage
            _add(archive, f"{stage}/{CONTRACT}", json_text(plain(pipeline.contract(stage))))
            _add(archive, f"{stage}/{DONE}", json_text(_results(folder)))
            entry = _entry(f"{stage}/{BEST}")
            entry.file_size = (folder / BEST).stat().st_size  # from 2 GB on, a zip has to know it beforehand
            with archive.open(entry, "w") as out, (folder / BEST).open("rb") as weights:
                while chunk := weights.read(io.DEFAULT_BUFFER_SIZE * 128):
                    out.write(chunk)
    return stages


def _results(folder: Path) -> dict[str, Any]:
    """A stage's done.json; of the run that it was taken from only the name, because where it lay is of this machine."""
    found = done(folder)
    return {**found, "from": Path(found["from"]).name} if "from" in found else found


def needed(pipeline: Pipeline) -> list[str]:
    """The trained stages that generating needs. Raises UserError where one is not trained."""
    wanted = [*(["converter"] if pipeline.learned else []), *ROUTE]
    stages = []
    for name in wanted:
        trained = pipeline.recipe.in_place_of(name)
        pipeline.stage(name)  # refuses what is not trained, or was trained for another Y′
        if not (pipeline.run / trained / DONE).exists():
            raise UserError(f"{pipeline.run}: its {trained} is in training still; export it when that is done")
        stages.append(trained)
    return stages


def standing_alone(pipeline: Pipeline) -> dict[str, Any]:
    """The recipe in plain data, in which a stage that was taken from another run is written out."""
    recipe = pipeline.recipe
    found = recipe.plain()
    for name, part in recipe.parts.items():
        if part.run is None or name not in found:
            continue
        sample = {"sample": dict(part.sample)} if part.sample else {}
        found[name] = plain({"use": "converter"} if part.own_decoder else dict(part.identity)) | sample
    return found


def manifest(pipeline: Pipeline, stages: list[str]) -> dict[str, Any]:
    """What the export is, for programs: its format, stages, versions, the components and their licences."""
    used = components(pipeline)
    return {
        "format": FORMAT,
        "name": name_of(pipeline),
        "stages": stages,
        "versions": {each: version(each) for each in ("regenkit", "tensorflow", "keras")},
        "components": {name: origin for name, (_, origin) in used.items()},
        "licences": licences(pipeline),
    }


def name_of(pipeline: Pipeline) -> str:
    """The name of the recipe that was trained; in a run every recipe is called recipe.yaml."""
    for file in ("environment.json", MANIFEST):  # of a run, of what was exported before
        if (pipeline.run / file).is_file():
            return str(read_json(Map, pipeline.run, file).get("name", "run"))
    return pipeline.run.resolve().name


def components(pipeline: Pipeline) -> dict[str, tuple[Component, str]]:
    """The components of a run by name, each with the distribution that it comes from."""
    named = {part.component.name for part in pipeline.recipe.parts.values()}
    named |= {pipeline.x_record.name, pipeline.y_record.name}
    return {component.name: (component, origin) for role in plugins.ROLES
            for component, origin in plugins.host().all(role) if component.name in named}  # fmt: skip


def licences(pipeline: Pipeline) -> dict[str, str]:
    """The licence of the data by the dataset's name, and of each package that files came from."""
    found = {}
    for name, (component, _) in components(pipeline).items():
        if isinstance(component, Dataset):
            found[name] = component.licence or "not stated"
        found |= {f"{source.package} {source.version}": source.licence for source in component.sources}
    return found


def card(pipeline: Pipeline) -> str:
    """The model card that `evaluate` wrote; where there is none, what the recipe alone says."""
    path = pipeline.run / "MODEL_CARD.md"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    recipe = standing_alone(pipeline)
    listed = [f"- {what}: {licence}" for what, licence in licences(pipeline).items()]
    return "\n".join([
        f"# {name_of(pipeline)}", "",
        f"Makes {pipeline.y_record.name} from {pipeline.x_record.name} by regeneration learning (arXiv 2301.08846): "
        f"{_use(recipe['converter'])} makes Y′, {_use(recipe['generator'])} draws it from X, and "
        f"{_use(recipe['renderer'])} draws Y from it. It was not evaluated before it was exported.", "",
        "To use it: `regenkit generate run.zip --input … -o …`, or `regenkit.load(\"run.zip\")`.", "",
        "## Licences of the data", "", *listed, "",
        "Whether weights may be passed on depends on them.", "",
        "## Recipe", "", "```yaml", yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True).rstrip(), "```", "",
    ])  # fmt: skip


def _use(section: Mapping[str, Any]) -> str:
    return f"`{section['use']}`"


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, WHEN)  # stored: weights hardly get smaller


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    archive.writestr(_entry(name), text)
