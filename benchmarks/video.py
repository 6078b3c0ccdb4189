"""A step of training of the VQ-VAE of clips against the same network in PyTorch.

    pip install torch                                         # for this alone
    PYTHONPATH=.:plugins python benchmarks/video.py [--rounds 9]

Clips are those of recipes/class2video.yaml, 8 × 24 × 24 × 1 in batches of 32, and so are the network, AdamW, clipping,
codebook and moving average of the weights. Contenders take turns, each in a process of its own, of one thread; a ratio
is the median over rounds of the contender's speed over regenkit's in the same round, with quartiles. Before anything is
timed the twins are given the same weights and clips: outputs and gradients may differ by 1e-4 of the greatest.
"""

import argparse
import functools
import itertools
import sys
from collections.abc import Callable, Iterator
from typing import Any

import image_torch
import job
import numpy as np
import torch
import video_torch
from image import roused
from rounds import Race, Tick, serve

from regenkit import Spec
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field
from regenkit.training.state import State
from regenkit.training.step import TrainStep
from regenkit_video.converter.vqvae import vqvae

BATCH, STEPS = 32, 5
SHAPE = (8, 24, 24, 1)
X, Y = Spec({}), Spec({"frames": Field(kind="continuous", shape=SHAPE)})
WAYS: dict[str, dict[str, Any]] = {
    "PyTorch": {}, "PyTorch, channels last": {"layout": "channels_last_3d"}, "PyTorch, compiled": {"compiled": True},
}  # fmt: skip


def fields(count: int) -> Iterator[dict[str, np.ndarray]]:
    """Batches of smooth noise."""
    for number in range(count):
        random = np.random.default_rng(number)
        yield {"frames": random.uniform(-1, 1, (BATCH, *SHAPE)).astype(np.float32),
               "noise": random.integers(0, 2**31, (BATCH, 2)).astype(np.int32)}  # fmt: skip


def sides(one: dict[str, Any]) -> dict[str, Any]:
    return {"condition": {}, "target": {"frames": one["frames"]}, "noise": one["noise"]}


def build() -> Any:
    keras.utils.set_random_seed(0)
    return roused(vqvae(condition=X, target=Y))


def settings() -> Any:
    return job.settings(batch_size=BATCH, learning_rate=1e-3)


def ours(tick: Tick) -> None:
    state = State(build(), settings())
    spec = {
        "condition": {},
        "target": {"frames": tf.TensorSpec([None, *SHAPE])},
        "noise": tf.TensorSpec([None, 2], tf.int32),
    }
    data = tf.data.Dataset.from_generator(lambda: map(sides, fields(8)), output_signature=spec)
    train = TrainStep(state, tf.distribute.get_strategy(), settings())
    iterator, steps = iter(data.cache().repeat()), tf.constant(STEPS)
    while True:
        for value in train(iterator, steps).means.values():
            float(value)
        tick(STEPS)


def theirs(tick: Tick, *, layout: str = "contiguous_format", compiled: bool = False) -> None:
    order = getattr(torch, layout)
    batches = itertools.cycle([video_torch.placed(one, order) for one in fields(8)])
    network = video_torch.ClipVqVae(build()).to(memory_format=order)
    for number, loss in enumerate(image_torch.training(network, batches, settings(), compiled=compiled), 1):
        if not number % STEPS:
            float(loss)
            tick(STEPS)


def contender(name: str) -> Callable[[Tick], None]:
    return ours if name == "regenkit" else functools.partial(theirs, **WAYS[name])


def same() -> str:
    """How far the twins are apart. Raises SystemExit where they are none."""
    model, one = build(), next(fields(1))
    twin = video_torch.ClipVqVae(model)
    frames, _ = video_torch.placed(one, torch.contiguous_format)
    with tf.GradientTape() as tape:
        found = model.quantizer(model.encoder(tf.constant(one["frames"])))
        mean = model.decoder(found.codes)
        terms = model.losses(tf.nest.map_structure(tf.constant, sides(one)), noise=None)["main"].values()
        loss = tf.add_n([tf.reduce_sum(value) / tf.reduce_sum(weight) for value, weight in terms])
    _, chosen, _, shown = twin.outputs(frames)
    if (moved := float(np.mean(np.ravel(found.indices) != chosen.numpy()))) > 0:
        raise SystemExit(f"{moved:.2%} of the codes are others in PyTorch: no twins, nothing is timed")
    twin.loss(frames, frames)[0].backward()
    found_slopes = tape.gradient(loss, [each.value for each in model.trainable_variables])
    slopes = dict(zip(map(id, model.trainable_variables), found_slopes, strict=True))
    pairs = [(turn(slopes[id(variable)]), gradient) for variable, turn, gradient in video_torch.gradients(twin)]
    outputs = off(np.asarray(mean), shown.detach().movedim(1, -1).numpy())
    sloped = off(*(torch.cat([side.flatten() for side in sides_]).numpy() for sides_ in zip(*pairs, strict=True)))
    if max(outputs, sloped) > 1e-4:
        raise SystemExit(f"outputs {outputs:.1g} and gradients {sloped:.1g} apart: no twins, nothing is timed")
    return f"twins: outputs within {outputs:.0e}, gradients within {sloped:.0e}"


def off(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max() / np.abs(one).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--contender", choices=["regenkit", *WAYS], help=argparse.SUPPRESS)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    image_torch.begin(1)
    torch.manual_seed(0)
    if options.contender:
        serve(contender(options.contender))
        return
    parameters = sum(int(tf.size(variable)) for variable in build().trainable_variables)
    print(f"{job.machine()}; one thread; PyTorch {torch.__version__}\n\n{same()}", flush=True)
    race = Race({name: [sys.executable, __file__, "--contender", name] for name in ("regenkit", *WAYS)},
                rounds=options.rounds, steps=STEPS, may_fail=("PyTorch, compiled",))  # fmt: skip
    print(f"\nTraining, {parameters / 1e6:.2f} M parameters, batch {BATCH}, {options.rounds} rounds of {STEPS} steps\n")
    print("| | steps/s | speed against regenkit (quartiles) | in CPU seconds |\n| --- | --- | --- | --- |")
    for name in ("regenkit", *WAYS):
        print(race.row(name, name, "regenkit"))


if __name__ == "__main__":
    main()
