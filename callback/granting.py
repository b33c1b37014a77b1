"""Grants wishes: the dialer looks for those of its node, and ends the calls they are about.

    web ── INSERT wish, commit ──► PUBLISH ──► `hint`  ┐
                                         every second ─┴──► read open wishes ──► end(call, cause)
                                                                                     │
                                    wish closed with the request, one commit ◄── the call is over

The call is told once in the life of this process; a life that ends before the call does leaves the wish
open, and the next one finds it (`settlement.finish_if_wished`).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from callback import settlement
from callback.clock import Clock
from callback.commits import Commits
from callback.core.causes import Cause
from callback.failpoints import reach
from callback.store import requests, wishes
from callback.store.db import Store, StoreError
from callback.store.models import Request, Wish
from callback.waking import Tells

POLL_S = 1.0  # hints may be lost


class Granting:
    def __init__(
        self,
        store: Store,
        commits: Commits,
        clock: Clock,
        news: Tells,
        node: str,
        end: Callable[[str, Cause], bool],
    ) -> None:
        """`end(request_id, cause)` ends a call of this process; False if it leads no such call."""
        self._store = store
        self._commits = commits
        self._clock = clock
        self._news = news
        self._node = node
        self._end = end
        self._hinted = asyncio.Event()
        self._told: set[str] = set()
        self._log = structlog.get_logger().bind(node=node)

    def hint(self) -> None:
        """There may be a wish. From the loop only."""
        self._hinted.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            self._hinted.clear()
            try:
                await self._look()
            except StoreError as error:
                if not error.transient:
                    raise
                self._log.warning("wishes wait", error=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hinted.wait(), POLL_S)

    async def _look(self) -> None:
        found = await asyncio.to_thread(self._read)
        self._told &= {wish.id for wish, _ in found}
        for wish, request in found:
            if wish.id not in self._told:
                self._grant(wish, request)

    def _read(self) -> list[tuple[Wish, Request | None]]:
        with self._store.read() as session:
            return [
                (wish, requests.find_request(session, wish.subject))
                for wish in wishes.open_wishes(session, self._node)
                if wish.kind == wishes.HANG_UP
            ]

    def _grant(self, wish: Wish, request: Request | None) -> None:
        now_ms = self._clock.now_ms()
        cause = Cause.OPERATOR_WISH if wish.author.startswith(wishes.OPERATOR) else Cause.CUSTOMER_WISH
        if request is None or request.ended_at_ms is not None:
            outcome = request.outcome if request else "gone"
            self._commits.leave(lambda s: wishes.finish_wishes(s, wish.subject, outcome, now_ms))
        elif self._end(request.id, cause):
            self._told.add(wish.id)
            self._log.info("call ended by wish", request=request.id, author=wish.author)
            reach("dialer.wish_told")
        elif request.state == "queued":  # put back into the queue while the wish was on its way
            self._commits.leave(
                lambda s: settlement.cancel_queued(s, request.id, now_ms),
                lambda: self._news.tell(request.account_id, request.id),
            )
