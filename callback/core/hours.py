"""Hours by somebody's clock, and what came of the calls that were asked for in each. Pure.

An hour lasts 3,600 s, whatever the clock on the wall does meanwhile: in the night that summer time ends an
hour comes twice, and both are shown; in the night that it begins one is missing, and nothing stands in its
place.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from callback.core.results import Result, result_of

HOUR_MS = 3_600_000
HOURS = 24  # the one that runs and those before it


@dataclass(frozen=True, slots=True)
class CallHour:
    """Calls asked for in the hour that began at `at_ms`, as far as they are over."""

    at_ms: int
    talked: int = 0
    without_talk: int = 0

    @property
    def calls(self) -> int:
        return self.talked + self.without_talk


def first_hour_ms(now_ms: int, offset_ms: int) -> int:
    """When the first of the last `HOURS` began; `offset_ms` is what the clock shows more than UTC."""
    since_ms = (now_ms + offset_ms) % HOUR_MS
    return now_ms - since_ms - (HOURS - 1) * HOUR_MS


def by_hour(first_ms: int, counted: Iterable[tuple[int, str, int]]) -> tuple[CallHour, ...]:
    """Every hour from `first_ms` on, empty ones too, of (which hour, outcome, calls)."""
    talked, without_talk = [0] * HOURS, [0] * HOURS
    for hour, outcome, calls in counted:
        result = result_of(outcome)
        if result is not Result.LIVE:
            (talked if result is Result.TALKED else without_talk)[hour] += calls
    return tuple(
        CallHour(first_ms + hour * HOUR_MS, talked[hour], without_talk[hour]) for hour in range(HOURS)
    )
