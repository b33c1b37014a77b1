"""The web face around a real database, without a network: people, and browsers to sign in with."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlmodel import Session
from werkzeug.test import TestResponse

from callback import totp
from callback.bootstrap import Parts
from callback.clock import Clock
from callback.config import Config, Service, Trunk
from callback.jobs import CallQueue
from callback.keys import load_keys, make_missing_keys
from callback.news import Publisher
from callback.passwords import Passwords
from callback.store import accounts, ledger, operators, rates
from callback.store.db import Store
from callback.store.models import Account, Operator
from callback.waking import QueueDown
from webapp import create_app

ANNA = "+48600316058"
BORIS = "+48600316059"
FRIEND = "+493012345678"
PASSWORD = "secret99"
OPERATOR = "olga"
OPERATOR_PASSWORD = "a long enough password"
DECK = """prefix,role,connect_fee,first,next,price_per_minute
48,A,0.00,1,1,0.60
48,B,0.05,60,6,1.20
49,A,0.00,1,1,0.60
4930,B,0.05,60,6,1.20
"""
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Queue:
    """Notes whom it was to wake; `is_down` plays a Valkey that is away."""

    woken: list[str] = field(default_factory=list)
    is_down: bool = False

    def enqueue(self, ids: Sequence[str]) -> None:
        if self.is_down:
            raise QueueDown("away")
        self.woken += ids

    def waiting(self) -> int:
        if self.is_down:
            raise QueueDown("away")
        return len(self.woken)

    def close(self) -> None: ...


class Desk:
    """What a test of a page needs: `desk.client()`, `desk.sign_in(client, "anna")`, `desk.post(…)`."""

    def __init__(self, config: Config, store: Store) -> None:
        self.config = config
        self.store = store
        self.clock = Clock()
        self.queue = Queue()
        self.keys = load_keys(config.keys_dir)
        self._hashes: dict[str, str] = {}
        self._passwords = Passwords(self.keys.pepper)
        self.news = Publisher(f"unix://{config.run_dir}/nobody.sock")
        parts = Parts(config, self.clock, self.keys, store, cast(CallQueue, self.queue), self.news)
        self.app: APIFlask = create_app(parts)
        self.app.testing = False  # faults become pages, as they do for people

    def client(self) -> FlaskClient:
        """A browser that was never here before."""
        return self.app.test_client()

    def account(self, login: str, credit_micro: int = 10_000_000, **values: Any) -> str:
        """A callback client with `PASSWORD`; its id is "id-<login>"."""
        with self.store.write() as session:
            account = Account(
                id=f"id-{login}", login=login, password_hash=self._hash(PASSWORD), country="PL",
                currency="EUR", created_at_ms=self.clock.now_ms(), **values,
            )  # fmt: skip
            accounts.add_account(session, account)
            if credit_micro:
                ledger.top_up(session, f"first-{login}", account.id, credit_micro, author="test", at_ms=0)
        return f"id-{login}"

    def phone(self, account_id: str, number: str) -> None:
        """A verified number."""
        with self.store.write() as session:
            accounts.verify_directly(session, account_id, number, number_id=self.clock.new_id(), now_ms=0)

    def operator(self, login: str = OPERATOR) -> str:
        """One who has a password and a TOTP secret; returns the secret. The id is "id-<login>"."""
        secret = totp.new_secret()
        row = Operator(
            id=f"id-{login}", login=login, password_hash=self._hash(OPERATOR_PASSWORD),
            totp_sealed=totp.seal(self.keys.session, f"id-{login}", secret), created_at_ms=0,
        )  # fmt: skip
        with self.store.write() as session:
            session.add(row)
        return secret

    def sign_in(self, client: FlaskClient, login: str, password: str = PASSWORD) -> TestResponse:
        return self.post(client, "/sign-in", at="/sign-in", login=login, password=password)

    def sign_in_operator(self, client: FlaskClient, secret: str, login: str = OPERATOR) -> TestResponse:
        """Password, then code; a second sign-in within half a minute needs the step to be forgotten first."""
        with self.store.write() as session:
            forget_step(session, login)
        self.post(
            client, "/operator/sign-in", at="/operator/sign-in", login=login, password=OPERATOR_PASSWORD
        )
        code = totp.code_at(secret, self.clock.now_ms())
        return self.post(client, "/operator/code", at="/operator/code", code=code)

    def post(self, client: FlaskClient, path: str, *, at: str = "", **fields: str) -> TestResponse:
        """Press a button: the form's token is taken from the page `at`, by default the path itself."""
        return client.post(path, data={"csrf_token": self.token(client, at or path), **fields})

    def token(self, client: FlaskClient, at: str) -> str:
        """The token against forgery of the page at this address."""
        found = _TOKEN.search(client.get(at).text)
        assert found, f"{at} has no form"
        return found[1]

    def _hash(self, password: str) -> str:
        if password not in self._hashes:
            self._hashes[password] = self._passwords.hash(password)
        return self._hashes[password]


def forget_step(session: Session, login: str) -> None:
    """Let the code of this half minute be used once more."""
    operator = operators.find_operator(session, login)
    assert operator is not None
    session.merge(operator).totp_step = 0


@contextmanager
def desk(deck: str = DECK, **sections: Any) -> Iterator[Desk]:
    """A web face with a rate deck and one trunk, and nobody in it; `sections` replace those of the config."""
    directory = Path(tempfile.mkdtemp(prefix="rb-"))
    settings: dict[str, Any] = {
        "service": Service(country="PL"),
        "trunks": (Trunk(name="carrier", host="127.0.0.1", prefixes=("+48", "+49")),),
        **sections,
    }
    config = Config(data_dir=directory, **settings)
    make_missing_keys(config.keys_dir)
    config.run_dir.mkdir(mode=0o700)
    store = Store(config.database_url, busy_timeout_ms=500)
    store.migrate()
    if deck:
        path = directory / "deck.csv"
        path.write_text(deck)
        rates.import_deck(store, path, "test", "EUR", deck_id="deck", now_ms=0)
    try:
        here = Desk(config, store)
        yield here
        here.news.close()
        here.app.extensions["ringback.ears"].stop()  # else it would look for news while other tests run
    finally:
        store.dispose()
        shutil.rmtree(directory)
