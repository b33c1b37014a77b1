"""Read models for people: rows put side by side as somebody wants to see them. Nothing is changed here."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from callback.store.models import Hold, Inbox, Transfer
from callback.store.rows import every, first


@dataclass(frozen=True, slots=True)
class SmsSeen:
    """An SMS that came in, without anything secret: `text` is masked, and None until it was executed."""

    id: int
    ani: str
    dnis: str
    state: str
    outcome: str
    text: str | None
    received_at_ms: int
    done_at_ms: int | None


def sms_after(session: Session, inbox_id: int, limit: int = 100) -> list[SmsSeen]:
    """What came in after that one, in the order it came."""
    found = every(session, select(Inbox).where(col(Inbox.id) > inbox_id).order_by(col(Inbox.id)).limit(limit))
    return [_seen(row) for row in found]


def transfers_of(session: Session, request_id: str) -> list[Transfer]:
    """Every movement of money a request made, in the order of time."""
    of_request = select(Transfer).where(Transfer.request_id == request_id)
    return every(session, of_request.order_by(col(Transfer.at_ms), col(Transfer.key)))


def find_hold(session: Session, request_id: str) -> Hold | None:
    """What a request has set aside."""
    return first(session, select(Hold).where(Hold.request_id == request_id))


def _seen(row: Inbox) -> SmsSeen:
    assert row.id is not None
    return SmsSeen(
        row.id, row.ani, row.dnis, row.state, row.outcome, row.masked, row.received_at_ms, row.done_at_ms
    )
