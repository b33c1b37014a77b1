"""The command `ringback`: one place that lists what can be asked.

A command's module is imported when it is asked for: `ringback version` need not wait for a database library,
nor `ringback account` for SIP.
"""

from importlib import import_module
from typing import Any

import typer

from ringback.terminal import Commands

_FOUND_IN = {  # in the order of the help: module of `ringback/commands`, and the function or group in it
    "init": "init:init",
    "check": "check:check",
    "demo": "demo:demo",
    "serve": "running:serve",
    "run": "running:run",
    "account": "accounts:app",
    "operator": "operators:app",
    "rates": "rates:app",
    "calls": "calls:calls",
    "trace": "calls:trace",
    "reconcile": "calls:reconcile",
    "version": "version:version",
}


class _LateCommands(Commands):
    def list_commands(self, ctx: Any) -> list[str]:
        return list(_FOUND_IN)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _FOUND_IN:
            return None
        module, _, name = _FOUND_IN[cmd_name].partition(":")
        found = getattr(import_module(f"ringback.commands.{module}"), name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
            alone.command(cmd_name)(found)
            found = alone
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_LateCommands,
    name="ringback",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def _ringback() -> None:
    """A callback service built on an SMS gateway: text, be rung back, talk, pay exactly what you used."""


def main() -> None:
    app()
