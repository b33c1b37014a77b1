"""The gateway's sign of life: a row for operators, written every few seconds and when a link changes.

It decides nothing. Whoever reads it sees by the age of the row whether the gateway lives, and in it the state
of every link: bound since when, and when the carrier was last heard.
"""

import json
import threading
from collections.abc import Callable, Mapping

import structlog

from callback.clock import Clock
from callback.store import nodes
from callback.store.db import Store, StoreError

KIND = "gateway"
_EVERY_S = 5.0
_REST_S = 0.5  # a link that comes and goes is not worth more commits

LinkVitals = Mapping[str, str | int | None]


class Vitals:
    def __init__(
        self, store: Store, clock: Clock, name: str, look: Callable[[], Mapping[str, LinkVitals]]
    ) -> None:
        """`look` tells how every link is now, by name."""
        self._store = store
        self._clock = clock
        self._name = name
        self._look = look
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="vitals", daemon=True)
        self._log = structlog.get_logger()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye; a database that is away is told nothing."""
        self._stopping.set()
        self._changed.set()
        self._thread.join()
        self._try(self._goodbye)

    def wake(self) -> None:
        """A link has changed."""
        self._changed.set()

    def _run(self) -> None:
        self._try(self._register)
        while not self._stopping.wait(_REST_S):
            self._changed.wait(_EVERY_S - _REST_S)
            self._changed.clear()
            if not self._stopping.is_set():
                self._try(self._renew)

    def _try(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except StoreError as error:  # the next sign says it all again
            self._log.warning("vitals.not_told", error=str(error))

    def _register(self) -> None:
        with self._store.write() as session:
            nodes.register_node(session, self._name, KIND, self._clock.now_ms(), self._detail())

    def _renew(self) -> None:
        with self._store.write() as session:
            if not nodes.say_alive(session, self._name, self._clock.now_ms(), self._detail()):
                nodes.register_node(session, self._name, KIND, self._clock.now_ms(), self._detail())

    def _goodbye(self) -> None:
        with self._store.write() as session:
            nodes.say_goodbye(session, self._name)

    def _detail(self) -> str:
        return json.dumps({"links": {name: dict(vitals) for name, vitals in self._look().items()}})
