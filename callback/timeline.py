"""One callback for the person who made it: what happened when, and what every answered leg cost.

::

        0 ms  asked              by SMS
       31 ms  calling you        +48 600 316 058
      904 ms  your phone rings
    4,310 ms  you answered
      …       you talked 12:05, they hung up

The ladder (`callback/ladder.py`) tells operators everything; this tells what concerns the caller, as values:
the words are the page's. It reads the request, its legs, the steps of its session and its records side by
side, and decides nothing. Pure, but for the rows it is given.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any

from callback.core import spoken
from callback.core.causes import Cause
from callback.core.rating import Rate, cost
from callback.store.models import Cdr, Leg, Request
from callback.store.trace import Line


class Kind(StrEnum):
    """What can happen, in the caller's eyes; of one instant, told in this order."""

    ASKED = "asked"  # `number`: if known; `detail`: the trigger
    CALLING_YOU = "calling-you"
    YOUR_PHONE_RINGS = "your-phone-rings"
    YOU_ANSWERED = "you-answered"
    YOU_DID_NOT = "you-did-not"  # leg A ended before an answer; `detail`: the cause
    ASKED_FOR_KEY = "asked-for-key"  # a person is to press a key, as machines do not
    CODE_READ = "code-read"
    YOU_DIALLED = "you-dialled"  # `number` as typed
    REFUSED = "refused"  # `detail`: the reason
    CALLING_THEM = "calling-them"
    THEIR_PHONE_RINGS = "their-phone-rings"
    THEY_ANSWERED = "they-answered"
    THEY_DID_NOT = "they-did-not"  # `detail`: the cause
    THEY_LEFT = "they-left"  # leg B is over; `detail`: the cause, `lasted_ms`: the talk
    ASKED_FOR_NUMBER = "asked-for-number"
    WARNED = "warned"  # of the end of money or time
    YOU_LEFT = "you-left"  # leg A is over; `detail`: the cause, `lasted_ms`: since your answer
    OVER = "over"  # `detail`: the outcome


_TOLD = {  # what A hears that is worth telling
    spoken.ENTER_NUMBER: Kind.ASKED_FOR_NUMBER,
    spoken.ANOTHER_NUMBER: Kind.ASKED_FOR_NUMBER,
    spoken.CONFIRM_CODE: Kind.ASKED_FOR_KEY,
    spoken.YOUR_CODE_IS: Kind.CODE_READ,
    spoken.TONE_WARNING: Kind.WARNED,
}


@dataclass(frozen=True, slots=True)
class Moment:
    kind: Kind
    at_ms: int
    since_ms: int  # since the wish was stored
    number: str = ""
    detail: str = ""
    lasted_ms: int = 0


@dataclass(frozen=True, slots=True)
class Charge:
    """How the cost of one answered leg came about: `connect + ceil(minute × billed / 60)`."""

    role: str
    number: str
    rate: Rate
    lasted_ms: int  # answer to end
    billed_s: int
    connect_micro: int
    time_micro: int  # of the billed seconds, rounded up
    cost_micro: int  # as charged
    currency: str

    @property
    def further(self) -> int:
        """Increments billed after the first."""
        return max(0, self.billed_s - self.rate.first_s) // self.rate.next_s

    @property
    def spared_micro(self) -> int:
        """What was not charged, because no more was set aside when the call ended."""
        return self.connect_micro + self.time_micro - self.cost_micro


@dataclass(frozen=True, slots=True)
class Sound:
    """How well we heard one phone."""

    role: str
    number: str
    packets: int
    lost: int
    jitter_ms: float

    @property
    def lost_share(self) -> float:
        """Of all packets that should have come, 0 to 1."""
        return self.lost / (self.packets + self.lost) if self.packets + self.lost else 0.0

    @property
    def grade(self) -> str:
        """good | fair | poor, as ears find it: few notice 1 % lost, all notice 5 %."""
        if self.lost_share < 0.01 and self.jitter_ms < 30:
            return "good"
        return "fair" if self.lost_share < 0.05 and self.jitter_ms < 80 else "poor"


