"""Stages that several runs have in common are trained once: found by content, and copied.

Two stages are the same where they are built in the same way, trained in the same way, and learn from the same examples.
A generator or renderer learns from Y′, so its converter must be the same; a direct route reads of Y′ only what is
given, and of that the values of a sample of examples are compared.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.data.fraction import seen
from regenkit.data.prepare import Prepared
from regenkit.digest import digest
from regenkit.errors import UserError
from regenkit.files import write_json
from regenkit.pipeline import Pipeline
from regenkit.pipeline.weights import digest as weights_digest
from regenkit.run.origin import copy_stage, done, settings_of, taken_from
from regenkit.run_files import read_json
from regenkit.stages import BEST, STAGES

KEY = "key.json"
"""Beside a trained stage: what it depends on."""
SAMPLED = 64


def stage_key(pipeline: Pipeline, stage: str, prepared: Prepared) -> str:
    """Names what a trained stage depends on; one of another run (`from`), by its weights."""
    if other := taken_from(pipeline.recipe, stage):
        weights = other / stage / BEST
        return weights_digest(weights) if weights.exists() else ""
    kind, contract, settings = STAGES[stage], pipeline.contract(stage), settings_of(pipeline.recipe, stage).model_dump()
    del settings["strategy"]
    # left out where there is none: keys from before the setting existed stay valid
    noise = settings["rep_noise"] or settings.pop("rep_noise")
    known: dict[str, Any] = {"stage": contract, "train": settings, "data": pipeline.recipe.dataset.plain}
    # `seen` hides X as dataset.paired_fraction says, from stages that read X; Y′ is predicted for pairs alone
    data = prepared if kind.on_predicted else seen(prepared, pipeline.sides(stage)[0])
    columns = (data.examples.column("id"), data.split, data.paired, data.steps)
    known["examples"] = [hashlib.sha256("\n".join(map(str, column)).encode()).hexdigest() for column in columns]
    if kind.on_predicted:
        known["on"] = pipeline.recipe.finetune
    if kind.parts:
        known[stage] = pipeline.recipe.weights[stage]
        known["parts"] = {part: pipeline.contract(part) for part in kind.parts if not STAGES[part].alone}
    if kind.builds_on or noise == "generator":
        earlier = [each for each in pipeline.recipe.stages if not STAGES[each].builds_on and each != stage]
        known["of"] = [stage_key(pipeline, each, prepared) for each in earlier]
    if kind.on_predicted or noise == "generator":  # how Y′ was drawn that it learned from
        known["sample"] = dict(pipeline.recipe.generator.sample)
    if kind.baseline:
        del contract["converter"]
        known["given"] = _given(pipeline, prepared)
    return digest(known)


def take(pipeline: Pipeline, stage: str, key: str, home: Path) -> None:
    """Copy a stage of this key, already trained in a run under `home`, unless the pipeline's run has its own.

    What is trained together is each run's own: a joint stage changes the stages before it.
    """
    assert pipeline.folder is not None
    mine = pipeline.folder / stage
    if (mine / "done.json").exists() or STAGES[stage].hands_out or taken_from(pipeline.recipe, stage):
        return
    for path in sorted((*home.glob(f"*/{stage}/{KEY}"), *home.glob(f"compare/*/{stage}/{KEY}"))):
        if path.parent == mine or not path.with_name(BEST).exists() or not _is_of(path, key):
            continue
        copy_stage(path.parent, pipeline, stage, {"from": str(path.parents[1])})
        return


def remember(folder: Path, key: str) -> None:
    """Write beside a trained stage what it depends on, unless it has been trained further with others."""
    if not done(folder).get("together"):
        write_json(folder / KEY, key)


def _is_of(path: Path, key: str) -> bool:
    """Whether beside this file a stage of this key was trained, and not further with others since."""
    try:
        trained = done(path.parent)
        same = read_json(str, path.parents[1], path.parent.name, path.name) == key
        return same and bool(trained) and not trained.get("together")
    except UserError:  # of a damaged run nothing is taken
        return False


def _given(pipeline: Pipeline, prepared: Prepared) -> str:
    found = hashlib.sha256()
    indices = np.linspace(0, len(prepared.split) - 1, SAMPLED).astype(int) if pipeline.given_scalars else ()
    for index in indices:
        rep = prepared.example(int(index))[0]["rep"] or {}
        for name in pipeline.given_scalars:
            found.update(np.asarray(rep[name]).tobytes())
    return found.hexdigest()
