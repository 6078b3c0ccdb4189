"""Every use of noise in a model has noise of its own: no layer, block, field or part shares another one's."""

from collections.abc import Callable
from typing import Any

import grids
import numpy as np
import pytest
from toy_job import X, Y
from toy_pictures import CAPTION, CODES, LABEL, LATENT, PIXELS, VECTOR, batch_of

from regenkit.layers import noise
from regenkit.models.autoencoder import TokenAutoencoder
from regenkit.models.cvae import CVAE
from regenkit.models.diffusion import Diffusion
from regenkit.models.gan import GAN
from regenkit.models.gaussian import Gaussian
from regenkit.models.joint import Joint
from regenkit.models.ladder import Ladder
from regenkit.models.maskgit import MaskGIT
from regenkit.models.normalizing_flow import NormalizingFlow
from regenkit.models.transformer import Transformer
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.train_settings import JointSettings
from regenkit.spec import Field, Spec
from regenkit.training.perturb import Perturb
from regenkit_image.converter.autoencoder import autoencoder
from regenkit_image.converter.diffusion_autoencoder import DiffusionAutoencoder
from regenkit_image.converter.rvq import rvq
from regenkit_image.converter.vae import vae
from regenkit_image.converter.vlae import Vlae
from regenkit_image.converter.vqvae2 import vqvae2

NOTES, MODE = Y.only(optional=False), Y.only(optional=True)
STEPS = Spec(
    {"one": Field(kind="continuous", shape=(None, 2), hop=1), "two": Field(kind="continuous", shape=(None, 3), hop=1)}
)
ATTENTION: dict[str, Any] = {"width": 8, "depth": 3, "heads": 2, "dropout": 0.1}
OPTIONAL = Spec({"hint": Field(vocabulary=3, shape=(None,), optional=True)})


def losses(model: Any, condition: Spec, target: Spec) -> Any:
    batch = batch_of(condition, target, 3)
    mask = tf.ones([3, 6], tf.bool)
    sides = {side: {**batch[side], "mask": mask} for side in ("condition", "target")}
    return model.losses({**batch, **sides}, noise=batch["noise"])


def learned(family: Callable[..., Any], condition: Spec, target: Spec, **options: Any) -> Callable[[], Any]:
    return lambda: losses(family(condition=condition, target=target, **options), condition, target)


def joint() -> Any:
    converter = TokenAutoencoder(condition=MODE, target=NOTES, bottleneck="vq", **ATTENTION)
    parts = {
        "converter": converter, "generator": Transformer(condition=X | MODE, target=converter.spec, **ATTENTION),
        "renderer": Transformer(condition=MODE | converter.spec, target=NOTES, **ATTENTION),
    }  # fmt: skip
    settings = JointSettings(predict_x=0.0, adapt=1.0)  # else X is encoded twice, alike
    model = Joint(parts=parts, specs={"x": X, "y": Y, "rep": MODE | converter.spec}, settings=settings)
    return losses(model, X | MODE, NOTES)


def resampled() -> Any:
    model = Transformer(condition=X, target=NOTES, **ATTENTION)
    batch = batch_of(X, NOTES, 3)
    mask = {"mask": tf.ones([3, 6], tf.bool)}
    return model.resample(batch["condition"] | mask, batch["target"] | mask, seed=1)


def sampled(family: Callable[..., Any], condition: Spec, target: Spec, **options: Any) -> Callable[[], Any]:
    def run() -> Any:
        tf.config.run_functions_eagerly(True)
        try:
            return family(condition=condition, target=target, **options).sample(grids.values(condition, 3), seed=1)
        finally:
            tf.config.run_functions_eagerly(False)

    return run


def drawn_steps() -> Any:
    condition = grids.values(X, 3) | {"mask": np.ones([3, 6], bool)}
    return Gaussian(condition=X, target=STEPS, **ATTENTION).sample(condition, seed=1)


def perturbed() -> Any:
    batch = batch_of(LABEL | CODES | VECTOR, Spec({}), 3)
    perturb = Perturb(share={"label": (0.5, 4), "code": (0.5, 3)}, confusion={}, deviation={"vector": 0.1})
    return perturb(batch["condition"], batch["noise"])


USES: dict[str, tuple[int, Callable[[], Any]]] = {
    "transformer": (23, learned(Transformer, X | OPTIONAL, NOTES, condition_dropout=0.1, **ATTENTION)),
    "transformer of grids": (13, learned(Transformer, CODES | LABEL, grids.SIZES, condition_dropout=0.1, **ATTENTION)),
    "autoencoder of codes": (14, learned(TokenAutoencoder, MODE, NOTES, bottleneck="vq", **ATTENTION)),
    "autoencoder of vectors": (14, learned(TokenAutoencoder, MODE, NOTES, bottleneck="vae", **ATTENTION)),
    "gaussian": (6, learned(Gaussian, X, STEPS, **ATTENTION)),
    "maskgit": (9, learned(MaskGIT, LABEL | CAPTION, grids.LEVELS, condition_dropout=0.1, **ATTENTION)),
    "diffusion": (4, learned(Diffusion, LABEL | CAPTION, LATENT, width=8, condition_dropout=0.1)),
    "gan": (5, learned(GAN, LABEL, PIXELS, width=4)),
    "cvae": (2, learned(CVAE, LABEL, PIXELS, width=4)),
    "flow": (1, learned(NormalizingFlow, LABEL, PIXELS, width=4)),
    "ladder": (18, learned(Ladder, LABEL, grids.SIZES, rungs=[{"use": "transformer", **ATTENTION}] * 2)),
    "joint": (45, joint),
    "rvq": (9, learned(rvq, Spec({}), PIXELS, latent_dim=4)),
    "vqvae2": (4, learned(vqvae2, Spec({}), PIXELS, latent_dim=4)),
    "vae of pictures": (2, learned(vae, Spec({}), PIXELS, latent_dim=4)),
    "denoising": (1, learned(autoencoder, Spec({}), PIXELS, latent_dim=4, noise=0.3)),
    "vlae": (2, learned(Vlae, Spec({}), PIXELS, latent_dim=4)),
    "diffusion autoencoder": (3, learned(DiffusionAutoencoder, Spec({}), PIXELS)),
    "perturbed": (6, perturbed),
    "resampled": (12, resampled),
    "maskgit, drawing": (30, sampled(MaskGIT, LABEL, grids.LEVELS, **ATTENTION)),
    "gaussian, drawing": (4, drawn_steps),
    "flow, drawing": (2, sampled(NormalizingFlow, LABEL, PIXELS, width=4)),
}
"""By what is done: how many uses it has of an example's noise, and how to do it."""


@pytest.mark.parametrize("name", USES)
def test_no_two_uses_share_their_noise(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    uniform = noise.uniform

    def recorded(seeds: tf.Tensor, size: int) -> tf.Tensor:
        seen.extend((int(step), int(example)) for step, example in np.reshape(seeds, [-1, 2]))
        return uniform(seeds, size)

    monkeypatch.setattr(noise, "uniform", recorded)
    count, run = USES[name]
    run()
    assert len(seen) == 3 * count
    assert len(set(seen)) == len(seen)
