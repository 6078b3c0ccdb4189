"""How near is the memory that `check` counts for activations to what a gradient takes?

    python benchmarks/memory.py

Each line is measured in a process of its own: the gradient of one batch, by the highest resident memory beyond what the
process had with model, optimiser and batch.
"""

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

CASES = (
    ("recipes/class2image.yaml", "converter", 256),
    ("recipes/class2image.yaml", "generator", 128),
    ("recipes/class2image.yaml", "direct", 256),
    ("recipes/caption2image.yaml", "direct", 64),
    ("recipes/lyric2melody.yaml", "renderer", 128),
)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def measure(recipe: str, stage: str, batch_size: int) -> None:
    import numpy as np

    from regenkit.limits import size
    from regenkit.pipeline import Pipeline
    from regenkit.pipeline import cost as counted
    from regenkit.quiet import tensorflow as tf
    from regenkit.recipe import load
    from regenkit.training.state import State

    pipeline = Pipeline(load(recipe, [f"train.{stage}.batch_size={batch_size}"]))
    estimate = counted.cost(pipeline, stage).activations
    assert estimate
    model, chance = pipeline.build(stage), np.random.default_rng(0)
    State(model, pipeline.recipe.train_settings(stage))
    sides = pipeline.sides(stage)
    batch = counted._batch(sides, batch_size, counted._longest_of(sides, None, None))
    shapes = tf.nest.map_structure(lambda each: (each.dtype, tuple(each.shape)), batch)

    def filled(place: tuple[Any, tuple[int, ...]]) -> tf.Tensor:
        kind, shape = place
        if kind == tf.bool:
            return tf.ones(shape, kind)
        return tf.ones(shape, kind) if kind == tf.int32 else tf.constant(chance.uniform(-1, 1, shape), kind)

    batch = {key: {name: filled(each) for name, each in value.items()} if isinstance(value, dict) else filled(value)
             for key, value in shapes.items()}  # fmt: skip

    @tf.function(autograph=False)
    def gradients() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            losses = model.losses(batch, noise=batch["noise"])
            values = [tf.reduce_sum(pair[0]) for key, terms in losses.items() if key != "statistics"
                      for pair in terms.values()]  # fmt: skip
            total = tf.add_n(values)
        found = tape.gradient(total, [variable.value for variable in model.trainable_variables])
        return [tf.convert_to_tensor(each) for each in found if each is not None]

    before = most = resident()

    def watch() -> None:
        nonlocal most
        while True:
            most = max(most, resident())
            time.sleep(0.002)

    threading.Thread(target=watch, daemon=True).start()
    gradients()
    took = most - before
    print(f"| `{recipe}` | {stage} | {batch_size} | {size(estimate)} | {size(took)} | {took / estimate:.2f} |")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        print(
            "| recipe | stage | batch | counted | measured | share |\n| --- | --- | --- | --- | --- | --- |", flush=True
        )
        for case in CASES:
            subprocess.run([sys.executable, __file__, *map(str, case)], check=True)
