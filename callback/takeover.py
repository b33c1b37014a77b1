"""What becomes of the calls of a dialer that died.

    renewals stand still  0 s ──► 20 s ──────────────► 60 s
                          dialer fences itself at 15 s  │
                                 declared dead at 20 s  │
                                 its successor, if any, cleans up its dialogs and re-dials
                                                        none came: we close its books

Seconds are those of our own monotonic clock since we saw the node move. After 60 s no dialog of a dead
dialer is up and in service: its media ended with it. Answered legs are charged until the node's last sign
of life; a callback nobody answered is queued again; after an answer nobody is rung again.
"""

from dataclasses import dataclass

import structlog
from sqlmodel import Session

from callback.clock import Clock
from callback.core.causes import Cause
from callback.core.session import Outcome
from callback.failpoints import reach
from callback.lease import TAKE_OVER_S
from callback.settlement import finish_if_wished, finish_request, record_leg_end
from callback.store import nodes, orphans, requests
from callback.store.db import Store
from callback.store.models import Leg, Node

CLOSE_S = 60.0
DIALER = "dialer"


@dataclass(slots=True)
class _Sighting:
    """A life of a node as we last saw it move."""

    epoch: int
    renewals: int
    since_s: float
    reported: bool = False
    closed: bool = False


class Takeover:
    def __init__(self, store: Store, clock: Clock, name: str) -> None:
        self._store = store
        self._clock = clock
        self._name = name
        self._seen: dict[str, _Sighting] = {}
        self._log = structlog.get_logger()

    def look(self) -> None:
        """See who moved since the last look, and act on who did not. To be called about once a second."""
        with self._store.read() as session:
            dialers = nodes.list_nodes(session, DIALER)
        now_s = self._clock.monotonic_s()
        for node in dialers:
            seen = self._seen.get(node.name)
            if seen is None or (seen.epoch, seen.renewals) != (node.epoch, node.renewals):
                self._seen[node.name] = _Sighting(node.epoch, node.renewals, now_s)
                continue
            still_s = now_s - seen.since_s
            if still_s >= TAKE_OVER_S and not seen.reported:
                self._declare_dead(node)
                seen.reported = True
            if still_s >= CLOSE_S and not seen.closed:
                self._close_books(node)
                seen.closed = True

    def _declare_dead(self, node: Node) -> None:
        if node.state == "down":
            return  # it said so itself when it stopped
        reach("relay.dead_seen")
        with self._store.write() as session:
            died = nodes.mark_down(session, node.name, node.epoch, node.renewals)
        if died:
            self._log.warning("a dialer is dead", node=node.name, epoch=node.epoch)

    def _close_books(self, node: Node) -> None:
        """Own its requests, then end each in a transaction of its own."""
        with self._store.write() as session:
            now = nodes.find_node(session, node.name)
            if now is None or (now.epoch, now.renewals) != (node.epoch, node.renewals):
                return  # it came back while we looked
            if not requests.requests_of_dead(session, node.name, node.epoch):
                return
            epoch = nodes.register_node(session, self._name, "relay", self._clock.now_ms())
            left = orphans.adopt(session, node.name, epoch)
        reach("relay.takeover")
        for orphan in left:
            with self._store.write() as session:
                self._end(session, orphan, epoch, node.renewed_at_ms)
        self._log.warning("took over the calls of a dead dialer", node=node.name, requests=len(left))

    def _end(self, session: Session, orphan: orphans.Orphan, epoch: int, alive_at_ms: int) -> None:
        for leg in requests.legs_of(session, orphan.request_id):
            if leg.state != "ended":
                _lose(session, leg, epoch, alive_at_ms)
        now_ms = self._clock.now_ms()
        if orphan.may_ring_again:
            if finish_if_wished(session, orphan.request_id, epoch, now_ms):
                return
            orphans.put_back(session, orphan.request_id, epoch, now_ms)
            reach("relay.requeued")
            return
        finish_request(session, orphan.request_id, epoch, Outcome.LOST, now_ms)
        reach("relay.closed")


def _lose(session: Session, leg: Leg, epoch: int, alive_at_ms: int) -> None:
    """Not cleared: should its dialer ever come back, it still hangs up what it finds."""
    ended_at_ms = max(alive_at_ms, leg.answered_at_ms or leg.dialled_at_ms)
    record_leg_end(session, leg.id, epoch, ended_at_ms=ended_at_ms, cause=Cause.LOST, cleared=False)
