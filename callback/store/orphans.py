"""Requests that an earlier life of a node left running, and what is known of their legs.

Adopting is one conditional UPDATE by epoch: from then on every write of the earlier life, should it still
live, finds no row.
"""

from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session, col, select

from callback.store.models import Leg, Request
from callback.store.rows import changed, every, first

_RINGS_AGAIN = 1
_CLAIMS_AGAIN = 3  # nobody was rung; a request that kills its dialer each time is not tried for ever


@dataclass(frozen=True, slots=True)
class Orphan:
    """A running request whose process is gone."""

    request_id: str
    account_id: str
    recovered: int  # times it was put back into the queue after a crash
    rang: bool  # a leg A was dialled
    answered: bool  # somebody was in service on it
    open_legs: tuple[str, ...]  # ids of legs that may still be up

    @property
    def may_ring_again(self) -> bool:
        """Nobody was in service, and it was not put back too often (docs/decisions/0003)."""
        return not self.answered and self.recovered < (_RINGS_AGAIN if self.rang else _CLAIMS_AGAIN)


def adopt(session: Session, node: str, epoch: int) -> list[Orphan]:
    """Everything running under this node's earlier epochs is ours now."""
    changed(
        session,
        update(Request)
        .where(col(Request.node) == node, col(Request.state) == "running", col(Request.epoch) < epoch)
        .values(epoch=epoch, version=Request.version + 1),
    )
    adopted = every(
        session,
        select(Request).where(Request.node == node, Request.state == "running", Request.epoch == epoch),
    )
    if not adopted:
        return []
    legs = every(session, select(Leg).where(col(Leg.request_id).in_([request.id for request in adopted])))
    return [_orphan(request, [leg for leg in legs if leg.request_id == request.id]) for request in adopted]


def put_back(session: Session, request_id: str, epoch: int, due_at_ms: int) -> bool:
    """Queue an orphan again, once more counted; its hold stays. False: it is not ours any more."""
    again = (
        update(Request)
        .where(col(Request.id) == request_id, col(Request.state) == "running", col(Request.epoch) == epoch)
        .values(state="queued", node=None, epoch=None, due_at_ms=due_at_ms)
        .values(recovered=Request.recovered + 1, version=Request.version + 1)
    )
    return changed(session, again) == 1


def put_back_once(session: Session, request_id: str, epoch: int, due_at_ms: int) -> bool:
    """`put_back`, unless its phone rang again before; False: it was not put back."""
    request = first(session, select(Request).where(Request.id == request_id))
    return (
        request is not None
        and request.recovered < _RINGS_AGAIN
        and put_back(session, request_id, epoch, due_at_ms)
    )


def _orphan(request: Request, legs: list[Leg]) -> Orphan:
    return Orphan(
        request.id,
        request.account_id,
        request.recovered,
        rang=bool(legs),
        answered=any(leg.role == "A" and leg.answered_at_ms is not None for leg in legs),
        open_legs=tuple(leg.id for leg in legs if not leg.cleared),
    )
