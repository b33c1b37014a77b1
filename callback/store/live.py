"""A callback as somebody watches it: in which phase it is, since when, what it has cost so far.

Put together from the request, its legs and their CDRs at each reading; nothing of it is stored. A reading
carries a version that grows with whatever happens to the callback, so that an older reading that arrives
late is known for what it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from callback.core.rating import Rate, cost
from callback.store import wishes
from callback.store.models import LIVE, Account, Cdr, Leg, Request, Wish
from callback.store.rows import every

_FIGURES: tuple[Any, ...] = (
    col(Request.id),
    col(Request.account_id),
    col(Request.purpose),
    col(Request.trigger),
    col(Request.number_a),
    col(Request.destination),
    col(Request.state),
    col(Request.outcome),
    col(Request.version),
    col(Request.created_at_ms),
    col(Request.claimed_at_ms),
    col(Request.ended_at_ms),
    col(Account.login),
    col(Account.currency),
)
_CALLS: Any = select(*_FIGURES).where(col(Account.id) == col(Request.account_id))
# Looked up apart: in the order of ids, or by its account, a planner would read every request there ever was.
_LIVE = _CALLS.where(col(Request.id).in_(select(Request.id).where(text(LIVE)).correlate(None)))


class Phase(StrEnum):
    """How far it has come, in the order of time; B may be rung several times."""

    QUEUED = "queued"
    RINGING_A = "ringing-a"
    ANSWERED_A = "answered-a"  # listens, types
    RINGING_B = "ringing-b"
    TALKING = "talking"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One reading. Instants are Unix milliseconds, and so is `read_at_ms`, when it was true."""

    request_id: str
    account_id: str
    login: str
    purpose: str  # callback | code
    trigger: str
    version: int
    phase: Phase
    since_ms: int  # the phase began
    rings: bool  # the phone that is being called is known to ring
    number_a: str
    destination: str | None  # whom A talks to or will; None: not known yet
    created_at_ms: int
    answered_at_ms: int | None  # by A
    talking_since_ms: int | None  # the present talk, not an earlier one
    talked_ms: int  # all talks of it that are over
    ended_at_ms: int | None
    ending: bool  # somebody wants it to end, and it has not yet
    outcome: str  # a value of `core.session.Outcome` once it has ended
    cause: str  # why leg A's last attempt ended; empty before
    blame: str
    cost_micro: int
    cost_final: bool
    currency: str
    read_at_ms: int


def find_call(
    session: Session, request_id: str, now_ms: int, *, account_id: str | None = None
) -> LiveCall | None:
    """One callback, over or not; None if there is none, or none of this account's."""
    query = _CALLS.where(col(Request.id) == request_id)
    if account_id is not None:
        query = query.where(col(Request.account_id) == account_id)
    return next(iter(_read(session, query, now_ms)), None)


def live_calls(
    session: Session, now_ms: int, *, account_id: str | None = None, limit: int = 50
) -> list[LiveCall]:
    """What waits, rings or talks now, the newest first: an account's, or everybody's."""
    query = _LIVE
    if account_id is not None:
        query = query.where(col(Request.account_id) == account_id)
    return _read(session, query.order_by(col(Request.id).desc()).limit(limit), now_ms)


def _read(session: Session, query: Any, now_ms: int) -> list[LiveCall]:
    """Four statements, however many calls."""
    found = session.connection().execute(query).all()
    ids = [row.id for row in found]
    if not ids:
        return []
    legs = every(session, select(Leg).where(col(Leg.request_id).in_(ids)).order_by(col(Leg.dialled_at_ms)))
    cdrs = every(session, select(Cdr).where(col(Cdr.request_id).in_(ids)).order_by(col(Cdr.ended_at_ms)))
    wished = wishes.wishes_about(session, ids)
    return [
        _call(
            row,
            [leg for leg in legs if leg.request_id == row.id],
            [cdr for cdr in cdrs if cdr.request_id == row.id],
            [wish for wish in wished if wish.subject == row.id],
            now_ms,
        )
        for row in found
    ]


def _call(
    row: Any, legs: Sequence[Leg], cdrs: Sequence[Cdr], wished: Sequence[Wish], now_ms: int
) -> LiveCall:
    a, b = _last(legs, "A"), _last(legs, "B")
    if b and b.ended_at_ms is not None:
        b = None
    phase, since_ms, rings = _phase(row, a, b)
    last_of_a = next((cdr for cdr in reversed(cdrs) if cdr.role == "A"), None)
    called = [leg for leg in legs if leg.role == "B"]
    return LiveCall(
        request_id=row.id,
        account_id=row.account_id,
        login=row.login,
        purpose=row.purpose,
        trigger=row.trigger,
        version=row.version + sum(map(_instants, legs)) + len(wished),
        phase=phase,
        since_ms=since_ms,
        rings=rings,
        number_a=row.number_a,
        destination=called[-1].number if called else row.destination,
        created_at_ms=row.created_at_ms,
        answered_at_ms=a.answered_at_ms if a else None,
        talking_since_ms=since_ms if phase is Phase.TALKING else None,
        talked_ms=sum(cdr.duration_ms for cdr in cdrs if cdr.role == "B"),
        ended_at_ms=row.ended_at_ms,
        ending=row.ended_at_ms is None and len(wished) > 0,
        outcome=row.outcome,
        cause=last_of_a.cause if last_of_a else "",
        blame=last_of_a.blame if last_of_a else "",
        cost_micro=sum(cdr.cost_micro for cdr in cdrs) + sum(_so_far_micro(leg, now_ms) for leg in legs),
        cost_final=row.ended_at_ms is not None,
        currency=row.currency,
        read_at_ms=now_ms,
    )


def _phase(row: Any, a: Leg | None, b: Leg | None) -> tuple[Phase, int, bool]:
    """The phase, since when, and whether the phone is known to ring. `b` is the leg B that is up, if any."""
    if row.ended_at_ms is not None:
        return Phase.ENDED, row.ended_at_ms, False
    if row.state == "queued":
        return Phase.QUEUED, row.created_at_ms, False
    if a is None or a.answered_at_ms is None:
        rings = a is not None and a.ringing_at_ms is not None and a.ended_at_ms is None
        return Phase.RINGING_A, a.dialled_at_ms if a else row.claimed_at_ms, rings
    if a.ended_at_ms is not None:  # its last leg B is being cleared
        return Phase.ENDED, a.ended_at_ms, False
    if b is None:
        return Phase.ANSWERED_A, a.answered_at_ms, False
    if b.answered_at_ms is None:
        return Phase.RINGING_B, b.dialled_at_ms, b.ringing_at_ms is not None
    return Phase.TALKING, b.answered_at_ms, False


def _last(legs: Sequence[Leg], role: str) -> Leg | None:
    return max((leg for leg in legs if leg.role == role), key=lambda leg: leg.attempt, default=None)


def _instants(leg: Leg) -> int:
    """How much is known of it: instants are set once and never unset."""
    known = (leg.dialled_at_ms, leg.ringing_at_ms, leg.answered_at_ms, leg.ended_at_ms)
    return sum(at_ms is not None for at_ms in known)


def _so_far_micro(leg: Leg, now_ms: int) -> int:
    """What a leg that is up costs until now; one that is over has its CDR."""
    if leg.answered_at_ms is None or leg.ended_at_ms is not None:
        return 0
    return cost(Rate.from_json(leg.rate), now_ms - leg.answered_at_ms)
