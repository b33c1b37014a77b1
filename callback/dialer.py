"""A dialer node: one asyncio loop with every call of this node, its lease, and its wake-up socket.

    RQ worker (child) ──ids──► wake socket ──► claim in the database ──► Call (callback/runner.py)

The socket's news is a hint: claiming is one conditional UPDATE, and whoever gets no row leaves it alone. The
node renews its lease every 3 s and fences itself by its own monotonic clock (callback/lease.py).
"""

import asyncio
import json
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog
from sqlmodel import Session

from callback.authoriser import Authoriser
from callback.clock import Clock
from callback.commits import Commits
from callback.config import Config
from callback.core import events
from callback.core.causes import Cause
from callback.core.session import Outcome, new_session
from callback.failpoints import reach
from callback.granting import Granting
from callback.jobs import open_wake_socket, read_ids
from callback.lease import RENEW_S, Lease
from callback.policy import policy
from callback.purse import Purse
from callback.recovery import Recovery
from callback.runner import Call, Desk
from callback.sealing import SealBroken
from callback.settlement import finish_if_wished, finish_request, give_back, record_leg_end
from callback.store import nodes, orphans, requests
from callback.store.claims import Claimed, claim
from callback.store.db import Store
from callback.telephony import Backend, BackendEvent
from callback.tracebook import TraceBook
from callback.trunks import Trunks
from callback.waking import Tells

_FENCE_LOOK_S = 0.5
_GOODBYE_S = 8.0


