"""How often something may be tried."""

from hypothesis import given
from hypothesis import strategies as st

from callback.core import pace
from callback.core.pace import Pace


def test_a_burst_and_then_one_per_slot() -> None:
    tries = Pace(most=10, per_s=60)
    assert [tries.allow("ani", 100.0) for _ in range(12)] == [True] * 10 + [False] * 2
    assert not tries.allow("ani", 105.9)
    assert tries.allow("ani", 106.0)
    assert not tries.allow("ani", 106.1)


def test_keys_do_not_disturb_each_other() -> None:
    tries = Pace(most=1, per_s=60)
    assert tries.allow("one", 0.0)
    assert tries.allow("other", 0.0)
    assert not tries.allow("one", 1.0)


def test_who_proved_to_be_right_begins_anew() -> None:
    tries = Pace(most=1, per_s=60)
    assert tries.allow("one", 0.0)
    tries.forget("one")
    tries.forget("never seen")
    assert tries.allow("one", 1.0)


def test_a_flood_of_keys_does_not_fill_the_memory() -> None:
    tries = Pace(most=1, per_s=1e9)
    for key in range(pace.KEYS_MOST):
        assert tries.allow(str(key), 0.0)
    assert not tries.allow("0", 0.0)
    assert tries.allow("one more", 0.0)
    assert tries.allow("0", 0.0)  # quiet longest, so forgotten


@given(st.integers(1, 20), st.lists(st.floats(0, 10), max_size=60))
def test_no_window_sees_more_than_two_bursts(most: int, steps: list[float]) -> None:
    tries, now_s, allowed = Pace(most, per_s=60), 0.0, []
    for step in steps:
        now_s += step
        if tries.allow("key", now_s):
            allowed.append(now_s)
    for start in allowed:
        assert sum(start <= at < start + 60 for at in allowed) <= 2 * most
