"""The core's own components: the core is a plugin too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from regenkit.components import ANY, Converter, Generator, Renderer
from regenkit.hookspecs import RecipeView, hookimpl

FAMILIES = {
    "cvae": ("cvae:CVAE", "numbers of fixed shape: conditional variational auto-encoder"),
    "diffusion": ("diffusion:Diffusion", "numbers of fixed shape (pictures, latents): diffusion, flow matching"),
    "gan": ("gan:GAN", "pictures: conditional adversarial network"),
    "maskgit": ("maskgit:MaskGIT", "grids of tokens, drawn in a few passes"),
    "normalizing_flow": ("normalizing_flow:NormalizingFlow", "numbers of fixed shape, with an exact density"),
    "transformer": ("transformer:Transformer", "tokens, autoregressive: sequences, grids"),
}
"""Models that serve as generator and as renderer: name → (target within regenkit.models, summary)."""


@hookimpl
def register_converters() -> Iterator[Converter]:
    yield Converter(name="identity", modality=ANY, target="regenkit.identity:Identity", summary="Y itself")
    yield Converter(
        name="autoencoder", modality=ANY, learned=True, target="regenkit.models.autoencoder:TokenAutoencoder",
        summary="token fields to a learned code (VQ) or vector (VAE) a step",
    )  # fmt: skip


@hookimpl
def register_generators() -> Iterator[Generator]:
    yield Generator(name="gaussian", target="regenkit.models.gaussian:Gaussian", summary="vectors, a Gaussian a step")
    yield Generator(
        name="ladder", target="regenkit.models.ladder:Ladder", summary="each field of Y′ by a model of its own"
    )
    for name, (target, summary) in FAMILIES.items():
        yield Generator(name=name, target=f"regenkit.models.{target}", summary=summary)


@hookimpl
def register_renderers() -> Iterator[Renderer]:
    yield Renderer(
        name="identity", target="regenkit.models.identity:IdentityRenderer", trained=False,
        summary="for a Y′ that is Y: nothing is left to draw",
    )  # fmt: skip
    for name, (target, summary) in FAMILIES.items():
        yield Renderer(name=name, target=f"regenkit.models.{target}", summary=summary)


@hookimpl(trylast=True)
def make_strategy(recipe: RecipeView) -> Any:
    from regenkit import distribute  # TensorFlow, only when something is trained

    return distribute.make_strategy(recipe.train_settings().strategy)
