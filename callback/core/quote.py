"""What a callback would cost, told before it is asked for: the price of both legs and the longest talk.

The same arithmetic as the running call's (`core/quota.py`), with both phones answered in one instant. A real
call begins a little earlier, when only the customer's own phone is up, so a quote is the most there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from callback.core.quota import RunningLeg, covered_until, least_hold
from callback.core.rating import Rate


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of ringing `number` and connecting it to `destination`; None: to be asked for by voice."""

    number: str
    destination: str | None
    rates: tuple[Rate, ...]  # leg A's, then leg B's if it is known
    talk_s: int  # at the most; 0: the money is not enough for an answered call
    currency: str

    @property
    def rate_a(self) -> Rate:
        return self.rates[0]

    @property
    def rate_b(self) -> Rate | None:
        return self.rates[1] if len(self.rates) > 1 else None

    @property
    def minute_micro(self) -> int:
        """Micro-units a minute of talk costs, both legs together."""
        return sum(rate.minute_micro for rate in self.rates)

    @property
    def connect_micro(self) -> int:
        """Micro-units due once, when both phones are answered."""
        return sum(rate.connect_micro for rate in self.rates)


def longest_talk_s(rates: Sequence[Rate], available_micro: int, most_s: int) -> int:
    """Whole seconds for which the money pays for legs at all these rates, and no more than `most_s`.

    0 if it does not even pay for the first increment of each.
    """
    legs = tuple(RunningLeg(rate, 0) for rate in rates)
    if least_hold(rates) > available_micro:
        return 0
    return min(covered_until(legs, available_micro, 0) // 1000, most_s)
