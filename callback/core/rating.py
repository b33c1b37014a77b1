"""What a leg costs: a price per minute in started increments, after a connect fee.

Increments are written as carriers write them: `60/6` bills the first 60 seconds whole, then every started
6 seconds. A leg of exactly 60,000 ms has used its first increment and nothing of the next; one millisecond
more starts it. The whole sum is rounded up once, to a micro-unit.
"""

import json
from dataclasses import asdict, dataclass
from typing import Literal

from callback.core.money import ceil_div

RateRole = Literal["A", "B", "both"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A price for numbers that begin with `prefix` (digits without plus)."""

    prefix: str
    role: RateRole
    connect_micro: int
    minute_micro: int
    first_s: int
    next_s: int

    def __post_init__(self) -> None:
        assert self.first_s >= 1 and self.next_s >= 1, "an increment takes time"
        assert self.connect_micro >= 0 and self.minute_micro >= 0, "a call never pays the caller"

    def to_json(self) -> str:
        """As it stands in `leg.rate`: the price the leg was promised, whatever becomes of the deck."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> "Rate":
        """The inverse of `to_json`."""
        return Rate(**json.loads(text))


FREE = Rate("", "A", 0, 0, 1, 1)
"""Of a call that the service pays for: its seconds are counted, and cost nothing."""


def billed_s(rate: Rate, duration_ms: int) -> int:
    """Seconds billed for a duration from answer to end: whole increments, each one that was started."""
    if duration_ms <= 0:
        return 0
    beyond_ms = duration_ms - rate.first_s * 1000
    if beyond_ms <= 0:
        return rate.first_s
    return rate.first_s + ceil_div(beyond_ms, rate.next_s * 1000) * rate.next_s


def cost(rate: Rate, duration_ms: int) -> int:
    """Micro-units for a duration from answer to end; a leg without an answer lasted 0 and costs nothing."""
    if duration_ms <= 0:
        return 0
    return rate.connect_micro + ceil_div(rate.minute_micro * billed_s(rate, duration_ms), 60)
