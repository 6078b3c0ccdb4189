"""probe: what a run's representations tell of X."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from regenkit.cli.streams import print_json
from regenkit.cli.training import Json

Stage = Literal["converter", "generator", "renderer", "direct"]


def add_to(app: typer.Typer) -> None:
    app.command()(probe)


def probe(
    run: Annotated[Path, typer.Argument(help="a run directory whose X is a class, e.g. runs/class2image/1")],
    stage: Annotated[
        Stage, typer.Option(help="converter: Y′; others: what a diffusion model says inside of what it draws")
    ] = "converter",
    time: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="level of noise of what a model sees: 0 none, 1 nothing else")
    ] = 0.25,
    examples: Annotated[int, typer.Option(min=10, help="to learn from, and to measure, at most")] = 2000,
    as_json: Json = False,
) -> None:
    """Tell the class of an example from Y, from Y′, or from a model's inner features: linearly, and by neighbours."""
    from regenkit.cli.inspecting import wide
    from regenkit.evaluation.probe import probe_run

    said = Console(stderr=True, quiet=as_json)
    report = probe_run(run, stage, time=time, examples=examples, progress=lambda *_: None)
    if as_json:
        print_json(report)
        return
    table = Table("features", "size", "linear", "nearest neighbours", box=None)
    for name, row in report["features"].items():
        table.add_row(name, str(row["size"] or ""), *(_share(row[way]) for way in ("linear", "knn")))
    wide().print(table)
    said.print(f"{report['training']} examples to learn from, {report['held_out']} measured; probe-{stage}.json")


def _share(value: dict[str, float]) -> str:
    """With its 95 % interval."""
    return f"{value['mean']:.3f} ({value['low']:.3f}–{value['high']:.3f})"
