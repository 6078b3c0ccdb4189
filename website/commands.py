"""The reference of the command line, from the commands themselves."""

from collections.abc import Iterator
from typing import Any

import typer

from regenkit.cli.main import app
from website import words


def commands() -> Iterator[tuple[str, Any]]:
    """(full name, command) of each command, those within groups after their group."""
    yield from _below("regenkit", typer.main.get_command(app))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield name, command
    for inner, each in getattr(command, "commands", {}).items():
        yield from _below(f"{name} {inner}", each)


def page() -> str:
    found = [
        "# Commands\n",
        "This page is made from the commands themselves. A user's mistake is one message and exit code 2; an "
        "interruption (Ctrl-C) is exit code 130, and the same command goes on. `--json` prints JSON alone on standard "
        "output.\n",
        words.table(("command", ""), ((f"[`{name}`](#{name.replace(' ', '-')})", _first(command))
                                      for name, command in commands() if name != "regenkit")),
    ]  # fmt: skip
    for name, command in commands():
        found.append(_section(name, command))
    return "\n".join(found)


def _first(command: Any) -> str:
    return words.plain((command.help or "").split(". ")[0].split(": ")[0].rstrip("."))


def _argument(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _section(name: str, command: Any) -> str:
    context = command.make_context(name, [], resilient_parsing=True)
    shown = [(each, each.get_help_record(context)) for each in command.params if not getattr(each, "hidden", False)]
    arguments = " ".join(_argument(each) for each, _ in shown if each.param_type_name == "argument")
    usage = " ".join(filter(None, (name, arguments, "[OPTIONS]" if len(shown) > bool(arguments) else "")))
    rows = [
        (", ".join(f"`{way}`" for way in each.opts) if each.param_type_name == "option" else f"`{_argument(each)}`",
         words.plain(record[1] if record else ""))
        for each, record in shown
    ]  # fmt: skip
    more = [words.table(("", ""), rows)] if rows else []
    return "\n".join([f"## {name}\n", f"    {usage}\n", words.plain(command.help or "") + "\n", *more])
