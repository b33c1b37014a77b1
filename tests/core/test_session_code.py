"""A call that reads a one-time code, second by second."""

import pytest

from callback.core.causes import Cause
from callback.core.events import (
    ArmLimit,
    Covered,
    Dial,
    EndWished,
    Event,
    Finish,
    HangUp,
    LegAnswered,
    LegEnded,
    Play,
    PlayEnded,
    Started,
    StopPlay,
)
from callback.core.replay import encode
from callback.core.session import Policy, Session, State, new_session, step
from callback.core.session_code import without_keys
from callback.core.spoken import CODE_PLACES, YOUR_CODE_IS, with_code
from tests.core.timetable import A1, A2, FIRST, NUMBER_A, SECOND, TIME, key, play_through, row

READING = (YOUR_CODE_IS, *CODE_PLACES)
ASKED = Play(1, ("confirm_code",))


def ringing(*routes: object) -> Session:
    session = new_session(NUMBER_A, (FIRST, SECOND), None, Policy(), reads_code=True)
    return play_through(session, row(0, Started(), Dial(A1, NUMBER_A, FIRST)))


def asked() -> Session:
    """A answered at 10 s and is asked to press a key, playback 1."""
    return play_through(ringing(), row(10, LegAnswered(A1), ASKED))


def reading() -> Session:
    """The first reading begins at 13.5 s, playback 2."""
    session = play_through(asked(), row(12, key("1"), StopPlay()), row(13.5, TIME, Play(2, READING)))
    assert session.state is State.READ_CODE
    return session


def ended_by(session: Session, at_s: float, event: Event) -> str:
    """The outcome if this ends the call."""
    session, effects = step(session, event, round(at_s * 1000))
    if not isinstance(effects[-1], Finish):
        session, effects = step(session, LegEnded(A1, Cause.CLEARED), round(at_s * 1000))
    assert isinstance(effects[-1], Finish)
    return effects[-1].outcome


def test_who_presses_the_key_hears_the_code_three_times() -> None:
    session = play_through(
        reading(),
        row(18, PlayEnded(2)),
        row(19.5, TIME, Play(3, READING)),
        row(24, PlayEnded(3)),
        row(25.5, TIME, Play(4, READING)),
        row(30, PlayEnded(4)),
        row(31.5, TIME, Play(5, ("goodbye",))),
        row(33, PlayEnded(5), HangUp(A1, Cause.CLEARED)),
        row(33, LegEnded(A1, Cause.CLEARED), Finish("code-read")),
    )
    assert session.state is State.END


def test_any_key_reads_it_again_at_once() -> None:
    play_through(
        reading(),
        row(14, key("#"), Play(3, READING)),
        row(15, key("5"), Play(4, READING)),
        row(20, PlayEnded(4)),
        row(20.5, key("*"), Play(5, READING)),
        row(25, PlayEnded(5)),
        row(26.5, TIME, Play(6, ("goodbye",))),
    )


def test_a_machine_that_answers_is_asked_twice_and_hears_no_code() -> None:
    session = play_through(
        asked(),
        row(16, PlayEnded(1)),
        row(24, TIME, Play(2, ("confirm_code",))),
        row(30, PlayEnded(2)),
        row(38, TIME, HangUp(A1, Cause.CLEARED)),
        row(38.1, LegEnded(A1, Cause.CLEARED), Finish("not-confirmed")),
    )
    assert session.state is State.END


def test_another_key_than_the_one_asked_for_opens_nothing() -> None:
    play_through(asked(), row(12, key("2")), row(12.1, key("#")), row(12.2, key("*")), row(16, PlayEnded(1)))


def test_a_key_pressed_before_the_question_is_the_answer() -> None:
    session = play_through(ringing(), row(9.9, key("1")), row(10, LegAnswered(A1)))
    assert session.state is State.READ_CODE
    play_through(session, row(11.5, TIME, Play(1, READING)))


def test_a_prompt_whose_end_nobody_reports_has_ended_in_time() -> None:
    play_through(
        asked(),
        row(40, TIME),
        row(48, TIME, Play(2, ("confirm_code",))),
        row(50, key("1"), StopPlay()),
        row(51.5, TIME, Play(3, READING)),
        row(81.5, TIME),
        row(83, TIME, Play(4, READING)),
    )


def test_however_often_it_is_wanted_again_the_call_ends_after_ninety_seconds() -> None:
    session = reading()
    for second in range(14, 100):
        session, _ = step(session, key("#"), second * 1000)
    assert session.deadline_at_ms == 100_000
    play_through(
        session,
        row(100, TIME, HangUp(A1, Cause.TIME_ENDED)),
        row(100, LegEnded(A1, Cause.HANGUP), Finish("code-read")),
    )


def test_no_warning_tone_falls_into_the_code() -> None:
    session = reading()
    assert session.warn_at_ms is None
    covered = Covered(366 * 86_400_000, final=False)
    play_through(session, row(14, covered, ArmLimit(100_000, Cause.TIME_ENDED)))


def test_a_phone_that_cannot_be_reached_one_way_is_rung_the_other_way() -> None:
    busy = row(1, LegEnded(A1, Cause.CONGESTION), Dial(A2, NUMBER_A, SECOND))
    play_through(ringing(), busy, row(20, LegEnded(A2, Cause.BUSY), Finish("a-busy")))


@pytest.mark.parametrize(
    ("session", "event", "outcome"),
    [
        (ringing(), EndWished(Cause.CANCELLED), "cancelled"),
        (asked(), LegEnded(A1, Cause.HANGUP), "not-confirmed"),
        (asked(), EndWished(Cause.CANCELLED), "cancelled"),
        (reading(), LegEnded(A1, Cause.HANGUP), "code-read"),
        (reading(), EndWished(Cause.CANCELLED), "code-read"),
    ],
    ids=[
        "ringing, cancelled",
        "asked, hung up",
        "asked, cancelled",
        "reading, hung up",
        "reading, cancelled",
    ],
)
def test_what_became_of_it_says_whether_the_code_was_read(
    session: Session, event: Event, outcome: str
) -> None:
    assert ended_by(session, 20, event) == outcome


def test_the_digits_are_put_in_at_the_very_last() -> None:
    assert "code:1" in encode(Play(2, READING))
    assert with_code(("goodbye",), "012345") == ("goodbye",)
    assert with_code(READING, "902135") == (
        "your_code_is", "digit_9", "digit_0", "digit_2", "digit_1", "digit_3", "digit_5",
    )  # fmt: skip


def test_the_trace_keeps_no_key_of_who_types_the_code_they_hear() -> None:
    for session, pressed, kept in (
        (asked(), "1", "1"),
        (asked(), "7", "0"),
        (reading(), "1", "0"),
        (reading(), "9", "0"),
    ):
        noted = without_keys(session, key(pressed))
        assert noted == key(kept)
        assert step(session, noted, 14_000) == step(session, key(pressed), 14_000)


def test_the_trace_of_any_other_call_keeps_what_was_pressed() -> None:
    session = new_session(NUMBER_A, (FIRST,), None, Policy())
    assert without_keys(session, key("7")) == key("7")
    assert without_keys(reading(), PlayEnded(2)) == PlayEnded(2)
