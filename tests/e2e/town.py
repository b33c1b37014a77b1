"""The whole product as its user starts it, `ringback serve` with a configuration file, and a town around it.

The SMSC and the carrier are simulators in this process, over real SMPP and SIP; foreign ones may stand in
for either. Everything is looked at from outside: the wire, the command line, the database.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from callback.clock import Clock
from callback.jobs import WAKE_SOCKET
from callback.store import requests
from callback.store.db import Store
from callback.store.models import Request
from callback.telephony.simulator import Carrier
from smsgw.simulator import SimulatedSmsc
from smsgw.simulator_texts import MoMessage
from tests.ports import free_port
from tests.waiting import becomes

ANNA = "+48600316058"
BORIS = "+48221234999"
ACCESS = "+48221000000"
DECK = """prefix,role,connect_fee,first,next,price_per_minute
48,A,0.00,1,1,0.60
48,B,0.05,60,6,1.20
"""
CONFIG = """\
data_dir = "{data_dir}"

[service]
country = "PL"
currency = "EUR"
access_number = "+48221000000"

[[links]]
name = "carrier"
host = "127.0.0.1"
port = {smsc_port}
system_id = "ringback"
password = "secret"
trusted_ani = {trusted}
bind = "{bind}"

[sip]
port = {sip_port}
rtp_ports = [{rtp_from}, {rtp_to}]

[[trunks]]
name = "carrier"
host = "127.0.0.1"
port = {carrier_port}

[session]
ring_a_s = 10
ring_b_s = 5
"""


class Town:
    def __init__(self, directory: Path, smsc: SimulatedSmsc, carrier: Carrier, config: Path) -> None:
        self.directory = directory
        self.smsc = smsc
        self.carrier = carrier
        self.config = config
        self.data_dir = directory / "data"
        self.log = directory / "serve.log"
        self.store = Store(f"sqlite:///{self.data_dir / 'ringback.db'}")
        self.serving: subprocess.Popen[bytes] | None = None

    # --- the product's command line

    def ringback(self, *arguments: str, stdin: str = "") -> Any:
        """A command's `--json` answer; AssertionError with its words if it fails.

        It takes a second, in which the simulated phones stand still: not in the middle of a call.
        """
        done = self.try_ringback(*arguments, stdin=stdin)
        assert done.returncode == 0, f"ringback {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def try_ringback(self, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "ringback", *arguments, "--config", str(self.config), "--json"],
            input=stdin, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    async def serve(self, **environment: str) -> None:
        """Start it and wait until the SMSC has its bind."""
        binds = self.smsc.binds
        with self.log.open("ab") as log:
            self.serving = subprocess.Popen(
                [sys.executable, "-m", "ringback", "serve", "--config", str(self.config)],
                stdout=log, stderr=log, env={**os.environ, **environment},
            )  # fmt: skip
        await becomes(lambda: self.smsc.binds > binds, 20, "the gateway binds")
        await becomes((self.data_dir / "run" / WAKE_SOCKET).exists, 20, "the dialer listens")

    async def stop(self) -> int:
        """SIGTERM; its exit status."""
        assert self.serving is not None
        self.serving.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.serving.wait, 30)

    def kill(self, process: str) -> None:
        """kill -9 of one process of the product."""
        pid = int((self.data_dir / "run" / f"{process}.pid").read_text())
        os.kill(pid, signal.SIGKILL)

    # --- a subscriber

    def text(self, text: str, source: str = ANNA) -> None:
        self.smsc.deliver(MoMessage(source, ACCESS, text))

    async def reply(self, count: int = 1, number: str = ANNA, timeout_s: float = 10) -> str:
        """The text of the n-th SMS this number received from us."""

        def received() -> list[str]:
            return [reply.text for reply in self.smsc.replies if reply.destination.lstrip("+") == number[1:]]

        await becomes(lambda: len(received()) >= count, timeout_s, f"SMS {count} to {number}")
        return received()[count - 1]

    async def finished(self, count: int = 1, timeout_s: float = 20) -> list[Request]:
        """All callbacks, newest first, as soon as so many are over."""

        def over() -> list[Request] | None:
            with self.store.read() as session:
                found = requests.list_requests(session)
            ended = [request for request in found if request.state not in {"queued", "running"}]
            return ended if len(ended) >= count else None

        return await becomes(over, timeout_s, f"{count} finished callbacks")


@contextlib.asynccontextmanager
async def town(
    trusted: bool = True, bind: str = "transceiver", credit: str = "10.00", number: str = ""
) -> AsyncIterator[Town]:
    """Furnished with an account `anna`/`secret99` and a deck; not serving yet. Leaves nothing behind.

    `number` is a phone of hers that the operator vouches for.
    """
    directory = Path(tempfile.mkdtemp(prefix="rb-"))
    smsc = SimulatedSmsc()
    carrier = Carrier("127.0.0.1", 0, Clock())
    await carrier.start()
    smsc.start()
    config = directory / "ringback.toml"
    rtp_from = 20000 + 200 * (os.getpid() % 100)
    config.write_text(
        CONFIG.format(
            data_dir=directory / "data", smsc_port=smsc.port, trusted=str(trusted).lower(), bind=bind,
            sip_port=free_port(), rtp_from=rtp_from, rtp_to=rtp_from + 198, carrier_port=carrier.port,
        )
    )  # fmt: skip
    here = Town(directory, smsc, carrier, config)
    try:
        here.ringback("init")
        deck = directory / "deck.csv"
        deck.write_text(DECK)
        here.ringback("rates", "import", str(deck), "--name", "test")
        vouched = ("--number", number) if number else ()
        account = ("--login", "anna", "--password-stdin", "--topup", credit, *vouched)
        here.ringback("account", "add", *account, stdin="secret99\n")
        yield here
    except BaseException:
        if here.log.exists():
            print(here.log.read_text())
        raise
    finally:
        if here.serving and here.serving.poll() is None:
            await here.stop()
        await carrier.stop()
        smsc.stop()
        here.store.dispose()
        shutil.rmtree(directory)
