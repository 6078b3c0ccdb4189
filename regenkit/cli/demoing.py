"""demo: a page in the browser for trained runs."""

from typing import Annotated

import typer

from regenkit.terminal import terminal


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="run directories, exports (run.zip), or hf://OWNER/NAME")
    ],
    host: Annotated[
        str, typer.Option(help="the address to listen at; 0.0.0.0 shows the page to everybody")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="of the page  [default: the first free from 7860]")
    ] = None,
    browser: Annotated[bool, typer.Option(help="open the page in the browser")] = True,
) -> None:
    """Show a page on this machine: type or upload X, see or hear Y, edit Y′ and render it anew, compare the routes."""
    from regenkit.errors import UserError
    from regenkit.pipeline.load import load_run

    console = terminal(soft_wrap=True, highlight=False)
    try:
        from regenkit.demo.page import serve
    except ModuleNotFoundError as error:
        if error.name != "gradio":
            raise
        raise UserError("the page needs the package 'gradio': pip install 'regenkit[demo]'") from error
    from regenkit.demo.session import Session

    sessions = [Session(load_run(run), run) for run in runs]
    console.print(f"the page: http://{host}:{port or 7860} (or the next free port); Ctrl-C ends it")
    serve(sessions, host=host, port=port, open_browser=browser)
