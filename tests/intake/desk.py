"""The executor with a real database and real passwords; the gateway's `finish` is noted instead of sent."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import Session, select

from callback.clock import Clock
from callback.config import Config, Link, Service, Trunk
from callback.core.commands import Command
from callback.core.sms import ReceivedSms, Reply
from callback.executor import SmsExecutor
from callback.intake import Intake
from callback.numbers import NumberDesk
from callback.passwords import Passwords, Verifier
from callback.sealing import SEAL_KEY_OCTETS, Seal
from callback.store import accounts, ledger, rates, requests
from callback.store.db import Store
from callback.store.models import Account, Outbox, Request
from callback.store.reconcile import reconcile
from callback.store.rows import every
from callback.waking import QueueDown
from tests.queue.parts import HeardNews

ANNA = "+48600316058"
US = "+48221234567"
PASSWORD = "secret99"
DECK = """prefix,role,connect_fee,first,next,price_per_minute
48,A,0.00,1,1,0.60
48,B,0.05,60,6,1.20
49,A,0.00,1,1,0.60
4930,B,0.05,60,6,1.20
"""


@dataclass
class Queue:
    woken: list[str] = field(default_factory=list)
    is_down: bool = False

    def enqueue(self, ids: Sequence[str]) -> None:
        if self.is_down:
            raise QueueDown("away")
        self.woken += ids


class Desk:
    def __init__(self, config: Config, store: Store) -> None:
        self.config = config
        self.store = store
        self.clock = Clock()
        self.queue = Queue()
        passwords = Passwords(b"p" * 32)
        verifier = Verifier(passwords, self.clock.monotonic_s)
        self.seal = Seal(b"s" * SEAL_KEY_OCTETS)
        self.intake = Intake(config, self.clock, self.queue, HeardNews())
        self.numbers = NumberDesk(config, self.clock, b"p" * 32, self.seal.conceal)
        self.executor = SmsExecutor(config, store, self.clock, verifier, self.intake, self.numbers)
        self._hash = passwords.hash(PASSWORD)
        self._texts = 0

    def account(self, login: str = "anna", credit_micro: int = 10_000_000, state: str = "active") -> str:
        with self.store.write() as session:
            account = Account(
                id=f"id-{login}", login=login, password_hash=self._hash, country="PL", currency="EUR",
                state=state, created_at_ms=self.clock.now_ms(),
            )  # fmt: skip
            accounts.add_account(session, account)
            if credit_micro:
                ledger.top_up(session, login, account.id, credit_micro, author="test", at_ms=0)
        return account.id

    def phone(self, account_id: str, number: str = ANNA) -> None:
        with self.store.write() as session:
            accounts.verify_directly(session, account_id, number, number_id=self.clock.new_id(), now_ms=0)

    def text(self, command: Command, ani: str = ANNA, trusted: bool = False) -> Reply:
        """Execute it as the gateway would; its one reply."""
        self._texts += 1
        replies: list[Reply | None] = []

        def finish(session: Session, outcome: str, reply: Reply | None) -> None:
            assert session.in_transaction()
            replies.append(reply)

        sms = ReceivedSms(self._texts, "carrier", ani, US, trusted, self.clock.now_ms())
        self.executor.execute(command, sms, finish)
        (reply,) = replies
        assert reply is not None
        return reply

    def requests(self) -> list[Request]:
        with self.store.read() as session:
            return requests.list_requests(session)

    def outbox(self) -> list[Outbox]:
        with self.store.read() as session:
            return every(session, select(Outbox))

    def books_agree(self) -> bool:
        with self.store.read() as session:
            return reconcile(session) == []


@contextmanager
def desk(trunks: bool = True, deck: str = DECK, links: tuple[Link, ...] = ()) -> Iterator[Desk]:
    directory = Path(tempfile.mkdtemp(prefix="rb-"))
    config = Config(
        data_dir=directory,
        service=Service(country="PL"),
        trunks=(Trunk(name="carrier", host="127.0.0.1", prefixes=("+48", "+49")),) if trunks else (),
        links=links,
    )
    store = Store(config.database_url)
    store.migrate()
    here = Desk(config, store)
    if deck:
        path = directory / "deck.csv"
        path.write_text(deck)
        rates.import_deck(store, path, "test", "EUR", deck_id="deck", now_ms=0)
    try:
        yield here
    finally:
        store.dispose()
        shutil.rmtree(directory)
