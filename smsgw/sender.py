"""Sends the SMS of one link's outbox: a window of submit_sm, retried by class of error.

    claim up to the window's room ── note that they leave ── submit ── responses: sent, later or failed

A thread of its own, woken at once by a committed reply, a response or a change of the link, and each second.
Words are made here, at sending. That they leave is noted just before: a gateway killed after it sends no
second copy, one killed before it sends the first (`callback/store/outbox.py`).
"""

import queue
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from callback.clock import Clock
from callback.config import Link
from callback.core.sms import ReplyKind
from callback.failpoints import reach
from callback.sealing import SealBroken
from callback.store import outbox
from callback.store.db import Store, StoreError
from callback.store.outbox import DueSms
from smsgw.encoding import encode_parts
from smsgw.fate import Fate, fate, outlived, rest_ms, slows_down
from smsgw.replies import word
from smsgw.smpplib_adapter import Connection, LinkDown

_TICK_S = 1.0
_ANSWER_S = 30.0  # a submit_sm without an answer by then is tried again
_PAUSE_S = 1.0  # after the SMSC said that it has too much of us
_FINISH_S = 2.0  # to get answers when stopping
_REST_S = 0.02  # the longest pause between rounds of writing: replies gather, and others get the database


@dataclass(frozen=True, slots=True)
class _Response:
    connection: Connection
    sequence: int
    status: int
    message_id: str


@dataclass(slots=True)
class _InFlight:
    """An SMS whose parts are on their way."""

    sms: DueSms
    connection: Connection
    until_s: float
    waiting: set[int] = field(default_factory=set)  # sequence numbers
    message_id: str = ""


@dataclass(slots=True)
class _Results:
    """What the next transaction writes."""

    sent: list[tuple[int, str]] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)
    later: list[tuple[int, int, str, bool]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.sent or self.failed or self.later)


