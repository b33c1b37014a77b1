"""Money and time: asked for before they are spent, warned of before they end, cut when they have ended."""

from callback.core.causes import Cause
from callback.core.events import (
    ArmLimit,
    Authorise,
    Bridge,
    CallRefused,
    Covered,
    Dial,
    Effect,
    Finish,
    GrowHold,
    HangUp,
    LegAnswered,
    LegEnded,
    Play,
    PlayEnded,
    Started,
    StopPlay,
    Unbridge,
)
from callback.core.outcomes import Reason
from callback.core.session import Outcome, Policy, State, step
from tests.core.timetable import (
    A1,
    ANOTHER,
    B1,
    FIRST,
    NUMBER_A,
    RINGBACK,
    TIME,
    WARNING,
    Row,
    asking,
    in_menu,
    in_ring_b,
    in_talk,
    key,
    play_through,
    row,
)

CUT: tuple[Effect, ...] = (Unbridge(), HangUp(B1, Cause.MONEY_ENDED), HangUp(A1, Cause.MONEY_ENDED))


def covered(at_s: float, until_s: int, *then: Effect, final: bool = False) -> Row:
    return row(at_s, Covered(until_s * 1000, final), ArmLimit(until_s * 1000), *then)


def test_the_next_quantum_is_asked_for_before_the_present_one_is_spent() -> None:
    play_through(
        in_talk(),
        covered(21, 200),
        row(180, TIME, GrowHold()),
        covered(180.1, 380),
        row(360, TIME, GrowHold()),
        covered(360.1, 400, Play(3, WARNING), final=True),
        row(400, TIME, *CUT),
    )


def test_an_unanswered_question_for_money_is_asked_again_until_the_cut() -> None:
    play_through(
        in_talk(),
        covered(21, 200),
        *[row(at_s, TIME, GrowHold()) for at_s in (180, 185, 190, 195)],
        row(200, TIME, *CUT),
        row(200.1, LegEnded(A1, Cause.MONEY_ENDED)),
        row(200.2, LegEnded(B1, Cause.MONEY_ENDED), Finish(Outcome.TALKED)),
    )


def test_an_answer_that_brings_no_money_is_not_followed_by_a_question_at_once() -> None:
    play_through(
        in_talk(),
        covered(21, 200),
        row(180, TIME, GrowHold()),
        covered(180.1, 200),
        row(185.1, TIME, GrowHold()),
    )


def test_a_dearer_leg_that_shortens_the_cover_makes_it_grow() -> None:
    play_through(
        in_ring_b(),
        covered(13, 200),
        covered(14, 40),
        row(20, TIME, GrowHold()),
        covered(20.1, 100),
        row(72, TIME, HangUp(B1, Cause.NO_ANSWER), Play(3, ("no_answer", ANOTHER))),
        row(80, TIME, GrowHold()),
    )


def test_the_warning_comes_a_minute_before_the_end_while_they_talk() -> None:
    play_through(
        in_talk(),
        covered(21, 200, final=True),
        row(140, TIME, Play(3, WARNING)),
        row(140.5, PlayEnded(3)),
        row(200, TIME, *CUT),
    )


def test_an_end_already_near_is_warned_of_at_once_and_only_once() -> None:
    play_through(
        in_talk(),
        covered(21, 60, Play(3, WARNING), final=True),
        covered(22, 60, final=True),
        covered(23, 70, Play(4, WARNING), final=True),  # another end
        row(70, TIME, *CUT),
    )


def test_the_longest_talk_ends_with_a_warning_too() -> None:
    play_through(
        in_talk(Policy(talk_max_s=600)),  # A answered at 10 s
        row(21, Covered(9999_000, final=True), ArmLimit(610_000, Cause.TIME_ENDED)),
        row(550, TIME, Play(3, WARNING)),
        row(610, TIME, Unbridge(), HangUp(B1, Cause.TIME_ENDED), HangUp(A1, Cause.TIME_ENDED)),
    )


def test_the_longest_talk_counts_from_the_answer_not_from_its_commit() -> None:
    dialled, _ = step(asking(Policy(talk_max_s=600)), Started(), 0)
    session, _ = step(dialled, LegAnswered(A1, 9_950), 10_000)
    assert session.talk_end_at_ms == 609_950


