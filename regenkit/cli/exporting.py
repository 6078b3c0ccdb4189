"""export: a trained run as a file to pass on, or its networks as graphs for other programs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from regenkit.terminal import terminal


def export(
    run: Annotated[Path, typer.Argument(help="a run directory, e.g. runs/lyric2melody/1")],
    output: Annotated[Path, typer.Option("-o", "--output", help="the file to write, a .zip; of graphs, the folder")],
    form: Annotated[
        Literal["run", "savedmodel", "onnx"],
        typer.Option("--format", help="run: to be loaded by regenkit. The others: graphs of the networks alone"),
    ] = "run",
) -> None:
    """Export a trained run: weights, recipe, card and licences in one file that `regenkit.load` opens, without training
    state. Nothing in it is code."""
    from regenkit.cli.outputs import check_output
    from regenkit.pipeline.load import load_run

    console = terminal(soft_wrap=True, highlight=False)
    if form == "run":
        from regenkit.run.export import export_run

        check_output(output, (".zip",))
        stages = export_run(load_run(run), output)
        size = output.stat().st_size / 1e6
        console.print(
            f"{output}: {', '.join(stages)}; {size:.1f} MB. To use it: regenkit generate {output} …", markup=False
        )
        return
    from regenkit.run.graphs import export_graphs

    for line in export_graphs(load_run(run), output, form):
        console.print(line, markup=False)
