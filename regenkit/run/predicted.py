"""Predicted Y′ instead of the true one, to fine-tune a renderer on what it will be given: `finetune` of a recipe.

    sampled         the generator's own Y′, drawn freely from X
    teacher_forced  one draw a step, given the true earlier steps: nearer to the true Y′, and aligned with it

What is given (a key, the chords) stays as it was. Y′ is drawn once, from the training seed, and kept in the run
directory as shards in the order of the prepared ones. So the loop does not need to know about it, and a killed training
goes on with the same. Vocoders are fine-tuned like this, on teacher-forced spectrograms (Shen et al. 2018, arXiv
1712.05884).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from regenkit.data import parts, shards
from regenkit.data.prepare import EXAMPLES_A_PART, Prepared
from regenkit.distribute import gathered, is_chief, together
from regenkit.layers.noise import derive
from regenkit.pipeline import Pipeline
from regenkit.spec import Fields
from regenkit.training.log_protocol import Log
from regenkit.training.synchronize import any_process

FOLDER = "reps"


def predicted(pipeline: Pipeline, prepared: Prepared, seed: int, strategy: Any, log: Log) -> Prepared:
    """`prepared`, with a predicted Y′ in paired training and validation examples, as the recipe's `finetune` asks.

    Every process keeps a copy of what the first one draws. Raises UserError where the generator has no `resample`.
    """
    folder = log.folder / "finetune" / FOLDER
    shards.sweep(folder)
    total = len(prepared.split)
    paths = [folder / f"part-{number:05d}" for number in range(-(-total // EXAMPLES_A_PART))]
    for number, path in enumerate(paths):
        span = range(number * EXAMPLES_A_PART, min((number + 1) * EXAMPLES_A_PART, total))
        log.counted("predicting", span.start, total)
        if not any_process(not shards.exists(path), strategy):
            continue
        made: list[bytes] = []
        with together(strategy):
            if is_chief(strategy):
                if shards.exists(path):
                    kept = shards.Shards([path])
                    made = [kept[index] for index in range(len(kept))]
                else:
                    made = _drawn(pipeline, prepared, span, derive(seed, "predicted part", number))
        made = gathered(strategy, made)[0]
        with together(strategy):
            if not shards.exists(path):
                folder.mkdir(parents=True, exist_ok=True)
                parts.write_reps(path, span.start, ((record, "it had no Y′") for record in made))
    log.counted("predicting", total, total)
    return replace(prepared, reps=shards.Shards(paths))


def _drawn(pipeline: Pipeline, prepared: Prepared, span: range, seed: int) -> list[bytes]:
    """The records of y′ of the examples in `span`."""
    held = np.isin(prepared.split, ("train", "validation")) & prepared.paired
    chosen = [index for index in span if held[index]]
    sides = [prepared.example(index)[0] for index in chosen]
    reps = predict(pipeline, sides, seed)
    records = {index: shards.serialize({"rep": rep}, {}) for index, rep in zip(chosen, reps, strict=True)}
    return [records[index] if index in records else prepared.reps[index] for index in span]


def predict(pipeline: Pipeline, sides: Sequence[dict[str, Fields | None]], seed: int) -> list[Fields]:
    """The predicted Y′ of examples {"x": …, "rep": the true one}, as the recipe's `finetune` asks."""
    truths = [each["rep"] or {} for each in sides]
    forced = {"truths": truths} if pipeline.recipe.finetune == "teacher_forced" else {}
    given = [pipeline.given_of(rep) for rep in truths]
    drawn = pipeline.predict_rep([each["x"] or {} for each in sides], given, seed=seed, **forced)
    spec, kept = pipeline.specs["rep"], set(pipeline.given_spec)
    return [
        {name: (truth if name in kept else rep)[name] for name in spec}
        for rep, truth in zip(drawn, truths, strict=True)
    ]
