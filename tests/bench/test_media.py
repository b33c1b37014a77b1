"""Media on time under load; `make bench` prints the figures."""

import pytest

from tests.bench.bench_media import measure


@pytest.mark.bench
@pytest.mark.parametrize("sessions", [50, 100, 200])
def test_bridged_sessions_are_carried_in_time(sessions: int) -> None:
    figures = measure(sessions)
    print(f"\n{figures}")
    assert figures.received > 0.9 * figures.sent
