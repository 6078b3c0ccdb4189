"""Networks of pictures against the same in PyTorch, and a grid of codes drawn in a few passes against place by place.

    pip install torch                                         # for this alone; without it only codes are drawn
    PYTHONPATH=.:plugins python benchmarks/image.py           # about 15 minutes
    PYTHONPATH=.:plugins python benchmarks/image.py --quick   # few rounds: does it run?

Pictures are 28 × 28 × 1, batches of 64, all stages as they are by default. Contenders take turns in one process, in an
order drawn anew each round. A ratio is the median over rounds of the contender's speed over regenkit's in the same
round; in brackets the quartiles. Beside another contender PyTorch takes more CPU than alone in a process (29,000 page
faults a step of a VQ-VAE, why is open): until that is mended its columns are not to be quoted.

    VQ-VAE      a step of training by step.train_function, 10 a call; in PyTorch the same network, codebook, AdamW,
                clipping and moving average of the weights (benchmarks/image_torch.py). Batches lie ready in memory
    diffusion   the same of a U-Net; and sampling, in steps of the sampler
    MaskGIT     `sample` in its 10 passes, and the transformer's with its cache, of the same width and depth

Before anything is timed the twins are given the same weights, none of them 0, and the same input: outputs, samples
and gradients may differ by 1e-4 of the greatest, or it ends.
"""

import argparse
import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import job
import numpy as np
from rounds import Race, Tick

from regenkit import Spec
from regenkit.layers import noise as noises
from regenkit.models.diffusion import STREAM, Diffusion
from regenkit.models.diffusion_schedule import steps_of
from regenkit.models.maskgit import MaskGIT
from regenkit.models.sampling import seeds_of
from regenkit.models.transformer import Transformer
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, tokens
from regenkit.training.state import State
from regenkit.training.step import train_function
from regenkit_image.autoencoders.vqvae import VqVae

try:
    import image_torch
    import torch
except ImportError as error:
    torch, missing = None, f"left out, {error}: pip install torch"

BATCH = 64
X = Spec({"label": tokens(10, scalar=True)})
Y = Spec({"pixels": Field(kind="continuous", shape=(28, 28, 1))})
CODES = Spec({"code": Field(vocabulary=256, shape=(7, 7))})
DRAWN = (1, 8, 64)
"""Batches that codes are drawn in."""
SAMPLED = 5
"""Steps of a picture's sampler; by default it takes 30, of the same cost each."""


def fields(count: int) -> Iterator[dict[str, np.ndarray]]:
    """Batches of noise under a label."""
    for number in range(count):
        random = np.random.default_rng(number)
        yield {
            "pixels": random.uniform(-1, 1, (BATCH, 28, 28, 1)).astype(np.float32),
            "label": random.integers(1, 11, BATCH).astype(np.int32),
            "noise": random.integers(0, 2**31, (BATCH, 2)).astype(np.int32),
        }


def sides(one: dict[str, Any]) -> dict[str, Any]:
    return {"condition": {"label": one["label"]}, "target": {"pixels": one["pixels"]}, "noise": one["noise"]}


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
        train = train_function(state, tf.distribute.get_strategy(), settings)
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


# --- the twins are twins ---------------------------------------------------------------------------------------------


def alike(what: str, ours: Any, theirs: Any) -> float:
    """The greatest difference, in parts of the greatest value. Raises SystemExit above 1e-4."""
    ours, theirs = np.asarray(ours), np.asarray(theirs.detach())
    theirs = theirs.transpose(0, 2, 3, 1) if theirs.ndim == 4 else theirs
    off = float(np.abs(ours - theirs).max() / np.abs(ours).max())
    if not off <= 1e-4:
        raise SystemExit(f"{what} of PyTorch are {off:.2g} of the greatest apart: no twins, so nothing is timed")
    return off


def alike_gradients(model: Any, slopes: list[Any], twin: Any) -> float:
    """The same of the gradients that both have by now, all of them as one vector."""
    ours = dict(zip(map(id, model.trainable_variables), slopes, strict=True))
    pairs = [(image_torch.turned(tf.convert_to_tensor(ours[id(parameter.of[0])]), parameter.of[1]), parameter.grad)
             for parameter in twin.parameters() if hasattr(parameter, "of")]  # fmt: skip
    return alike("gradients", *(torch.cat([side.flatten() for side in sides]) for sides in zip(*pairs, strict=True)))


def same_vqvae(model: VqVae, twin: Any) -> str:
    one = next(fields(1))
    pixels, label = image_torch.placed(one, torch.contiguous_format)
    with tf.GradientTape() as tape:
        z = model.encoder(one["pixels"])
        chosen, code, _ = model.quantizer.through(z)
        mean = model.decoder(code)
        terms = model.losses(tf.nest.map_structure(tf.constant, sides(one)), noise=None)["main"].values()
        loss = tf.add_n([tf.reduce_sum(value) / tf.reduce_sum(weight) for value, weight in terms])
    flat, numbers, _, theirs = twin.outputs(pixels)
    if (moved := np.mean(np.ravel(chosen) != numbers.numpy())) > 0:
        raise SystemExit(f"{moved:.2%} of the codes are others in PyTorch: no twins, nothing is timed")
    outputs = max(alike("vectors", tf.reshape(z, flat.shape), flat), alike("pixels", mean, theirs))
    twin.loss(pixels, label)[0].backward()
    slopes = alike_gradients(model, tape.gradient(loss, [v.value for v in model.trainable_variables]), twin)
    return f"The VQ-VAE's twin: outputs within {outputs:.0e}, gradients within {slopes:.0e}"


