"""One callback as a ladder: everything that is known of it, in the order of time.

    0 ms   ani +48600316058, by sms
   31 ms   ├─ A1 dialled +48600316058 by trunk
  904 ms   ├─ A1 ringing

Puts the request, its legs, the steps of its session and its charges side by side; decides nothing.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from callback.core.money import format_money
from callback.store.models import Cdr, Leg, Request
from callback.store.trace import Line


@dataclass(frozen=True, slots=True)
class Rung:
    at_ms: int  # since the wish was stored
    source: str  # request | A1, B1 … | session
    text: str


def ladder(request: Request, legs: Sequence[Leg], steps: Sequence[Line], cdrs: Sequence[Cdr]) -> list[Rung]:
    """All rungs, the earliest first; at the same instant the request stands before leg and session."""
    since_ms = request.created_at_ms
    rungs = [*_of_request(request), *_of_session(steps, since_ms)]
    for leg in legs:
        rungs += _of_leg(leg)
    for cdr in cdrs:
        rungs.append(Rung(cdr.ended_at_ms, _name(cdr.role, cdr.attempt), _end(cdr)))
    found = [Rung(rung.at_ms - since_ms, rung.source, rung.text) for rung in rungs]
    return sorted(found, key=lambda rung: rung.at_ms)


def _of_request(request: Request) -> Iterator[Rung]:
    wanted = f", wants {request.destination}" if request.destination else ""
    if request.purpose == "code":
        wanted = " and read it a code"
    by = f"wished by {request.trigger}" + (f" from {request.ani}" if request.ani else "")
    yield Rung(request.created_at_ms, "request", f"{by}: ring {request.number_a}{wanted}")
    if request.claimed_at_ms is not None:
        yield Rung(request.claimed_at_ms, "request", f"claimed by {request.node or 'a dialer'}")
    if request.ended_at_ms is not None:
        yield Rung(request.ended_at_ms, "request", f"{request.state}: {request.outcome}")


def _of_leg(leg: Leg) -> Iterator[Rung]:
    name = _name(leg.role, leg.attempt)
    yield Rung(leg.dialled_at_ms, name, f"dial {leg.number} by {leg.trunk} ({leg.next_hop}) as {leg.cli}")
    for at_ms, text in (
        (leg.trying_at_ms, "INVITE sent"),
        (leg.ringing_at_ms, "rings"),
        (leg.answered_at_ms, "answered"),
    ):
        if at_ms is not None:
            yield Rung(at_ms, name, text)


def _of_session(steps: Sequence[Line], since_ms: int) -> Iterator[Rung]:
    for step in steps:
        effects = ", ".join(_spoken(effect, since_ms) for effect in json.loads(step.effects))
        event = _spoken(json.loads(step.event), since_ms)
        yield Rung(step.at_ms, "session", f"{step.state}: {event}" + (f" → {effects}" if effects else ""))


def _spoken(value: dict[str, object], since_ms: int) -> str:
    """`Play(playback_id=1, items=[…])` without the noise: the name, and what is not nested.

    An instant is told as the rungs tell theirs: in ms since the wish.
    """
    told = []
    for key, part in value.items():
        match part:
            case {"role": role, "attempt": attempt}:
                told.append(f"{role}{attempt}")
            case list() as parts if all(isinstance(one, str) for one in parts):
                told.append("+".join(parts))
            case True:
                told.append(key)
            case False | None:
                pass
            case int() if key == "until_ms":
                told.append(f"until {part - since_ms:,}")
            case str() | int() if key not in {"is", "playback_id", "since_ms"}:
                told.append(f"{part}")
    return f"{value['is']}({', '.join(told)})" if told else str(value["is"])


def _end(cdr: Cdr) -> str:
    parts = [f"ended: {cdr.cause} ({cdr.blame})"]
    if cdr.sip_status:
        parts.append(f"SIP {cdr.sip_status}")
    if cdr.pdd_ms is not None:
        parts.append(f"PDD {cdr.pdd_ms} ms")
    if cdr.answered_at_ms is not None:
        parts.append(f"talked {cdr.duration_ms / 1000:.1f} s, billed {cdr.billed_s} s")
        parts.append(f"charged {format_money(cdr.cost_micro, cdr.currency)}")
    return ", ".join(parts)


def _name(role: str, attempt: int) -> str:
    return f"{role}{attempt}"
