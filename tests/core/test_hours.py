"""Hours by a clock on a wall, and the calls in them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from callback.core.hours import HOUR_MS, HOURS, CallHour, by_hour, first_hour_ms


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Warsaw", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns"]
)
def test_an_hour_begins_when_the_clock_on_the_wall_strikes(zone: str) -> None:
    now = datetime(2026, 11, 22, 18, 47, 12, 345_000, ZoneInfo(zone))
    offset = now.utcoffset()
    assert offset is not None
    first_ms = first_hour_ms(int(now.timestamp() * 1000), int(offset.total_seconds()) * 1000)
    last = datetime.fromtimestamp((first_ms + (HOURS - 1) * HOUR_MS) / 1000, ZoneInfo(zone))
    assert f"{last:%d %H:%M:%S.%f}" == "22 18:00:00.000000"


def test_an_hour_that_just_began_is_the_last() -> None:
    assert first_hour_ms(HOURS * HOUR_MS, 0) == HOUR_MS
    assert first_hour_ms(HOURS * HOUR_MS - 1, 0) == 0


def test_calls_are_sorted_into_their_hours_and_those_under_way_wait() -> None:
    told = by_hour(
        5 * HOUR_MS,
        [
            (0, "talked", 3),
            (0, "a-busy", 1),
            (0, "not-connected", 2),
            (23, "no such outcome", 4),
            (23, "", 9),
        ],
    )
    assert len(told) == HOURS
    assert told[0] == CallHour(5 * HOUR_MS, 3, 3)
    assert told[0].calls == 6
    assert told[1] == CallHour(6 * HOUR_MS)
    assert told[23] == CallHour(28 * HOUR_MS, 0, 4)
