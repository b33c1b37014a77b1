"""What happens to a call session, and what it wants done: plain values on both sides.

Events come from the backend (legs, digits, playbacks), from the answers to effects (authorisation, holds)
and from the clock. Effects are carried out by `callback/runner.py`, in the order given. A leg is named by
its role and attempt, so that the late news of an earlier attempt is told from the present one.
"""

from dataclasses import dataclass
from typing import Literal

from callback.core.causes import Cause
from callback.core.outcomes import Reason

Role = Literal["A", "B"]


@dataclass(frozen=True, slots=True, order=True)
class LegName:
    role: Role
    attempt: int  # from 1, within the role


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a number: a trunk, where it is, and what it wants dialled."""

    trunk: str
    next_hop: tuple[str, int]
    callee: str


# --- events


@dataclass(frozen=True, slots=True)
class Started:
    """The first event of every session: it is claimed, and it may ring."""


@dataclass(frozen=True, slots=True)
class LegRinging:
    leg: LegName


@dataclass(frozen=True, slots=True)
class LegEarlyMedia:
    leg: LegName


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """The answer is committed."""

    leg: LegName
    since_ms: int | None = None  # when the phone was picked up, from which it costs; None: now


@dataclass(frozen=True, slots=True)
class LegEnded:
    leg: LegName
    cause: Cause


@dataclass(frozen=True, slots=True)
class DigitPressed:
    leg: LegName
    digit: str


@dataclass(frozen=True, slots=True)
class PlayEnded:
    playback_id: int


@dataclass(frozen=True, slots=True)
class CallAuthorised:
    """Answer to `Authorise`: ways to the number, cheapest first, and the talk time the money allows."""

    number: str  # E.164 with plus
    routes: tuple[Route, ...]
    talk_s: int
    ask: int  # the `Authorise.ask` it answers: a late answer must not ring an older number


@dataclass(frozen=True, slots=True)
class CallRefused:
    """Answer to `Authorise`: the reason is spoken."""

    reason: Reason
    ask: int  # as in `CallAuthorised`


@dataclass(frozen=True, slots=True)
class Covered:
    """The money set aside lasts until then; `final`: there is no more to be had after it."""

    until_ms: int
    final: bool


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The session's deadline has come."""


@dataclass(frozen=True, slots=True)
class EndWished:
    """Somebody (operator, customer, shutdown, a lost lease) wants the whole call to end."""

    cause: Cause


Event = (
    Started
    | LegRinging
    | LegEarlyMedia
    | LegAnswered
    | LegEnded
    | DigitPressed
    | PlayEnded
    | CallAuthorised
    | CallRefused
    | Covered
    | TimedOut
    | EndWished
)

# --- effects


@dataclass(frozen=True, slots=True)
class Dial:
    leg: LegName
    number: str
    route: Route


@dataclass(frozen=True, slots=True)
class HangUp:
    leg: LegName
    cause: Cause  # what its CDR is to say


@dataclass(frozen=True, slots=True)
class Play:
    """To leg A: prompt keys and `tone:` names, in order. Replaces what is playing."""

    playback_id: int
    items: tuple[str, ...]
    loop: bool = False


@dataclass(frozen=True, slots=True)
class StopPlay:
    """Silence for leg A."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Join leg A and this leg B (early media: A hears B before it answers)."""

    leg: LegName


@dataclass(frozen=True, slots=True)
class Unbridge:
    pass


@dataclass(frozen=True, slots=True)
class Authorise:
    """May this be called, by which way, for how long? Answered by CallAuthorised or CallRefused."""

    destination: str  # as dialled or as texted; the answer normalises it
    ask: int  # repeated in the answer


@dataclass(frozen=True, slots=True)
class GrowHold:
    """Set aside the next quantum. Answered by Covered."""


@dataclass(frozen=True, slots=True)
class ArmLimit:
    """The media layer is to cut every answered leg at this instant."""

    until_ms: int
    cause: Cause = Cause.MONEY_ENDED  # or the longest talk time is over


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing of the call is left: settle, release, record. The last effect of every session, once."""

    outcome: str  # a value of `session.Outcome`


Effect = Dial | HangUp | Play | StopPlay | Bridge | Unbridge | Authorise | GrowHold | ArmLimit | Finish
