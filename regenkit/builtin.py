"""The core's own components: the core is a plugin too."""

from collections.abc import Iterator

from regenkit.components import Generator, Renderer
from regenkit.hookspecs import hookimpl

_TRANSFORMER = "regenkit.models.transformer:Transformer"


@hookimpl
def register_generators() -> Iterator[Generator]:
    yield Generator(name="transformer", target=_TRANSFORMER, summary="token fields from token fields, autoregressive")


@hookimpl
def register_renderers() -> Iterator[Renderer]:
    yield Renderer(name="transformer", target=_TRANSFORMER, summary="token fields from token fields, autoregressive")
