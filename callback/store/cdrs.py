"""Call detail records: one per leg attempt, written once, read for ever."""

from sqlmodel import Session, col, select

from callback.store.models import Cdr
from callback.store.rows import every, insert_once


def record_cdr(session: Session, cdr: Cdr) -> bool:
    """Store the record of a leg that is over; False if it has one already."""
    return insert_once(session, cdr)


def cdrs_of(session: Session, request_id: str) -> list[Cdr]:
    """The records of one request in the order its legs were dialled."""
    query = select(Cdr).where(Cdr.request_id == request_id)
    return every(session, query.order_by(col(Cdr.dialled_at_ms), col(Cdr.leg_id)))


def list_cdrs(
    session: Session, *, account_id: str | None = None, limit: int = 50, before_leg_id: str | None = None
) -> list[Cdr]:
    """The newest records first (leg ids sort by time); `before_leg_id` continues where a page ended."""
    query = select(Cdr)
    if account_id is not None:
        query = query.where(Cdr.account_id == account_id)
    if before_leg_id is not None:
        query = query.where(Cdr.leg_id < before_leg_id)
    return every(session, query.order_by(col(Cdr.leg_id).desc()).limit(limit))
