"""A gateway on a database of its own, with an executor that writes down what it is given."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import SQLModel

from callback.clock import Clock
from callback.config import Config, Link
from callback.core.commands import Command, Register, RequestCallback
from callback.core.outcomes import Refused
from callback.core.sms import ReceivedSms, Reply, ReplyKind
from callback.store.db import Store
from smsgw.execution import Finish
from smsgw.gateway import Gateway

SEAL_KEY = bytes(range(32))


def new_store(directory: Path) -> Store:
    """All tables, empty."""
    store = Store(f"sqlite:///{directory / 'ringback.db'}")
    store.change_schema(SQLModel.metadata.create_all)
    return store


def rows(store: Store, query: str) -> list[dict[str, Any]]:
    """What the database says."""
    with store.read() as session:
        return [dict(row) for row in session.connection().execute(text(query)).mappings()]


@dataclass(frozen=True)
class Executed:
    command: Command | Refused
    sms: ReceivedSms
    at_s: float


class NotingExecutor:
    """Finishes every command with a plain reply; `before` may raise or wait."""

    def __init__(self, store: Store, before: Callable[[ReceivedSms], None] = lambda _: None) -> None:
        self.done: list[Executed] = []
        self._store = store
        self._before = before
        self._clock = Clock()
        self._lock = threading.Lock()

    def execute(self, command: Command | Refused, sms: ReceivedSms, finish: Finish) -> None:
        at_s = self._clock.monotonic_s()
        self._before(sms)
        with self._store.write() as session:
            finish(session, *_answer(command))
        with self._lock:
            self.done.append(Executed(command, sms, at_s))

    @property
    def commands(self) -> list[Command | Refused]:
        return [executed.command for executed in self.done]


def _answer(command: Command | Refused) -> tuple[str, Reply]:
    match command:
        case Register(number=number):
            return "registered", Reply(ReplyKind.REGISTERED, {"number": number})
        case RequestCallback(destination=str() as destination):
            return "callback", Reply(
                ReplyKind.CALLBACK_ACCEPTED, {"number": "+48600", "destination": destination}
            )
        case Refused(reason=reason, detail=detail):
            return reason.value, Reply(reason, detail)
        case _:
            return "helped", Reply(ReplyKind.HELP)


def link(port: int, **changes: Any) -> Link:
    """A link to an SMSC on loopback."""
    wanted = {"name": "one", "host": "127.0.0.1", "port": port, "system_id": "ringback", "password": "secret"}
    return Link.model_validate(wanted | changes)


class MovableClock(Clock):
    """Goes by itself, and jumps when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead_s = 0.0

    def now_ms(self) -> int:
        return super().now_ms() + int(self.ahead_s * 1000)

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.ahead_s


def gateway(
    store: Store,
    executor: NotingExecutor,
    links: tuple[Link, ...],
    directory: Path,
    clock: Clock | None = None,
    **sections: Any,
) -> Gateway:
    """A gateway, not started."""
    config = Config.model_validate({"data_dir": directory, "links": links} | sections)
    return Gateway(config, store, SEAL_KEY, clock or Clock(), executor, "gateway@test")
