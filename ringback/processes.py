"""The processes of the service by name, each a function that blocks until SIGTERM.

The one place where the front doors meet the callback: `callback` knows nothing of `smsgw`, so the gateway
is wired here.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from callback import bootstrap
from callback.config import Config
from callback.executor import SmsExecutor
from callback.intake import Intake
from callback.numbers import NumberDesk
from callback.passwords import Passwords, Verifier, shared_tries
from callback.sealing import Seal
from smsgw.gateway import Gateway


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
    """Serve the pages until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # also while what follows is still being imported
    from ringback import web_process  # noqa: PLC0415  # 20 MB which nobody else needs, and would half copy

    web_process.run_web(config)


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
