"""The part of a call session that money and the longest talk time decide, alike in every answered state.

Covered(until, final=False)     grow_before_s before `until`: GrowHold, again every grow_retry_s
Covered(until, final=True)      warn_before_s before the end: a warning tone, once for each end
until, or talk_max_s over       both legs are cut
"""

from dataclasses import replace

from callback.core.causes import Cause
from callback.core.events import ArmLimit, Covered, Effect, GrowHold
from callback.core.session_acts import clear, outcome_answered, warn
from callback.core.session_value import Session, State


def covered(s: Session, event: Covered, now_ms: int, out: list[Effect]) -> Session:
    """The money lasts until then. It may be said before the answer is: nothing falls due until A answers."""
    if s.a is None:
        return s
    if s.talk_end_at_ms is not None and s.talk_end_at_ms < event.until_ms:
        out.append(ArmLimit(s.talk_end_at_ms, Cause.TIME_ENDED))
    else:
        out.append(ArmLimit(event.until_ms, Cause.MONEY_ENDED))
    brought_nothing = s.grow_asked and event.until_ms <= (s.until_ms or 0)
    s = replace(s, until_ms=event.until_ms, final=event.final, grow_at_ms=None, grow_asked=False)
    if not event.final and s.state is not State.CLEAR:
        grow_at_ms = event.until_ms - s.policy.grow_before_s * 1000
        if brought_nothing:  # asking again at once would be asking for ever
            grow_at_ms = max(grow_at_ms, now_ms + s.policy.grow_retry_s * 1000)
        s = replace(s, grow_at_ms=grow_at_ms)
    return _warn_if_due(s, now_ms, out)


def time_passed(s: Session, now_ms: int, out: list[Effect]) -> Session:
    """Whatever of money and talk time is due."""
    if not s.answered:
        return s
    assert s.talk_end_at_ms is not None, "it is set at A's answer"
    if s.until_ms is not None and s.until_ms <= min(now_ms, s.talk_end_at_ms):
        return clear(s, Cause.MONEY_ENDED, outcome_answered(s), now_ms, out)
    if s.talk_end_at_ms <= now_ms:
        return clear(s, Cause.TIME_ENDED, outcome_answered(s), now_ms, out)
    if s.grow_at_ms is not None and s.grow_at_ms <= now_ms:
        out.append(GrowHold())
        s = replace(s, grow_at_ms=now_ms + s.policy.grow_retry_s * 1000, grow_asked=True)
    return _warn_if_due(s, now_ms, out)


def _warn_if_due(s: Session, now_ms: int, out: list[Effect]) -> Session:
    if not s.answered or s.warn_at_ms is None or s.warn_at_ms > now_ms:
        return s
    return replace(warn(s, out), warned_for_ms=s.end_at_ms)
