"""The commands of the core, and those that plugins add. A plugin's is imported when it is run, not to be listed."""

import inspect
import sys
from typing import Any, final

import typer
from typer.core import TyperCommand, TyperGroup

from regenkit.components import Command
from regenkit.errors import UserError

TYPERS_OWN = ("help", "install_completion", "show_completion")


@final
class Commands(TyperGroup):
    """The core's own names come first: no plugin can take one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if "--help" not in args:
            _no_flag_is_none(self, ctx)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        from regenkit.plugins import host

        return [*super().list_commands(ctx), *(name for name in host().names("command") if name not in self.commands)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if found := super().get_command(ctx, cmd_name):
            return found
        from regenkit.plugins import host

        if cmd_name.rpartition(":")[2] not in host().names("command"):
            return None
        return _OfPlugin(host().find("command", cmd_name))


def _no_flag_is_none(command: Any, ctx: Any) -> None:
    """Typer takes a flag that is not given for None, and imports most of pydantic to parse it: a fifth of what a list
    takes."""
    for each in command.get_params(ctx):
        if each.name in TYPERS_OWN:
            each.default = False
    for inner in getattr(command, "commands", {}).values():
        _no_flag_is_none(inner, ctx)


@final
class _OfPlugin(TyperCommand):
    """Hands all its arguments to the plugin's command, `--help` as well."""

    def __init__(self, record: Command) -> None:
        from rich.markup import escape

        takes_all = {"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": False}
        super().__init__(record.name, help=escape(record.summary), add_help_option=False, context_settings=takes_all)
        self.record = record

    def invoke(self, ctx: Any) -> None:
        status = _command(self.record).main(args=ctx.args, prog_name=ctx.command_path, standalone_mode=False)
        if isinstance(status, int) and status:
            sys.exit(status)


def _command(record: Command) -> Any:
    """What a record names, as a command: of Click, or made of a Typer or of a function."""
    target = record.load()
    if isinstance(target, typer.Typer):
        return typer.main.get_command(target)
    if hasattr(target, "main"):
        return target
    if not inspect.isroutine(target):
        raise UserError(
            f"{record.title}: {record.target} is a {type(target).__name__}; right is a function, a typer.Typer or a "
            "click.Command"
        )
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(target)
    return typer.main.get_command(app)
