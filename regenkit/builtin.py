"""The core's own components: the core is a plugin too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from regenkit.components import ANY, Converter, Generator, Renderer
from regenkit.hookspecs import hookimpl

if TYPE_CHECKING:
    from regenkit.recipe import Recipe

_TRANSFORMER = "regenkit.models.transformer:Transformer"


@hookimpl
def register_converters() -> Iterator[Converter]:
    yield Converter(
        name="autoencoder", modality=ANY, learned=True, target="regenkit.models.autoencoder:Autoencoder",
        summary="token fields to a learned code (VQ) or vector (VAE) a step",
    )  # fmt: skip


@hookimpl
def register_generators() -> Iterator[Generator]:
    yield Generator(name="gaussian", target="regenkit.models.gaussian:Gaussian", summary="vectors, a Gaussian a step")
    yield Generator(name="transformer", target=_TRANSFORMER, summary="token fields from token fields, autoregressive")


@hookimpl
def register_renderers() -> Iterator[Renderer]:
    yield Renderer(name="transformer", target=_TRANSFORMER, summary="token fields from token fields, autoregressive")


@hookimpl(trylast=True)
def make_strategy(recipe: Recipe) -> Any:
    from regenkit.training import distribute  # TensorFlow, only when something is trained

    return distribute.make_strategy(recipe.train_settings().strategy)
