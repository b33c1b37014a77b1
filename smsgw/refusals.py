"""SMS that ask for nothing we understand: refused in groups, so that a flood of them delays nobody.

    workers ── what could not be read ──→ queue ──→ one thread: drain ≤ 200, one transaction, hints

Each gets its outcome and its masked text. Its sender gets a hint: at most three in ten minutes, and ten a
second altogether, beyond a first rush, because every hint costs us an SMS and machines answer answers.
"""

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from callback.clock import Clock
from callback.core.outcomes import Refused
from callback.core.pace import Pace
from callback.failpoints import reach
from callback.store import inbox, outbox
from callback.store.db import Store, StoreError
from callback.store.inbox import ClaimLost
from smsgw.grammar import mask
from smsgw.messages import LinkFacts, Task, answerable

_GROUP_MAX = 200
_HINTS_PER_SENDER = (3, 600.0)
_HINTS_IN_ALL = (600, 60.0)
_ALL = ""
_REST_S = 1.0


@dataclass(frozen=True, slots=True)
class Unread:
    """A claimed SMS and why nothing can be done for it."""

    task: Task
    refused: Refused


class Refusals:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        name: str,
        links: Mapping[str, LinkFacts],
        locale: str,
        on_reply: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._name = name
        self._links = links
        self._locale = locale
        self._on_reply = on_reply
        self._settled: Callable[[int], None] = lambda count: None
        self._queue: queue.SimpleQueue[Unread | None] = queue.SimpleQueue()
        self._per_sender = Pace(*_HINTS_PER_SENDER)
        self._in_all = Pace(*_HINTS_IN_ALL)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refusals", daemon=True)
        self._log = structlog.get_logger()

    def start(self, settled: Callable[[int], None]) -> None:
        """`settled(count)` is told how many are off our hands."""
        self._settled = settled
        self._thread.start()

    def stop(self) -> None:
        """Refuse what is queued, and end; what the database does not take comes again at the next start."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join()

    def take(self, unread: Unread) -> None:
        self._queue.put(unread)

    def _run(self) -> None:
        last = False
        while not last:
            group, last = self._next()
            if group:
                self._refuse(group)
                self._settled(len(group))

    def _next(self) -> tuple[list[Unread], bool]:
        """What is there, after waiting for the first; True with the last."""
        item = self._queue.get()
        group: list[Unread] = []
        while item is not None:
            group.append(item)
            if len(group) == _GROUP_MAX:
                return group, False
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _refuse(self, group: list[Unread]) -> None:
        hints = [self._hint(unread) for unread in group if self._may_hint(unread)]
        while True:
            try:
                self._record(group, hints)
                break
            except ClaimLost as lost:  # another gateway has some of them: find out which, one by one
                self._log.warning("inbox.claim_lost", why=str(lost))
                if len(group) > 1:
                    for unread in group:
                        self._refuse([unread])
                return
            except StoreError as error:
                self._log.warning("refusals.store_failed", error=str(error))
                if self._stopping.wait(_REST_S):
                    return
        if hints:
            self._on_reply()

    def _record(self, group: list[Unread], hints: list[outbox.NewSms]) -> None:
        now_ms = self._clock.now_ms()
        outcomes = [
            (unread.task.inbox_id, unread.refused.reason.value, mask(unread.task.sms.text or ""))
            for unread in group
        ]
        with self._store.write() as session:
            inbox.record_outcomes(session, self._name, outcomes, now_ms)
            if hints:
                outbox.add_all(session, hints, now_ms)
        reach("gateway.refused")

    def _may_hint(self, unread: Unread) -> bool:
        now_s, ani = self._clock.monotonic_s(), unread.task.sms.ani
        return answerable(ani) and self._per_sender.allow(ani, now_s) and self._in_all.allow(_ALL, now_s)

    def _hint(self, unread: Unread) -> outbox.NewSms:
        task = unread.task
        return outbox.NewSms(
            key=f"inbox:{task.inbox_id}",
            kind=unread.refused.reason.value,
            params=unread.refused.detail,
            locale=self._locale,
            link=task.link,
            sender=self._links[task.link].address,
            recipient=task.sms.ani,
        )
