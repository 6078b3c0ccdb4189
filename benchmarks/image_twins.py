"""Whether the networks of benchmarks/image.py and those in PyTorch are twins, which none is timed before."""

from typing import Any

import image_torch
import numpy as np
import torch
from image_batches import BATCH, SAMPLED, fields, sides

from regenkit.layers import noise as noises
from regenkit.models.diffusion import Diffusion
from regenkit.models.diffusion_schedule import steps_of
from regenkit.models.sampling import seeds_of
from regenkit.quiet import tensorflow as tf
from regenkit_image.networks.autoencoder import Autoencoder


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


def same_vqvae(model: Autoencoder, twin: Any) -> str:
    one = next(fields(1))
    pixels, label = image_torch.placed(one, torch.contiguous_format)
    with tf.GradientTape() as tape:
        z = model.encoder(one["pixels"])
        found = model.bottleneck.quantizer(z)
        mean = model.decoder(found.codes)
        terms = model.losses(tf.nest.map_structure(tf.constant, sides(one)), noise=None)["main"].values()
        loss = tf.add_n([tf.reduce_sum(value) / tf.reduce_sum(weight) for value, weight in terms])
    flat, numbers, _, theirs = twin.outputs(pixels)
    if (moved := np.mean(np.ravel(found.indices) != numbers.numpy())) > 0:
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
    begun = noises.normal(noises.fold_in(seeds, "start"), pixels[0].size).numpy().reshape(pixels.shape)
    found = model._draw(False, {"label": one["label"]}, seeds, tables, tf.constant(1.0), tf.constant(1.0))["pixels"]
    begun = image_torch.placed({**one, "pixels": begun}, torch.contiguous_format)[0]
    sampled = alike("samples", found, twin.sample(label, begun, SAMPLED))
    return (f"The U-Net's twin: outputs within {outputs:.0e}, gradients within {slopes:.0e}, samples after "
            f"{SAMPLED} steps within {sampled:.0e}")  # fmt: skip


SAME = {"vqvae": same_vqvae, "diffusion": same_diffusion}
