"""Who executes next: the threads of the workers, and the scanner that feeds them from the inbox.

    writer ── born claimed ──→ queue in memory ──→ 4 threads ──→ worker
    scanner ── every second: claims what waits, takes over what a dead gateway left ──↗

Executing is apart from receiving, so that a slow password check never delays an acknowledgement. Only so
many SMS are claimed ahead; beyond that they wait in the inbox, and then no newcomer overtakes them.
"""

import queue
import threading

import structlog

from callback.clock import Clock
from callback.config import Link
from callback.sealing import Seal, SealBroken
from callback.store import inbox
from callback.store.db import Store, StoreError
from callback.store.inbox import ClaimedSms, ClaimLost, StoredSms
from smsgw.messages import InboundSms, Task
from smsgw.pdu import PduError, read_mo, read_sms
from smsgw.worker import Worker

_THREADS = 4
_IN_HAND_MAX = 200
_LEASE_MS = 60_000
_SCAN_S = 1.0
_TAKE_OVER_EACH = 10  # scans


class Pool:
    """The executing threads and their scanner."""

    def __init__(
        self, store: Store, clock: Clock, seal: Seal, worker: Worker, name: str, links: dict[str, Link]
    ) -> None:
        self._store = store
        self._clock = clock
        self._seal = seal
        self._worker = worker
        self._name = name
        self._links = links
        self._queue: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._in_hand = 0
        self._counting = threading.Lock()
        self._backlog = True  # somebody waits in the inbox: no newcomer may overtake
        self._scan = threading.Event()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"execute-{number}", daemon=True)
            for number in range(_THREADS)
        ]
        self._scanner = threading.Thread(target=self._scan_for_ever, name="inbox-scanner", daemon=True)
        self._log = structlog.get_logger()

    def start(self) -> None:
        """Take back what a former life of this gateway left, and begin. Raises StoreError."""
        with self._store.write() as session:
            inbox.take_back(session, self._name)
        for thread in (*self._threads, self._scanner):
            thread.start()

    def stop(self) -> None:
        """End what is being executed; what is only claimed is given back at the next start."""
        self._stopping = True
        self._scan.set()
        for _ in self._threads:
            self._queue.put(None)
        for thread in (*self._threads, self._scanner):
            thread.join()

    def room(self) -> int:
        """How many newcomers may be born claimed."""
        with self._counting:
            return 0 if self._backlog or self._stopping else max(0, _IN_HAND_MAX - self._in_hand)

    def take(self, row: StoredSms, sms: InboundSms, link: str, received_at_ms: int) -> None:
        """A newcomer, committed and acknowledged: execute it now, or know that it waits."""
        if row.claimed:
            self._put(Task(row.inbox_id, link, sms, received_at_ms, tries=1))
        elif row.state == "received":
            with self._counting:
                self._backlog = True
            self._scan.set()

    def _put(self, task: Task) -> None:
        with self._counting:
            self._in_hand += 1
        self._queue.put(task)

    def _work(self) -> None:
        while (task := self._queue.get()) is not None and not self._stopping:
            if self._worker.run(task):
                self.settled(1)

    def settled(self, count: int) -> None:
        """So many are off our hands; whoever waits in the inbox may come."""
        with self._counting:
            self._in_hand -= count
            hungry = self._backlog and self._in_hand <= _IN_HAND_MAX // 2
        if hungry:
            self._scan.set()

    def _scan_for_ever(self) -> None:
        scans = 0
        while not self._stopping:
            try:
                if scans % _TAKE_OVER_EACH == 0:
                    self._take_over()
                self._claim()
            except StoreError as error:
                self._log.warning("inbox.scan_failed", error=str(error))
            scans += 1
            self._scan.wait(_SCAN_S)
            self._scan.clear()

    def _take_over(self) -> None:
        before_ms = self._clock.now_ms() - _LEASE_MS
        with self._store.read() as session:
            if not inbox.is_forsaken(session, self._name, before_ms):
                return
        with self._store.write() as session:
            count = inbox.take_over(session, self._name, before_ms)
        self._log.warning("inbox.taken_over", messages=count)

    def _claim(self) -> None:
        """Claim what waits, as far as there is room for it."""
        now_ms = self._clock.now_ms()
        with self._counting:
            wanted = _IN_HAND_MAX - self._in_hand
            self._backlog = True  # until we have seen that nobody waits
        with self._store.read() as session:
            waiting = inbox.is_waiting(session, self._links.keys(), now_ms)
        claimed: list[ClaimedSms] = []
        if waiting and wanted > 0:
            with self._store.write() as session:
                claimed = inbox.claim_next(session, wanted, self._name, self._links.keys(), now_ms)
        if not waiting or len(claimed) < wanted:
            with self._counting:
                self._backlog = False
        for sms in claimed:
            self._open(sms)

    def _open(self, claimed: ClaimedSms) -> None:
        """Unseal and decode. What cannot be opened is quarantined."""
        try:
            mo = read_mo(self._seal.open(claimed.sealed, claimed.dedupe_key))
        except (SealBroken, PduError) as error:
            self._log.error("inbox.unreadable", alarm="seal", inbox_id=claimed.inbox_id, error=str(error))
            self._quarantine(claimed.inbox_id)
            return
        sms = read_sms(mo, self._links[claimed.link].default_alphabet)
        self._put(Task(claimed.inbox_id, claimed.link, sms, claimed.received_at_ms, claimed.tries))

    def _quarantine(self, inbox_id: int) -> None:
        try:
            with self._store.write() as session:
                now_ms = self._clock.now_ms()
                inbox.quarantine(session, inbox_id, self._name, outcome="unreadable", now_ms=now_ms)
        except ClaimLost as lost:
            self._log.warning("inbox.claim_lost", inbox_id=inbox_id, why=str(lost))
