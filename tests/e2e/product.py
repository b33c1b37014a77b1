"""The whole product as its user has it: a configuration file, the command, and `ringback serve` as a process.

Looked at from outside only: its exit codes, its log, its database. Who stands around it (SMSC, phones) is
not known here.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from callback.jobs import WAKE_SOCKET
from callback.store import requests
from callback.store.db import Store
from callback.store.models import Request
from ringback.cli import app
from tests.ports import free_port
from tests.waiting import becomes

LOGIN, PASSWORD = "anna", "secret99"
DECK = """prefix,role,connect_fee,first,next,price_per_minute
48,A,0.00,1,1,0.60
48,B,0.05,60,6,1.20
"""
_CONFIG = """\
data_dir = "data"

[service]
country = "PL"
currency = "EUR"
access_number = "+48221000000"

[sip]
port = {sip_port}
rtp_ports = [{rtp_from}, {rtp_to}]

[web]
port = {web_port}

{rest}
"""
_START_S = 30
_STOP_S = 30


class Product:
    def __init__(self, directory: Path, rest: str) -> None:
        """`rest` is the configuration beyond the service itself: links, trunks, times."""
        self.directory = directory
        self.config = directory / "ringback.toml"
        self.run_dir = directory / "data" / "run"
        self.sip_port = free_port()
        self.web_port = free_port(socket.SOCK_STREAM)
        rtp_from = 20000 + 300 * (os.getpid() % 32)  # of this worker of a parallel run: two do not meet
        self.config.write_text(
            _CONFIG.format(
                sip_port=self.sip_port,
                rtp_from=rtp_from,
                rtp_to=rtp_from + 298,
                web_port=self.web_port,
                rest=rest,
            )
        )
        self.store = Store(f"sqlite:///{directory / 'data' / 'ringback.db'}")
        self.serving: subprocess.Popen[bytes] | None = None
        self._log = directory / "serve.log"

    # --- the command

    @property
    def url(self) -> str:
        """Of its web face."""
        return f"http://127.0.0.1:{self.web_port}"

    def run(self, *words: str, stdin: str = "") -> Result:
        """In this process, which is fast; phones simulated here stand still meanwhile."""
        environment = {**os.environ, "RINGBACK_CONFIG": str(self.config), "COLUMNS": "200"}
        return CliRunner().invoke(app, list(words), input=stdin, env=environment)

    def ask(self, *words: str, stdin: str = "") -> Any:
        """A command's `--json` answer; AssertionError with its words if it fails."""
        done = self.run(*words, "--json", stdin=stdin)
        assert done.exit_code == 0, f"ringback {' '.join(words)}: {done.output}"
        return json.loads(done.stdout)

    def furnish(self, credit: str = "10.00", number: str = "") -> None:
        """A database, a rate deck and Anna's account; `number` is a phone that the operator vouches for."""
        self.ask("init")
        deck = self.directory / "deck.csv"
        deck.write_text(DECK)
        self.ask("rates", "import", str(deck), "--name", "test")
        money = ("--topup", credit) if credit else ()
        phone = ("--number", number) if number else ()
        self.ask(
            *("account", "add", "--login", LOGIN, "--password-stdin", *money, *phone), stdin=f"{PASSWORD}\n"
        )

    # --- the service

    async def serve(self, **environment: str) -> None:
        """Start it and wait until its dialer listens."""
        with self._log.open("ab") as log:
            self.serving = subprocess.Popen(
                [sys.executable, "-m", "ringback", "serve", "--config", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **environment},
            )  # fmt: skip
        await becomes(self._listens, _START_S, "the dialer listens")

    def _listens(self) -> bool:
        assert self.serving and self.serving.poll() is None, "`ringback serve` ended at once"
        return (self.run_dir / WAKE_SOCKET).exists()

    async def stop(self) -> int:
        """SIGTERM; its exit status."""
        assert self.serving is not None
        self.serving.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.serving.wait, _STOP_S)

    def pid(self, process: str) -> int:
        return int((self.run_dir / f"{process}.pid").read_text())

    def kill(self, process: str) -> None:
        """kill -9 of one process of the product."""
        os.kill(self.pid(process), signal.SIGKILL)

    def has_died(self, process: str) -> bool:
        """Whether a process of ours was killed, as the log tells; the dialer words it for its media."""
        told = "MediaLost" if process == "media" else f'"child": "{process}", "how": "SIGKILL"'
        return told in self.log

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    # --- what has become of it

    async def finished(self, count: int = 1, timeout_s: float = 20) -> list[Request]:
        """All callbacks, newest first, as soon as so many are over."""

        def over() -> list[Request] | None:
            ended = [request for request in self.requests() if request.state not in {"queued", "running"}]
            return ended if len(ended) >= count else None

        return await becomes(over, timeout_s, f"{count} finished callbacks")

    def requests(self) -> list[Request]:
        with self.store.read() as session:
            return requests.list_requests(session)

    def count(self, sql: str) -> int:
        """What a `SELECT count(*)` finds."""
        with self.store.read() as session:
            return int(session.connection().exec_driver_sql(sql).scalar_one())


@contextlib.contextmanager
def product(rest: str) -> Iterator[Product]:
    """Not furnished, not serving. Leaves nothing behind; after a failure its log is printed."""
    directory = Path(tempfile.mkdtemp(prefix="rb-"))  # short: sockets have short names
    here = Product(directory, rest)
    try:
        yield here
    except BaseException:
        print(here.log)
        raise
    finally:
        if here.serving and here.serving.poll() is None:
            here.serving.send_signal(signal.SIGTERM)
            here.serving.wait(_STOP_S)
        here.store.dispose()
        shutil.rmtree(directory)
