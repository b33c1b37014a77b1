"""The processes of the service by name, each a function that blocks until SIGTERM.

The one place where the front doors meet the callback: `callback` knows nothing of `smsgw`, so the gateway
is wired here.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

import structlog

from callback import bootstrap
from callback.clock import Clock
from callback.config import Config
from callback.executor import SmsExecutor
from callback.intake import Intake
from callback.numbers import NumberDesk
from callback.passwords import Passwords, Verifier, shared_tries
from callback.sealing import Seal
from ringback.demo.page_stage import PageStage
from ringback.web_server import serve_web
from smsgw.gateway import Gateway
from webapp import create_app
from webapp.stage import Stage


def run_gateway(config: Config) -> None:
    """Hold every link, execute its commands and send its replies, until SIGTERM."""
    parts = bootstrap.assemble(config)
    clock, pepper = parts.clock, parts.keys.pepper
    tries = shared_tries(config.queue_url, clock.monotonic_s)
    verifier = Verifier(Passwords(pepper), clock.monotonic_s, tries)
    intake = Intake(config, clock, parts.queue, parts.news)
    numbers = NumberDesk(config, clock, pepper, Seal(parts.keys.seal).conceal)
    executor = SmsExecutor(config, parts.store, clock, verifier, intake, numbers)
    gateway = Gateway(
        config, parts.store, parts.keys.seal, clock, executor, f"gateway@{socket.gethostname()}"
    )
    stop = bootstrap.stop_on_sigterm()
    gateway.start()
    stop.wait()
    gateway.stop()
    parts.close()


def run_web(config: Config) -> None:
    """Serve the pages until SIGTERM; in the demo they have a stage to play on."""
    config.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    closing = threading.Event()
    make_stage = partial(PageStage, config, Clock()) if config.web.demo else None
    serve_web(partial(_make_site, config, make_stage, closing), config, closing.set)


def _make_site(config: Config, make_stage: Callable[[], Stage] | None, closing: threading.Event) -> Any:
    """In the process that answers: a thread of it that dies takes it along, and a whole one is started."""

    def died(what: threading.ExceptHookArgs) -> None:
        error = what.exc_value or what.exc_type()
        name = what.thread.name if what.thread else ""
        structlog.get_logger().critical("a thread died", thread=name, exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.excepthook = died
    stage = make_stage() if make_stage else None
    return create_app(bootstrap.assemble(config), stage=stage, closing=closing)


def run_media(arguments: Sequence[str]) -> NoReturn:
    """Become the voice process. It imports nothing of ours but `callback.media`, so it is a fresh program."""
    os.execv(sys.executable, [sys.executable, "-m", "callback.media", *arguments])  # noqa: S606 - no shell


# In the order in which they start; they stop in the reverse order.
RUNS: Mapping[str, Callable[[Config], None]] = {
    "relay": bootstrap.run_relay,
    "dialer": bootstrap.run_dialer,
    "gateway": run_gateway,
    "web": run_web,
}
