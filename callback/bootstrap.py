"""The composition root: takes a configuration and gives processes that run. Wiring by hand, nothing else.

`run_relay` and `run_dialer` block until SIGTERM. They expect to be alone in a fresh process, started by
`ringback serve` or `ringback run`. (The gateway is wired in `ringback/processes.py`: it knows both sides.)
"""

import asyncio
import os
import signal
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import structlog

from callback.children import Child, Family, start
from callback.clock import Clock
from callback.config import Config
from callback.dialer import Dialer
from callback.jobs import WAKE_SOCKET, CallQueue, run_worker
from callback.keys import Keys, load_keys
from callback.news import WISHES, Listener, Publisher
from callback.relay import Relay
from callback.sealing import Seal
from callback.store.db import Store
from callback.telephony.sip import SipBackend
from callback.telephony.wire import Login


@dataclass(frozen=True, slots=True)
class Parts:
    """What every process of ours needs."""

    config: Config
    clock: Clock
    keys: Keys
    store: Store
    queue: CallQueue
    news: Publisher

    def close(self) -> None:
        """Let go of everything that is open."""
        self.news.close()
        self.queue.close()
        self.store.dispose()


def assemble(config: Config) -> Parts:
    """Open everything; raises KeyTrouble, StoreError (missing, locked, newer than the program …)."""
    config.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["RINGBACK_RUN_DIR"] = str(config.run_dir)  # where failpoints find their victims
    store = Store(config.database_url)
    store.check_schema()
    queue, news = CallQueue(config.queue_url), Publisher(config.queue_url)
    return Parts(config, Clock(), load_keys(config.keys_dir), store, queue, news)


def run_relay(config: Config) -> None:
    """Be a relay until SIGTERM."""
    parts = assemble(config)
    name = f"relay@{socket.gethostname()}"
    Relay(parts.store, parts.queue, parts.clock, config.retention, name).run(stop_on_sigterm())
    parts.close()


def run_dialer(config: Config) -> None:
    """Be a dialer, with its voice process and its RQ worker, until SIGTERM.

    The worker is forked first, while there is one thread; a keeper between us brings it back.
    """
    config.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    worker = Child("worker", partial(run_worker, config.queue_url, config.run_dir / WAKE_SOCKET))
    keeper = start(Child("keeper", Family([worker], config.run_dir).run), config.run_dir)
    try:
        asyncio.run(_dial(assemble(config), keeper))
    finally:
        os.kill(keeper, signal.SIGTERM)
        os.waitpid(keeper, 0)
        (config.run_dir / "keeper.pid").unlink(missing_ok=True)


async def _dial(parts: Parts, keeper: int) -> None:
    config = parts.config
    logins = {
        trunk.name: Login(trunk.username, trunk.password.get_secret_value())
        for trunk in config.trunks
        if trunk.username
    }
    backend = SipBackend(
        config.sip,
        parts.keys.sip,
        logins,
        config.service.locale,
        config.run_dir,
        parts.clock,
        config.session.rtp_timeout_s,
    )
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    loop.add_reader(os.pidfd_open(keeper), stop.set)  # deaf without it: end well, and be started anew
    node = f"dialer@{socket.gethostname()}:{config.sip.port}"
    reveal = Seal(parts.keys.seal).reveal
    dialer = Dialer(config, parts.store, backend, parts.clock, parts.news, reveal, node)

    def wished(*_: object) -> None:
        with suppress(RuntimeError):  # news that comes when the loop is closed
            loop.call_soon_threadsafe(dialer.look_for_wishes)

    wishes = Listener(config.queue_url, WISHES, heard=wished, connected=wished)
    wishes.start()
    await dialer.run(stop, config.run_dir / WAKE_SOCKET)
    wishes.close()
    parts.news.close()


def stop_on_sigterm() -> threading.Event:
    """An event that SIGTERM and SIGINT set, and the death of any thread. Main thread only.

    A process without one of its threads would look well and do nothing; its supervisor makes a whole one.
    """
    stop = threading.Event()

    def died(what: threading.ExceptHookArgs) -> None:
        name = what.thread.name if what.thread else ""
        error = what.exc_value or what.exc_type()
        structlog.get_logger().critical("a thread died", thread=name, exc_info=error)
        stop.set()

    threading.excepthook = died
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    return stop
