"""What a running call has set aside, and how long it lasts."""

from callback.core.events import Covered
from callback.core.rating import Rate
from callback.purse import Purse

A = Rate("48", "A", 0, 600_000, 1, 1)  # 0.01 a second
B = Rate("48", "B", 50_000, 1_200_000, 60, 6)  # 0.05 and 1.20 a minute, the first minute whole


def test_nothing_is_covered_before_somebody_answers() -> None:
    assert Purse(A, 1_000_000).coverage(0, ringing_b=False) is None


def test_leg_a_alone_is_covered_to_the_millisecond() -> None:
    purse = Purse(A, 1_000_000)
    purse.answered("a1", "A", 5_000)
    assert purse.coverage(5_000, ringing_b=False) == Covered(105_000, final=False)


def test_while_b_rings_its_first_minute_is_kept_back() -> None:
    purse = Purse(A, 1_300_000)
    purse.answered("a1", "A", 0)
    purse.expect_b(B)
    assert purse.coverage(0, ringing_b=True) == Covered(5_000, final=False)


def test_a_leg_that_ended_costs_what_it_cost_and_leaves_the_rest() -> None:
    purse = Purse(A, 2_000_000)
    purse.answered("a1", "A", 0)
    purse.expect_b(B)
    purse.answered("b1", "B", 10_000)
    purse.ended("b1", 20_000)
    assert purse.coverage(20_000, ringing_b=False) == Covered(75_000, final=False)
    purse.ended("b1", 99_000)  # told twice
    assert purse.in_service == ("a1",)


def test_new_cover_may_be_asked_for_after_every_change() -> None:
    purse = Purse(A, 1_000_000)
    purse.final = True
    purse.answered("a1", "A", 0)
    assert not purse.final
