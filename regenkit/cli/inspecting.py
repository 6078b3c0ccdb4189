"""check, schema, doctor: what is installed, and whether it works."""

import typer

from regenkit.cli.options import Json, RecipeFile, Settings
from regenkit.cli.streams import for_json_alone, print_json
from regenkit.terminal import terminal

COLOURS = {"ok": "green", "broken": "red", "not installed": "yellow", "look": "yellow"}


def check(recipe: RecipeFile, settings: Settings = None, as_json: Json = False) -> None:
    """Validate a recipe without training: form, names, arguments, and whether its stages can be built and fit."""
    from regenkit.conform import refuse_unfit
    from regenkit.pipeline import Pipeline
    from regenkit.pipeline.cost import costs, listed
    from regenkit.plugins import host
    from regenkit.recipe import check_data, check_packages, load

    loaded = load(recipe, settings or [])
    check_data(loaded)
    pipeline = Pipeline(loaded)
    metrics = [host().find("metric", name) for name in loaded.evaluate]
    check_packages(loaded, [*metrics, pipeline.x_record, pipeline.y_record])
    refuse_unfit(loaded.dataset.component, loaded.dataset.build())
    found = costs(pipeline, (*loaded.stages, "direct"))
    if as_json:
        print_json(loaded.plain())
        return
    for line in listed(pipeline, found):
        print(line)
    print(f"{recipe}: sound. Its data were not read: `regenkit preview` shows some")


def schema() -> None:
    """Print a JSON Schema of recipes, for editors."""
    from regenkit.recipe.json_schema import build

    for_json_alone()
    print_json(build())


def doctor(as_json: Json = False) -> None:
    """Show what is installed, what is broken, and the command that repairs it. Exit code 1 if something is broken."""
    from regenkit.doctor import examine

    findings = examine()
    if as_json:
        print_json(findings)
    else:
        from rich.markup import escape

        console = terminal(soft_wrap=True, highlight=False)
        for finding in findings:
            state = finding["state"]
            console.print(f"[{COLOURS[state]}]{state:6}[/] {escape(finding['what'])}:", end=" ")
            console.print(finding["detail"], markup=False)
            if state != "ok" and finding["mend"]:
                console.print(f"        mend: [bold]{escape(finding['mend'])}[/]")
    if not all(finding["ok"] for finding in findings):
        raise typer.Exit(1)
