"""Patience with a carrier that does not answer."""

from smsgw.link import Backoff


def test_waiting_doubles_up_to_a_minute_never_exactly() -> None:
    backoff = Backoff()
    waits = [backoff.wait_s() for _ in range(12)]
    steps = [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    assert all(step / 2 <= wait <= step for wait, step in zip(waits, steps, strict=True))
    assert len(set(waits[7:])) > 1, "no two gateways knock at once"


def test_a_link_that_was_well_is_tried_again_soon() -> None:
    backoff = Backoff()
    for _ in range(10):
        backoff.wait_s()
    backoff.reset()
    assert backoff.wait_s() <= 0.5
