"""The command `ringback`: one place that lists what can be asked, and nothing more."""

import typer

from ringback.commands import accounts, calls, check, demo, init, rates, running, version
from ringback.terminal import Commands

app = typer.Typer(
    cls=Commands,
    name="ringback",
    help="A callback service built on an SMS gateway: text, be rung back, talk, pay exactly what you used.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

app.command()(init.init)
app.command()(check.check)
app.command()(demo.demo)
app.command()(running.serve)
app.command()(running.run)
app.add_typer(accounts.app, name="account")
app.add_typer(rates.app, name="rates")
app.command()(calls.calls)
app.command()(calls.trace)
app.command()(calls.reconcile)
app.command()(version.version)


def main() -> None:
    app()
