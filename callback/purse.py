"""The money of one running call: what is held, which legs spend it, how long it lasts.

It lives in the dialer's loop and only remembers; the arithmetic is `core/quota.py`, the transfers are made
by `callback/authoriser.py` and `callback/settlement.py`. While B rings, its connect fee and first increment
are kept back, so that A's ringing time cannot eat them.
"""

from callback.core.events import Covered, Role
from callback.core.quota import CostedLeg, EndedLeg, RunningLeg, covered_until
from callback.core.rating import Rate, cost

_LEAST_MS = 1  # the shortest answered call


class Purse:
    def __init__(self, rate_a: Rate, held_micro: int) -> None:
        self.held_micro = held_micro
        self.final = False  # the wallet has no more
        self._rate_a = rate_a
        self._rate_b: Rate | None = None
        self._running: dict[str, RunningLeg] = {}
        self._spent_micro = 0

    def rate_of(self, role: Role) -> Rate:
        if role == "A":
            return self._rate_a
        assert self._rate_b is not None, "leg B is dialled only after it was authorised"
        return self._rate_b

    @property
    def in_service(self) -> tuple[str, ...]:
        """Answered legs."""
        return tuple(self._running)

    def expect_b(self, rate: Rate) -> None:
        """B may be rung at this price."""
        self._rate_b = rate

    def answered(self, leg_id: str, role: Role, at_ms: int) -> None:
        self._running[leg_id] = RunningLeg(self.rate_of(role), at_ms)
        self.final = False

    def ended(self, leg_id: str, at_ms: int) -> None:
        """Harmless for a leg that was never answered."""
        leg = self._running.pop(leg_id, None)
        if leg:
            self._spent_micro += cost(leg.rate, at_ms - leg.since_ms)
            self.final = False

    def legs(self, *more: CostedLeg) -> tuple[CostedLeg, ...]:
        """What costs, for `core/quota`."""
        return (EndedLeg(self._spent_micro), *self._running.values(), *more)

    def coverage(self, now_ms: int, ringing_b: bool) -> Covered | None:
        """How long the held sum lasts; None while nobody has answered."""
        if not self._running:
            return None
        kept_back = (EndedLeg(cost(self.rate_of("B"), _LEAST_MS)),) if ringing_b else ()
        return Covered(covered_until(self.legs(*kept_back), self.held_micro, now_ms), self.final)
