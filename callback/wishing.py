"""The wish that a callback may end, from whoever may have one: its subscriber, an operator.

    queued   ──► cancelled here and now, its hold released: no phone has rung
    running  ──► a wish for the dialer that leads it (callback/granting.py), who is woken after the commit
    over     ──► nothing

One wish for a callback is enough, so its key is the callback's own: a second press, by whomever, in another
tab, after a reload, finds the first.
"""

from enum import StrEnum

from sqlmodel import Session

from callback import settlement
from callback.failpoints import reach
from callback.store import requests, wishes
from callback.store.models import Wish


class Ending(StrEnum):
    """What came of it."""

    CANCELLED = "cancelled"  # at once
    WISHED = "wished"  # the dialer hangs up in a moment; tell it after the commit
    OVER = "over"  # it had ended before


def wish_end(session: Session, request_id: str, author: str, wish_id: str, now_ms: int) -> Ending:
    """End this callback, in the caller's transaction; it exists, and `author` may do that. Safe to repeat."""
    assert author.startswith((wishes.ACCOUNT, wishes.OPERATOR)), author
    request = requests.get_request(session, request_id)
    if request.ended_at_ms is not None:
        return Ending.OVER
    wishes.add_wish(
        session,
        Wish(
            id=wish_id,
            key=f"{wishes.HANG_UP}:{request_id}",
            node=request.node or "",
            kind=wishes.HANG_UP,
            subject=request_id,
            author=author,
            created_at_ms=now_ms,
        ),
    )
    if settlement.cancel_queued(session, request_id, now_ms):
        return Ending.CANCELLED
    reach("wish.stored")
    return Ending.WISHED
