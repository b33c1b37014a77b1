"""The relay: brings back what was forgotten. It enqueues what is due and ends what the dead left behind.

    every second, if elected ──► due and not claimed ──► queue `calls`, again after 5 s
                             ──► dialers that stopped renewing ──► callback/takeover.py
    every hour               ──► sealed bodies past their time are erased

There may be two; a lease elects one, watched by the other on its own monotonic clock: wall clocks decide
nothing. Losing Valkey, a dialer or the relay itself loses nothing, because all of it stands in the database.
"""

import json
import threading

import structlog
from sqlmodel import Session

from callback.clock import Clock
from callback.config import Retention
from callback.failpoints import reach
from callback.lease import TAKE_OVER_S
from callback.store import inbox, nodes, requests, web_sessions
from callback.store.accounts import CODE_LIFE_MS
from callback.store.db import Store, StoreError
from callback.store.models import Lease
from callback.takeover import Takeover
from callback.waking import QueueDown, Wakes

ROUND_S = 1.0
LEASE = "relay"
IDS_PER_JOB = 50
IDS_PER_ROUND = 200

_UNCLAIMED_MS = 2000  # the one who committed a request wakes a dialer itself: give it that long
_AGAIN_S = 5.0
_RETENTION_EVERY_S = 3600.0
_CHECKPOINT_EVERY_S = 5.0
_SIGN_EVERY_S = 5.0


class Relay:
    """`name` must be the same after a restart, and another for another relay: "relay@host"."""

    def __init__(self, store: Store, queue: Wakes, clock: Clock, retention: Retention, name: str) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._retention = retention
        self._name = name
        self._takeover = Takeover(store, clock, name)
        self._enqueued: dict[str, float] = {}  # request id: when, on the monotonic clock
        self._queue_down = False
        self._elected = False
        self._rival: tuple[Lease, float] | None = None  # as last seen, and since when it looks like that
        self._retained_s: float | None = None
        self._checkpointed_s = clock.monotonic_s()
        self._signed_s: float | None = None
        self._log = structlog.get_logger().bind(relay=name)

    def run(self, stop: threading.Event) -> None:
        """One round a second until `stop` is set. A busy database delays a round; other faults end us."""
        while not stop.is_set():
            try:
                self.round()
            except StoreError as error:
                if not error.transient:
                    raise
                self._log.warning("round delayed", error=str(error))
            stop.wait(ROUND_S)
        with self._store.write() as session:
            if self._elected:
                nodes.release_lease(session, LEASE, self._name)
            nodes.say_goodbye(session, self._name)

    def round(self) -> None:
        """Everything that is to be done now, if we are the one to do it."""
        reach("relay.round")
        if not self._is_elected():
            return
        self._wake_due()
        self._takeover.look()
        self._retain()
        self._checkpoint()

    def _checkpoint(self) -> None:
        """Here, where nobody waits for it: in a commit it held up a callback for 0.1–0.3 s."""
        now_s = self._clock.monotonic_s()
        if now_s - self._checkpointed_s >= _CHECKPOINT_EVERY_S:
            self._checkpointed_s = now_s
            self._store.checkpoint()

    def _is_elected(self) -> bool:
        with self._store.write() as session:
            elected = nodes.renew_lease(session, LEASE, self._name) if self._elected else self._stand(session)
            self._give_sign(session, elected)
        if elected and not self._elected:
            self._log.info("elected")
            reach("relay.elected")
        self._elected = elected
        reach("relay.renewed")
        return elected

    def _give_sign(self, session: Session, elected: bool) -> None:
        """For the operators' page; what decides is the lease."""
        now_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
        if self._signed_s is not None and now_s - self._signed_s < _SIGN_EVERY_S and elected == self._elected:
            return
        detail = json.dumps({"elected": elected})
        if self._signed_s is None or not nodes.say_alive(session, self._name, now_ms, detail):
            nodes.register_node(session, self._name, "relay", now_ms, detail)
        self._signed_s = now_s

    def _stand(self, session: Session) -> bool:
        """Take the lease if it is free, ours from an earlier life, or has not moved for 20 s."""
        if nodes.acquire_lease(session, LEASE, self._name):
            return True
        seen = nodes.read_lease(session, LEASE)
        assert seen is not None, "somebody holds it"
        now_s = self._clock.monotonic_s()
        if self._rival is None or (self._rival[0].holder, self._rival[0].renewals) != (
            seen.holder,
            seen.renewals,
        ):
            self._rival = (seen, now_s)
        return now_s - self._rival[1] >= TAKE_OVER_S and nodes.take_lease(session, LEASE, self._name, seen)

    def _wake_due(self) -> None:
        now_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
        self._enqueued = {id_: at_s for id_, at_s in self._enqueued.items() if now_s - at_s < _AGAIN_S}
        with self._store.read() as session:
            limit = IDS_PER_ROUND + len(self._enqueued)
            due = requests.due_requests(session, now_ms - _UNCLAIMED_MS, limit)
        ids = [request.id for request in due if request.id not in self._enqueued][:IDS_PER_ROUND]
        if not ids:
            return
        reach("relay.due_found")
        try:
            for start in range(0, len(ids), IDS_PER_JOB):
                some = ids[start : start + IDS_PER_JOB]
                self._queue.enqueue(some)
                self._enqueued.update(dict.fromkeys(some, now_s))
        except QueueDown as error:
            if not self._queue_down:
                self._log.warning("the queue is away, requests wait", due=len(ids), error=str(error))
            self._queue_down = True
            return
        reach("relay.enqueued")
        self._log.info("enqueued again", requests=len(ids), queue_was_down=self._queue_down)
        self._queue_down = False

    def _retain(self) -> None:
        now_s = self._clock.monotonic_s()
        if self._retained_s is not None and now_s - self._retained_s < _RETENTION_EVERY_S:
            return
        self._retained_s = now_s
        now_ms = self._clock.now_ms()
        before_ms = now_ms - self._retention.sealed_h * 3_600_000
        with self._store.write() as session:
            erased = inbox.erase_sealed(session, before_ms)
            web_sessions.remove_expired(session, now_ms)
            requests.erase_codes(session, now_ms - CODE_LIFE_MS)
        reach("relay.retention")
        if erased:
            self._log.info("sealed bodies erased", count=erased)
