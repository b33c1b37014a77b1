"""The single acts a call session is made of: move, dial, hang up, play, fall silent, clear.

Each takes the session, appends its effects to `out` in order, and returns the session after it.
"""

from dataclasses import replace

from callback.core.causes import Cause
from callback.core.events import (
    Authorise,
    Bridge,
    Dial,
    Effect,
    Finish,
    HangUp,
    LegName,
    Play,
    StopPlay,
    Unbridge,
)
from callback.core.session_value import LEGAL, Outcome, Session, State
from callback.core.spoken import GOODBYE, TONE_WARNING


def move(s: Session, state: State) -> Session:
    """The one door between states; the timer of the old one stops."""
    assert state in LEGAL[s.state], f"no way from {s.state} to {state}"
    return replace(s, state=state, wake_at_ms=None)


# --- sounds


def play(s: Session, out: list[Effect], *items: str, loop: bool = False) -> Session:
    """Leg A hears this from now on, whatever it heard before."""
    playing = Play(s.playback_id + 1, items, loop)
    out.append(playing)
    return replace(s, playback_id=playing.playback_id, playing=playing, warning=None)


def hush(s: Session, out: list[Effect]) -> Session:
    """The prompt ends here. A warning tone in its midst is left to sound."""
    if s.playing is not None and s.warning is None:
        out.append(StopPlay())
    return replace(s, playing=None)


def warn(s: Session, out: list[Effect]) -> Session:
    """The warning tone; `resume` takes up again what it interrupts."""
    warning = Play(s.playback_id + 1, (TONE_WARNING,))
    out.append(warning)
    return replace(s, playback_id=warning.playback_id, warning=warning.playback_id)


def resume(s: Session, out: list[Effect]) -> Session:
    """The tone has ended: from the beginning what it interrupted, if A still is to hear it."""
    s = replace(s, warning=None)
    return s if s.playing is None else play(s, out, *s.playing.items, loop=s.playing.loop)


# --- legs


def dial_a(s: Session, now_ms: int, out: list[Effect]) -> Session:
    """Ring the customer by the next route."""
    leg, route = LegName("A", s.attempt_a), s.routes_a[0]
    out.append(Dial(leg, s.number_a, route))
    return replace(s, a=leg, routes_a=s.routes_a[1:], wake_at_ms=now_ms + s.policy.ring_a_s * 1000)


def dial_b(s: Session, now_ms: int, out: list[Effect]) -> Session:
    """Ring the destination by the next route."""
    leg, route = LegName("B", s.attempt_b + 1), s.routes_b[0]
    out.append(Dial(leg, s.number_b, route))
    return replace(
        s,
        b=leg,
        attempt_b=leg.attempt,
        routes_b=s.routes_b[1:],
        wake_at_ms=now_ms + s.policy.ring_b_s * 1000,
    )


def join(s: Session, leg: LegName, out: list[Effect]) -> Session:
    """A hears B, and B hears A; harmless when they do already."""
    if s.joined:
        return s
    s = hush(s, out)
    out.append(Bridge(leg))
    s = replace(s, joined=True)
    return s if s.warning is None else warn(s, out)  # joining silenced it


def part(s: Session, out: list[Effect]) -> Session:
    if s.joined:
        out.append(Unbridge())
    return replace(s, joined=False)


def hang_up_b(s: Session, cause: Cause, out: list[Effect]) -> Session:
    """Leg B is wanted no longer, if there is one; its end is news from now on."""
    if s.b is None:
        return s
    s = part(s, out)
    assert s.b is not None
    return _fade(replace(s, b=None), HangUp(s.b, cause), out)


def hang_up_a(s: Session, cause: Cause, out: list[Effect]) -> Session:
    if s.a is None:
        return s
    return _fade(replace(s, a=None), HangUp(s.a, cause), out)


def _fade(s: Session, hang_up: HangUp, out: list[Effect]) -> Session:
    out.append(hang_up)
    return replace(s, fading=(*s.fading, hang_up))


# --- ways on


def authorise(s: Session, destination: str, now_ms: int, out: list[Effect]) -> Session:
    """Ask whether, how and for how long this may be called."""
    s = replace(move(s, State.AUTHORISE), ask=s.ask + 1, empties=0, echo_from_ms=now_ms, hash_at_ms=None)
    out.append(Authorise(destination, s.ask))
    return replace(s, wake_at_ms=now_ms + s.policy.authorise_s * 1000)


def clear(s: Session, cause: Cause, outcome: Outcome, now_ms: int, out: list[Effect]) -> Session:
    """Hang up whatever is up, and wait for the ends."""
    s = hang_up_a(hang_up_b(s, cause, out), cause, out)
    if s.state is not State.CLEAR:
        s = move(s, State.CLEAR)
    s = replace(
        s,
        outcome=s.outcome or outcome,
        playing=None,
        warning=None,
        wake_at_ms=now_ms + s.policy.clear_s * 1000,
        give_up_at_ms=now_ms + s.policy.give_up_s * 1000,
    )
    return finish_if_over(s, out)


def say_goodbye(s: Session, now_ms: int, out: list[Effect]) -> Session:
    """A hears it out; then it is hung up."""
    s = replace(move(s, State.CLEAR), outcome=outcome_answered(s), grow_at_ms=None)
    return replace(play(s, out, GOODBYE), wake_at_ms=now_ms + s.policy.goodbye_s * 1000)


def finish_if_over(s: Session, out: list[Effect]) -> Session:
    """The last effect, once the last leg has ended."""
    if s.a is not None or s.fading:
        return s
    return finish(s, out)


def finish(s: Session, out: list[Effect]) -> Session:
    assert s.outcome is not None, "a session ends by way of CLEAR"
    out.append(Finish(s.outcome))
    return replace(move(s, State.END), give_up_at_ms=None)


def outcome_answered(s: Session) -> Outcome:
    """What became of a callback that leg A answered."""
    if s.reads_code:
        return Outcome.CODE_READ if s.readings else Outcome.NOT_CONFIRMED
    return Outcome.TALKED if s.talked else Outcome.NOT_CONNECTED
