"""Networks of pictures against the same in PyTorch, and a grid of codes drawn in a few passes against place by place.

    pip install torch                                         # for this alone; without it only codes are drawn
    PYTHONPATH=.:plugins python benchmarks/image.py           # about 15 minutes
    PYTHONPATH=.:plugins python benchmarks/image.py --quick   # few rounds: does it run?

Pictures are 28 × 28 × 1, batches of 64, all stages as they are by default. Contenders take turns, in an order drawn
anew each round, those of PyTorch's tables each in a process of its own (in one with regenkit PyTorch takes more CPU).
A ratio is the median over rounds of the contender's speed over regenkit's in the same round; in brackets the quartiles.

    VQ-VAE      a step of training by step.TrainStep, 10 a call; in PyTorch the same network, codebook, AdamW,
                clipping and moving average of the weights (benchmarks/image_torch.py). Batches lie ready in memory
    diffusion   the same of a U-Net; and sampling, in steps of the sampler
    MaskGIT     `sample` in its 10 passes, and the transformer's with its cache, of the same width and depth

Before anything is timed the twins are given the same weights, none of them 0, and the same input: outputs, samples
and gradients may differ by 1e-4 of the greatest, or it ends.
"""

import argparse
import functools
import itertools
import sys
from collections.abc import Callable
from typing import Any

import job
import numpy as np
from image_batches import BATCH, SAMPLED, X, Y, fields, sides
from rounds import Race, Tick, serve

from regenkit import Spec
from regenkit.models.diffusion import Diffusion
from regenkit.models.maskgit import MaskGIT
from regenkit.models.transformer import Transformer
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field
from regenkit.training.state import State
from regenkit.training.step import TrainStep
from regenkit_image.converter.vqvae import vqvae

try:
    import image_torch
    import image_twins
    import torch
except ImportError as error:
    torch, missing = None, f"left out, {error}: pip install torch"

CODES = Spec({"code": Field(vocabulary=256, shape=(7, 7))})
DRAWN = (1, 8, 64)
"""Batches that codes are drawn in."""


def roused(model: Any) -> Any:
    """The model, with small numbers for the kernels that begin as 0, so that every layer tells in a comparison."""
    random = np.random.default_rng(0)
    for variable in model.trainable_variables:
        if len(variable.shape) > 1 and not np.any(variable):
            variable.assign(random.normal(0, 0.05, variable.shape))
    return model


# --- contenders ------------------------------------------------------------------------------------------------------


def ours_trained(build: Callable[[], Any], a_call: int) -> Callable[[Tick], None]:
    def run(tick: Tick) -> None:
        settings = job.settings(batch_size=BATCH, learning_rate=1e-3)
        state = State(build(), settings)
        data = tf.data.Dataset.from_generator(lambda: map(sides, fields(8)), output_signature=tf.nest.map_structure(
            lambda value: tf.TensorSpec([None, *value.shape[1:]], value.dtype), sides(next(fields(1)))))  # fmt: skip
        train = TrainStep(state, tf.distribute.get_strategy(), settings)
        iterator, steps = iter(data.cache().repeat()), tf.constant(a_call)
        while True:
            means, _, _ = train(iterator, steps)
            for value in means.values():
                float(value)
            tick(a_call)

    return run


def torch_trained(
    twin: Callable[[], Any], a_call: int, threads: int, *, layout: str = "contiguous_format", compiled: bool = False
) -> Callable[[Tick], None]:
    def run(tick: Tick) -> None:
        image_torch.begin(threads)
        order, settings = getattr(torch, layout), job.settings(batch_size=BATCH, learning_rate=1e-3)
        batches = itertools.cycle([image_torch.placed(one, order) for one in fields(8)])
        losses = image_torch.training(twin().to(memory_format=order), batches, settings, compiled=compiled)
        for number, loss in enumerate(losses, 1):
            if not number % a_call:
                float(loss)
                tick(a_call)

    return run


def ours_sampled(model: Diffusion) -> Callable[[Tick], None]:
    def run(tick: Tick) -> None:
        condition = {"label": next(fields(1))["label"]}
        for seed in itertools.count():
            model.sample(condition, seed=seed, steps=SAMPLED)
            tick(SAMPLED)

    return run


def torch_sampled(
    twin: Any, threads: int, *, layout: str = "contiguous_format", compiled: bool = False
) -> Callable[[Tick], None]:
    def run(tick: Tick) -> None:
        image_torch.begin(threads)
        order = getattr(torch, layout)
        network = twin.to(memory_format=order)
        said_of = torch.compile(network) if compiled else None
        label = torch.from_numpy(next(fields(1))["label"]).long()
        while True:
            x = torch.randn(BATCH, 1, 28, 28).contiguous(memory_format=order)
            network.sample(label, x, SAMPLED, said_of).numpy()
            tick(SAMPLED)

    return run


