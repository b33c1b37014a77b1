"""The end of a leg and of a request: what it cost, its CDR and its money, in the caller's one transaction.

Shared by the dialer, whose calls end here, by the relay, which ends what a dead dialer left, and by whoever
cancels what still waits. What a running call needs carries the epoch: False means that the request belongs
to another life by now, and nothing was written. Safe to repeat.
"""

from collections.abc import Mapping
from dataclasses import asdict

from sqlmodel import Session

from callback.core.causes import Cause
from callback.core.cdr import make_cdr
from callback.core.rating import Rate, billed_s, cost
from callback.core.session import Outcome
from callback.failpoints import reach
from callback.store import cdrs, ledger, requests, wishes
from callback.store.models import Cdr, Leg

# Leg A was answered: the callback was made, or the code read.
_DONE = {Outcome.TALKED, Outcome.NOT_CONNECTED, Outcome.CODE_READ}


def record_leg_end(
    session: Session,
    leg_id: str,
    epoch: int,
    *,
    ended_at_ms: int,
    cause: Cause,
    sip_status: int = 0,
    quality: Mapping[str, float] | None = None,
    cleared: bool = True,
) -> bool:
    """End the leg, charge it and write its CDR, once; `cleared=False` if it may still stand on the wire.

    The leg is charged from its answer to its end at the price it was promised, rounded up once; an end
    before the answer charges nothing.
    """
    request_id = leg_id.rpartition("-")[0]
    if not requests.record_leg_end(session, leg_id, epoch, ended_at_ms, cleared=cleared):
        return requests.is_owned(session, request_id, epoch)  # then it had ended before: this is a repeat
    reach("settlement.leg_ended")
    leg = requests.get_leg(session, leg_id)
    payer = requests.get_payer(session, request_id)
    cost_micro = _charge(session, leg, ended_at_ms)
    lasted_ms = _lasted_ms(leg, ended_at_ms)
    cdr = make_cdr(
        leg_id=leg_id,
        request_id=request_id,
        account_id=payer.account_id,
        role=leg.role,
        attempt=leg.attempt,
        number=leg.number,
        cli=leg.cli,
        trunk=leg.trunk,
        dialled_at_ms=leg.dialled_at_ms,
        trying_at_ms=leg.trying_at_ms,
        ringing_at_ms=leg.ringing_at_ms,
        answered_at_ms=leg.answered_at_ms,
        ended_at_ms=ended_at_ms,
        cause=cause,
        sip_status=sip_status,
        billed_s=billed_s(Rate.from_json(leg.rate), lasted_ms),
        cost_micro=cost_micro,
        currency=payer.currency,
        quality=quality or {},
    )
    cdrs.record_cdr(session, Cdr(**asdict(cdr)))
    reach("settlement.charged")
    return True


def finish_request(session: Session, request_id: str, epoch: int, outcome: str, at_ms: int) -> bool:
    """Nothing of the call is left: record what became of it and give back what its hold did not spend."""
    state = "done" if outcome in _DONE else "cancelled" if outcome == Outcome.CANCELLED else "failed"
    if not requests.finish_request(session, request_id, epoch, state, outcome, at_ms):
        return False
    _let_go(session, request_id, outcome, at_ms)
    return True


def finish_if_wished(session: Session, request_id: str, epoch: int, at_ms: int) -> bool:
    """Instead of ringing again: it ends here if somebody wants it to end. False: nobody does, or not ours."""
    return wishes.find_open_wish(session, request_id) is not None and finish_request(
        session, request_id, epoch, Outcome.CANCELLED, at_ms
    )


def give_back(session: Session, request_id: str, epoch: int, at_ms: int) -> None:
    """Queue a running request again, for another life or node to ring, unless somebody wants it to end."""
    if not finish_if_wished(session, request_id, epoch, at_ms):
        requests.requeue(session, request_id, epoch, at_ms)


def cancel_queued(session: Session, request_id: str, at_ms: int) -> bool:
    """End a request that no dialer has claimed yet and give back its hold; False if it is not queued."""
    if not requests.cancel_queued(session, request_id, "cancelled", Outcome.CANCELLED, at_ms):
        return False
    _let_go(session, request_id, Outcome.CANCELLED, at_ms)
    return True


def _let_go(session: Session, request_id: str, outcome: str, at_ms: int) -> None:
    """Nothing is held for it any more, and nothing wished of it."""
    ledger.release(session, request_id, at_ms)
    wishes.finish_wishes(session, request_id, outcome, at_ms)
    reach("settlement.released")


def _charge(session: Session, leg: Leg, ended_at_ms: int) -> int:
    if leg.answered_at_ms is None:
        return 0
    wanted_micro = cost(Rate.from_json(leg.rate), _lasted_ms(leg, ended_at_ms))
    return ledger.settle_leg(session, leg.request_id, leg.id, wanted_micro, ended_at_ms)


def _lasted_ms(leg: Leg, ended_at_ms: int) -> int:
    return 0 if leg.answered_at_ms is None else max(0, ended_at_ms - leg.answered_at_ms)
