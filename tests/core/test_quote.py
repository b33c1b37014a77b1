"""What is told before a call: the price of both legs, and how long the money lasts."""

from hypothesis import given
from hypothesis import strategies as st

from callback.core.quota import RunningLeg, cost_at, least_hold
from callback.core.quote import Quote, longest_talk_s
from callback.core.rating import Rate
from tests.core.test_rating import rates

HOUR_S = 3600
OWN = Rate("48", "A", connect_micro=0, minute_micro=600_000, first_s=1, next_s=1)
WANTED = Rate("48", "B", connect_micro=50_000, minute_micro=1_200_000, first_s=60, next_s=6)
FREE = Rate("48800", "both", connect_micro=0, minute_micro=0, first_s=1, next_s=1)


def test_a_quote_adds_both_legs() -> None:
    quote = Quote("+48600316058", "+48221234567", (OWN, WANTED), 60, "EUR")
    assert (quote.minute_micro, quote.connect_micro) == (1_800_000, 50_000)
    assert (quote.rate_a, quote.rate_b) == (OWN, WANTED)


def test_a_quote_without_a_destination_knows_one_leg() -> None:
    quote = Quote("+48600316058", None, (OWN,), 60, "EUR")
    assert (quote.minute_micro, quote.connect_micro, quote.rate_b) == (600_000, 0, None)


def test_the_talk_ends_where_the_next_increment_is_not_paid_for() -> None:
    assert longest_talk_s((OWN, WANTED), 1_850_000, HOUR_S) == 60  # a minute of both
    assert longest_talk_s((OWN, WANTED), 1_850_000 + 10_000, HOUR_S) == 60
    assert longest_talk_s((OWN, WANTED), 1_850_000 + 120_000 + 10_000, HOUR_S) == 61
    assert longest_talk_s((OWN, WANTED), 1_850_000 + 180_000, HOUR_S) == 66


def test_too_little_money_buys_no_talk() -> None:
    assert longest_talk_s((OWN, WANTED), least_hold((OWN, WANTED)) - 1, HOUR_S) == 0
    assert longest_talk_s((OWN,), 0, HOUR_S) == 0
    assert longest_talk_s((OWN,), -1, HOUR_S) == 0


def test_the_shortest_answered_call_costs_the_first_increment_of_each_leg() -> None:
    assert least_hold((OWN, WANTED)) == 10_000 + 50_000 + 1_200_000
    assert least_hold((FREE,)) == 0


def test_no_talk_is_longer_than_a_call_may_be() -> None:
    assert longest_talk_s((FREE,), 0, HOUR_S) == HOUR_S
    assert longest_talk_s((OWN,), 10**12, HOUR_S) == HOUR_S


@given(st.lists(rates(), min_size=1, max_size=2), st.integers(0, 50_000_000))
def test_a_promised_talk_is_paid_for_and_a_second_more_is_not(legs: list[Rate], available_micro: int) -> None:
    talk_s = longest_talk_s(legs, available_micro, 10**9)
    running = tuple(RunningLeg(rate, 0) for rate in legs)
    if talk_s:
        assert cost_at(running, talk_s * 1000) <= available_micro
    if talk_s < 366 * 86_400:
        assert cost_at(running, (talk_s + 1) * 1000) > available_micro