def drawn(model: Any, batch: int) -> Callable[[Tick], None]:
    def run(tick: Tick) -> None:
        condition = {"label": np.resize(np.arange(1, 11, dtype=np.int32), batch)}
        for seed in itertools.count():
            model.sample(condition, seed=seed)
            tick(1)

    return run


# --- tables ----------------------------------------------------------------------------------------------------------


STAGES: dict[str, Any] = {"vqvae": vqvae, "diffusion": Diffusion}
WAYS: dict[str, dict[str, Any]] = {
    "PyTorch": {}, "PyTorch, channels last": {"layout": "channels_last"}, "PyTorch, compiled": {"compiled": True},
}  # fmt: skip
PARTS = {"vqvae": ("vqvae", "Training", 10), "diffusion": ("diffusion", "Training", 2),
         "sampling": ("diffusion", "Sampling", SAMPLED)}  # fmt: skip
"""Of a table against PyTorch: the stage, what it does, steps of a turn."""


def twins(stage: str, threads: int) -> tuple[Any, Callable[[], Any]]:
    """A stage, and what makes its twin."""
    image_torch.begin(threads)
    torch.manual_seed(0)
    model = roused(STAGES[stage](condition=X, target=Y))
    return model, functools.partial(getattr(image_torch, type(model).__name__), model)


def contender(part: str, name: str, threads: int) -> Callable[[Tick], None]:
    """What takes its turns, in a process of its own."""
    stage, does, steps = PARTS[part]
    model, twin = twins(stage, threads)
    if does == "Sampling":
        return ours_sampled(model) if name == "regenkit" else torch_sampled(twin(), threads, **WAYS[name])
    if name == "regenkit":
        return ours_trained(lambda: STAGES[stage](condition=X, target=Y), steps)
    return torch_trained(twin, steps, threads, **WAYS[name])


def against_torch(part: str, threads: int, rounds: int, ways: list[str]) -> None:
    stage, does, steps = PARTS[part]
    model, _ = twins(stage, threads)
    parameters = sum(int(tf.size(variable)) for variable in model.trainable_variables)
    own = [sys.executable, __file__, "--threads", str(threads), "--contender", part]
    names = ["regenkit", *ways]
    race = Race({name: [*own, name] for name in names}, rounds=rounds, steps=steps, may_fail=("PyTorch, compiled",))
    print(f"\n{does}, {type(model).__name__}, {parameters / 1e6:.2f} M parameters, batch {BATCH}, {rounds} rounds of "
          f"{steps} steps\n")  # fmt: skip
    print("| | steps/s | speed against regenkit (quartiles) | in CPU seconds |\n| --- | --- | --- | --- |")
    for name in names:
        print(race.row(name, name, "regenkit"))
    listed = ", ".join(f"{name} {seconds:.1f}" for name, seconds in race.first.items())
    print(f"\nCPU seconds to the end of the first call: {listed}.", flush=True)


def codes(rounds: int) -> None:
    """MaskGIT's table."""
    options = {"condition": X, "target": CODES, "width": 128, "depth": 4}
    maskgit, transformer = MaskGIT(**options), Transformer(**options)
    race = Race({f"{type(model).__name__} {batch}": drawn(model, batch) for model in (maskgit, transformer)
                 for batch in DRAWN}, rounds=rounds, steps=1)  # fmt: skip
    print(f"\n7 × 7 of 256 codes, width 128, depth 4, {maskgit.steps} passes, {rounds} rounds\n")
    print("| batch | the transformer, images/s | MaskGIT, images/s | × transformer (quartiles) | in CPU seconds |")
    print("| --- | --- | --- | --- | --- |")
    for batch in DRAWN:
        name, base = f"MaskGIT {batch}", f"Transformer {batch}"
        median, low, high = race.ratio(name, base)
        print(f"| {batch} | {batch * race.speed(base):.1f} | {batch * race.speed(name):.1f} | {median:.2f} "
              f"({low:.2f}–{high:.2f}) | {race.cpu_ratio(name, base):.2f} |", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two rounds, nothing compiled")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=[*PARTS, "codes"], default=[*PARTS, "codes"])
    parser.add_argument("--contender", nargs=2, metavar=("PART", "NAME"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    tf.get_logger().setLevel("ERROR")  # it takes contenders that are traced one after the other for a retracing
    keras.utils.set_random_seed(0)
    if options.contender:
        serve(contender(*options.contender, options.threads))
        return
    rounds = 2 if options.quick else 9
    print(f"{job.machine()}; {options.threads} threads; {f'PyTorch {torch.__version__}' if torch else missing}")
    if "codes" in options.only:
        codes(rounds)
    for stage in STAGES:
        parts = [part for part in PARTS if torch and part in options.only and PARTS[part][0] == stage]
        if parts:
            model, twin = twins(stage, options.threads)
            print(f"\n{image_twins.SAME[stage](model, twin())}", flush=True)
        for part in parts:
            against_torch(part, options.threads, rounds, list(WAYS)[: 2 if options.quick else 3])


if __name__ == "__main__":
    main()