class Dialer:
    def __init__(
        self,
        config: Config,
        store: Store,
        backend: Backend,
        clock: Clock,
        news: Tells,
        reveal: Callable[[str], str],
        node: str,
    ) -> None:
        """`reveal` opens a one-time code that is to be read aloud; it raises SealBroken."""
        self._config = config
        self._backend = backend
        self._clock = clock
        self._news = news
        self._reveal = reveal
        self._node = node
        self._commits = Commits(store)
        self._tracebook = TraceBook(self._commits)
        self._trunks = Trunks(config.trunks, clock)
        self._authoriser = Authoriser(self._commits, self._trunks, clock, config.hold.quantum_s)
        self._granting = Granting(store, self._commits, clock, news, node, self._end)
        self._policy = policy(config)
        self._calls: dict[str, Call] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False
        self.ready = asyncio.Event()  # it listens for wake-ups
        self._log = structlog.get_logger().bind(node=node)

    async def run(self, stop: asyncio.Event, wake_path: Path) -> None:
        """Serve until `stop` is set; then every call is hung up, billed and written.

        A node that was declared dead sets it itself: its supervisor begins another life of it.
        """
        self._stop = stop
        asked_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
        epoch, last_alive_at_ms = await self._commits.submit(lambda s: self._register(s, now_ms))
        self._lease = Lease(self._node, epoch, asked_s)
        self._desk = Desk(
            self._backend,
            self._commits,
            self._authoriser,
            self._tracebook,
            self._clock,
            self._news,
            may_dial=lambda: self.may_dial,
            on_lost=self._lost,
        )
        await self._backend.start(self._on_event)
        recovery = Recovery(
            self._backend,
            self._commits,
            self._clock,
            self._node,
            epoch,
            last_alive_at_ms,
            self._news,
            self.wake,
        )
        with open_wake_socket(wake_path) as wakes:
            chores = [
                asyncio.create_task(chore)
                for chore in (
                    self._renew_for_ever(),
                    self._fence_for_ever(),
                    self._tracebook.flush_for_ever(),
                    self._listen_for_ever(wakes),
                    self._granting.run(),
                    recovery.run(),
                )
            ]
            stopped = asyncio.create_task(stop.wait())
            self.ready.set()
            await asyncio.wait([stopped, *chores], return_when=asyncio.FIRST_COMPLETED)
            while not stopped.done():
                chores = [chore for chore in chores if not _ended_well(chore)]
                await asyncio.wait([stopped, *chores], return_when=asyncio.FIRST_COMPLETED)
            self._log.info("stopping", calls=len(self._calls))
            await self._say_goodbye()
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)
        await self._backend.close()
        await self._tracebook.flush()
        await self._commits.submit(lambda s: nodes.mark_down(s, self._node, epoch))
        await self._commits.close()

    @property
    def may_dial(self) -> bool:
        """The lease is fresh. Once it runs."""
        return self._lease.may_dial(self._clock.monotonic_s())

    def wake(self, ids: Sequence[str]) -> None:
        """These requests may be due; claim what is free. From the loop only."""
        for request_id in ids:
            if request_id not in self._calls and not self._stopping:
                task = asyncio.create_task(self._serve(request_id))
                self._running.add(task)
                task.add_done_callback(self._served)

    def look_for_wishes(self) -> None:
        """There may be one for a call of ours. From the loop only."""
        self._granting.hint()

    # --- one request

    async def _serve(self, request_id: str) -> None:
        if not self.may_dial:
            return
        reach("dialer.woken")
        now_ms = self._clock.now_ms()
        claimed = await self._commits.submit(
            lambda s: claim(s, request_id, self._node, self._lease.epoch, now_ms)
        )
        if claimed is None:
            return
        reach("dialer.claimed")
        try:
            await self._lead(claimed)
        finally:
            self._news.tell(claimed.account_id, request_id)

    async def _lead(self, claimed: Claimed) -> None:
        """From the claim to its end, which is written whatever it is."""
        request_id = claimed.request_id
        if self._stopping or not self.may_dial:  # the claim took too long
            await self._give_back(request_id)
            return
        code = self._code_of(claimed) if claimed.may_ring else None
        if code is None:
            self._log.info("nobody waits for this call any more", request=request_id)
            await self._finish(request_id, Outcome.CANCELLED)
            return
        routes = await self._trunks.routes(claimed.number_a)
        if not routes:
            self._log.error("no trunk reaches leg A", request=request_id, number=claimed.number_a)
            await self._finish(request_id, Outcome.A_FAILED)
            return
        session = new_session(
            claimed.number_a,
            routes,
            claimed.destination,
            self._policy,
            attempt_a=claimed.attempt + 1,
            reads_code=claimed.reads_code,
        )
        call = self._calls[request_id] = Call(
            self._desk, claimed, session, Purse(claimed.rate_a, claimed.held_micro), code
        )
        try:
            outcome = await call.run()
        except Exception:  # noqa: BLE001  # the outermost loop of one call: our bug must not keep its phones up
            self._log.error("call broke", request=request_id, exc_info=True)
            await self._abandon(request_id)
            return
        finally:
            del self._calls[request_id]
        if self._stopping and not call.answered_a:
            await self._give_back(request_id)
        elif outcome == Outcome.LOST and not call.answered_a:
            await self._ring_again(request_id)
        else:
            await self._finish(request_id, outcome)

    def _code_of(self, claimed: Claimed) -> str | None:
        """The digits its call is to read; "" for a callback; None if they cannot be read."""
        if claimed.code_sealed is None:
            return ""
        try:
            return self._reveal(claimed.code_sealed)
        except SealBroken as error:
            self._log.error("code cannot be read", request=claimed.request_id, error=str(error))
            return None

    async def _finish(self, request_id: str, outcome: str) -> None:
        """Not ours any more: then nothing is written, and the other life finishes it."""
        reach("dialer.finishing")
        now_ms, epoch = self._clock.now_ms(), self._lease.epoch
        await self._commits.submit(lambda s: finish_request(s, request_id, epoch, outcome, now_ms))
        reach("dialer.finished")

    async def _abandon(self, request_id: str) -> None:
        """Hang up what is up, charge it until now and finish: the number must not stay blocked."""
        now_ms, epoch = self._clock.now_ms(), self._lease.epoch
        for leg in await self._commits.submit(lambda s: requests.legs_of(s, request_id)):
            if leg.state != "ended":
                self._backend.hang_up(leg.id, Cause.SYSTEM_TROUBLE)
                end = partial(
                    record_leg_end, leg_id=leg.id, epoch=epoch, ended_at_ms=now_ms, cause=Cause.SYSTEM_TROUBLE
                )
                self._commits.leave(end)
        await self._finish(request_id, Outcome.A_FAILED)

    async def _give_back(self, request_id: str) -> None:
        """We are stopping and nobody has answered yet: the next life, or another node, rings again."""
        now_ms, epoch = self._clock.now_ms(), self._lease.epoch
        await self._commits.submit(lambda s: give_back(s, request_id, epoch, now_ms))

    async def _ring_again(self, request_id: str) -> None:
        """Our fence ended it before anybody answered: once more, as after a crash."""
        now_ms, epoch = self._clock.now_ms(), self._lease.epoch

        def put_back_or_finish(session: Session) -> None:
            if not (
                finish_if_wished(session, request_id, epoch, now_ms)
                or orphans.put_back_once(session, request_id, epoch, now_ms)
            ):
                finish_request(session, request_id, epoch, Outcome.LOST, now_ms)

        await self._commits.submit(put_back_or_finish)

    def _served(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception():
            self._log.error("call broke", exc_info=task.exception())

    # --- the node

    def _register(self, session: Session, now_ms: int) -> tuple[int, int]:
        """Our new epoch, and the last sign of life of the epoch before."""
        before = nodes.find_node(session, self._node)
        epoch = nodes.register_node(session, self._node, "dialer", now_ms)
        return epoch, before.renewed_at_ms if before else now_ms

    def _on_event(self, event: BackendEvent) -> None:
        call = self._calls.get(event.leg_id.rpartition("-")[0])
        if call:
            call.tell(event)

    def _end(self, request_id: str, cause: Cause) -> bool:
        """Somebody wants it to end; False if no such call is ours."""
        call = self._calls.get(request_id)
        if call:
            call.tell(events.EndWished(cause))
        return call is not None

    def _lost(self) -> None:
        """This life was declared dead, or another has begun: nothing here is ours any more."""
        if not self._lease.lost:
            self._log.error("lease lost: hanging up every call of this process")
            self._lease = replace(self._lease, lost=True)
            self._cut_all()
            self._stop.set()

    def _cut_all(self) -> None:
        for call in self._calls.values():
            call.cut(Cause.FENCED)

    async def _renew_for_ever(self) -> None:
        """And tell operators what this node knows of its trunks, whenever it changed."""
        told = ""
        while True:
            asked_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
            state = json.dumps({"trunks": self._trunks.states()})
            renew = partial(nodes.renew, name=self._node, epoch=self._lease.epoch, now_ms=now_ms)
            if await self._commits.submit(partial(renew, detail=None if state == told else state)):
                self._lease, told = self._lease.renewed(asked_s), state
            else:
                self._lost()
            await asyncio.sleep(RENEW_S)

    async def _fence_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_FENCE_LOOK_S)
            if self._calls and self._lease.must_hang_up(self._clock.monotonic_s()):
                self._log.error("lease not renewed: hanging up", calls=len(self._calls))
                self._cut_all()

    async def _listen_for_ever(self, wakes: socket.socket) -> None:
        """`read_ids` takes what is there; the loop says when there is something."""
        loop = asyncio.get_running_loop()
        loop.add_reader(wakes, lambda: self.wake(read_ids(wakes)))
        try:
            await asyncio.Event().wait()
        finally:
            loop.remove_reader(wakes)

    async def _say_goodbye(self) -> None:
        self._stopping = True
        for call in self._calls.values():
            call.tell(events.EndWished(Cause.CLEARED))
        if self._running:
            await asyncio.wait(self._running, timeout=_GOODBYE_S)
        for task in self._running:
            task.cancel()


def _ended_well(chore: "asyncio.Task[None]") -> bool:
    """Recovery ends, the other chores never do; one that broke breaks the node, and it is started anew."""
    return chore.done() and chore.result() is None
