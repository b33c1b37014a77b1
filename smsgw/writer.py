"""The one thread that stores what all binds receive: one commit, then the responses (DESIGN 4.1).

    take the first item, drain up to 500 SMS without waiting
    ── one transaction ── one sendall of responses per bind ── execute

Only this thread decides that a message is ours; no response says ROK before its commit. While the database
does not take them, messages wait here (the SMSC's window fills: back-pressure), then are refused with
ESME_RX_T_APPN, so that the SMSC keeps them.
"""

import itertools
import queue
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from callback.clock import Clock
from callback.failpoints import reach
from callback.store import inbox
from callback.store.db import Store, StoreError
from callback.store.inbox import StoredSms, Windows
from smsgw import pdu
from smsgw.pool import Pool
from smsgw.smpp import Arrival, SmppSession, response
from smsgw.smpplib_adapter import LinkDown

_BATCH = 500
_WAITING_MAX = 5000  # more are answered with ESME_RTHROTTLED
_PATIENCE_S = 5.0  # how long a failing database may keep the SMSC waiting
_RETRY_S = 0.1
_PAUSE_S = 0.002  # the longest rest after a transaction: others knock for the lock every half millisecond
_DOUBT_S = 5.0  # a session that ends within it leaves its last responses doubtful (DESIGN 5a)
_TICK_S = 1.0


_Received = tuple[SmppSession, Arrival]


@dataclass(frozen=True, slots=True)
class _Batch:
    session: SmppSession
    arrivals: list[Arrival]


@dataclass(frozen=True, slots=True)
class _Ended:
    session: SmppSession


