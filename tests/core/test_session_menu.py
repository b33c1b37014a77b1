"""The menu: a number is typed, before, during or after the prompt, and no key of it is lost."""

from callback.core.causes import Cause
from callback.core.events import (
    Authorise,
    CallRefused,
    Dial,
    DigitPressed,
    EndWished,
    Finish,
    HangUp,
    LegAnswered,
    LegEnded,
    Play,
    PlayEnded,
    Started,
    StopPlay,
)
from callback.core.outcomes import Reason
from callback.core.session import Outcome, Policy, State, step
from tests.core.timetable import (
    A1,
    A2,
    ANOTHER,
    B1,
    FIRST,
    NUMBER_A,
    NUMBER_B,
    RINGBACK,
    SECOND,
    TIME,
    asking,
    authorised,
    in_menu,
    key,
    play_through,
    row,
)

NO_INPUT = ("no_input", "enter_number")


def test_a_number_is_typed_after_the_prompt_and_ended_by_hash() -> None:
    session = play_through(
        in_menu(),
        row(14, PlayEnded(1)),
        row(15, key("7")),
        row(16, key("7")),
        row(17, key("#"), Authorise("77", 1)),
    )
    assert session.state is State.AUTHORISE


def test_the_first_key_ends_the_prompt() -> None:
    play_through(
        in_menu(),
        row(11, key("7"), StopPlay()),
        row(11.1, PlayEnded(1)),
        row(12, key("8")),
        row(13, key("#"), Authorise("78", 1)),
    )


def test_a_pause_ends_the_number() -> None:
    play_through(
        in_menu(), row(11, key("7"), StopPlay()), row(14.9, key("8")), row(18.9, TIME, Authorise("78", 1))
    )


def test_the_longest_number_needs_no_end() -> None:
    play_through(
        in_menu(Policy(max_digits=3)),
        row(11, key("1"), StopPlay()),
        row(11.2, key("2")),
        row(11.4, key("3"), Authorise("123", 1)),
    )


def test_star_starts_the_number_again() -> None:
    play_through(
        in_menu(),
        row(11, key("7"), StopPlay()),
        row(12, key("*"), Play(2, ("enter_number",))),
        row(13, key("8"), StopPlay()),
        row(14, key("#"), Authorise("8", 1)),
    )


def test_keys_no_phone_has_and_keys_of_other_legs_do_nothing() -> None:
    play_through(
        in_menu(),
        row(11, key("A")),
        row(11, key("12")),
        row(11, key("")),
        row(11, DigitPressed(B1, "5")),
        row(11, DigitPressed(A2, "5")),
        row(12, key("7"), StopPlay()),
        row(13, key("D")),
        row(14, key("#"), Authorise("7", 1)),
    )


def test_after_three_empty_tries_the_call_is_ended_with_a_goodbye() -> None:
    session = play_through(
        in_menu(),
        row(12, PlayEnded(1)),
        row(20, TIME, Play(2, NO_INPUT)),
        row(22, key("#"), StopPlay(), Play(3, NO_INPUT)),
        row(23, PlayEnded(3)),
        row(31, TIME, Play(4, ("goodbye",))),
        row(32, key("7")),
        row(33, PlayEnded(4), HangUp(A1, Cause.CLEARED)),
        row(33.1, LegEnded(A1, Cause.CLEARED), Finish(Outcome.NOT_CONNECTED)),
    )
    assert session.state is State.END


def test_a_goodbye_whose_end_is_not_reported_ends_all_the_same() -> None:
    play_through(
        in_menu(Policy(empty_tries=1)),
        row(11, key("#"), StopPlay(), Play(2, ("goodbye",))),
        row(21, TIME, HangUp(A1, Cause.CLEARED)),
    )


def test_who_hangs_up_during_the_goodbye_is_not_hung_up() -> None:
    play_through(
        in_menu(Policy(empty_tries=1)),
        row(11, key("#"), StopPlay(), Play(2, ("goodbye",))),
        row(12, LegEnded(A1, Cause.HANGUP), Finish(Outcome.NOT_CONNECTED)),
    )


def test_a_goodbye_is_cut_short_by_a_wish_to_end() -> None:
    play_through(
        in_menu(Policy(empty_tries=1)),
        row(11, key("#"), StopPlay(), Play(2, ("goodbye",))),
        row(12, EndWished(Cause.FENCED), HangUp(A1, Cause.FENCED)),
        row(13, LegEnded(A1, Cause.FENCED), Finish(Outcome.NOT_CONNECTED)),
    )


def test_a_prompt_whose_end_is_not_reported_has_ended_after_a_while() -> None:
    play_through(in_menu(), row(40, TIME), row(48, TIME, Play(2, NO_INPUT)))


