"""One handler per state of the call session: an event comes in, effects go out, the next session is returned.

A handler gets what concerns its state only: `TimedOut` when the state's own timer is due, `PlayEnded` when
it is what A hears now, `DigitPressed` from leg A. `session.py` deals with the rest, and with A's hang-up.
"""

from collections.abc import Callable
from dataclasses import replace

from callback.core import spoken
from callback.core.causes import Cause, verdict
from callback.core.events import (
    CallAuthorised,
    CallRefused,
    DigitPressed,
    Effect,
    Event,
    LegAnswered,
    LegEarlyMedia,
    LegEnded,
    PlayEnded,
    Started,
    TimedOut,
)
from callback.core.menu import Press, press
from callback.core.outcomes import Reason
from callback.core.session_acts import (
    authorise,
    clear,
    dial_a,
    dial_b,
    hang_up_b,
    hush,
    join,
    move,
    outcome_answered,
    part,
    play,
    say_goodbye,
)
from callback.core.session_code import ask_to_confirm, confirm, read_code
from callback.core.session_value import Outcome, Session, State, outcome_unanswered

Handler = Callable[[Session, Event, int, list[Effect]], Session]


def ring_a(s: Session, event: Event, now_ms: int, out: list[Effect]) -> Session:
    """Ring the customer, route after route; nothing is dialled again once it has answered."""
    match event:
        case Started() if s.a is None:
            return dial_a(s, now_ms, out)
        case LegAnswered(leg, since_ms) if leg == s.a:
            answered_at_ms = now_ms if since_ms is None else since_ms
            longest_s = s.policy.code_call_s if s.reads_code else s.policy.talk_max_s
            s = replace(s, talk_end_at_ms=answered_at_ms + longest_s * 1000)
            if s.reads_code:
                return ask_to_confirm(s, now_ms, out)
            if s.destination is None:
                return to_menu(s, now_ms, out, spoken.ENTER_NUMBER)
            return play(authorise(s, s.destination, now_ms, out), out, spoken.CONNECTING)
        case LegEnded(leg, cause) if leg == s.a:
            s = replace(s, a=None, ahead="")
            if verdict(cause).next_route and s.routes_a:
                return dial_a(replace(s, attempt_a=s.attempt_a + 1), now_ms, out)
            return clear(s, cause, outcome_unanswered(cause), now_ms, out)
        case DigitPressed(_, key):
            return _keep(s, key)
        case TimedOut():
            return clear(s, Cause.NO_ANSWER, Outcome.A_NO_ANSWER, now_ms, out)
    return s


def menu(s: Session, event: Event, now_ms: int, out: list[Effect]) -> Session:
    """Collect a number; the first key ends the prompt, a pause ends the number."""
    match event:
        case DigitPressed(_, key):
            return _pressed(s, key, now_ms, out)
        case PlayEnded():
            return _await_first_digit(s, now_ms)
        case TimedOut() if s.playing is not None:  # nobody told us that the prompt ended
            return _await_first_digit(replace(s, playing=None), now_ms)
        case TimedOut() if s.typed:
            return authorise(s, s.typed, now_ms, out)
        case TimedOut():
            return _empty_try(s, now_ms, out)
    return s


def authorising(s: Session, event: Event, now_ms: int, out: list[Effect]) -> Session:
    """Wait for the answer to the last `Authorise`; keys are kept for the menu."""
    match event:
        case CallAuthorised(number, routes, _, ask) if ask == s.ask and routes:
            if len(s.fading) >= s.policy.fading_max:
                return _try_another(s, now_ms, out, spoken.SYSTEM_TROUBLE)
            s = replace(move(s, State.RING_B), number_b=number, routes_b=routes, ahead="")
            # the "connecting" prompt is heard out first
            return dial_b(s if s.playing else play(s, out, spoken.TONE_RINGBACK, loop=True), now_ms, out)
        case CallAuthorised(_, _, _, ask) if ask == s.ask:
            return _try_another(s, now_ms, out, spoken.for_reason(Reason.NO_ROUTE))
        case CallRefused(reason, ask) if ask == s.ask:
            return _try_another(s, now_ms, out, spoken.for_reason(reason))
        case DigitPressed(_, key):
            return _hash(_keep(s, key), key, Cause.CANCELLED, now_ms, out)
        case TimedOut():
            return _try_another(s, now_ms, out, spoken.SYSTEM_TROUBLE)
    return s


def ring_b(s: Session, event: Event, now_ms: int, out: list[Effect]) -> Session:
    """Ring the destination, route after route; A hears ringback, or what the far end sends."""
    match event:
        case LegEarlyMedia(leg) if leg == s.b:
            return join(s, leg, out)
        case LegAnswered(leg) if leg == s.b:
            return replace(move(join(s, leg, out), State.TALK), talked=True)
        case LegEnded(leg, cause) if leg == s.b:
            s = part(replace(s, b=None), out)
            if not (verdict(cause).next_route and s.routes_b):
                return _try_another(s, now_ms, out, spoken.for_cause(cause))
            return dial_b(s if s.playing else play(s, out, spoken.TONE_RINGBACK, loop=True), now_ms, out)
        case PlayEnded():
            return play(s, out, spoken.TONE_RINGBACK, loop=True)
        case DigitPressed(_, key):
            return _hash(s, key, Cause.CANCELLED, now_ms, out)
        case TimedOut():
            s = hang_up_b(s, Cause.NO_ANSWER, out)
            return _try_another(s, now_ms, out, spoken.NO_ANSWER)
    return s


