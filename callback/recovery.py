"""After a crash: end what the earlier life of this node left on the wire, then decide each request once.

    adopt rows by epoch ──► backend.recover ──► outcome per leg ──► all legs of a request known:
                                                                    nobody in service → ring again, once
                                                                    somebody was → charge, finish "lost"

A call that was in service is charged until the node's last sign of life: the customer never pays for our
crash. An answer nobody recorded was never in service: it costs nothing, and the phone rings again.
"""

import asyncio
import json
from collections.abc import Callable, Sequence

import structlog
from sqlmodel import Session

from callback.clock import Clock
from callback.commits import Commits
from callback.core.causes import Cause
from callback.core.session import Outcome
from callback.failpoints import reach
from callback.settlement import finish_if_wished, finish_request, record_leg_end
from callback.store import orphans, requests
from callback.store.models import Leg
from callback.store.orphans import Orphan
from callback.telephony import Backend, LostLeg, LostOutcome
from callback.waking import Tells

_UNREACHABLE_REST_MS = 40_000


class Recovery:
    def __init__(
        self,
        backend: Backend,
        commits: Commits,
        clock: Clock,
        node: str,
        epoch: int,
        last_alive_at_ms: int,
        news: Tells,
        wake: Callable[[Sequence[str]], None],
    ) -> None:
        self._backend = backend
        self._commits = commits
        self._clock = clock
        self._node = node
        self._epoch = epoch
        self._last_alive_at_ms = last_alive_at_ms
        self._news = news
        self._wake = wake
        self._orphans: dict[str, Orphan] = {}
        self._outcomes: dict[str, dict[str, LostOutcome | None]] = {}
        self._legs: dict[str, Leg] = {}
        self._decided = asyncio.Event()
        self._log = structlog.get_logger().bind(node=node)

    async def run(self) -> None:
        """Returns when the fate of every orphan is written, at the latest some 45 s after the crash."""
        found, legs = await self._commits.submit(self._look)
        self._orphans = {orphan.request_id: orphan for orphan in found}
        self._legs = {leg.id: leg for leg in legs}
        self._outcomes = {orphan.request_id: dict.fromkeys(orphan.open_legs) for orphan in found}
        reach("dialer.adopted")
        if found or legs:
            self._log.warning("found calls of an earlier life", requests=len(found), legs=len(legs))
        if legs:
            await self._backend.recover([_lost(leg) for leg in legs], self._leg_over)
        reach("dialer.recovering")
        for orphan in found:
            if not orphan.open_legs:
                self._decide(orphan, ())
        while self._outcomes:
            self._decided.clear()
            await self._decided.wait()

    def _look(self, session: Session) -> tuple[list[Orphan], list[Leg]]:
        found = orphans.adopt(session, self._node, self._epoch)
        return found, requests.lost_legs(session, self._node, self._epoch)

    def _leg_over(self, leg_id: str, outcome: LostOutcome, at_ms: int) -> None:
        """The backend's news, in the loop."""
        request_id = leg_id.rpartition("-")[0]
        outcomes = self._outcomes.get(request_id)
        if outcomes is None:  # its request was finished without it
            self._commits.leave(lambda s: requests.record_cleared(s, leg_id))
            return
        outcomes[leg_id] = outcome
        ended_at_ms = self._charged_until_ms(self._legs[leg_id], at_ms)
        self._commits.leave(
            lambda s: record_leg_end(s, leg_id, self._epoch, ended_at_ms=ended_at_ms, cause=Cause.LOST)
        )
        known = [each for each in outcomes.values() if each is not None]
        if len(known) == len(outcomes):
            self._decide(self._orphans[request_id], known)

    def _charged_until_ms(self, leg: Leg, at_ms: int) -> int:
        """Our last sign of life, for a leg that was in service; it was over with us."""
        if leg.answered_at_ms is None:
            return at_ms
        return max(leg.answered_at_ms, min(at_ms, self._last_alive_at_ms))

    def _decide(self, orphan: Orphan, outcomes: Sequence[LostOutcome]) -> None:
        del self._outcomes[orphan.request_id]
        self._decided.set()
        now_ms = self._clock.now_ms()
        if not orphan.may_ring_again:
            self._log.warning("call lost in a crash", request=orphan.request_id, answered=orphan.answered)
            self._commits.leave(
                lambda s: finish_request(s, orphan.request_id, self._epoch, Outcome.LOST, now_ms),
                lambda: self._news.tell(orphan.account_id, orphan.request_id),
            )
            return
        due_at_ms = now_ms + (_UNREACHABLE_REST_MS if "unreachable" in outcomes else 0)
        asyncio.get_running_loop().create_task(self._ring_again(orphan, due_at_ms))

    async def _ring_again(self, orphan: Orphan, due_at_ms: int) -> None:
        request_id, now_ms = orphan.request_id, self._clock.now_ms()

        def put_back(session: Session) -> None:
            if not finish_if_wished(session, request_id, self._epoch, now_ms):
                orphans.put_back(session, request_id, self._epoch, due_at_ms)

        await self._commits.submit(put_back)
        reach("dialer.put_back")
        self._news.tell(orphan.account_id, request_id)
        if due_at_ms <= now_ms:
            self._wake([request_id])


def _lost(leg: Leg) -> LostLeg:
    host, _, port = leg.next_hop.rpartition(":")
    dialog = None if leg.dialog is None else json.loads(leg.dialog)
    return LostLeg(leg.id, leg.callee, leg.cli, (host, int(port)), leg.trunk, dialog)
