"""A run directory: made, locked, gone on with, and filled stage by stage.

runs/lyric2melody/1/
  recipe.yaml  environment.json  log.jsonl  tensorboard/
  generator/ renderer/     checkpoints/, best.weights.h5, stage.json (the contract of Y′), done.json
  samples/                 held-out inputs as the trained stages render them
"""

import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from rich.console import Console

from regenkit import plugins, train
from regenkit.data.prepare import Prepared
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline
from regenkit.recipe import Recipe
from regenkit.recipe import load as load_recipe
from regenkit.runlog import RunLog
from regenkit.settings import TrainSettings

STAGES = ("generator", "renderer")
SAMPLES = 3
PACKAGES = ("regenkit", "tensorflow", "keras", "numpy", "pluggy", "pydantic")


def train_recipe(recipe: Recipe, folder: Path | None, console: Console, stages: Sequence[str] = STAGES) -> Path:
    """Train what is not yet trained of a recipe and leave samples; returns the run directory.

    `folder` None takes the newest unfinished run of the same recipe, else a new one. Raises UserError, or
    train.Interrupted once everything is saved.
    """
    folder = folder or _newest_unfinished(recipe) or _next_folder(recipe)
    with open_run(folder, recipe), RunLog(folder, console) as log:
        log.say(f"run directory [bold]{folder}[/]")
        pipeline = Pipeline(recipe, folder)
        prepared = pipeline.prepare(log.counted)
        _say_data(log, prepared)
        for stage in stages:
            train_stage(pipeline, stage, prepared, log)
        if all((folder / stage / "done.json").exists() for stage in STAGES):
            _write_samples(pipeline, prepared, folder / "samples")
            log.say(f"done; samples are in [bold]{folder / 'samples'}[/]")
    return folder


def train_stage(pipeline: Pipeline, stage: str, prepared: Prepared, log: RunLog) -> dict[str, Any]:
    """Train one stage of a run unless it is done; returns what `train.fit` found."""
    assert pipeline.folder is not None
    folder = pipeline.folder / stage
    done = folder / "done.json"
    if done.exists():
        return json.loads(done.read_text())
    recipe = pipeline.recipe
    folder.mkdir(exist_ok=True)
    if stage in STAGES and (other := recipe.section(stage).run):
        return _take(pipeline, stage, other, folder)
    settings = _settings(recipe, stage)
    host = plugins.host()
    strategy = host.hook.make_strategy(recipe=recipe)
    callbacks = [each for found in host.hook.training_callbacks(recipe=recipe, stage=stage, run_dir=pipeline.folder)
                 for each in found or ()]  # fmt: skip
    condition, target = pipeline.sides(stage)
    pipeline.sign(stage, folder)
    job = train.Job(name=stage, build=lambda: pipeline.build(stage), condition=condition, target=target,
                    settings=settings, folder=folder)  # fmt: skip

    def sample(model: Any, step: int) -> None:
        _sample_stage(pipeline, stage, model, step, prepared)

    result = train.fit(
        job, prepared, strategy, log, callbacks=callbacks, sample=sample if settings.sample_every else None
    )
    write_json(done, result)
    return result


@contextmanager
def open_run(folder: Path, recipe: Recipe) -> Iterator[None]:
    """Make the run directory if need be, and hold it for this process alone."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UserError(
            f"{folder}: another process is working on this run; wait for it, or start a new one with --run DIR"
        ) from error
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror}); choose another folder with --run DIR"
        ) from error
    try:
        _sign_run(folder, recipe)
        yield
    finally:
        lock.release()


def load_run(folder: Path | str) -> Pipeline:
    """The pipeline of a run directory, its stages as trained: `regenkit.load`. Raises UserError where it is none."""
    folder = Path(folder)
    path = folder / "recipe.yaml"
    if not path.exists():
        runs = sorted(str(found.parent) for found in Path("runs").glob("*/*/recipe.yaml"))
        known = f"; runs here: {', '.join(runs)}" if runs else ""
        raise UserError(f"{folder}: not a run directory (it has no recipe.yaml){known}")
    return Pipeline(load_recipe(path), folder)


def write_json(path: Path, data: Any) -> None:
    """Written beside, then renamed: whole or absent."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(data, indent=1, ensure_ascii=False))
    os.replace(temporary, path)