def test_money_also_ends_in_the_menu() -> None:
    session = play_through(
        in_menu(),
        row(10, PlayEnded(1)),
        covered(10, 15, Play(2, WARNING), final=True),
        row(15, TIME, HangUp(A1, Cause.MONEY_ENDED)),
        row(15.1, LegEnded(A1, Cause.MONEY_ENDED), Finish(Outcome.NOT_CONNECTED)),
    )
    assert session.state is State.END


def test_money_also_ends_during_the_goodbye_for_which_no_more_is_asked() -> None:
    play_through(
        in_menu(Policy(empty_tries=1)),
        covered(10, 35),
        row(11, key("#"), StopPlay(), Play(2, ("goodbye",))),
        covered(11, 18),
        row(18, TIME, HangUp(A1, Cause.MONEY_ENDED)),
    )


def test_after_a_warning_the_prompt_begins_again() -> None:
    play_through(
        in_menu(),
        covered(11, 50, Play(2, WARNING), final=True),
        row(11.1, PlayEnded(1)),
        row(11.5, PlayEnded(2), Play(3, ("enter_number",))),
        row(14, PlayEnded(3)),
        row(22, TIME, Play(4, ("no_input", "enter_number"))),
    )


def test_a_key_pressed_during_a_warning_ends_the_prompt_it_interrupted() -> None:
    play_through(
        in_menu(),
        covered(11, 50, Play(2, WARNING), final=True),
        row(11.2, key("7")),
        row(11.5, PlayEnded(2)),
        row(12, key("#"), Authorise("7", 1)),
        row(12.1, CallRefused(Reason.BALANCE_LOW, 1), Play(3, ("balance_low", ANOTHER))),
    )


def test_after_a_warning_the_ringback_goes_on() -> None:
    play_through(
        in_ring_b(),
        covered(13, 50, Play(3, WARNING), final=True),
        row(13.5, PlayEnded(3), Play(4, RINGBACK, loop=True)),
        row(14, LegAnswered(B1), StopPlay(), Bridge(B1)),
    )


def test_an_answer_during_a_warning_does_not_swallow_it() -> None:
    play_through(
        in_ring_b(),
        covered(13, 50, Play(3, WARNING), final=True),
        row(13.2, LegAnswered(B1), Bridge(B1), Play(4, WARNING)),
        row(13.7, PlayEnded(4)),
    )


def test_the_media_layer_may_cut_before_the_session_does() -> None:
    play_through(
        in_talk(),
        covered(21, 90, final=True),
        row(30, TIME, Play(3, WARNING)),
        row(90, LegEnded(B1, Cause.MONEY_ENDED), Unbridge(), HangUp(A1, Cause.MONEY_ENDED)),
        row(90, LegEnded(A1, Cause.MONEY_ENDED), Finish(Outcome.TALKED)),
    )
    play_through(
        in_talk(),
        covered(21, 90, final=True),
        row(30, TIME, Play(3, WARNING)),
        row(90, LegEnded(A1, Cause.MONEY_ENDED), Unbridge(), HangUp(B1, Cause.MONEY_ENDED)),
        row(90, LegEnded(B1, Cause.MONEY_ENDED), Finish(Outcome.TALKED)),
    )


def test_cover_named_before_the_answer_counts_from_the_answer_on() -> None:
    session = play_through(
        asking(),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        covered(1, 30, final=True),
        row(9, LegAnswered(A1), Play(1, ("enter_number",))),
    )
    assert session.deadline_at_ms is not None
    assert session.deadline_at_ms < 9000, "the warning is due"
    play_through(
        step(session, TIME, 9000)[0],
        row(9.5, PlayEnded(2), Play(3, ("enter_number",))),
        row(30, TIME, HangUp(A1, Cause.MONEY_ENDED)),
    )


def test_cover_named_after_the_hang_up_is_news_for_nobody() -> None:
    play_through(
        in_talk(),
        row(30, LegEnded(A1, Cause.HANGUP), Unbridge(), HangUp(B1, Cause.CLEARED)),
        row(30, Covered(31_000, final=True)),
        row(35, TIME, HangUp(B1, Cause.CLEARED)),
    )