def talk(s: Session, event: Event, now_ms: int, out: list[Effect]) -> Session:
    """A and B talk; the keys are B's, but `##` leads back to the menu."""
    match event:
        case LegEnded(leg) if leg == s.b:
            s = part(replace(s, b=None), out)
            return to_menu(s, now_ms, out, spoken.CALL_ENDED, spoken.ANOTHER_NUMBER)
        case DigitPressed(_, key):
            return _hash(s, key, Cause.CLEARED, now_ms, out)
    return s


def clearing(s: Session, event: Event, now_ms: int, out: list[Effect]) -> Session:
    """Say goodbye if A is still there, then hang up; say that again while no end is reported."""
    match event:
        case PlayEnded() | TimedOut() if s.a is not None:
            return clear(s, Cause.CLEARED, outcome_answered(s), now_ms, out)
        case TimedOut():
            out.extend(s.fading)
            assert s.give_up_at_ms is not None, "it is set with the first hang-up"
            began_at_ms = s.give_up_at_ms - s.policy.give_up_s * 1000
            again = now_ms < began_at_ms + s.policy.clear_repeat_s * 1000
            return replace(s, wake_at_ms=now_ms + s.policy.clear_s * 1000 if again else None)
    return s


HANDLERS: dict[State, Handler] = {
    State.RING_A: ring_a,
    State.CONFIRM: confirm,
    State.READ_CODE: read_code,
    State.MENU: menu,
    State.AUTHORISE: authorising,
    State.RING_B: ring_b,
    State.TALK: talk,
    State.CLEAR: clearing,
}


# --- the menu


def to_menu(s: Session, now_ms: int, out: list[Effect], *prompt: str) -> Session:
    """Ask for a number; what was typed ahead is the answer, and then nothing is asked."""
    ahead, echo_from_ms = s.ahead, s.echo_from_ms if s.hash_at_ms is None else s.hash_at_ms
    s = replace(move(s, State.MENU), typed="", ahead="", hash_at_ms=None, echo_from_ms=echo_from_ms)
    if not ahead:
        return _ask(s, now_ms, out, *prompt)
    s = _await_first_digit(hush(s, out), now_ms)
    for key in ahead:
        s = _pressed(s, key, now_ms, out) if s.state is State.MENU else _keep(s, key)
    return s


def _try_another(s: Session, now_ms: int, out: list[Effect], why: str) -> Session:
    return to_menu(s, now_ms, out, why, spoken.ANOTHER_NUMBER)


def _ask(s: Session, now_ms: int, out: list[Effect], *prompt: str) -> Session:
    s = play(s, out, *prompt)
    return replace(s, typed="", wake_at_ms=now_ms + s.policy.prompt_max_s * 1000)


def _await_first_digit(s: Session, now_ms: int) -> Session:
    return replace(s, wake_at_ms=now_ms + s.policy.first_digit_s * 1000)


def _pressed(s: Session, key: str, now_ms: int, out: list[Effect]) -> Session:
    typed, did = press(s.typed, key, s.policy.max_digits)
    if did is Press.NOTHING:
        return s
    if did is Press.EMPTY and _within(s.echo_from_ms, now_ms, s):
        return replace(s, echo_from_ms=None)  # pressed once more than needed, by habit
    s = hush(s, out)
    match did:
        case Press.MORE:
            return replace(s, typed=typed, wake_at_ms=now_ms + s.policy.next_digit_s * 1000)
        case Press.COMPLETE:
            return authorise(s, typed, now_ms, out)
        case Press.CLEARED:
            return _ask(s, now_ms, out, spoken.ENTER_NUMBER)
    return _empty_try(s, now_ms, out)


def _empty_try(s: Session, now_ms: int, out: list[Effect]) -> Session:
    s = replace(s, empties=s.empties + 1)
    if s.empties < s.policy.empty_tries:
        return _ask(s, now_ms, out, spoken.NO_INPUT, spoken.ENTER_NUMBER)
    return say_goodbye(s, now_ms, out)


# --- keys outside the menu


def _keep(s: Session, key: str) -> Session:
    """Keys for the menu to come. A `#` before any digit would end nothing."""
    if key not in "0123456789*#" or (key == "#" and not s.ahead):
        return s
    return replace(s, ahead=(s.ahead + key)[: s.policy.ahead_max])


def _within(at_ms: int | None, now_ms: int, s: Session) -> bool:
    return at_ms is not None and now_ms - at_ms <= s.policy.double_hash_ms


def _hash(s: Session, key: str, cause: Cause, now_ms: int, out: list[Effect]) -> Session:
    """`##` gives up what is going on, and leads back to the menu at once."""
    if key != "#":
        return replace(s, hash_at_ms=None)
    if not _within(s.hash_at_ms, now_ms, s):
        return replace(s, hash_at_ms=now_ms)
    s = replace(hang_up_b(s, cause, out), ahead="", hash_at_ms=now_ms)
    return to_menu(s, now_ms, out, spoken.ENTER_NUMBER)
