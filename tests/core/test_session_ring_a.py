"""Leg A: rung by one route after the other, and never again once it was answered."""

import pytest

from callback.core.causes import Cause
from callback.core.events import (
    Authorise,
    Covered,
    Dial,
    EndWished,
    Event,
    Finish,
    HangUp,
    LegAnswered,
    LegEarlyMedia,
    LegEnded,
    LegRinging,
    Play,
    Started,
)
from callback.core.session import Outcome, Policy, State, new_session, step
from callback.core.session_value import outcome_unanswered
from tests.core.timetable import (
    A1,
    A2,
    B1,
    FIRST,
    NUMBER_A,
    NUMBER_B,
    SECOND,
    TIME,
    asking,
    key,
    play_through,
    row,
)


def test_the_customer_is_rung_and_asked_for_a_number() -> None:
    session = play_through(
        asking(),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(1, LegRinging(A1)),
        row(2, LegEarlyMedia(A1)),
        row(9, LegAnswered(A1), Play(1, ("enter_number",))),
        row(9, LegAnswered(A1)),
        row(9, Started()),
    )
    assert session.state is State.MENU


def test_a_known_destination_is_authorised_as_soon_as_the_customer_answers() -> None:
    session = play_through(
        asking(destination=NUMBER_B),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(9, LegAnswered(A1), Authorise(NUMBER_B, 1), Play(1, ("connecting",))),
    )
    assert session.state is State.AUTHORISE


def test_nobody_answers() -> None:
    session = play_through(
        asking(),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(45, TIME, HangUp(A1, Cause.NO_ANSWER)),
        row(45.2, LegAnswered(A1)),  # the news crossed the command
        row(45.5, LegEnded(A1, Cause.NO_ANSWER), Finish(Outcome.A_NO_ANSWER)),
        row(45.6, LegEnded(A1, Cause.NO_ANSWER)),
    )
    assert session.state is State.END
    assert session.deadline_at_ms is None


def test_trouble_of_a_carrier_leads_to_the_next_route_until_there_is_none() -> None:
    play_through(
        asking(routes=(FIRST, SECOND)),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(30, LegEnded(A1, Cause.CONGESTION), Dial(A2, NUMBER_A, SECOND)),
        row(31, LegEnded(A1, Cause.CONGESTION)),
        row(31, LegAnswered(A1)),
        row(75, LegEnded(A2, Cause.TRUNK_DOWN), Finish(Outcome.A_FAILED)),
    )


def test_each_route_may_ring_its_full_time() -> None:
    play_through(
        asking(routes=(FIRST, SECOND)),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(30, LegEnded(A1, Cause.CONGESTION), Dial(A2, NUMBER_A, SECOND)),
        row(75, TIME, HangUp(A2, Cause.NO_ANSWER)),
    )


def test_a_busy_customer_is_busy_on_every_route() -> None:
    play_through(
        asking(routes=(FIRST, SECOND)),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(2, LegEnded(A1, Cause.BUSY), Finish(Outcome.A_BUSY)),
    )


def test_an_answered_leg_is_not_dialled_again_whatever_ends_it() -> None:
    play_through(
        asking(routes=(FIRST, SECOND)),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(9, LegAnswered(A1), Play(1, ("enter_number",))),
        row(9.1, LegEnded(A1, Cause.CONGESTION), Finish(Outcome.NOT_CONNECTED)),
    )


def test_attempts_are_counted_on_from_those_before_a_crash() -> None:
    session = new_session(NUMBER_A, (FIRST, SECOND), None, Policy(), attempt_a=2)
    session, effects = step(session, Started(), 0)
    assert effects == (Dial(A2, NUMBER_A, FIRST),)


def test_a_request_without_a_route_never_becomes_a_session() -> None:
    with pytest.raises(AssertionError):
        new_session(NUMBER_A, (), None, Policy())


def test_a_wish_to_end_is_heard_before_anything_rings() -> None:
    session = play_through(
        asking(), row(0, EndWished(Cause.CANCELLED), Finish(Outcome.CANCELLED)), row(0, Started())
    )
    assert session.state is State.END


def test_a_wish_to_end_stops_the_ringing() -> None:
    play_through(
        asking(),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(3, EndWished(Cause.CANCELLED), HangUp(A1, Cause.CANCELLED)),
        row(4, EndWished(Cause.CANCELLED)),  # once is enough, and no timer begins anew
        row(8, TIME, HangUp(A1, Cause.CANCELLED)),
        row(9, LegEnded(A1, Cause.CANCELLED), Finish(Outcome.CANCELLED)),
    )


def test_a_lost_lease_is_recorded_as_such() -> None:
    play_through(
        asking(),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(3, EndWished(Cause.FENCED), HangUp(A1, Cause.FENCED)),
        row(4, LegEnded(A1, Cause.CANCELLED), Finish(Outcome.LOST)),
    )


def test_before_it_has_begun_nothing_else_is_understood() -> None:
    session = asking()
    foreign: list[Event] = [
        key("1"),
        LegEnded(B1, Cause.BUSY),
        LegAnswered(A1),
        Covered(9000, final=True),
        TIME,
    ]
    for event in foreign:
        session, effects = step(session, event, 0)
        assert effects == ()
    assert session.state is State.RING_A
    assert session.deadline_at_ms is None


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_of_an_unanswered_leg_a_has_its_outcome(cause: Cause) -> None:
    assert outcome_unanswered(cause) in set(Outcome) - {Outcome.TALKED, Outcome.NOT_CONNECTED}
