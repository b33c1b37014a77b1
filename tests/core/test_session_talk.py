"""Leg B: rung, heard, talked to, given up; and back to the menu."""

import pytest

from callback.core.causes import Cause
from callback.core.events import (
    Authorise,
    Bridge,
    Dial,
    DigitPressed,
    EndWished,
    Finish,
    HangUp,
    LegAnswered,
    LegEarlyMedia,
    LegEnded,
    LegRinging,
    Play,
    PlayEnded,
    Started,
    StopPlay,
    Unbridge,
)
from callback.core.session import Outcome, Policy, State
from tests.core.timetable import (
    A1,
    ANOTHER,
    B1,
    B2,
    B3,
    FIRST,
    NUMBER_A,
    NUMBER_B,
    RINGBACK,
    SECOND,
    TIME,
    asking,
    authorised,
    in_menu,
    in_ring_b,
    in_talk,
    key,
    play_through,
    row,
)


def test_an_answer_joins_the_legs_in_place_of_the_ringback() -> None:
    session = play_through(
        in_ring_b(), row(13, LegRinging(B1)), row(20, LegAnswered(B1), StopPlay(), Bridge(B1))
    )
    assert session.state is State.TALK


def test_early_media_is_heard_in_place_of_the_ringback() -> None:
    session = play_through(
        in_ring_b(),
        row(14, LegEarlyMedia(B1), StopPlay(), Bridge(B1)),
        row(15, LegEarlyMedia(B1)),
        row(20, LegAnswered(B1)),
    )
    assert session.state is State.TALK


def test_the_connecting_prompt_is_heard_out_before_the_ringback() -> None:
    play_through(
        asking(destination=NUMBER_B),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(9, LegAnswered(A1), Authorise(NUMBER_B, 1), Play(1, ("connecting",))),
        row(9.1, authorised(1), Dial(B1, NUMBER_B, FIRST)),
        row(11, PlayEnded(1), Play(2, RINGBACK, loop=True)),
    )


def test_a_ringback_that_cannot_be_played_is_not_tried_for_ever() -> None:
    play_through(
        in_ring_b(routes=(FIRST, SECOND)),
        row(12, PlayEnded(2)),
        row(15, LegEnded(B1, Cause.CONGESTION), Play(3, RINGBACK, loop=True), Dial(B2, NUMBER_B, SECOND)),
    )


def test_a_destination_authorised_after_the_connecting_prompt_rings_at_once() -> None:
    play_through(
        asking(destination=NUMBER_B),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(9, LegAnswered(A1), Authorise(NUMBER_B, 1), Play(1, ("connecting",))),
        row(11, PlayEnded(1)),
        row(12, authorised(1), Play(2, RINGBACK, loop=True), Dial(B1, NUMBER_B, FIRST)),
    )


@pytest.mark.parametrize(
    ("cause", "prompt"),
    [
        (Cause.BUSY, "busy"),
        (Cause.NO_ANSWER, "no_answer"),
        (Cause.WRONG_NUMBER, "wrong_number"),
        (Cause.UNREACHABLE, "unreachable"),
    ],
)
def test_why_nobody_answered_is_spoken(cause: Cause, prompt: str) -> None:
    session = play_through(
        in_ring_b(routes=(FIRST, SECOND)), row(15, LegEnded(B1, cause), Play(3, (prompt, ANOTHER)))
    )
    assert session.state is State.MENU


def test_trouble_of_a_carrier_leads_to_the_next_route_under_the_same_ringback() -> None:
    play_through(
        in_ring_b(routes=(FIRST, SECOND)),
        row(15, LegEnded(B1, Cause.CONGESTION), Dial(B2, NUMBER_B, SECOND)),
        row(16, LegEnded(B1, Cause.CONGESTION)),
        row(16, LegAnswered(B1)),
        row(16, LegEarlyMedia(B1)),
        row(17, LegEnded(B2, Cause.TRUNK_DOWN), Play(3, ("unreachable", ANOTHER))),
    )


def test_after_early_media_the_next_route_has_its_own_ringback() -> None:
    play_through(
        in_ring_b(routes=(FIRST, SECOND)),
        row(14, LegEarlyMedia(B1), StopPlay(), Bridge(B1)),
        row(15, LegEnded(B1, Cause.CONGESTION), Unbridge(), Play(3, RINGBACK, loop=True),
            Dial(B2, NUMBER_B, SECOND)),
    )  # fmt: skip


def test_nobody_answers_within_the_ring_time() -> None:
    session = play_through(
        in_ring_b(),
        row(72, TIME, HangUp(B1, Cause.NO_ANSWER), Play(3, ("no_answer", ANOTHER))),
        row(72.3, LegAnswered(B1)),
        row(72.5, LegEnded(B1, Cause.NO_ANSWER)),
    )
    assert session.state is State.MENU


def test_two_hashes_give_up_the_ringing_and_the_next_number_waits_for_no_one() -> None:
    play_through(
        in_ring_b(),
        row(14, key("#")),
        row(15.5, key("#"), HangUp(B1, Cause.CANCELLED), Play(3, ("enter_number",))),
        row(15.9, key("#")),  # once more than needed
        row(16, key("5"), StopPlay()),
        row(17, key("#"), Authorise("5", 2)),
        row(17.1, authorised(2), Play(4, RINGBACK, loop=True), Dial(B2, NUMBER_B, FIRST)),
        row(18, LegEnded(B1, Cause.CANCELLED)),
        row(19, LegAnswered(B2), StopPlay(), Bridge(B2)),
    )


