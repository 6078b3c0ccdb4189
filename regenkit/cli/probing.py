"""probe: how well the class of an example is predicted from a run's representations."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from regenkit.cli.options import Json, wide
from regenkit.cli.streams import print_json
from regenkit.terminal import terminal

Stage = Literal["converter", "generator", "renderer", "direct"]


def probe(
    run: Annotated[Path, typer.Argument(help="a run directory whose X is a class, e.g. runs/class2image/1")],
    stage: Annotated[
        Stage, typer.Option(help="converter: Y′; others: the inner features of a diffusion model")
    ] = "converter",
    time: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="level of noise of what a model sees: 0 none, 1 nothing else")
    ] = 0.25,
    examples: Annotated[int, typer.Option(min=10, help="to learn from, and to measure, at most")] = 2000,
    as_json: Json = False,
) -> None:
    """Predict the class of an example from Y, from Y′, or from inner features of a model: linearly, by neighbours."""
    from rich.table import Table

    from regenkit.analysis.findings.wording import number
    from regenkit.analysis.probe import probe_run
    from regenkit.analysis.results.figure import Figure
    from regenkit.analysis.results.files import to_json

    def share(value: Figure) -> str:
        if value.interval is None:  # of one example
            return number(value.mean)
        low, high = value.interval
        return f"{number(value.mean)} ({number(low)}–{number(high)})"

    found = probe_run(run, stage, time=time, examples=examples, progress=lambda *_: None)
    if as_json:
        print_json(to_json(found))
        return
    table = Table("features", "size", "linear", "nearest neighbours", box=None)
    for name, row in found.features.items():
        table.add_row(name, str(row.size or ""), share(row.linear), share(row.knn))
    wide().print(table)
    terminal(stderr=True).print(
        f"{found.training} examples to learn from, {found.held_out} measured; probe-{stage}.json"
    )
