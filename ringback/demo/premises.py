"""The demo's place: a directory of its own, free ports, a configuration, and the books on the first day."""

import fcntl
import os
import random
import secrets
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from callback import totp
from callback.clock import Clock
from callback.config import Config
from callback.config_file import load
from callback.core.deck import FaultyDeck
from callback.core.money import parse_money
from callback.keys import Keys, load_keys, make_missing_keys
from callback.passwords import Passwords
from callback.store import accounts, ledger, operators, rates
from callback.store.db import Store
from callback.store.models import Account
from ringback.demo import cast
from ringback.demo.directory import CONFIG_FILE, MARK, occupy

SMSC_PASSWORD = "loopback"  # noqa: S105 - of a simulated SMSC
_PORTS = range(10_000, 30_000)  # below those the kernel gives to others
_RTP_PORTS = 200
_WEB_PORT = 8080  # if nobody has it
_LINK_LIFE_MS = 60_000

_TOML = """\
data_dir = "."

[service]
name = "Ringback demo"
country = "{country}"
currency = "{currency}"
access_number = "{access_number}"

[sip]
address = "127.0.0.1"
port = {sip}
rtp_ports = [{rtp}, {rtp_end}]

[[links]]
name = "simulator"
host = "127.0.0.1"
port = {smsc}
system_id = "ringback"
password = "{password}"

[[trunks]]
name = "simulator"
host = "127.0.0.1"
port = {carrier}
prefixes = ["+"]

[web]
port = {web}
demo = true

[session]  # patient: whoever watches may take a look between two key presses
ring_a_s = 900
ring_b_s = 900
first_digit_s = 900

[log]
format = "console"
"""


@dataclass(frozen=True, slots=True)
class Ports:
    smsc: int
    carrier: int
    sip: int
    rtp: int  # the first of them
    web: int


@dataclass(frozen=True, slots=True)
class Premises:
    """Held while `lock`, a file descriptor, is open; `port_lock` is the right to the page's usual port."""

    path: Path
    ports: Ports
    config: Config
    lock: int
    port_lock: int | None = None

    @property
    def config_file(self) -> Path:
        return self.path / CONFIG_FILE

    @property
    def log_file(self) -> Path:
        return self.path / "demo.log"

    def socket_of(self, name: str) -> Path:
        return self.config.run_dir / f"{name}.sock"


def take(wanted: Path | None) -> Premises:
    """Find the place, empty it and furnish it; raises `NoPlace`."""
    path, lock = occupy(wanted)
    port_lock = _usual_port()
    ports = choose_ports(_WEB_PORT if port_lock is not None else None)
    words = {"country": cast.COUNTRY, "currency": cast.CURRENCY, "access_number": cast.ACCESS_NUMBER}
    settings = _TOML.format(
        **words,
        password=SMSC_PASSWORD,
        smsc=ports.smsc,
        carrier=ports.carrier,
        sip=ports.sip,
        rtp=ports.rtp,
        rtp_end=ports.rtp + _RTP_PORTS - 1,
        web=ports.web,
    )
    (path / CONFIG_FILE).write_text(MARK + settings, encoding="utf-8")
    (path / "rates.csv").write_text(cast.RATES, encoding="utf-8")
    config = load(path / CONFIG_FILE, {})
    config.run_dir.mkdir(mode=0o700)
    return Premises(path, ports, config, lock, port_lock)


def open_books(premises: Premises) -> None:
    """Keys, an empty database, the rates, Anna's account, an operator: what `init`, `rates`, `account` do."""
    config, clock = premises.config, Clock()
    make_missing_keys(config.keys_dir)
    store = Store(config.database_url)
    store.migrate()
    deck = rates.import_deck(
        store, premises.path / "rates.csv", "demo", cast.CURRENCY,
        deck_id=clock.new_id(), now_ms=clock.now_ms(),
    )  # fmt: skip
    assert not isinstance(deck, FaultyDeck), deck
    keys = load_keys(config.keys_dir)
    passwords = Passwords(keys.pepper)
    secret = passwords.hash(cast.PASSWORD)
    with store.write() as session:
        account = Account(
            id=clock.new_id(), login=cast.LOGIN, password_hash=secret, country=cast.COUNTRY,
            currency=cast.CURRENCY, created_at_ms=clock.now_ms(),
        )  # fmt: skip
        accounts.add_account(session, account)
        ledger.top_up(
            session, clock.new_id(), account.id, parse_money(cast.BALANCE),
            author="demo", at_ms=clock.now_ms(), reason="to begin with",
        )  # fmt: skip
        _add_operator(session, clock, keys, passwords)
    store.dispose()


def _add_operator(session: Session, clock: Clock, keys: Keys, passwords: Passwords) -> None:
    """By a link, as every first operator; the demo page shows the codes of the second proof."""
    token, now_ms = secrets.token_urlsafe(), clock.now_ms()
    operators.create_operator_link(session, clock.new_id(), token, now_ms + _LINK_LIFE_MS, now_ms)
    password_hash = passwords.hash(cast.OPERATOR_PASSWORD)
    operator = operators.claim_operator_link(session, token, cast.OPERATOR, password_hash, now_ms)
    assert operator is not None, "a fresh link makes an operator"
    sealed = totp.seal(keys.session, operator.id, totp.new_secret())
    operators.keep_totp(session, operator.id, sealed, step=0)


def _usual_port() -> int | None:
    """The right to the page's usual port: two demos that begin together would both find it free."""
    path = Path(tempfile.gettempdir()) / f"ringback-demo-{os.getuid()}.port"
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def choose_ports(web: int | None = None) -> Ports:
    """Five free places on 127.0.0.1, of the kinds they are wanted for; the page's is `web` if free."""
    rtp = next(start for start in _random_ports() if _is_free_range(start - start % 2))
    others = (port for port in _random_ports() if not rtp - 1 <= port <= rtp + _RTP_PORTS)
    smsc = next(port for port in others if _is_free(port, socket.SOCK_STREAM))
    carrier = next(port for port in others if _is_free(port, socket.SOCK_DGRAM))
    sip = next(port for port in others if port != carrier and _is_free(port, socket.SOCK_DGRAM))
    if web is None or not _is_free(web, socket.SOCK_STREAM):
        web = next(port for port in others if port != smsc and _is_free(port, socket.SOCK_STREAM))
    return Ports(smsc, carrier, sip, rtp - rtp % 2, web)


def _random_ports() -> Iterator[int]:
    while True:
        yield random.randrange(_PORTS.start, _PORTS.stop - _RTP_PORTS)


def _is_free_range(start: int) -> bool:
    return all(_is_free(port, socket.SOCK_DGRAM) for port in range(start, start + _RTP_PORTS))


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:  # connections that fade away do not count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