def test_a_number_forgives_the_empty_tries_before_it() -> None:
    session = play_through(
        in_menu(),
        row(11, key("#"), StopPlay(), Play(2, NO_INPUT)),
        row(13, key("#"), StopPlay(), Play(3, NO_INPUT)),
        row(15, key("7"), StopPlay()),
        row(16, key("#"), Authorise("7", 1)),
        row(16.1, CallRefused(Reason.NO_RATE, 1), Play(4, ("no_rate", ANOTHER))),
        row(19, key("#"), StopPlay(), Play(5, NO_INPUT)),
    )
    assert session.state is State.MENU


# --- refusals


def test_the_reason_of_a_refusal_is_spoken_and_another_number_may_be_typed_over_it() -> None:
    play_through(
        in_menu(),
        row(11, key("9"), StopPlay()),
        row(12, key("#"), Authorise("9", 1)),
        row(12.1, CallRefused(Reason.PREMIUM_NUMBER, 1), Play(2, ("not_allowed", ANOTHER))),
        row(13, key("8"), StopPlay()),
        row(14, key("#"), Authorise("8", 2)),
        row(14.1, authorised(2), Play(3, RINGBACK, loop=True), Dial(B1, NUMBER_B, FIRST)),
    )


def test_an_answer_that_comes_too_late_rings_nobody() -> None:
    session = play_through(
        in_menu(),
        row(11, key("9"), StopPlay()),
        row(12, key("#"), Authorise("9", 1)),
        row(22, TIME, Play(2, ("system_trouble", ANOTHER))),
        row(23, authorised(1)),
        row(24, key("8"), StopPlay()),
        row(25, key("#"), Authorise("8", 2)),
        row(25.1, authorised(1)),
        row(25.2, CallRefused(Reason.NO_RATE, 1)),
    )
    assert session.state is State.AUTHORISE


def test_a_number_without_a_route_is_unreachable() -> None:
    play_through(
        in_menu(),
        row(11, key("9"), StopPlay()),
        row(12, key("#"), Authorise("9", 1)),
        row(12.1, authorised(1, routes=()), Play(2, ("unreachable", ANOTHER))),
    )


# --- typed ahead


def test_what_is_typed_while_the_phone_is_lifted_is_not_lost() -> None:
    play_through(
        asking(),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(8.8, key("#")),  # ends nothing
        row(8.9, key("7")),
        row(9, LegAnswered(A1)),
        row(9.1, key("8")),
        row(9.2, key("#"), Authorise("78", 1)),
    )


def test_a_whole_number_typed_before_the_menu_begins_is_authorised_at_once() -> None:
    play_through(
        asking(),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        *[row(8, key(digit)) for digit in "78#9"],
        row(9, LegAnswered(A1), Authorise("78", 1)),
        row(9.1, CallRefused(Reason.NO_RATE, 1)),  # not spoken: the next number has begun
        row(9.2, key("9")),
        row(9.3, key("#"), Authorise("99", 2)),
    )


def test_what_is_typed_on_one_route_is_not_for_the_next() -> None:
    play_through(
        asking(routes=(FIRST, SECOND)),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(1, key("7")),
        row(2, LegEnded(A1, Cause.CONGESTION), Dial(A2, NUMBER_A, SECOND)),
        row(9, LegAnswered(A2), Play(1, ("enter_number",))),
    )


def test_what_is_typed_while_a_known_destination_is_authorised_answers_the_refusal() -> None:
    play_through(
        asking(destination=NUMBER_B),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(9, LegAnswered(A1), Authorise(NUMBER_B, 1), Play(1, ("connecting",))),
        row(9.1, key("7")),
        row(9.2, CallRefused(Reason.NO_RATE, 1), StopPlay()),
        row(13.2, TIME, Authorise("7", 2)),
    )


def test_a_star_typed_ahead_asks_anew() -> None:
    play_through(
        asking(),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        *[row(8, key(digit)) for digit in "78*9#"],
        row(9, LegAnswered(A1), Play(1, ("enter_number",)), StopPlay(), Authorise("9", 1)),
    )


def test_no_more_is_kept_than_anybody_types() -> None:
    session = play_through(asking(), row(0, Started(), Dial(A1, NUMBER_A, FIRST)))
    for _ in range(1000):
        session, _ = step(session, key("7"), 1000)
    assert len(session.ahead) == session.policy.ahead_max


def test_the_hash_pressed_twice_is_no_empty_try() -> None:
    play_through(
        in_menu(),
        row(11, key("9"), StopPlay()),
        row(12, key("#"), Authorise("9", 1)),
        row(12.1, key("#")),
        row(12.2, CallRefused(Reason.NO_RATE, 1), Play(2, ("no_rate", ANOTHER))),
        row(12.3, key("#")),
        row(12.4, key("#"), StopPlay(), Play(3, NO_INPUT)),  # but not for ever
    )


def test_two_hashes_leave_an_authorisation_that_takes_too_long() -> None:
    play_through(
        in_menu(),
        row(11, key("9"), StopPlay()),
        row(12, key("#"), Authorise("9", 1)),
        row(15, key("7")),
        row(16, key("#")),
        row(17, key("#"), Play(2, ("enter_number",))),
        row(18, authorised(1)),
    )
