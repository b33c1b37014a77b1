"""From the SMS to the phone; `make bench` prints the figures."""

import asyncio

import pytest

from tests.bench.bench_callback import measure


@pytest.mark.bench
@pytest.mark.timeout(300)
def test_from_deliver_sm_to_the_invite() -> None:
    assert asyncio.run(measure())
