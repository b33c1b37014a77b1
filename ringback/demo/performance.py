"""One demo from the first process to the last: the town is opened, the tour is played, everything is ended.

Whatever happens in between (a key, Ctrl-C, a closed terminal, a stage that fails), no process and no port
is left behind.
"""

import asyncio
import os
import signal
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from callback.clock import Clock
from ringback.demo import premises, tour
from ringback.demo.news import Closing, Failed, News, Opened
from ringback.demo.stagecraft import Missing, Stagecraft
from ringback.demo.town import Town

OK, FAILED, INTERRUPTED = 0, 1, 130
_LOG_LINES = 6
_OPENING = -1  # the stage before the first
PAGE = "/demo"
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


class Show(Protocol):
    """How the demo is shown. Entered before the first process starts, left after the last has ended."""

    has_left: bool  # whoever watches has seen enough
    has_watcher: bool  # somebody sits before it, who may like to see the page

    def __enter__(self) -> object: ...

    def __exit__(self, *trouble: object) -> None: ...

    def begin(self, leave: Callable[[], object]) -> None:
        """The loop runs; `leave` ends the play."""

    def tell(self, news: News) -> None: ...

    async def may_go_on(self, stage: int) -> None:
        """Returns when this stage may begin."""

    async def again(self) -> bool:
        """After the end: whether another callback is wanted."""


def perform(directory: Path | None, show: Show) -> int:
    """The whole demo; its exit code. Raises `directory.NoPlace`."""
    clock = Clock()
    began_ms = clock.now_ms()
    # begun by a script's `&` it would ignore SIGINT, and with it SIGTERM
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
    town = Town(premises.take(directory))
    try:
        with show:
            try:
                town.open()
                return asyncio.run(_play(town, show, clock, began_ms))
            finally:
                try:
                    show.tell(Closing())
                finally:  # a terminal that is gone cannot be told
                    town.stop()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `| head` has read enough; Python's last flush must not complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


async def _play(town: Town, show: Show, clock: Clock, began_ms: int) -> int:
    craft = Stagecraft(town, show.tell)
    craft.stage = _OPENING
    me = asyncio.current_task()
    assert me is not None
    show.begin(me.cancel)
    try:
        await craft.open()
        opened = _opened(town, clock.now_ms() - began_ms)
        show.tell(opened)
        if show.has_watcher and any(os.environ.get(name) for name in _DISPLAYS):
            showing = asyncio.create_task(asyncio.to_thread(webbrowser.open, opened.web))
            showing.add_done_callback(
                lambda task: task.cancelled() or task.exception()
            )  # no browser: no harm
        await tour.play(craft, show.may_go_on)
        while await craft.ask_whoever_watches(show.again()):
            await tour.play(craft, show.may_go_on, tour.AGAIN)
    except asyncio.CancelledError:
        if not show.has_left:
            raise  # Ctrl-C
    except BrokenPipeError:
        raise
    except (Missing, ConnectionError, FileNotFoundError) as trouble:
        fallen = town.fallen()  # a simulator that has ended is noticed first by whoever talks to it
        show.tell(_failed(town, craft.stage, str(fallen or trouble)))
        await _let_read(show)
        return FAILED
    finally:
        await craft.close()
    return OK


async def _let_read(show: Show) -> None:
    """A failure stays on the screen until somebody leaves."""
    try:
        await show.again()
    except asyncio.CancelledError:
        if not show.has_left:
            raise


def _failed(town: Town, stage: int, missing: str) -> Failed:
    return Failed(stage, missing, str(town.place.log_file), tuple(town.log_tail(_LOG_LINES)))


def _opened(town: Town, took_ms: int) -> Opened:
    place = town.place
    return Opened(
        directory=str(place.path),
        config=str(place.config_file),
        log=str(place.log_file),
        smsc=f"127.0.0.1:{place.ports.smsc}",
        carrier=f"127.0.0.1:{place.ports.carrier}",
        sip=f"127.0.0.1:{place.ports.sip}",
        pids=town.pids,
        took_ms=took_ms,
        web=f"{place.config.web_url}{PAGE}",
    )