def same_diffusion(model: Diffusion, twin: Any) -> str:
    one, random = next(fields(1)), np.random.default_rng(1)
    pixels, time = one["pixels"], random.uniform(0, 1, BATCH).astype(np.float32)
    epsilon = random.normal(size=pixels.shape).astype(np.float32)
    alpha, sigma = (np.reshape(wave(0.5 * np.pi * time), [-1, 1, 1, 1]) for wave in (np.cos, np.sin))
    x = alpha * pixels + sigma * epsilon
    with tf.GradientTape() as tape:
        vector, _ = model.conditioner({"label": one["label"]}, tf.constant(BATCH))
        said, _ = model.predict_noisy(tf.constant(x), tf.constant(time), vector, None)
        loss = tf.reduce_mean((said - (alpha * epsilon - sigma * pixels)) ** 2)
    (clean, label), (noisy, _), (noise, _) = (
        image_torch.placed({**one, "pixels": value}, torch.contiguous_format) for value in (pixels, x, epsilon)
    )
    outputs = alike("outputs", said, twin(noisy, torch.from_numpy(time), twin.label(label)))
    twin.error(clean, label, torch.from_numpy(time), noise).backward()
    slopes = alike_gradients(model, tape.gradient(loss, [v.value for v in model.trainable_variables]), twin)
    tables = tuple(map(tf.constant, steps_of(model.objective, SAMPLED)))
    seeds = seeds_of(0, BATCH)
    begun = noises.normal(seeds, STREAM + 1, pixels[0].size).numpy().reshape(pixels.shape)
    found = model._draw(False, {"label": one["label"]}, seeds, tables, tf.constant(1.0), tf.constant(1.0))["pixels"]
    begun = image_torch.placed({**one, "pixels": begun}, torch.contiguous_format)[0]
    sampled = alike("samples", found, twin.sample(label, begun, SAMPLED))
    return (f"The U-Net's twin: outputs within {outputs:.0e}, gradients within {slopes:.0e}, samples after "
            f"{SAMPLED} steps within {sampled:.0e}")  # fmt: skip


# --- tables ----------------------------------------------------------------------------------------------------------


def against_torch(title: str, contenders: dict[str, Callable[[Tick], None]], *, rounds: int, steps: int) -> None:
    race = Race(contenders, rounds=rounds, steps=steps, may_fail=("PyTorch, compiled",))
    print(f"\n{title}, {rounds} rounds of {steps} steps\n")
    print("| | steps/s | speed against regenkit (quartiles) | in CPU seconds |\n| --- | --- | --- | --- |")
    for name in contenders:
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
    parser.add_argument("--only", nargs="+", choices=["vqvae", "diffusion", "sampling", "codes"])
    options = parser.parse_args()
    threads, parts = options.threads, options.only or ["vqvae", "diffusion", "sampling", "codes"]
    rounds = 2 if options.quick else 9
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.get_logger().setLevel("ERROR")  # it takes contenders that are traced one after the other for a retracing
    keras.utils.set_random_seed(0)
    print(f"{job.machine()}; {threads} threads; {f'PyTorch {torch.__version__}' if torch else missing}", flush=True)
    if "codes" in parts:
        codes(rounds)
    trained: dict[str, tuple[Any, Any]] = {"vqvae": (VqVae, same_vqvae), "diffusion": (Diffusion, same_diffusion)}
    for name, (build, same) in trained.items():
        if not torch or not {name, "sampling" if name == "diffusion" else name} & set(parts):
            continue
        image_torch.begin(threads)
        torch.manual_seed(0)
        model = roused(build(condition=X, target=Y))
        make = functools.partial(getattr(image_torch, type(model).__name__), model)
        print(f"\n{same(model, make())}", flush=True)
        ways: dict[str, dict[str, Any]] = {"PyTorch": {}, "PyTorch, channels last": {"layout": "channels_last"}}
        if not options.quick:
            ways["PyTorch, compiled"] = {"compiled": True}
        if name in parts:
            parameters = sum(int(tf.size(variable)) for variable in model.trainable_variables)
            steps = 2 if options.quick or name == "diffusion" else 10
            against_torch(f"Training, {type(model).__name__}, {parameters / 1e6:.2f} M parameters, batch {BATCH}", {
                "regenkit": ours_trained(lambda build=build: build(condition=X, target=Y), steps),
                **{label: torch_trained(make, steps, threads, **way) for label, way in ways.items()},
            }, rounds=rounds, steps=steps)  # fmt: skip
        if name == "diffusion" and "sampling" in parts:
            against_torch(f"Sampling, {type(model).__name__}, batch {BATCH}", {
                "regenkit": ours_sampled(model),
                **{label: torch_sampled(make(), threads, **way) for label, way in ways.items()},
            }, rounds=rounds, steps=SAMPLED)  # fmt: skip


if __name__ == "__main__":
    main()
