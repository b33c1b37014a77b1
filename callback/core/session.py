"""The call session: a value and a function, `step(session, event, now) -> (session, effects)`.

It knows no clock, socket, log or database: the runner feeds it what happened and does what it wants. Late,
repeated and foreign events are normal in telephony and change nothing; a move that is not in the table
`LEGAL` is our own mistake and asserts.

              destination known
      ┌──────────────────────────────┐            ┌─ refused ─┐
      │                              ▼            │           ▼
    RING_A ── answer ──► MENU ─► AUTHORISE ──► RING_B ──► TALK
      │                   ▲          │            │        │
      │                   └──────────┴── busy … ──┴── ## ──┘
      └──► CLEAR ──► END            from every state: A hangs up, money or time ends, somebody wishes it

A call that reads a one-time code goes another way: RING_A ─► CONFIRM ─► READ_CODE ─► CLEAR.

From `Started` on every state but END has a deadline, so that no session can be forgotten: the runner feeds
`TimedOut` when `deadline_at_ms` has come, and a `TimedOut` that comes too early changes nothing.

The parts: `session_value.py` what a session is · `session_states.py` a handler per state ·
`session_code.py` a code read aloud · `session_money.py` cover, warning and cut · `session_acts.py` what
handlers do.
"""

from dataclasses import replace

from callback.core.causes import Cause
from callback.core.events import (
    Covered,
    DigitPressed,
    Effect,
    EndWished,
    Event,
    LegEnded,
    PlayEnded,
    Route,
    TimedOut,
)
from callback.core.session_acts import clear, finish, finish_if_over, outcome_answered, part, resume
from callback.core.session_money import covered, time_passed
from callback.core.session_states import HANDLERS
from callback.core.session_value import LEGAL, Outcome, Policy, Session, State

__all__ = ["LEGAL", "Outcome", "Policy", "Session", "State", "new_session", "step"]

# The media layer cuts every answered leg at the armed limit, and its news may be faster than our timer.
_CUT = {Cause.MONEY_ENDED, Cause.TIME_ENDED}


def new_session(
    number_a: str,
    routes_a: tuple[Route, ...],
    destination: str | None,
    policy: Policy,
    attempt_a: int = 1,
    reads_code: bool = False,
) -> Session:
    """A session that waits for `Started`. `attempt_a` is above 1 when a crash made leg A ring before."""
    assert routes_a, "a request without a way to its leg A is refused at the door"
    return Session(State.RING_A, policy, number_a, routes_a, destination, attempt_a, reads_code)


def step(session: Session, event: Event, now_ms: int) -> tuple[Session, tuple[Effect, ...]]:
    """The session after the event, and what is to be done about it, in order. Never raises."""
    out: list[Effect] = []
    return _step(session, event, now_ms, out), tuple(out)


def _step(s: Session, event: Event, now_ms: int, out: list[Effect]) -> Session:
    if s.state is State.END:
        return s
    match event:
        case TimedOut():
            return _time_passed(s, now_ms, out)
        case Covered():
            return covered(s, event, now_ms, out)
        case EndWished(cause):
            return _end_wished(s, cause, now_ms, out)
        case LegEnded(leg, cause) if leg == s.a and s.answered:
            why = cause if cause in _CUT else Cause.CLEARED
            return clear(replace(s, a=None), why, outcome_answered(s), now_ms, out)
        case LegEnded(leg, cause) if leg == s.b and cause in _CUT:
            return clear(part(replace(s, b=None), out), cause, outcome_answered(s), now_ms, out)
        case LegEnded(leg) if any(leg == hang_up.leg for hang_up in s.fading):
            s = replace(s, fading=tuple(hang_up for hang_up in s.fading if hang_up.leg != leg))
            return finish_if_over(s, out) if s.state is State.CLEAR else s
        case PlayEnded(playback_id) if playback_id == s.warning:
            return resume(s, out)
        case PlayEnded(playback_id):
            if s.playing is None or s.warning is not None or playback_id != s.playing.playback_id:
                return s  # stopped, replaced, or only interrupted
            if s.playing.loop:  # it never ends, unless it cannot be played; nor could it a moment later
                return replace(s, playing=None)
            s = replace(s, playing=None)
        case DigitPressed(leg) if leg != s.a:
            return s
    return HANDLERS[s.state](s, event, now_ms, out)


def _time_passed(s: Session, now_ms: int, out: list[Effect]) -> Session:
    """Every timer that is due, the end of the money first."""
    s = time_passed(s, now_ms, out)
    if s.give_up_at_ms is not None and s.give_up_at_ms <= now_ms:
        return finish(s, out)
    if s.wake_at_ms is not None and s.wake_at_ms <= now_ms:
        return HANDLERS[s.state](s, TimedOut(), now_ms, out)
    return s


def _end_wished(s: Session, cause: Cause, now_ms: int, out: list[Effect]) -> Session:
    if s.state is State.CLEAR and s.a is None:
        return s
    if s.talked or s.readings:
        outcome = outcome_answered(s)
    else:
        outcome = Outcome.LOST if cause in {Cause.LOST, Cause.FENCED} else Outcome.CANCELLED
    return clear(s, cause, outcome, now_ms, out)
