"""What does `train.renderer.rep_noise` cost a step? A renderer trained without noise, with a tenth, and as a generator
errs, in turns.

    python benchmarks/rep_noise.py

Y′ → pitch, where Y′ is two fields of 48 and 32 tokens; a batch of 32 × 64 steps. The table of the generator's errors is
made up, since what stands in it costs nothing. The one pass over the validation pairs that measures it is left out.
"""

from collections.abc import Callable
from typing import Any

import job
import numpy as np
from rounds import Race, Tick

from regenkit import Spec
from regenkit.data.batches import dataset
from regenkit.data.plan import Plan
from regenkit.models.transformer import Transformer
from regenkit.quiet import tensorflow as tf
from regenkit.stages import Side
from regenkit.training.perturb import Perturb
from regenkit.training.state import State
from regenkit.training.step import TrainStep

REP = Spec({name: job.Y[name] for name in ("position", "duration")})
PITCH = Spec({"pitch": job.Y["pitch"]})
ROUNDS, STEPS = 11, 4


def perturbed(kind: str) -> Perturb | None:
    sizes = {name: field.vocabulary or 0 for name, field in REP.items()}
    if kind == "none":
        return None
    if kind == "0.1":
        return Perturb(share={name: (0.1, size) for name, size in sizes.items()}, confusion={}, deviation={})
    chance = np.random.default_rng(0)
    tables = {name: chance.dirichlet(np.ones(size), size) for name, size in sizes.items()}
    return Perturb(share={}, confusion=tables, deviation={})


def training(prepared: Any, perturb: Perturb | None) -> Callable[[Tick], None]:
    condition, target = Side(spec=REP, source=dict.fromkeys(REP, "y")), Side(spec=PITCH, source={"pitch": "y"})

    def run(tick: Tick) -> None:
        tf.keras.utils.set_random_seed(0)
        state = State(Transformer(condition=REP, target=PITCH), job.settings())
        plan = Plan(prepared, split="train", batch_size=job.BATCH, seed=0, paired_share=0.0)
        batches = iter(dataset(prepared, plan, condition, target))
        train = TrainStep(state, tf.distribute.get_strategy(), job.settings(), perturb)
        while True:
            means, _, _ = train(batches, tf.constant(STEPS))
            float(means["pitch"])
            tick(STEPS)

    return run


if __name__ == "__main__":
    print(job.machine(), flush=True)
    with job.prepared() as prepared:
        contenders = {kind: training(prepared, perturbed(kind)) for kind in ("none", "0.1", "generator")}
        race = Race(contenders, rounds=ROUNDS, steps=STEPS)
    print(f"\n{ROUNDS} rounds of {STEPS} steps\n\n| rep_noise | steps/s | speed against none (quartiles) | in CPU s |")
    print("| --- | --- | --- | --- |")
    for kind in contenders:
        print(race.row(kind, kind, "none"), flush=True)
