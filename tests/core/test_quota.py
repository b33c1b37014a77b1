"""How long held money lasts: to the millisecond, at every edge."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from callback.core.quota import (
    FAR_MS,
    CostedLeg,
    EndedLeg,
    RunningLeg,
    cost_at,
    covered_until,
    least_hold,
    next_quantum,
    opening_hold,
)
from callback.core.rating import Rate, billed_s, cost
from tests.core.test_rating import rates

T0 = 1_780_000_000_000
RATE = Rate("48", "both", connect_micro=100_000, minute_micro=60_000, first_s=60, next_s=6)  # 0.001 a second
FREE = Rate("48800", "both", connect_micro=0, minute_micro=0, first_s=1, next_s=1)


@st.composite
def call_legs(draw: st.DrawFn, cheapest_micro: int = 0) -> tuple[CostedLeg, ...]:
    """`cheapest_micro`: no running leg costs less a minute."""
    legs: list[CostedLeg] = []
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            rate = draw(rates())
            rate = replace(rate, minute_micro=max(rate.minute_micro, cheapest_micro))
            legs.append(RunningLeg(rate, T0 + draw(st.integers(-600_000, 600_000))))
        else:
            legs.append(EndedLeg(draw(st.integers(0, 2_000_000))))
    return tuple(legs)


def walked(legs: tuple[CostedLeg, ...], held_micro: int, now_ms: int) -> int:
    """The same answer as `covered_until`, found by stepping from increment to increment."""
    at_ms = now_ms
    while True:
        edges = [
            leg.since_ms + billed_s(leg.rate, at_ms - leg.since_ms) * 1000
            for leg in legs
            if isinstance(leg, RunningLeg)
        ]
        edge_ms = min(edges, default=now_ms + FAR_MS)
        if cost_at(legs, edge_ms + 1) > held_micro or edge_ms >= now_ms + FAR_MS:
            return min(edge_ms, now_ms + FAR_MS)
        at_ms = edge_ms + 1


def test_coverage_ends_where_an_unpaid_increment_would_start() -> None:
    legs = (RunningLeg(RATE, T0),)
    assert covered_until(legs, 160_000, T0) == T0 + 60_000
    assert covered_until(legs, 165_999, T0) == T0 + 60_000
    assert covered_until(legs, 166_000, T0) == T0 + 66_000


def test_two_legs_spend_from_one_hold() -> None:
    legs = (RunningLeg(RATE, T0), RunningLeg(RATE, T0 + 30_000))
    assert cost_at(legs, T0 + 30_000) == 160_000
    assert cost_at(legs, T0 + 30_001) == 320_000
    assert covered_until(legs, 320_000, T0 + 30_001) == T0 + 60_000  # A's next increment is unpaid
    assert covered_until(legs, 326_000, T0 + 30_001) == T0 + 66_000


def test_an_ended_leg_keeps_its_cost() -> None:
    assert covered_until((EndedLeg(40_000), RunningLeg(RATE, T0)), 200_000, T0) == T0 + 60_000


def test_free_calls_are_covered_for_longer_than_any_call() -> None:
    legs = (RunningLeg(FREE, T0),)
    assert covered_until(legs, 0, T0 + 5000) == T0 + 5000 + FAR_MS
    quantum = next_quantum(legs, 0, 0, T0, 180)
    assert (quantum.until_ms, quantum.grow_micro, quantum.final) == (T0 + FAR_MS, 0, False)


def test_a_hold_that_does_not_pay_for_now_ends_now() -> None:
    assert covered_until((RunningLeg(RATE, T0),), 159_999, T0 + 10) == T0 + 10
    quantum = next_quantum((RunningLeg(RATE, T0),), 100_000, 50_000, T0 + 10, 180)
    assert (quantum.until_ms, quantum.grow_micro, quantum.final) == (T0 + 10, 50_000, True)


def test_a_quantum_begins_where_the_last_one_ends() -> None:
    legs = (RunningLeg(RATE, T0),)
    quantum = next_quantum(legs, 160_000, 10_000_000, T0 + 40_000, 180)
    assert (quantum.until_ms, quantum.grow_micro, quantum.final) == (T0 + 240_000, 180_000, False)


def test_the_last_quantum_is_what_is_left_as_far_as_it_buys_time() -> None:
    legs = (RunningLeg(RATE, T0),)
    quantum = next_quantum(legs, 160_000, 20_000, T0 + 40_000, 180)
    assert (quantum.until_ms, quantum.grow_micro, quantum.final) == (T0 + 78_000, 18_000, True)


def test_the_last_increment_that_can_be_had_is_final_even_if_it_reaches_the_target() -> None:
    legs = (RunningLeg(RATE, T0),)
    quantum = next_quantum(legs, 160_000, 180_000, T0 + 40_000, 180)
    assert (quantum.until_ms, quantum.grow_micro, quantum.final) == (T0 + 240_000, 180_000, True)


def test_the_opening_hold_pays_connect_fee_minimum_and_first_quantum() -> None:
    assert opening_hold(RATE, 180) == 100_000 + 180_000
    assert opening_hold(RATE, 10) == 100_000 + 60_000  # the minimum is longer than the quantum
    assert least_hold((RATE,)) == 100_000 + 60_000
    assert opening_hold(FREE, 180) == least_hold((FREE,)) == 0


@given(call_legs(), st.integers(0, 20_000_000))
def test_coverage_is_exact(legs: tuple[CostedLeg, ...], held_micro: int) -> None:
    assume(cost_at(legs, T0) <= held_micro)
    until_ms = covered_until(legs, held_micro, T0)
    assert cost_at(legs, until_ms) <= held_micro
    assert until_ms == T0 + FAR_MS or cost_at(legs, until_ms + 1) > held_micro


@given(call_legs(cheapest_micro=10_000), st.integers(0, 300_000))  # or the walk is long
def test_halving_finds_what_walking_finds(legs: tuple[CostedLeg, ...], more_micro: int) -> None:
    held_micro = cost_at(legs, T0) + more_micro
    assert covered_until(legs, held_micro, T0) == walked(legs, held_micro, T0)


@given(call_legs(), st.integers(0, 20_000_000), st.integers(0, 1_000_000), st.integers(0, 600_000))
def test_more_money_and_later_looks_never_cover_less(
    legs: tuple[CostedLeg, ...], held_micro: int, more_micro: int, later_ms: int
) -> None:
    until_ms = covered_until(legs, held_micro, T0)
    assert covered_until(legs, held_micro + more_micro, T0) >= until_ms
    assert covered_until(legs, held_micro, T0 + later_ms) >= min(until_ms, T0 + later_ms)


@given(call_legs(), st.integers(0, 5_000_000), st.integers(0, 5_000_000), st.integers(1, 600))
def test_a_quantum_is_never_under_held_and_never_beyond_the_wallet(
    legs: tuple[CostedLeg, ...], held_micro: int, available_micro: int, quantum_s: int
) -> None:
    quantum = next_quantum(legs, held_micro, available_micro, T0, quantum_s)
    covered_ms = covered_until(legs, held_micro, T0)
    reach_ms = covered_until(legs, held_micro + available_micro, T0)
    assert 0 <= quantum.grow_micro <= available_micro
    assert covered_ms <= quantum.until_ms <= reach_ms
    if cost_at(legs, T0) <= held_micro + available_micro:
        assert cost_at(legs, quantum.until_ms) <= held_micro + quantum.grow_micro
    if quantum.final:
        assert quantum.until_ms == reach_ms
    else:
        assert quantum.until_ms >= min(covered_ms + quantum_s * 1000, T0 + FAR_MS)


@given(rates(), st.integers(1, 600))
def test_the_opening_hold_covers_the_first_quantum(rate: Rate, quantum_s: int) -> None:
    held_micro = opening_hold(rate, quantum_s)
    assert covered_until((RunningLeg(rate, T0),), held_micro, T0) >= T0 + quantum_s * 1000
    assert least_hold((rate,)) == cost(rate, 1) <= held_micro
