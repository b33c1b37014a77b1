"""May this be called, which way, and for how long? And: may the call go on?

Both questions end in the same transaction: look at what the wallet has, set the next quantum aside by one
conditional UPDATE. Answers are events for the session.
"""

from sqlmodel import Session

from callback.clock import Clock
from callback.commits import Commits
from callback.core.events import Authorise, CallAuthorised, CallRefused
from callback.core.numbers import parse_number
from callback.core.outcomes import Reason, Refused
from callback.core.quota import CostedLeg, Quantum, RunningLeg, cost_at, covered_until, next_quantum
from callback.core.rating import Rate
from callback.purse import Purse
from callback.store import ledger, rates
from callback.store.claims import Claimed
from callback.trunks import Trunks


class Authoriser:
    def __init__(self, commits: Commits, trunks: Trunks, clock: Clock, quantum_s: int) -> None:
        self._commits = commits
        self._trunks = trunks
        self._clock = clock
        self._quantum_s = quantum_s

    async def authorise(
        self, call: Claimed, purse: Purse, question: Authorise
    ) -> CallAuthorised | CallRefused:
        """Reads the number in the account's home country, finds price and ways, holds the next quantum."""
        number = parse_number(question.destination, call.country)
        if isinstance(number, Refused):
            return CallRefused(number.reason, question.ask)
        rate = await self._commits.submit(lambda s: rates.find_rate(s, call.deck_id, number, "B"))
        if rate is None:
            return CallRefused(Reason.NO_RATE, question.ask)
        routes = await self._trunks.routes(number)
        if not routes:
            return CallRefused(Reason.NO_ROUTE, question.ask)
        talk_s = await self._set_aside(call, purse, rate)
        if talk_s <= 0:
            return CallRefused(Reason.BALANCE_LOW, question.ask)
        purse.expect_b(rate)
        return CallAuthorised(number, routes, talk_s, question.ask)

    async def grow(self, call: Claimed, purse: Purse) -> None:
        """The next quantum for the legs in service, or what is left."""
        await self._set_aside(call, purse, None)

    async def _set_aside(self, call: Claimed, purse: Purse, rate_b: Rate | None) -> int:
        """Seconds of talk that everything held and available buys from now; the purse has grown."""
        now_ms = self._clock.now_ms()
        legs = purse.legs(*(RunningLeg(rate_b, now_ms),) if rate_b else ())
        held_micro = purse.held_micro

        def grow(session: Session) -> tuple[Quantum, int]:
            return _grow(session, call, legs, held_micro, now_ms, self._quantum_s)

        quantum, available_micro = await self._commits.submit(grow)
        purse.held_micro += quantum.grow_micro
        purse.final = quantum.final
        if cost_at(legs, now_ms + 1) > purse.held_micro:
            return 0
        return (covered_until(legs, held_micro + available_micro, now_ms) - now_ms) // 1000


def _grow(
    session: Session, call: Claimed, legs: tuple[CostedLeg, ...], held_micro: int, now_ms: int, quantum_s: int
) -> tuple[Quantum, int]:
    """Tried again with what is left when another call of the same wallet was faster."""
    while True:
        available_micro = max(0, ledger.available_micro(session, call.account_id))
        quantum = next_quantum(legs, held_micro, available_micro, now_ms, quantum_s)
        if quantum.grow_micro == 0 or ledger.grow_hold(session, call.request_id, quantum.grow_micro, now_ms):
            return quantum, available_micro