def environment() -> dict[str, Any]:
    """Versions of what a result depends on."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _sign_run(folder: Path, recipe: Recipe) -> None:
    path = folder / "environment.json"
    mine = recipe.digest()
    if path.exists():
        theirs = json.loads(path.read_text())["recipe"]
        if theirs != mine:
            raise UserError(
                f"{folder}: holds a run of another recipe (see {folder / 'recipe.yaml'}); choose another --run DIR"
            )
        return
    text = f"# {recipe.path}, resolved\n{recipe.dump()}"
    (folder / "recipe.yaml").write_text(text)
    write_json(path, {"recipe": mine, "name": recipe.name, "command": sys.argv, **environment()})


def _newest_unfinished(recipe: Recipe) -> Path | None:
    mine = recipe.digest()
    for folder in reversed(_numbered(recipe)):
        try:
            same = json.loads((folder / "environment.json").read_text())["recipe"] == mine
        except (OSError, ValueError, KeyError):
            continue
        if same and not (folder / "samples" / "done").exists():
            return folder
    return None


def _numbered(recipe: Recipe) -> list[Path]:
    found = [path for path in (Path("runs") / recipe.name).glob("*") if path.name.isdecimal()]
    return sorted(found, key=lambda path: int(path.name))


def _next_folder(recipe: Recipe) -> Path:
    numbers = [int(path.name) for path in _numbered(recipe)]
    return Path("runs") / recipe.name / str(max(numbers, default=0) + 1)


def _settings(recipe: Recipe, stage: str) -> TrainSettings:
    """A direct baseline is trained for as many steps as generator and renderer together, unless the recipe says."""
    if stage in STAGES:
        return recipe.train_settings(stage)
    settings = recipe.train_settings("direct")
    if "steps" in recipe.train.get("direct", {}):
        return settings
    return settings.model_copy(update={"steps": sum(recipe.train_settings(each).steps for each in STAGES)})


def _take(pipeline: Pipeline, stage: str, other: Path, folder: Path) -> dict[str, Any]:
    """A stage of another run: checked against this Y′, then copied."""
    if not (other / stage / "done.json").exists():
        raise UserError(f"{other}: has no trained {stage} to take")
    pipeline.check_contract(stage, other / stage)
    for name in ("best.weights.h5", "stage.json"):
        shutil.copyfile(other / stage / name, folder / name)
    result = {**json.loads((other / stage / "done.json").read_text()), "from": str(other)}
    write_json(folder / "done.json", result)
    return result


def _say_data(log: RunLog, prepared: Prepared) -> None:
    counts = prepared.counts()
    parts = [f"{split} {count['paired']} paired" + (f" + {count['unpaired']}" if count["unpaired"] else "")
             for split, count in counts.items() if split != "dropped"]  # fmt: skip
    dropped = sum(counts["dropped"].values())
    log.say(
        f"examples: {', '.join(parts)}; {dropped} left out of training because held-out ones contain a part of them"
    )
    for source, reason in prepared.skipped[:3]:
        log.warn(f"skipped {source}: {reason}")
    if len(prepared.skipped) > 3:
        log.warn(f"… {len(prepared.skipped)} sources skipped in all; `regenkit preview` lists them")


def _held(prepared: Prepared, split: str) -> list[int]:
    places = prepared.places(split, paired=True)
    return [int(place) for place in places[:: max(1, len(places) // SAMPLES)][:SAMPLES]]


def _sample_stage(pipeline: Pipeline, stage: str, model: Any, step: int, prepared: Prepared) -> None:
    """A few validation examples through the stage under training, into samples/."""
    assert pipeline.folder is not None
    pipeline.use(stage, model)
    folder = pipeline.folder / "samples"
    folder.mkdir(exist_ok=True)
    for number, place in enumerate(_held(prepared, "validation"), 1):
        sides, meta = prepared.example(place)
        x, rep = sides["x"] or {}, sides["rep"] or {}
        name = f"{stage}-{step:06d}-{number}"
        length = [int(prepared.steps[place])]
        known = {name: rep[name] for name in pipeline.given_scalars}
        if stage == "generator":
            drawn = pipeline.sample("generator", [{**x, **known}], length, seed=number)[0]
            absent = {name: 0 * rep[name] for name in pipeline.given_spec if name not in known}
            text = pipeline.converter.to_text({**absent, **known, **drawn}, meta)
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        else:
            y = pipeline.render_rep([rep], length, seed=number)[0]
            for suffix in pipeline.y_record.writes[:2]:
                pipeline.y.write(pipeline.y.decode(y, meta), folder / f"{name}{suffix}")


def _write_samples(pipeline: Pipeline, prepared: Prepared, folder: Path) -> None:
    """Test inputs as the run renders them, beside what was written for them by people, in every format."""
    if (folder / "done").exists():
        return
    folder.mkdir(exist_ok=True)
    for number, place in enumerate(_held(prepared, "test"), 1):
        sides, meta = prepared.example(place)
        x, y, rep, length = sides["x"] or {}, sides["y"] or {}, sides["rep"] or {}, int(prepared.steps[place])
        given = pipeline.given_of(rep)
        predicted = pipeline.predict_rep([x], [given], [length], seed=number)
        drawn = pipeline.render_rep(predicted, [length], seed=number)[0]
        (folder / f"{number}-predicted.yaml").write_text(
            pipeline.converter.to_text(predicted[0], meta), encoding="utf-8"
        )
        for kind, fields in (("reference", y), ("predicted", drawn)):
            for suffix in pipeline.y_record.writes:
                pipeline.y.write(pipeline.y.decode(fields, meta), folder / f"{number}-{kind}{suffix}")
    (folder / "done").touch()
