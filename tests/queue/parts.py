"""Real Valkeys and workers, each a process of its own, and a store to put requests in."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callback import valkey
from callback.clock import Clock
from callback.config import Config
from callback.store import accounts, ledger, requests
from callback.store.db import Store
from callback.store.models import Account, Request
from callback.waking import QueueDown
from tests.waiting import eventually

_WORKER = """
import sys, pathlib
from callback.jobs import run_worker
run_worker(sys.argv[1], pathlib.Path(sys.argv[2]))
"""


@dataclass
class Valkey:
    """Started, killed and started again on the same data."""

    config: Config
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.config.queue_url

    def start(self) -> None:
        conf = valkey.write_conf(self.config)
        self.process = subprocess.Popen(
            [valkey.binary(), str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        socket_path = self.config.run_dir / valkey.SOCKET_NAME
        eventually(lambda: valkey.answers(socket_path), 5, "Valkey answers")

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        if self.process:
            self.kill()


class HandClock(Clock):
    """Moved by hand; walls and monotonic together."""

    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def now_ms(self) -> int:
        return int(self.now_s * 1000)

    def monotonic_s(self) -> float:
        return self.now_s


class ListQueue:
    """Remembers what was enqueued; `down` makes it refuse."""

    def __init__(self) -> None:
        self.jobs: list[list[str]] = []
        self.down = False

    def enqueue(self, ids: Sequence[str]) -> None:
        if self.down:
            raise QueueDown("no Valkey here")
        self.jobs.append(list(ids))


class HeardNews:
    """What people who look at pages would be told: (account, request)."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def tell(self, account_id: str, request_id: str = "") -> None:
        self.told.append((account_id, request_id))


@dataclass
class Worker:
    process: subprocess.Popen[bytes]

    @staticmethod
    def start(url: str, ear_path: Path) -> "Worker":
        return Worker(subprocess.Popen([sys.executable, "-c", _WORKER, url, str(ear_path)]))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


def hear(ear: socket.socket, timeout_s: float = 10.0) -> list[str]:
    """The next wake-up."""
    ear.settimeout(timeout_s)
    ids: list[str] = json.loads(ear.recv(8192))
    return ids


ACCOUNT = "anna"
HELD_MICRO = 2_000_000


def furnish(store: Store) -> None:
    """One account with 10 EUR."""
    store.migrate()
    with store.write() as session:
        account = Account(
            id=ACCOUNT, login=ACCOUNT, password_hash="", country="PL", currency="EUR", created_at_ms=0
        )
        accounts.add_account(session, account)
        ledger.top_up(session, "first", ACCOUNT, 10_000_000, author="test", at_ms=0)


def wish(
    store: Store, name: str, due_at_ms: int, held_micro: int = HELD_MICRO, code_sealed: str | None = None
) -> str:
    """A queued request with its hold; its id."""
    request_id = f"{name:0>20}"
    request = Request(
        id=request_id,
        source_key=f"test:{name}",
        account_id=ACCOUNT,
        purpose=requests.CODE if code_sealed else "callback",
        code_sealed=code_sealed,
        trigger="sms",
        ani="+48600000000",
        number_a=f"+4860{int.from_bytes(name.encode()) % 10**7:07}",
        cli="+48221234567",
        deck_id="deck",
        due_at_ms=due_at_ms,
        created_at_ms=due_at_ms,
    )
    with store.write() as session:
        assert isinstance(requests.open_request(session, request), requests.Opened)
        assert ledger.open_hold(session, request_id, ACCOUNT, held_micro, due_at_ms)
    return request_id
