"""SMS stored and acknowledged per second; `make bench` prints the figures."""

import pytest

from tests.bench import bench_accept


@pytest.mark.bench
def test_sms_are_stored_as_fast_as_promised() -> None:
    assert bench_accept.main(20_000) == 0
