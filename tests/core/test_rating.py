"""What a leg costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.core.rating import Rate, RateRole, billed_s, cost

ROLES: tuple[RateRole, ...] = ("A", "B", "both")


@st.composite
def rates(draw: st.DrawFn) -> Rate:
    return Rate(
        prefix=draw(st.from_regex(r"[1-9][0-9]{0,14}", fullmatch=True)),
        role=draw(st.sampled_from(ROLES)),
        connect_micro=draw(st.integers(0, 2_000_000)),
        minute_micro=draw(st.integers(0, 5_000_000)),
        first_s=draw(st.integers(1, 120)),
        next_s=draw(st.integers(1, 60)),
    )


def per_minute(micro: int, first_s: int = 60, next_s: int = 6, connect: int = 0) -> Rate:
    return Rate("48", "both", connect, micro, first_s, next_s)


@pytest.mark.parametrize(
    ("duration_ms", "billed"),
    [(0, 0), (1, 60), (59_999, 60), (60_000, 60), (60_001, 66), (66_000, 66), (66_001, 72)],
)
def test_increments_are_billed_whole_once_started(duration_ms: int, billed: int) -> None:
    assert billed_s(per_minute(60_000), duration_ms) == billed
    assert cost(per_minute(60_000), duration_ms) == billed * 1000


def test_a_leg_without_an_answer_costs_nothing() -> None:
    assert cost(per_minute(60_000, connect=100_000), 0) == 0
    assert cost(per_minute(60_000, connect=100_000), -5) == 0


def test_the_connect_fee_is_due_with_the_first_millisecond() -> None:
    assert cost(per_minute(60_000, connect=100_000), 1) == 160_000


def test_the_sum_is_rounded_up_once() -> None:
    assert cost(per_minute(1, first_s=1, next_s=1), 61_000) == 2  # 61/60 of a micro-unit
    assert cost(per_minute(100, first_s=1, next_s=1), 1000) == 2


@given(rates(), st.integers(0, 10_000_000), st.integers(0, 10_000_000))
def test_a_longer_call_never_costs_less(rate: Rate, one_ms: int, other_ms: int) -> None:
    shorter, longer = sorted((one_ms, other_ms))
    assert cost(rate, shorter) <= cost(rate, longer)


@given(rates(), st.integers(1, 10_000_000))
def test_billed_time_covers_the_call_by_less_than_an_increment(rate: Rate, duration_ms: int) -> None:
    billed_ms = billed_s(rate, duration_ms) * 1000
    assert billed_ms >= duration_ms
    assert billed_ms == rate.first_s * 1000 or billed_ms - duration_ms < rate.next_s * 1000
    assert billed_s(rate, billed_ms) * 1000 == billed_ms


@given(rates())
def test_a_promised_price_is_kept_as_json(rate: Rate) -> None:
    assert Rate.from_json(rate.to_json()) == rate


@pytest.mark.parametrize("wrong", [(-1, 0, 1, 1), (0, -1, 1, 1), (0, 0, 0, 1), (0, 0, 1, 0)])
def test_a_price_that_pays_or_a_timeless_increment_is_our_mistake(wrong: tuple[int, int, int, int]) -> None:
    with pytest.raises(AssertionError):
        Rate("48", "both", *wrong)
