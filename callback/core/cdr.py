"""The call detail record of one leg attempt, as a value. Knows no price: what it cost is passed in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from callback.core.causes import Cause, verdict

_WITHOUT_ANSWER = {
    Cause.BUSY: "busy",
    Cause.NO_ANSWER: "no-answer",
    Cause.CANCELLED: "cancelled",
    Cause.CLEARED: "cancelled",
    Cause.CUSTOMER_WISH: "cancelled",
    Cause.OPERATOR_WISH: "cancelled",
    Cause.MONEY_ENDED: "cancelled",
    Cause.TIME_ENDED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Cdr:
    """The columns of `store.models.Cdr`, one for one."""

    leg_id: str
    request_id: str
    account_id: str
    role: str
    attempt: int
    number: str
    cli: str
    trunk: str
    dialled_at_ms: int
    ringing_at_ms: int | None
    answered_at_ms: int | None
    ended_at_ms: int
    pdd_ms: int | None
    duration_ms: int
    billed_s: int
    disposition: str
    cause: str
    blame: str
    sip_status: int
    cost_micro: int
    currency: str
    quality: str  # JSON


def disposition(cause: Cause, answered: bool) -> str:
    """One of answered, busy, no-answer, cancelled, failed."""
    return "answered" if answered else _WITHOUT_ANSWER.get(cause, "failed")


def pdd_ms(trying_at_ms: int | None, ringing_at_ms: int | None, answered_at_ms: int | None) -> int | None:
    """Post-dial delay: from the INVITE on the wire to the first ring, or to the answer of a phone that
    never rang. None when it never came so far."""
    heard_at_ms = ringing_at_ms if ringing_at_ms is not None else answered_at_ms
    if trying_at_ms is None or heard_at_ms is None:
        return None
    return max(0, heard_at_ms - trying_at_ms)


def make_cdr(
    *,
    leg_id: str,
    request_id: str,
    account_id: str,
    role: str,
    attempt: int,
    number: str,
    cli: str,
    trunk: str,
    dialled_at_ms: int,
    trying_at_ms: int | None,
    ringing_at_ms: int | None,
    answered_at_ms: int | None,
    ended_at_ms: int,
    cause: Cause,
    sip_status: int,
    billed_s: int,
    cost_micro: int,
    currency: str,
    quality: Mapping[str, float],
) -> Cdr:
    """The record of a leg that is over. A leg that ended before its answer was noted lasted 0 ms."""
    answered = answered_at_ms is not None
    return Cdr(
        leg_id=leg_id,
        request_id=request_id,
        account_id=account_id,
        role=role,
        attempt=attempt,
        number=number,
        cli=cli,
        trunk=trunk,
        dialled_at_ms=dialled_at_ms,
        ringing_at_ms=ringing_at_ms,
        answered_at_ms=answered_at_ms,
        ended_at_ms=ended_at_ms,
        pdd_ms=pdd_ms(trying_at_ms, ringing_at_ms, answered_at_ms),
        duration_ms=max(0, ended_at_ms - answered_at_ms) if answered_at_ms is not None else 0,
        billed_s=billed_s,
        disposition=disposition(cause, answered),
        cause=cause.value,
        blame=verdict(cause).blame.value,
        sip_status=sip_status,
        cost_micro=cost_micro,
        currency=currency,
        quality=json.dumps(dict(quality), sort_keys=True),
    )
