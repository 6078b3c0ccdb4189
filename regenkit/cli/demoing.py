"""demo: a page in the browser for trained runs."""

from errno import EACCES, EADDRINUSE
from typing import Annotated

import typer

from regenkit.terminal import terminal

FIRST, PORTS = 7860, 100
"""The port that Gradio usually takes, and how many from it on are tried."""


def demo(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="run directories, exports (run.zip), or hf://OWNER/NAME")
    ],
    host: Annotated[
        str, typer.Option(help="the address to listen at; 0.0.0.0 shows the page to everybody")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="of the page (default: the first free from 7860)")
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
    port = _free(host) if port is None else _listened_at(host, port)
    console.print(f"the page: http://{host}:{port}; Ctrl-C ends it")
    serve(sessions, host=host, port=port, open_browser=browser)


def _free(host: str) -> int:
    """The first free port from 7860. Raises UserError where there is none among a hundred."""
    from regenkit.errors import UserError

    for port in range(FIRST, FIRST + PORTS):
        if not _refused(host, port):
            return port
    raise UserError(f"no port of {host} from {FIRST} to {FIRST + PORTS - 1} is free; choose one with --port")


def _listened_at(host: str, port: int) -> int:
    """The port that was asked for. Raises UserError where it is taken or not allowed."""
    from regenkit.errors import UserError

    if reason := _refused(host, port):
        raise UserError(f"--port {port}: {reason}")
    return port


def _refused(host: str, port: int) -> str:
    """Why nothing can listen at the port; "" where it can. Raises UserError where that lies with the host."""
    import socket

    from regenkit.errors import UserError

    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a page that ended a moment ago is not in the way
        try:
            tried.bind((host, port))
        except OSError as error:
            if error.errno == EADDRINUSE:
                return "another program listens there, perhaps a demo; name another port, or leave --port out"
            if error.errno == EACCES:
                return "you may not listen there; choose one from 1024 to 65535"
            raise UserError(f"--host {host}: cannot be listened at ({error.strerror})") from error
    return ""
