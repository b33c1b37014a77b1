"""The calls of the last 24 hours, by the clock of who looks: a sentence, a chart, its figures."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from callback.core.hours import CallHour, first_hour_ms
from callback.store import traffic
from webapp.filters import day
from webapp.i18n import time_zone_now


@dataclass(frozen=True, slots=True)
class HourShown:
    """`clock` is what it is called among the others, `day` the date where it is the first of its day."""

    of: CallHour
    clock: str
    day: str


@dataclass(frozen=True, slots=True)
class DayShown:
    """Twenty-four hours, the running one last."""

    hours: tuple[HourShown, ...]

    @property
    def calls(self) -> int:
        return sum(hour.of.calls for hour in self.hours)

    @property
    def talked(self) -> int:
        return sum(hour.of.talked for hour in self.hours)

    @property
    def without_talk(self) -> int:
        return sum(hour.of.without_talk for hour in self.hours)

    @property
    def busiest(self) -> HourShown:
        """The latest of them, if several have as many."""
        return max(reversed(self.hours), key=lambda hour: hour.of.calls)


def read_hours(session: Session, now_ms: int) -> DayShown:
    """One statement."""
    offset = _clock(now_ms).utcoffset()
    assert offset is not None
    first_ms = first_hour_ms(now_ms, int(offset.total_seconds()) * 1000)
    return show_hours(traffic.calls_by_hour(session, first_ms))


def show_hours(hours: Sequence[CallHour]) -> DayShown:
    """Named by the clock: "02:00", and "02:00 CET" where summer time ended and the day has two of them."""
    clocks = [_clock(hour.at_ms) for hour in hours]
    times = Counter(f"{clock:%H:%M}" for clock in clocks)
    shown, date = [], None
    for hour, clock in zip(hours, clocks, strict=True):
        name = f"{clock:%H:%M}"
        full = f"{name} {clock:%Z}" if times[name] > 1 else name
        shown.append(HourShown(hour, full, "" if clock.date() == date else day(hour.at_ms)))
        date = clock.date()
    return DayShown(tuple(shown))


def _clock(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, time_zone_now())
