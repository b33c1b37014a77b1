"""Causes: every backend's numbers end in the same words, and every word says who is to blame."""

import pytest

from callback.core.causes import Blame, Cause, from_q850, from_sip, verdict


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_a_verdict(cause: Cause) -> None:
    assert verdict(cause).blame in Blame


def test_a_call_ended_on_a_page_is_the_doing_of_who_pressed_the_button() -> None:
    assert verdict(Cause.CUSTOMER_WISH).blame is Blame.CUSTOMER
    assert verdict(Cause.OPERATOR_WISH).blame is Blame.US


def test_only_trouble_of_a_carrier_is_worth_another_route() -> None:
    worth_it = {cause for cause in Cause if verdict(cause).next_route}
    assert worth_it == {Cause.CONGESTION, Cause.TRUNK_DOWN}
    assert {verdict(cause).blame for cause in worth_it} == {Blame.CARRIER}


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (404, Cause.WRONG_NUMBER),
        (480, Cause.UNREACHABLE),
        (486, Cause.BUSY),
        (487, Cause.CANCELLED),
        (503, Cause.CONGESTION),
        (600, Cause.BUSY),
        (603, Cause.REJECTED),
        (699, Cause.CONGESTION),
    ],
)
def test_a_sip_status_is_told_in_words(status: int, cause: Cause) -> None:
    assert from_sip(status) is cause


@pytest.mark.parametrize(
    ("q850", "cause"),
    [(1, Cause.WRONG_NUMBER), (16, Cause.HANGUP), (17, Cause.BUSY), (127, Cause.CONGESTION)],
)
def test_a_q850_cause_is_told_in_the_same_words(q850: int, cause: Cause) -> None:
    assert from_q850(q850) is cause


def test_no_number_of_a_carrier_looks_like_our_own_doing() -> None:
    told = {from_sip(status) for status in range(300, 700)} | {from_q850(cause) for cause in range(128)}
    assert Blame.US not in {verdict(cause).blame for cause in told}
