"""Processor seconds that the stages of recipes take a step, and so all their steps.

    PYTHONPATH=.:plugins python benchmarks/recipe_steps.py recipes/*dejavu.yaml

Some steps of each stage are made with the recipe's own data and batches, after one that is traced. All are counted at
that speed, without validation. On one idle thread processor seconds are seconds. Stages that read a learned Y′ are left
out, for it is not learned yet.
"""

import argparse
import time
from pathlib import Path

from regenkit.data.batches import dataset
from regenkit.data.plan import Plan
from regenkit.pipeline import Pipeline
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import load
from regenkit.run.origin import settings_of
from regenkit.training.state import State
from regenkit.training.step import TrainStep

STEPS = 12


def seconds_a_step(pipeline: Pipeline, stage: str, prepared: object) -> float:
    settings = settings_of(pipeline.recipe, stage)
    state = State(pipeline.build(stage), settings)
    plan = Plan(prepared, split="train", batch_size=settings.batch_size, seed=0)
    batches, one = iter(dataset(prepared, plan, *pipeline.sides(stage))), tf.constant(1)
    train = TrainStep(state, tf.distribute.get_strategy(), settings)
    train(batches, one)
    began = time.process_time()
    for _ in range(STEPS):
        means, _, _ = train(batches, one)
        for value in means.values():
            float(value)
    return (time.process_time() - began) / STEPS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+", type=Path)
    print("| recipe | stage | parameters | seconds a step | steps | minutes |\n" + "| --- " * 6 + "|")
    for path in parser.parse_args().recipes:
        pipeline = Pipeline(load(path))
        prepared = pipeline.prepare(lambda *_: None)
        for stage in pipeline.recipe.stages:
            steps = settings_of(pipeline.recipe, stage).steps
            if steps and not (pipeline.learned and stage != "converter"):
                taken = seconds_a_step(pipeline, stage, prepared)
                count = pipeline.build(stage).count_params()
                print(f"| {path.stem} | {stage} | {count:,} | {taken:.3f} | {steps:,} | {taken * steps / 60:.1f} |",
                      flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