@pytest.mark.parametrize("between", ["5", None])
def test_two_hashes_too_far_apart_or_with_a_digit_between_are_none(between: str | None) -> None:
    second_at_s = 14.2 if between else 15.6
    session = play_through(
        in_ring_b(),
        row(14, key("#")),
        *([row(14.1, key(between))] if between else []),
        row(second_at_s, key("#")),
        row(second_at_s, DigitPressed(B1, "#")),
    )
    assert session.state is State.RING_B


def test_keys_pressed_in_a_talk_belong_to_the_other_end() -> None:
    session = play_through(
        in_talk(),
        *[row(30 + second, key(digit)) for second, digit in enumerate("1#2*")],
        row(40, LegEnded(B1, Cause.HANGUP), Unbridge(), Play(3, ("call_ended", ANOTHER))),
        row(41, key("7"), StopPlay()),
        row(42, key("#"), Authorise("7", 2)),
    )
    assert session.state is State.AUTHORISE


def test_two_hashes_end_a_talk() -> None:
    session = play_through(
        in_talk(),
        row(30, key("#")),
        row(31, key("#"), Unbridge(), HangUp(B1, Cause.CLEARED), Play(3, ("enter_number",))),
    )
    assert session.state is State.MENU


def test_the_other_end_hanging_up_between_two_hashes_makes_no_empty_try() -> None:
    play_through(
        in_talk(),
        row(30, key("#")),
        row(30.3, LegEnded(B1, Cause.HANGUP), Unbridge(), Play(3, ("call_ended", ANOTHER))),
        row(30.6, key("#")),
    )


def test_the_customer_hanging_up_clears_the_other_end() -> None:
    session = play_through(
        in_talk(),
        row(60, LegEnded(A1, Cause.HANGUP), Unbridge(), HangUp(B1, Cause.CLEARED)),
        row(60.1, PlayEnded(9)),
        row(60.2, LegEnded(B1, Cause.CLEARED), Finish(Outcome.TALKED)),
    )
    assert session.state is State.END


def test_the_customer_hanging_up_stops_the_ringing_at_the_other_end() -> None:
    play_through(
        in_ring_b(),
        row(14, LegEnded(A1, Cause.HANGUP), HangUp(B1, Cause.CLEARED)),
        row(14.1, LegAnswered(B1)),
        row(15, LegEnded(B1, Cause.CLEARED), Finish(Outcome.NOT_CONNECTED)),
    )


def test_the_last_word_waits_for_every_leg_that_was_given_up() -> None:
    play_through(
        in_ring_b(),
        row(14, key("#")),
        row(15, key("#"), HangUp(B1, Cause.CANCELLED), Play(3, ("enter_number",))),
        row(16, LegEnded(A1, Cause.HANGUP)),
        row(18, LegEnded(B1, Cause.CANCELLED), Finish(Outcome.NOT_CONNECTED)),
    )


def test_a_hang_up_nobody_confirms_is_said_again_and_given_up_after_a_minute() -> None:
    lost = HangUp(B1, Cause.CLEARED)
    session = play_through(
        in_talk(),
        row(100, LegEnded(A1, Cause.HANGUP), Unbridge(), lost),
        row(105, TIME, lost),
        row(110, TIME, lost),
        row(115, TIME, lost),
        row(120, TIME, lost),
        row(160, TIME, Finish(Outcome.TALKED)),
        row(161, LegEnded(B1, Cause.CLEARED)),
    )
    assert session.state is State.END


def test_a_wish_to_end_ends_both_legs_of_a_talk() -> None:
    play_through(
        in_talk(),
        row(30, EndWished(Cause.CANCELLED), Unbridge(), HangUp(B1, Cause.CANCELLED),
            HangUp(A1, Cause.CANCELLED)),
        row(30.1, LegEnded(A1, Cause.CANCELLED)),
        row(30.2, LegEnded(B1, Cause.CANCELLED), Finish(Outcome.TALKED)),
    )  # fmt: skip


def test_while_too_many_given_up_legs_have_not_ended_no_other_is_dialled() -> None:
    session = play_through(
        in_menu(Policy(fading_max=1)),
        row(11, key("1"), StopPlay()),
        row(12, key("#"), Authorise("1", 1)),
        row(12, authorised(1), Play(2, RINGBACK, loop=True), Dial(B1, NUMBER_B, FIRST)),
        row(14, key("#")),
        row(15, key("#"), HangUp(B1, Cause.CANCELLED), Play(3, ("enter_number",))),
        row(16, key("1"), StopPlay()),
        row(17, key("#"), Authorise("1", 2)),
        row(17, authorised(2), Play(4, ("system_trouble", ANOTHER))),
        row(18, LegEnded(B1, Cause.CANCELLED)),
        row(19, key("1"), StopPlay()),
        row(20, key("#"), Authorise("1", 3)),
        row(20, authorised(3), Play(5, RINGBACK, loop=True), Dial(B2, NUMBER_B, FIRST)),
    )
    assert session.b == B2
    assert B3 not in {hang_up.leg for hang_up in session.fading}
