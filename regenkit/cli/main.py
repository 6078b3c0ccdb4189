"""The command line: thin commands over `regenkit.run`, `regenkit.load` and the plugin host.

TensorFlow is imported inside the commands that need it, so that help and lists answer at once.
"""

import errno
import gc
import shlex
import sys
from typing import Annotated

import typer

from regenkit.cli import data, demoing, generating, inspecting, measuring, plugins, recipes, training
from regenkit.cli.commands import Commands
from regenkit.cli.streams import close_stdout, open_to_all
from regenkit.errors import BadSource, UserError
from regenkit.files import no_room
from regenkit.origin import strict
from regenkit.signals import never_lost
from regenkit.terminal import terminal

SHOWN = 40
"""The most lines of a message."""
INTERRUPTED = 130


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"regenkit {version('regenkit')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=_say_version, help="show the version and exit")
]

app = typer.Typer(
    name="regenkit", cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich"
)
for command in (
    training.train, training.preview, measuring.evaluate, measuring.compare, measuring.probe, training.prepare,
    generating.generate, generating.convert, generating.render, demoing.demo, generating.export, inspecting.check,
    inspecting.schema, inspecting.doctor, plugins.new,
):  # fmt: skip
    app.command()(command)
for group in (plugins, recipes, data):
    app.add_typer(group.app, name=group.__name__.rpartition(".")[2])


@app.callback()
def _common(version: Version = False) -> None:
    """Conditional generation by regeneration learning: X → Y′ → Y."""
    gc.enable()


def main() -> None:
    """Run a command. A user's mistake or a full disk is one message and exit code 2. An interruption is a message that
    says how to go on, and exit code 130.
    """
    open_to_all()
    never_lost()
    gc.disable()  # until a command begins: nothing to collect is made by imports, and help is there sooner
    try:
        try:
            app(standalone_mode=True)
        finally:
            sys.stdout.flush()
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED and leaving.__context__:  # a KeyboardInterrupt here, not in launched processes
            again = shlex.join(["regenkit", *sys.argv[1:]])
            _say(f"interrupted; everything done is saved. To go on: {again}")
        raise
    except BrokenPipeError:
        close_stdout()
        sys.exit(141)
    except Exception as error:
        said = no_room(error) or _unwritable(error)
        if said:
            close_stdout()  # its disk may be the full one
        elif not isinstance(error, UserError | BadSource) and not (said := _too_long(error) or _of_plugin(error)):
            raise
        lines = (said or str(error)).splitlines()
        more = [f"… and {len(lines) - SHOWN} lines more"] if len(lines) > SHOWN else []
        _say("\n".join([*lines[:SHOWN], *more]), "[bold red]error[/]")
        sys.exit(2)


def _say(text: str, mark: str = "") -> None:
    errors = terminal(stderr=True, soft_wrap=True, highlight=False)
    if mark:
        errors.print(mark, end=" ")
    errors.print(text, markup=False)


def _of_plugin(error: Exception) -> str | None:
    """The message where a plugin's code raised an error; None for any other, and where all shall be seen."""
    if strict():
        return None
    from regenkit.plugins.blame import blamed

    return blamed(error)


def _too_long(error: Exception) -> str | None:
    """The message where a name that was given is longer than a file's may be; None for any other error."""
    if not isinstance(error, OSError) or error.errno != errno.ENAMETOOLONG or error.filename is None:
        return None
    return f"{error.filename}: {error.strerror}"


def _unwritable(error: Exception) -> str | None:
    """The message where standard output cannot be written or was closed; None for any other error."""
    closed = isinstance(error, OSError) and error.errno == errno.EBADF and error.filename is None
    return "standard output cannot be written (Bad file descriptor)" if closed else None