class Writer:
    """Group commit for every bind of the gateway."""

    def __init__(self, store: Store, clock: Clock, pool: Pool, windows: Windows, name: str) -> None:
        self._store = store
        self._clock = clock
        self._pool = pool
        self._windows = windows
        self._name = name
        self._queue: queue.SimpleQueue[_Batch | _Ended | None] = queue.SimpleQueue()
        self._waiting = 0
        self._counting = threading.Lock()
        self._known: set[str] = set()  # sessions whose row is committed
        self._doubtful: deque[tuple[float, SmppSession, int]] = deque()  # last response of each write
        self._thread = threading.Thread(target=self._run, name="inbox-writer", daemon=True)
        self._log = structlog.get_logger()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Store and answer what is here, then end."""
        self._queue.put(None)
        self._thread.join()

    def accept(self, session: SmppSession, arrivals: list[Arrival]) -> bool:
        """Take messages over from a reader; False when too many wait already."""
        with self._counting:
            if self._waiting > _WAITING_MAX:
                return False
            self._waiting += len(arrivals)
        self._queue.put(_Batch(session, arrivals))
        return True

    def ended(self, session: SmppSession) -> None:
        """Nothing more comes of this session."""
        self._queue.put(_Ended(session))

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            batches: list[_Batch] = []
            ended: list[SmppSession] = []
            goes_on = self._drain(batches, ended)
            began_s = self._clock.monotonic_s()
            if batches:
                self._settle([(batch.session, arrival) for batch in batches for arrival in batch.arrivals])
            self._note(ended)
            if batches:
                time.sleep(min(self._clock.monotonic_s() - began_s, _PAUSE_S))

    def _drain(self, batches: list[_Batch], ended: list[SmppSession]) -> bool:
        """Wait for the first item, take all that is there; False when told to stop."""
        count = 0
        try:
            item = self._queue.get(timeout=_TICK_S if self._doubtful else None)
            while True:
                match item:
                    case None:
                        return False
                    case _Batch():
                        batches.append(item)
                        count += len(item.arrivals)
                        if count >= _BATCH:
                            return True
                    case _Ended(session):
                        ended.append(session)
                item = self._queue.get_nowait()
        except queue.Empty:
            return True

    def _settle(self, received: list[_Received]) -> None:
        """Store all and acknowledge all, or refuse what cannot be stored."""
        try:
            stored = self._store_patiently(received)
        except StoreError as error:
            self._log.error("inbox.not_stored", error=str(error), messages=len(received))
            if error.transient or len(received) == 1:
                self._respond(received, pdu.ESME_RX_T_APPN)
            else:  # perhaps a single row is what the database refuses
                for one in received:
                    self._settle([one])
            return
        finally:
            with self._counting:
                self._waiting = max(0, self._waiting - len(received))
        reach("gateway.stored")
        self._respond(received, pdu.ESME_ROK)
        reach("gateway.acked")
        last = {session: row.inbox_id for (session, _), row in zip(received, stored, strict=True)}
        now_s = self._clock.monotonic_s()
        self._doubtful.extend((now_s, session, inbox_id) for session, inbox_id in last.items())
        for (session, arrival), row in zip(received, stored, strict=True):
            self._pool.take(row, arrival.sms, session.link.name, arrival.row.received_at_ms)

    def _store_patiently(self, received: list[_Received]) -> list[StoredSms]:
        """Try as long as it may help. Raises StoreError."""
        until_s = self._clock.monotonic_s() + _PATIENCE_S
        while True:
            try:
                return self._store_once(received)
            except StoreError as error:
                if not error.transient or self._clock.monotonic_s() + _RETRY_S > until_s:
                    raise
            time.sleep(_RETRY_S)

    def _store_once(self, received: list[_Received]) -> list[StoredSms]:
        """The transaction. What is known of earlier responses goes in first: it decides what is a repeat."""
        opened = {s.id: s for s, _ in received if s.id not in self._known}
        outlived = self._outlived()
        with self._store.write() as session:
            for new in opened.values():
                inbox.open_session(session, new.id, new.link.name, new.started_at_ms)
            inbox.record_acked(session, _highest(outlived))
            rows = [arrival.row for _, arrival in received]
            stored = inbox.store_batch(
                session, rows, self._windows, claim_for=self._name, claim_max=self._pool.room()
            )
        self._known |= opened.keys()
        self._forget(len(outlived))
        return stored

    def _respond(self, received: list[_Received], status: int) -> None:
        """One write for each session; one that is gone will get its messages again."""
        octets: dict[str, list[bytes]] = {}
        sessions = {session.id: session for session, _ in received}
        for session, arrival in received:
            octets.setdefault(session.id, []).append(response(arrival, status))
        for session_id, responses in octets.items():
            try:
                sessions[session_id].send(b"".join(responses))
            except LinkDown as error:
                sessions[session_id].alive = False
                self._log.warning("smpp.response_not_sent", session=session_id, error=str(error))

    def _outlived(self) -> list[tuple[SmppSession, int]]:
        """Responses written 5 s ago or earlier, oldest first."""
        before_s = self._clock.monotonic_s() - _DOUBT_S
        sure = itertools.takewhile(lambda written: written[0] <= before_s, self._doubtful)
        return [(session, inbox_id) for _, session, inbox_id in sure]

    def _forget(self, count: int) -> None:
        for _ in range(count):
            self._doubtful.popleft()

    def _note(self, ended: Iterable[SmppSession]) -> None:
        """Write what became of responses and sessions, when no message came along to write it with."""
        outlived = self._outlived()
        gone = [session for session in ended if session.id in self._known]
        acked = list(_highest(outlived))
        if not acked and not gone:
            self._forget(len(outlived))
            return
        now_ms = self._clock.now_ms()
        try:
            with self._store.write() as session:
                inbox.record_acked(session, acked)
                for old in gone:
                    inbox.close_session(session, old.id, now_ms)
        except StoreError as error:  # the copies stay doubtful: a repeat is then recognised for longer
            self._log.warning("inbox.session_not_noted", error=str(error))
        self._forget(len(outlived))
        self._known -= {session.id for session in gone}


def _highest(outlived: Iterable[tuple[SmppSession, int]]) -> Iterable[tuple[str, int]]:
    """By session the last of its responses that is beyond doubt: the session lives."""
    return {session.id: inbox_id for session, inbox_id in outlived if session.alive}.items()
