"""Is the other end still there? A value with a tick. Pure.

    silence for interval ── ENQUIRE ── no answer ── ENQUIRE ── no answer ── CLOSE
         any PDU, an answer or not, starts again from silence

Times are milliseconds of any clock that does not jump.
"""

from dataclasses import dataclass, replace
from enum import Enum

_ANSWER_MS = 10_000  # how long an answer may take, if the interval is not shorter
_MISSES_MAX = 2


class Action(Enum):
    NOTHING = "nothing"
    ENQUIRE = "send enquire_link"
    CLOSE = "the link is dead"


@dataclass(frozen=True, slots=True)
class Keepalive:
    """`due_at_ms` is when the next tick will have something to say."""

    interval_ms: int
    due_at_ms: int
    unanswered: int = 0

    def heard(self, now_ms: int) -> "Keepalive":
        """Something came from the other end."""
        return replace(self, due_at_ms=now_ms + self.interval_ms, unanswered=0)

    def tick(self, now_ms: int) -> tuple["Keepalive", Action]:
        """What to do now."""
        if now_ms < self.due_at_ms:
            return self, Action.NOTHING
        if self.unanswered == _MISSES_MAX:
            return self, Action.CLOSE
        wait_ms = min(self.interval_ms, _ANSWER_MS)
        return replace(self, due_at_ms=now_ms + wait_ms, unanswered=self.unanswered + 1), Action.ENQUIRE