class Sender:
    """The outbox of one link."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        link: Link,
        outgoing: Callable[[], Connection | None],
        reveal: Callable[[str], str],
    ) -> None:
        """`reveal` opens a sealed one-time code, or raises SealBroken."""
        self._reveal = reveal
        self._store = store
        self._clock = clock
        self._link = link
        self._outgoing = outgoing
        self._queue: queue.SimpleQueue[_Response | None] = queue.SimpleQueue()  # None: look at the outbox
        self._in_flight: list[_InFlight] = []
        self._paused_until_s = 0.0
        self._reference = random.randrange(256)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"outbox-{link.name}", daemon=True)
        self._log = structlog.get_logger().bind(link=link.name)

    def start(self) -> None:
        """Settle what a former life left, and begin. Raises StoreError."""
        with self._store.write() as session:
            outbox.recover(session, self._link.name, self._clock.now_ms())
        self._thread.start()

    def stop(self) -> None:
        """Send no more; wait two seconds for answers."""
        self._stopping.set()
        self.wake()
        self._thread.join()

    def wake(self) -> None:
        """Something was committed, or the link has changed."""
        self._queue.put(None)

    def on_response(self, connection: Connection, sequence: int, status: int, message_id: str) -> None:
        """From the reader: the answer to a submit_sm."""
        self._queue.put(_Response(connection, sequence, status, message_id))

    def _run(self) -> None:
        finish_s: float | None = None
        while True:
            responses = self._await()
            results = _Results()
            self._take(responses, results)
            self._give_up_waiting(results)
            began_s = self._clock.monotonic_s()
            try:
                self._write(results)
                if not self._stopping.is_set() and self._submit():
                    self._stopping.wait(min(self._clock.monotonic_s() - began_s, _REST_S))
            except StoreError as error:
                self._log.warning("outbox.store_failed", error=str(error))
                self._stopping.wait(_TICK_S)
            if self._stopping.is_set():
                finish_s = finish_s or self._clock.monotonic_s() + _FINISH_S
                if not self._in_flight or self._clock.monotonic_s() > finish_s:
                    return

    def _await(self) -> list[_Response]:
        """Everything that has come, after waiting a second at most for the first."""
        responses: list[_Response] = []
        try:
            item = self._queue.get(timeout=_TICK_S)
            while True:
                if item is not None:
                    responses.append(item)
                item = self._queue.get_nowait()
        except queue.Empty:
            return responses

    def _take(self, responses: list[_Response], results: _Results) -> None:
        for answer in responses:
            for flight in self._in_flight:
                if flight.connection is answer.connection and answer.sequence in flight.waiting:
                    flight.waiting.discard(answer.sequence)
                    self._judge(flight, answer, results)
                    break
        self._in_flight = [flight for flight in self._in_flight if flight.waiting]

    def _judge(self, flight: _InFlight, answer: _Response, results: _Results) -> None:
        """One part was answered. The first refusal decides for the whole SMS."""
        flight.message_id = flight.message_id or answer.message_id
        sms, error = flight.sms, f"command_status {answer.status:#x}"
        match fate(answer.status, sms.tries):
            case Fate.SENT if flight.waiting:
                return
            case Fate.SENT:
                results.sent.append((sms.outbox_id, flight.message_id))
            case Fate.LATER:
                rest = int(rest_ms(sms.tries) * random.uniform(0.75, 1.25))
                results.later.append((sms.outbox_id, self._clock.now_ms() + rest, error, True))
            case Fate.FAILED:
                self._log.error("outbox.refused", outbox_id=sms.outbox_id, kind=sms.kind, error=error)
                results.failed.append((sms.outbox_id, error))
        flight.waiting.clear()
        if slows_down(answer.status):
            self._paused_until_s = self._clock.monotonic_s() + _PAUSE_S

    def _give_up_waiting(self, results: _Results) -> None:
        """A lost connection or a silent SMSC answers no more: its SMS go again, which counts as no try."""
        now_s, connection = self._clock.monotonic_s(), self._outgoing()
        lost = [f for f in self._in_flight if f.connection is not connection or f.until_s < now_s]
        for flight in lost:
            self._in_flight.remove(flight)
            silent = flight.connection is connection
            results.later.append((flight.sms.outbox_id, self._clock.now_ms(), "no answer", silent))

    def _write(self, results: _Results) -> None:
        """All results in one transaction; tried until it succeeds, or a stop."""
        while results:
            try:
                with self._store.write() as session:
                    outbox.mark_sent(session, results.sent, self._clock.now_ms())
                    outbox.fail(session, results.failed, self._clock.now_ms())
                    outbox.retry(session, results.later)
                reach("gateway.sent")
                return
            except StoreError as error:
                self._log.warning("outbox.store_failed", error=str(error))
                if self._stopping.wait(_TICK_S):
                    return

    def _submit(self) -> bool:
        """Fill the window with what is due; whether anything left."""
        connection, now_ms = self._outgoing(), self._clock.now_ms()
        room = self._link.window - sum(len(flight.waiting) for flight in self._in_flight)
        if connection is None or room <= 0 or self._clock.monotonic_s() < self._paused_until_s:
            return False
        with self._store.read() as session:
            if not outbox.is_due(session, self._link.name, now_ms):
                return False
        with self._store.write() as session:
            due = outbox.claim_due(session, self._link.name, room, now_ms)
            leaving, failed = self._worded(due, now_ms)
            outbox.fail(session, failed, now_ms)
        if not leaving:
            return False
        reach("gateway.submitting")
        with self._store.write() as session:
            outbox.mark_submitted(session, [sms.outbox_id for sms, _ in leaving])
        try:
            connection.send(b"".join(self._octets(connection, *each) for each in leaving))
        except LinkDown as error:  # in flight all the same: the next round brings them back
            self._log.warning("outbox.link_lost", error=str(error))
        reach("gateway.submitted")
        self.wake()  # there may be more
        return True

    def _worded(
        self, due: Sequence[DueSms], now_ms: int
    ) -> tuple[list[tuple[DueSms, str]], list[tuple[int, str]]]:
        """What leaves, with its words, and the ids of what does not, with the reason."""
        leaving: list[tuple[DueSms, str]] = []
        failed: list[tuple[int, str]] = []
        for sms in due:
            params = dict(sms.params)
            if outlived(sms.kind, sms.created_at_ms, now_ms):
                failed.append((sms.outbox_id, "too late"))
                continue
            try:
                if sms.kind == ReplyKind.CODE_SMS:
                    params["code"] = self._reveal(params["code"])
            except SealBroken as error:
                self._log.error("outbox.unreadable", alarm="seal", outbox_id=sms.outbox_id, error=str(error))
                failed.append((sms.outbox_id, "unreadable"))
                continue
            leaving.append((sms, word(sms.kind, params, sms.locale)))
        return leaving, failed

    def _octets(self, connection: Connection, sms: DueSms, text: str) -> bytes:
        """An SMS cut into submit_sm, entered among those in flight."""
        self._reference = (self._reference + 1) % 256
        flight = _InFlight(sms, connection, self._clock.monotonic_s() + _ANSWER_S)
        octets = b""
        for part in encode_parts(text, self._link.default_alphabet, self._reference):
            sequence = connection.next_sequence()
            flight.waiting.add(sequence)
            octets += connection.submit_sm(sequence, sms.sender, sms.recipient, part)
        self._in_flight.append(flight)
        return octets
