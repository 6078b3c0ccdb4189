"""Conditional data generation by regeneration learning: X → Y′ → Y, each step a plugin.

    import regenkit

    model = regenkit.load("runs/lyric2melody/1")
    model.generate(["Amazing grace, how sweet the sound"], seed=0)

Importing it imports neither TensorFlow nor numpy.
"""

import importlib
from typing import TYPE_CHECKING, Any

from regenkit.components import (
    Command,
    Component,
    Converter,
    Dataset,
    Evaluation,
    Example,
    Generator,
    LeftOut,
    Metric,
    Modality,
    Renderer,
)
from regenkit.errors import BadSource, UserError
from regenkit.hookspecs import hookimpl
from regenkit.sources.source import Source

if TYPE_CHECKING:
    from regenkit.pipeline.load import load_run as load
    from regenkit.spec import Field, Spec, tokens

__version__ = "0.1.0"

__all__ = [
    "BadSource", "Command", "Component", "Converter", "Dataset", "Evaluation", "Example", "Field", "Generator",
    "LeftOut", "Metric", "Modality", "Renderer", "Source", "Spec", "UserError", "__version__", "hookimpl", "load",
    "tokens",
]  # fmt: skip


_WHEN_ASKED_FOR = {
    "load": ("regenkit.pipeline.load", "load_run"),  # TensorFlow
    **{name: ("regenkit.spec", name) for name in ("Field", "Spec", "tokens")},  # numpy
}


def __getattr__(name: str) -> Any:
    if name not in _WHEN_ASKED_FOR:
        raise AttributeError(f"module 'regenkit' has no attribute {name!r}")
    module, attribute = _WHEN_ASKED_FOR[name]
    return getattr(importlib.import_module(module), attribute)
