"""evaluate: how good a run is, beside the direct route and trivial baselines."""

from pathlib import Path
from typing import Annotated

import typer

from regenkit.cli.options import Json
from regenkit.cli.streams import print_json
from regenkit.terminal import terminal


def evaluate(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="run directories; several give a spread")],
    samples: Annotated[int, typer.Option(min=1, help="samples of each route an input")] = 1,
    examples: Annotated[int | None, typer.Option(min=1, help="measure so many test examples at most")] = None,
    direct: Annotated[
        bool, typer.Option("--direct/--no-direct", help="train and measure the direct routes X → Y as well")
    ] = True,
    as_json: Json = False,
) -> None:
    """Measure Y′ on the test split: bits and metrics from true Y′, predicted Y′, the direct route, trivial baselines.

    Trains the direct routes into the run's direct/ and direct_half/ where that is not done yet, and first estimates how
    long that takes. --no-direct is a quick look without them.
    """
    from regenkit.analysis.evaluate import Options, evaluate_runs
    from regenkit.analysis.findings.wording import counted
    from regenkit.analysis.pages.report_tables import routes
    from regenkit.analysis.pages.tables import in_terminal
    from regenkit.analysis.results.files import to_json

    console = terminal(soft_wrap=True, stderr=as_json)
    report = evaluate_runs(runs, Options(samples=samples, examples=examples, direct=direct), console)
    if as_json:
        print_json(to_json(report))
    else:
        measured = f"{report.examples} test examples, {counted(report.steps, report.unit)}"
        console.print(in_terminal(routes(report).transposed(), measured))
