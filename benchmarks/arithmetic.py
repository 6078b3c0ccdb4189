"""How much arithmetic a recipe's training is: what a faster device could spare of it at most.

    regenkit data fetch image/fashion_mnist image/emoji
    PYTHONPATH=.:plugins python benchmarks/arithmetic.py recipes/class2image*.yaml

Floating-point operations of a step as TensorFlow counts those of one batch's losses, times three: twice as many are
needed for the gradients (Kaplan et al. 2020, arXiv 2001.08361, section 2.1). A learned converter's adversary is counted
with it. Nothing is trained.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.data.stack import stack
from regenkit.pipeline import Pipeline
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import load
from regenkit.run.origin import settings_of

GRADIENTS = 3


def operations(pipeline: Pipeline, stage: str, prepared: Any, batch_size: int) -> int:
    """Of a step."""
    model, sides = pipeline.build(stage), dict(zip(("condition", "target"), pipeline.sides(stage), strict=True))
    indices = prepared.indices("train", paired=True)[:batch_size]
    examples = [prepared.example(int(index))[0] for index in indices]
    for each in examples:  # values change nothing, and what is to be learned makes no Y′ yet
        each["rep"] = each["rep"] or {name: np.ones(field.shape) for name, field in pipeline.specs["rep"].items()}
    batch = {
        name: stack([{field: each[side.source[field]][field] for field in side.spec} for each in examples], side.spec,
                    None)
        for name, side in sides.items()
    }  # fmt: skip
    batch = tf.nest.map_structure(tf.constant, batch)
    noise = tf.stack([tf.zeros([batch_size], tf.int32), tf.range(batch_size)], 1)
    graph = tf.function(lambda: model.losses(batch, noise=noise), autograph=False).get_concrete_function().graph
    profiler = tf.compat.v1.profiler
    options = {**profiler.ProfileOptionBuilder.float_operation(), "output": "none"}
    return GRADIENTS * int(profiler.profile(graph, options=options).total_float_ops)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+", type=Path)
    print("| recipe | stage | steps | GFLOP a step | TFLOP in all |\n" + "| --- " * 5 + "|")
    for path in parser.parse_args().recipes:
        pipeline = Pipeline(recipe := load(path))
        prepared = pipeline.prepare(lambda *_: None)
        for stage in (*recipe.stages, "direct"):
            if stage == "renderer" and recipe.renderer.own_decoder:
                continue
            settings = settings_of(recipe, stage)
            step = operations(pipeline, stage, prepared, settings.batch_size) / 1e9
            print(f"| {path.stem} | {stage} | {settings.steps:,} | {step:.1f} | {step * settings.steps / 1e3:.1f} |")


if __name__ == "__main__":
    main()