def timeline(
    request: Request, legs: Sequence[Leg], steps: Sequence[Line], cdrs: Sequence[Cdr]
) -> list[Moment]:
    """All moments, the earliest first; of one instant, in the order they cause each other."""
    born_ms = request.created_at_ms
    moments = [Moment(Kind.ASKED, born_ms, 0, request.destination or "", request.trigger)]
    for leg in legs:
        moments += _of_leg(leg, born_ms)
    for step in steps:
        moments += _of_step(step, request)
    moments += [_end(cdr, born_ms) for cdr in cdrs]
    if request.ended_at_ms is not None:
        since_ms = request.ended_at_ms - born_ms
        moments.append(Moment(Kind.OVER, request.ended_at_ms, since_ms, detail=request.outcome))
    order = {kind: place for place, kind in enumerate(Kind)}
    return _told_once(sorted(moments, key=lambda moment: (moment.at_ms, order[moment.kind])))


def charges(legs: Sequence[Leg], cdrs: Sequence[Cdr]) -> list[Charge]:
    """Every answered leg that is over, in the order they were dialled."""
    rates = {leg.id: Rate.from_json(leg.rate) for leg in legs}
    return [_charge(cdr, rates[cdr.leg_id]) for cdr in cdrs if cdr.answered_at_ms is not None]


def sounds(cdrs: Sequence[Cdr]) -> list[Sound]:
    """Of every answered leg whose packets were counted."""
    found = []
    for cdr in cdrs:
        counted: Mapping[str, float] = json.loads(cdr.quality)
        if cdr.answered_at_ms is not None and counted.get("rx"):
            jitter_ms = float(counted.get("jitter_ms", 0))
            lost = max(0, int(counted.get("lost", 0)))
            found.append(Sound(cdr.role, cdr.number, int(counted["rx"]), lost, jitter_ms))
    return found


def _of_leg(leg: Leg, born_ms: int) -> Iterator[Moment]:
    yours = leg.role == "A"
    for at_ms, kind in (
        (leg.dialled_at_ms, Kind.CALLING_YOU if yours else Kind.CALLING_THEM),
        (leg.ringing_at_ms, Kind.YOUR_PHONE_RINGS if yours else Kind.THEIR_PHONE_RINGS),
        (leg.answered_at_ms, Kind.YOU_ANSWERED if yours else Kind.THEY_ANSWERED),
    ):
        if at_ms is not None:
            yield Moment(kind, at_ms, at_ms - born_ms, leg.number)


def _end(cdr: Cdr, born_ms: int) -> Moment:
    if cdr.answered_at_ms is None:
        kind = Kind.YOU_DID_NOT if cdr.role == "A" else Kind.THEY_DID_NOT
    else:
        kind = Kind.YOU_LEFT if cdr.role == "A" else Kind.THEY_LEFT
    return Moment(
        kind, cdr.ended_at_ms, cdr.ended_at_ms - born_ms, cdr.number, cdr.cause, lasted_ms=cdr.duration_ms
    )


def _told_once(moments: Sequence[Moment]) -> list[Moment]:
    """What ended both phones, a wish or the money, is told of the first; that closed the other's line."""
    told = list(moments[:1])
    for before, moment in pairwise(moments):
        both = {before.kind, moment.kind} == {Kind.THEY_LEFT, Kind.YOU_LEFT}
        is_same = both and before.detail == moment.detail != Cause.HANGUP
        told.append(replace(moment, detail=Cause.CLEARED.value) if is_same else moment)
    return told


def _of_step(step: Line, request: Request) -> Iterator[Moment]:
    event: dict[str, Any] = json.loads(step.event)
    since_ms = step.at_ms - request.created_at_ms
    known = ("LegAnswered", request.destination)
    if event["is"] == "CallRefused":
        yield Moment(Kind.REFUSED, step.at_ms, since_ms, detail=event["reason"])
    for effect in json.loads(step.effects):
        match effect:
            case {"is": "Authorise", "destination": wanted} if (event["is"], wanted) == known:
                pass  # nothing was asked: it stood in the wish
            case {"is": "Authorise", "destination": destination}:
                yield Moment(Kind.YOU_DIALLED, step.at_ms, since_ms, destination)
            case {"is": "Play", "items": items}:
                for kind in dict.fromkeys(_TOLD[item] for item in items if item in _TOLD):
                    yield Moment(kind, step.at_ms, since_ms)


def _charge(cdr: Cdr, rate: Rate) -> Charge:
    connect_micro = rate.connect_micro if cdr.duration_ms > 0 else 0
    return Charge(
        role=cdr.role,
        number=cdr.number,
        rate=rate,
        lasted_ms=cdr.duration_ms,
        billed_s=cdr.billed_s,
        connect_micro=connect_micro,
        time_micro=cost(rate, cdr.duration_ms) - connect_micro,
        cost_micro=cdr.cost_micro,
        currency=cdr.currency,
    )
