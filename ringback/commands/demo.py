"""`ringback demo`: a telecom in a box."""

from pathlib import Path
from typing import Annotated

import typer

from ringback.demo.directory import NoPlace
from ringback.demo.paper import JsonLines, Paper
from ringback.demo.performance import Show, perform
from ringback.demo.terminal_show import TerminalShow, fits
from ringback.terminal import AsJson, give_up


def demo(
    scripted: Annotated[
        bool, typer.Option("--scripted", help="Play straight through in plain lines, as without a terminal.")
    ] = False,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Where its books and its log go, instead of .ringback-demo.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play a whole callback with simulated SMS centre, carrier and phones, all on this machine."""
    try:
        code = perform(directory, _show(scripted, as_json))
    except NoPlace as trouble:
        give_up(str(trouble))
    raise typer.Exit(code)


def _show(scripted: bool, as_json: bool) -> Show:
    if as_json:
        return JsonLines()
    return Paper() if scripted or not fits() else TerminalShow()
