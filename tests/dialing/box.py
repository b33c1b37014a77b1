"""A dialer with all real around it but SMS and queue: SQLite, SIP, RTP, a simulated carrier."""

import asyncio
import contextlib
import os
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from callback.clock import Clock
from callback.config import Config, Hold, Service, Session, Sip, Trunk
from callback.core.outcomes import Refused
from callback.dialer import Dialer
from callback.intake import Accepted, Intake, Wish
from callback.numbers import NumberDesk
from callback.sealing import Seal
from callback.store import accounts, cdrs, ledger, rates, requests
from callback.store.db import Store
from callback.store.models import Account, Cdr, Request
from callback.store.reconcile import reconcile
from callback.telephony.simulator import Carrier
from callback.telephony.sip import SipBackend
from tests.ports import free_port
from tests.queue.parts import HeardNews
from tests.waiting import becomes

ANNA = "+48600316058"
BORIS = "+48221234999"
DECK = """prefix,role,connect_fee,first,next,price_per_minute
48,A,0.00,1,1,0.60
48,B,0.05,60,6,1.20
"""


class JumpingClock(Clock):
    """Its monotonic clock, by which leases are judged, can be put forward."""

    ahead_s = 0.0

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.ahead_s


class NoQueue:
    """The box wakes its dialer itself."""

    def enqueue(self, ids: object) -> None:
        pass


def _rtp_ports() -> tuple[int, int]:
    """Of this worker of a parallel run, so that two do not meet."""
    first = 22000 + 200 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    return first, first + 198


@dataclass
class Box:
    config: Config
    store: Store
    clock: JumpingClock
    carrier: Carrier
    news: HeardNews
    dialer: Dialer
    intake: Intake
    numbers: NumberDesk
    stop: asyncio.Event
    running: "asyncio.Task[None]" = field(init=False)

    def ask(self, key: str, destination: str | None = None) -> Accepted | Refused:
        """Anna wants to be called back."""
        with self.store.write() as session:
            account = accounts.get_account(session, "anna")
            accepted = self.intake.request_callback(
                session, account, Wish(key, "cli", ANNA, destination=destination)
            )
        if isinstance(accepted, Accepted):
            self.dialer.wake([accepted.request_id])
        return accepted

    def request(self, request_id: str) -> Request:
        with self.store.read() as session:
            return requests.get_request(session, request_id)

    def cdrs(self, request_id: str) -> list[Cdr]:
        with self.store.read() as session:
            return cdrs.cdrs_of(session, request_id)

    def balance_micro(self) -> int:
        with self.store.read() as session:
            return ledger.get_wallet(session, "anna").balance_micro

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """The database is somebody else's: no commit of the dialer comes through."""
        other = sqlite3.connect(self.config.data_dir / "ringback.db", isolation_level=None)
        with contextlib.closing(other):
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    def faults(self) -> list[object]:
        with self.store.read() as session:
            return list(reconcile(session))

    async def ended(self, request_id: str, timeout_s: float = 10.0) -> Request:
        def over() -> Request | None:
            request = self.request(request_id)
            return None if request.state in {"queued", "running"} else request

        return await becomes(over, timeout_s, "the callback is over")


@contextlib.asynccontextmanager
async def box(
    topup_micro: int = 10_000_000, session: Session | None = None, hold: Hold | None = None
) -> AsyncIterator[Box]:
    """Stops the dialer cleanly at the end."""
    directory = Path(tempfile.mkdtemp(prefix="rb-"))  # short: sockets have short names
    clock = JumpingClock()
    carrier = Carrier("127.0.0.1", 0, clock)
    await carrier.start()
    config = Config(
        data_dir=directory,
        service=Service(country="PL"),
        sip=Sip(port=free_port(), rtp_ports=_rtp_ports()),
        trunks=(Trunk(name="carrier", host="127.0.0.1", port=carrier.port),),
        session=session or Session(ring_a_s=3, ring_b_s=2, first_digit_s=3, next_digit_s=2),
        hold=hold or Hold(),
    )
    config.run_dir.mkdir(mode=0o700)
    store = Store(config.database_url)
    store.migrate()
    _furnish(store, clock, directory, topup_micro)
    try:
        backend = SipBackend(config.sip, b"k" * 32, {}, "en", config.run_dir, clock, rtp_timeout_s=30)
        news, node = HeardNews(), f"dialer@{socket.gethostname()}:{config.sip.port}"
        seal = Seal(b"s" * 32)
        dialer = Dialer(config, store, backend, clock, news, seal.reveal, node)
        intake = Intake(config, clock, NoQueue(), news)
        numbers = NumberDesk(config, clock, b"p" * 32, seal.conceal)
        here = Box(config, store, clock, carrier, news, dialer, intake, numbers, asyncio.Event())
        here.running = asyncio.create_task(dialer.run(here.stop, config.run_dir / "dialer.sock"))
        await asyncio.wait_for(dialer.ready.wait(), 10)
        yield here
        here.stop.set()
        await asyncio.wait_for(here.running, 20)
    finally:
        await carrier.stop()
        store.dispose()
        shutil.rmtree(directory)


def _furnish(store: Store, clock: Clock, directory: Path, topup_micro: int) -> None:
    deck = directory / "deck.csv"
    deck.write_text(DECK)
    rates.import_deck(store, deck, "test", "EUR", deck_id=clock.new_id(), now_ms=clock.now_ms())
    with store.write() as session:
        accounts.add_account(
            session,
            Account(
                id="anna", login="anna", password_hash="", country="PL", currency="EUR",
                created_at_ms=clock.now_ms(),
            ),
        )  # fmt: skip
        accounts.verify_directly(session, "anna", ANNA, number_id=clock.new_id(), now_ms=clock.now_ms())
        ledger.top_up(session, "first", "anna", topup_micro, author="test", at_ms=clock.now_ms())
