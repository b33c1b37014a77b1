"""The part of a call session that reads a one-time code aloud, to prove who answers a phone.

    RING_A ──answer──► CONFIRM ──1──► READ_CODE ──three readings──► CLEAR
                          └── nobody presses it ──────────────────► CLEAR

The code is read only to somebody who presses a key: an answering machine must not keep it for whoever
listens to it later. This part knows no digit of it: it asks for "the first place of the code" and so on, and
the runner says which prompt that is. So neither the session nor its trace holds a secret.
"""

from dataclasses import replace

from callback.core import spoken
from callback.core.causes import Cause
from callback.core.events import DigitPressed, Effect, Event, PlayEnded, TimedOut
from callback.core.session_acts import clear, hush, move, outcome_answered, play, say_goodbye
from callback.core.session_value import Session, State

_YES = "1"
_ANY = "0"  # stands for every key that means no more than that some key was pressed
_ASKED = {State.RING_A, State.CONFIRM}


def ask_to_confirm(s: Session, now_ms: int, out: list[Effect]) -> Session:
    """Somebody, or something, has answered; who pressed the key already need not be asked."""
    s = move(s, State.CONFIRM)
    return _begin(s, now_ms, out) if _YES in s.ahead else _ask(s, now_ms, out)


def confirm(s: Session, event: Event, now_ms: int, out: list[Effect]) -> Session:
    """Wait for the key; asked often enough, hang up: it is no person, or not the right one."""
    match event:
        case DigitPressed(_, key) if key == _YES:
            return _begin(s, now_ms, out)
        case PlayEnded():
            return _await_key(s, now_ms)
        case TimedOut() if s.playing is not None:  # nobody told us that the prompt ended
            return _await_key(replace(s, playing=None), now_ms)
        case TimedOut() if s.empties < s.policy.confirm_tries:
            return _ask(s, now_ms, out)
        case TimedOut():
            return clear(s, Cause.CLEARED, outcome_answered(s), now_ms, out)
    return s


def read_code(s: Session, event: Event, now_ms: int, out: list[Effect]) -> Session:
    """Read it, pause, read it again; any key reads it again at once."""
    match event:
        case DigitPressed():
            return _read(s, now_ms, out)
        case PlayEnded():
            return _pause(s, now_ms)
        case TimedOut() if s.playing is not None:
            return _pause(replace(s, playing=None), now_ms)
        case TimedOut() if s.readings < s.policy.code_readings:
            return _read(s, now_ms, out)
        case TimedOut():
            return say_goodbye(s, now_ms, out)
    return s


def without_keys(s: Session, event: Event) -> Event:
    """The event as the trace may keep it: whoever types the code they hear has not told it to us.

    Played again, it does what the event did: there is one key that means something, and only while asked for.
    """
    match event:
        case DigitPressed(leg, key) if s.reads_code and not (key == _YES and s.state in _ASKED):
            return DigitPressed(leg, _ANY)
    return event


def _ask(s: Session, now_ms: int, out: list[Effect]) -> Session:
    s = play(replace(s, empties=s.empties + 1), out, spoken.CONFIRM_CODE)
    return replace(s, wake_at_ms=now_ms + s.policy.prompt_max_s * 1000)


def _await_key(s: Session, now_ms: int) -> Session:
    return replace(s, wake_at_ms=now_ms + s.policy.first_digit_s * 1000)


def _begin(s: Session, now_ms: int, out: list[Effect]) -> Session:
    """After a pause, in which the phone goes back to the ear."""
    return _pause(replace(move(hush(s, out), State.READ_CODE), ahead=""), now_ms)


def _pause(s: Session, now_ms: int) -> Session:
    return replace(s, wake_at_ms=now_ms + s.policy.code_pause_ms)


def _read(s: Session, now_ms: int, out: list[Effect]) -> Session:
    readings = min(s.readings + 1, s.policy.code_readings)
    s = play(replace(s, readings=readings), out, spoken.YOUR_CODE_IS, *spoken.CODE_PLACES)
    return replace(s, wake_at_ms=now_ms + s.policy.prompt_max_s * 1000)
