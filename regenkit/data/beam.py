"""Preparation on several machines: the parts as an Apache Beam pipeline, on any runner (extra `beam`).

Each part is one element, and the worker that takes it writes it into the cache. So $REGENKIT_CACHE must be a folder
that all workers see under the same path, and workers need regenkit and the recipe's plugins. They import TensorFlow
only where the converter is a network.

Where the converter is a rule, the parts are those of a local preparation, byte for byte: each is a function of its
sources, and does not depend on the order of work.
"""

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from regenkit.data import shards
from regenkit.data.parts import Elsewhere
from regenkit.errors import UserError


def on(runner: str, options: Sequence[str] = ()) -> Elsewhere:
    """The Beam runner of that name, with its options as on a command line: `on("DirectRunner")`.

    Raises UserError where Beam is not installed or has no such runner, where a worker fails (with its message), and
    where the workers write to another folder than this process reads.
    """
    try:
        beam = import_module("apache_beam")
    except ImportError as error:
        raise UserError(
            f"--runner {runner} needs the package 'apache-beam' ({error}): pip install 'regenkit[beam]'"
        ) from error
    try:
        beam.runners.runner.create_runner(runner)
    except (ValueError, ImportError) as error:
        raise UserError(f"--runner {runner}: {error}") from error

    if runner == "DirectRunner":
        runner = "FnApiRunner"  # which that ends as: but it would first look for a program to download

    def run(function: Callable[[Any], None], tasks: list[Any]) -> None:
        try:
            flags = beam.options.pipeline_options.PipelineOptions(list(options))
            with beam.Pipeline(runner, flags) as pipeline:
                _ = pipeline | beam.Create(tasks) | beam.Reshuffle() | beam.Map(function)
        except Exception as error:
            raise UserError(_said(error)) from error
        lost = [path for path, *_ in tasks if not shards.exists(path)]
        if lost:
            raise UserError(
                f"{lost[0]}: not there after the pipeline ran; the workers must see this folder under this path, "
                "so set REGENKIT_CACHE to one that all machines share"
            )

    return run


def _said(error: Exception) -> str:
    """The message of a worker's UserError, also from within a remote traceback; else the runner's last line."""
    message = str(error)
    if not isinstance(error, UserError):
        found = re.search(rf"{UserError.__name__}: (.*?)(?=\n\n|$)", message, re.DOTALL)
        if not found:
            last = message.strip().rpartition("\n")[2]
            return f"the Beam pipeline failed: {type(error).__name__}: {last}"
        message = found[1]
    return message.partition(" [while running")[0]
