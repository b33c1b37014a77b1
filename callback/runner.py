"""One call: feeds its session with what happens and carries out what the session wants.

    backend ──events──► Call ──► step(session, event, now) ──effects──► backend, store, authoriser
                          ▲                                                   │
                          └────────── answers (Covered, CallAuthorised) ◄─────┘

Nothing is decided here but the order: a leg's row is committed before its INVITE leaves, an answer before
its ACK; the end of a leg is acted on at once and written behind it, in order. Every write carries the
epoch; when one finds no row, another life of this node owns the call, and all its legs are hung up.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import structlog

from callback import settlement
from callback.authoriser import Authoriser
from callback.clock import Clock
from callback.commits import Commits
from callback.core import events, session, spoken
from callback.core.causes import Cause
from callback.core.ids import leg_id
from callback.core.replay import encode
from callback.core.session import Session, State
from callback.core.session_code import without_keys
from callback.failpoints import reach
from callback.purse import Purse
from callback.store import requests
from callback.store.claims import Claimed
from callback.store.models import Leg
from callback.telephony import (
    Answered,
    Backend,
    BackendEvent,
    DialSpec,
    Digit,
    EarlyMedia,
    Ended,
    PlaybackDone,
    Ringing,
    Trying,
)
from callback.tracebook import TraceBook
from callback.waking import Tells

_MONEY_OR_TIME = {Cause.MONEY_ENDED, Cause.TIME_ENDED}


@dataclass(frozen=True, slots=True)
class Desk:
    """What every call of a node shares."""

    backend: Backend
    commits: Commits
    authoriser: Authoriser
    tracebook: TraceBook
    clock: Clock
    news: Tells
    may_dial: Callable[[], bool]
    on_lost: Callable[[], None]  # a write found that the epoch is no longer ours


class Call:
    def __init__(self, desk: Desk, claimed: Claimed, start: Session, purse: Purse, code: str = "") -> None:
        """`code`: the digits to be read aloud, which the session does not know."""
        self.request_id = claimed.request_id
        self.session = start
        self.answered_a = False
        self._desk = desk
        self._claimed = claimed
        self._purse = purse
        self._code = code
        self._news: asyncio.Queue[BackendEvent | events.Event] = asyncio.Queue()
        self._asked: set[asyncio.Task[None]] = set()
        self._limit_at_ms: int | None = None
        self._a = ""  # the leg A that rings or talks now
        self._dialled: set[str] = set()  # legs whose end is not told yet
        self._outcome = ""
        self._log = structlog.get_logger().bind(request=claimed.request_id)

    def tell(self, news: BackendEvent | events.Event) -> None:
        """From the dialer's loop; never waits."""
        self._news.put_nowait(news)

    def cut(self, cause: Cause) -> None:
        """Hang up whatever is up, now: the session, told of it, may be waiting for a commit."""
        for id_ in self._dialled:
            self._desk.backend.hang_up(id_, cause)
        self.tell(events.EndWished(cause))

    async def run(self) -> str:
        """Until nothing of the call is left; the outcome."""
        await self._step(events.Started())
        while self.session.state is not State.END:
            await self._take(await self._next())
        for task in self._asked:
            task.cancel()
        return self._outcome

    async def _next(self) -> BackendEvent | events.Event:
        """What has come is older than a deadline that has passed: an answer at the last moment is one."""
        deadline_at_ms = self.session.deadline_at_ms
        if deadline_at_ms is None or not self._news.empty():
            return await self._news.get()
        wait_s = max(0, deadline_at_ms - self._desk.clock.now_ms()) / 1000
        try:
            return await asyncio.wait_for(self._news.get(), wait_s)
        except TimeoutError:
            return events.TimedOut()

    # --- what happens

    async def _take(self, news: BackendEvent | events.Event) -> None:
        match news:
            case Trying(id_, at_ms):
                self._desk.commits.leave(lambda s: requests.record_trying(s, id_, self._epoch, at_ms))
            case Ringing(id_, at_ms):
                self._desk.commits.leave(
                    lambda s: requests.record_ringing(s, id_, self._epoch, at_ms), self._told
                )
                await self._step(events.LegRinging(self._name(id_)))
            case EarlyMedia(id_, _):
                await self._step(events.LegEarlyMedia(self._name(id_)))
            case Answered():
                await self._answered(news)
            case Digit(id_, _, digit):
                await self._step(events.DigitPressed(self._name(id_), digit))
            case PlaybackDone(_, _, playback_id):
                await self._step(events.PlayEnded(playback_id))
            case Ended():
                await self._ended(news)
            case _:
                await self._step(news)

    async def _answered(self, news: Answered) -> None:
        reach("dialer.answer_committing")
        kept = await self._desk.commits.submit(
            lambda s: requests.record_answer(s, news.leg_id, self._epoch, news.at_ms, news.dialog)
        )
        if not kept:
            self._desk.on_lost()
            return
        reach("dialer.answer_committed")
        news.confirm()
        self._told()
        name = self._name(news.leg_id)
        self.answered_a = self.answered_a or name.role == "A"
        self._purse.answered(news.leg_id, name.role, news.at_ms)
        await self._step(events.LegAnswered(name, news.at_ms))
        await self._cover()

    async def _ended(self, news: Ended) -> None:
        self._dialled.discard(news.leg_id)
        ended_at_ms = news.at_ms
        if news.cause in _MONEY_OR_TIME and self._limit_at_ms is not None:
            ended_at_ms = min(ended_at_ms, self._limit_at_ms)  # the last packet went at this instant
        self._purse.ended(news.leg_id, ended_at_ms)
        self._desk.commits.leave(
            lambda s: settlement.record_leg_end(
                s,
                news.leg_id,
                self._epoch,
                ended_at_ms=ended_at_ms,
                cause=news.cause,
                sip_status=news.sip_status,
                quality=news.quality,
            ),
            self._told,
        )
        await self._step(events.LegEnded(self._name(news.leg_id), news.cause))
        await self._cover()

    async def _cover(self) -> None:
        coverage = self._coverage()
        if coverage is not None:
            await self._step(coverage)

    def _coverage(self) -> events.Covered | None:
        return self._purse.coverage(self._desk.clock.now_ms(), self.session.state is State.RING_B)

    # --- what the session wants

    async def _step(self, event: events.Event) -> None:
        now_ms = self._desk.clock.now_ms()
        before, kept = self.session.state, without_keys(self.session, event)
        self.session, effects = session.step(self.session, event, now_ms)
        self._desk.tracebook.note(
            self.request_id,
            now_ms,
            f"{before}>{self.session.state}",
            encode(kept),
            [encode(e) for e in effects],
        )
        for effect in effects:
            await self._act(effect)

    async def _act(self, effect: events.Effect) -> None:
        backend = self._desk.backend
        match effect:
            case events.Dial():
                await self._dial(effect)
            case events.HangUp(leg, cause):
                backend.hang_up(self._id(leg), cause)
            case events.Play(playback_id, items, loop):
                backend.play(self._a, playback_id, spoken.with_code(items, self._code), loop)
            case events.StopPlay():
                backend.stop(self._a)
            case events.Bridge(leg):
                backend.bridge(self._a, self._id(leg))
            case events.Unbridge():
                backend.unbridge(self._a)
            case events.Authorise():
                self._ask(self._authorise(effect))
            case events.GrowHold():
                self._ask(self._grow())
            case events.ArmLimit(until_ms, cause):
                self._limit_at_ms = until_ms
                for id_ in self._purse.in_service:
                    backend.limit(id_, until_ms, cause)
            case events.Finish(outcome):
                self._outcome = outcome

    async def _dial(self, effect: events.Dial) -> None:
        if not self._desk.may_dial():
            self.tell(events.LegEnded(effect.leg, Cause.FENCED))
            return
        id_ = self._id(effect.leg)
        route = effect.route
        leg = Leg(
            id=id_,
            request_id=self.request_id,
            role=effect.leg.role,
            attempt=effect.leg.attempt,
            number=effect.number,
            callee=route.callee,
            cli=self._claimed.cli,
            trunk=route.trunk,
            next_hop=f"{route.next_hop[0]}:{route.next_hop[1]}",
            node=self._claimed.node,
            epoch=self._epoch,
            rate=self._purse.rate_of(effect.leg.role).to_json(),
            dialled_at_ms=self._desk.clock.now_ms(),
        )
        kept = await self._desk.commits.submit(lambda s: requests.record_leg_dialled(s, leg))
        if not kept:
            self.tell(events.LegEnded(effect.leg, Cause.FENCED))
            self._desk.on_lost()
            return
        reach("dialer.leg_committed")
        self._told()
        if not self._desk.may_dial():  # the commit took too long
            self.tell(Ended(id_, self._desk.clock.now_ms(), Cause.FENCED))
            return
        if effect.leg.role == "A":
            self._a = id_
        self._dialled.add(id_)
        policy = self.session.policy
        ring_s = policy.ring_a_s if effect.leg.role == "A" else policy.ring_b_s
        self._desk.backend.dial(
            DialSpec(id_, leg.number, leg.callee, leg.cli, route.next_hop, leg.trunk, ring_s)
        )

    async def _authorise(self, question: events.Authorise) -> None:
        self.tell(await self._desk.authoriser.authorise(self._claimed, self._purse, question))
        self._tell_coverage()

    async def _grow(self) -> None:
        await self._desk.authoriser.grow(self._claimed, self._purse)
        self._tell_coverage()

    def _tell_coverage(self) -> None:
        coverage = self._coverage()
        if coverage is not None:
            self.tell(coverage)

    # --- small change

    def _told(self) -> None:
        """Something people may be looking at has been written."""
        self._desk.news.tell(self._claimed.account_id, self.request_id)

    def _ask(self, answering: Coroutine[None, None, None]) -> None:
        """Work whose answer arrives as an event; it dies with the call."""
        task = asyncio.create_task(answering)
        self._asked.add(task)
        task.add_done_callback(self._answer_came)

    def _answer_came(self, task: "asyncio.Task[None]") -> None:
        """A question that broke has no answer: the session's own timer goes on from there."""
        self._asked.discard(task)
        if not task.cancelled() and task.exception():
            self._log.error("question broke", exc_info=task.exception())

    @property
    def _epoch(self) -> int:
        return self._claimed.epoch

    def _id(self, leg: events.LegName) -> str:
        return leg_id(self.request_id, leg.role, leg.attempt)

    @staticmethod
    def _name(id_: str) -> events.LegName:
        tail = id_.rpartition("-")[2]
        return events.LegName("A" if tail[0] == "a" else "B", int(tail[1:]))
