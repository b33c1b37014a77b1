"""The demo on paper: plain lines for a pipe, a log or a scripted run, and JSON lines for machines.

On paper nothing can be corrected: a stage is written when it is over, its moments in the order of time.
"""

import asyncio
import sys
from collections.abc import Callable

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from ringback.demo import wording
from ringback.demo.news import STAGES, Bill, Failed, Finished, News, Opened, StageBegan, StageDone, to_json
from ringback.demo.scene import Scene

_WIDTH = 110


class Straight:
    """A show that asks nobody."""

    has_left = False
    has_watcher = False

    def begin(self, leave: Callable[[], object]) -> None:
        """Nobody leaves."""

    async def may_go_on(self, stage: int) -> None:
        """Always."""

    async def again(self) -> bool:
        return False


class Paper(Straight):
    """Goes straight through, and writes down what happened."""

    def __init__(self) -> None:
        self._scene = Scene()
        self._written: set[str] = set()
        terminal = sys.stdout.isatty()
        self._console = Console(file=sys.stdout, highlight=False, width=None if terminal else _WIDTH)

    def tell(self, news: News) -> None:
        self._scene.take(news)
        match news:
            case Opened():
                self._write_opening(news)
            case StageBegan(stage):
                name, what = STAGES[stage]
                self._print(f"\n[bold]{stage + 1}  {name}[/]: {what}")
            case StageDone(_, proof):
                self._write_moments()
                self._print(f"   [green]✓ {escape(proof)}[/]")
            case Failed():
                self._write_moments()
                write_failure(self._console, news)
            case Finished():
                write_end(self._console, self._scene, news)

    def __enter__(self) -> "Paper":
        self._print(
            "[bold]Ringback demo[/]: a telecom in a box. A simulation: everything stays on 127.0.0.1."
        )
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()

    def _write_opening(self, opened: Opened) -> None:
        self._print(f"   [bold]the page: {opened.web}[/]")
        self._print(f"   service {opened.sip} · SMS centre {opened.smsc}")
        self._print(f"   carrier {opened.carrier}")
        self._print(f"   books {wording.shortest(opened.directory)} · log {wording.shortest(opened.log)}")
        self._print(f"   [green]✓ open after {opened.took_ms / 1000:.1f} s[/]")

    def _write_moments(self) -> None:
        for chapter in self._scene.chapters:
            fresh = [m for m in self._scene.moments_of(chapter) if m.key not in self._written]
            if fresh and f"chapter {chapter.number}" not in self._written:
                self._written.add(f"chapter {chapter.number}")
                self._print(f"        ms  [italic]SMS {chapter.number}: {escape(chapter.title)}[/]")
            for moment in fresh:
                self._written.add(moment.key)
                detail = f"  [dim]{escape(moment.detail)}[/]" if moment.detail else ""
                ms = wording.milliseconds(moment.since_ms)
                text = f"[bold]{escape(moment.text)}[/]" if moment.mark else escape(moment.text)
                self._print(f"   {ms:>7}  {moment.place:<8} {text}{detail}")

    def _print(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)
        self._console.file.flush()


class PaperPage(Paper):
    """Opens the page and stays until Ctrl-C; the play is the visitor's."""

    has_watcher = True

    def tell(self, news: News) -> None:
        super().tell(news)
        if isinstance(news, Opened):
            self._print("   Everything is played there. Ctrl-C ends the demo.")

    async def may_go_on(self, stage: int) -> None:
        """Never."""
        await asyncio.Event().wait()


class JsonLines(Straight):
    """News for machines, one a line; goes straight through."""

    def tell(self, news: News) -> None:
        sys.stdout.write(to_json(news) + "\n")
        sys.stdout.flush()

    def __enter__(self) -> "JsonLines":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""


class JsonPage(JsonLines):
    """The page for machines, until they end it."""

    async def may_go_on(self, stage: int) -> None:
        """Never."""
        await asyncio.Event().wait()


def write_end(console: Console, scene: Scene, finished: Finished) -> None:
    """The charge, the figures, and what to try next."""
    if scene.bill is not None:
        _write_bill(console, scene.bill)
    console.print("\n[bold]How fast[/]")
    for value, what in (
        (finished.sms_to_invite_ms, "from the SMS to the INVITE at her carrier"),
        (finished.answer_to_prompt_ms, "from her answer to the first sound in her ear"),
    ):
        console.print(f"   {wording.milliseconds(value):>7} ms  {what}")
    console.print("\n[bold]What to try next[/] (the books of this demo stay until the next one)")
    tries = wording.things_to_try(finished.request_id, finished.config)
    width = max(len(line) for line, _ in tries[1:])
    for line, shows in tries:
        console.print(f"   {escape(line):<{width}}  [dim]# {shows}[/]", soft_wrap=True)


def _write_bill(console: Console, bill: Bill) -> None:
    console.print("\n[bold]The charge[/]")
    console.print(Padding(bill_table(bill), (0, 0, 0, 2), expand=False))
    sums = " · ".join(f"{name} {amount}" for name, amount in wording.bill_sums(bill))
    console.print(f"   {sums}", soft_wrap=True)


def bill_table(bill: Bill) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="grey62")
    for column in wording.BILL_COLUMNS:
        justify = "right" if column.startswith(">") else "left"
        table.add_column(column.lstrip(">"), justify=justify, no_wrap=True)  # type: ignore[arg-type]  # literals
    for row in wording.bill_rows(bill):
        table.add_row(*map(escape, row))
    return table


def write_failure(console: Console, failed: Failed) -> None:
    """What is missing, and where the logs are."""
    name = STAGES[failed.stage][0] if failed.stage >= 0 else "opening"
    console.print(f"   [red]✗ {name}: {escape(failed.missing)}[/]", soft_wrap=True)
    console.print(f"   the log: {escape(failed.log)}; it ends so:", soft_wrap=True)
    for line in failed.tail:
        console.print(f"     [dim]{escape(line)}[/]", soft_wrap=True)
