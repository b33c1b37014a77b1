"""`ringback demo`: a telecom in a box."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ringback.demo.directory import NoPlace
from ringback.demo.paper import JsonLines, JsonPage, Paper, PaperPage
from ringback.demo.performance import Show, perform
from ringback.demo.terminal_show import TerminalShow, fits
from ringback.terminal import AsJson, give_up


def demo(
    scripted: Annotated[
        bool, typer.Option("--scripted", help="Play straight through in plain lines, as without a terminal.")
    ] = False,
    page: Annotated[
        bool, typer.Option("--page", help="Play nothing here: open the page, and stay until Ctrl-C.")
    ] = False,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Where its books and its log go, instead of .ringback-demo.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A whole callback with simulated SMS centre, carrier and phones, on this machine: on a page, or here."""
    try:
        code = perform(directory, _show(scripted, page, as_json))
    except NoPlace as trouble:
        give_up(str(trouble))
    raise typer.Exit(code)


def _show(scripted: bool, page: bool, as_json: bool) -> Show:
    if as_json:
        return JsonPage() if page else JsonLines()
    if page or (sys.stdout.isatty() and not scripted and not fits()):  # a terminal too small to play on
        return PaperPage()
    return Paper() if scripted or not fits() else TerminalShow()
