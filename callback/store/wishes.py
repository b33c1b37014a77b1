"""Wishes: what somebody wants done to a live thing by the process that owns it (DESIGN 3).

A wish is a row, and the news of it only a hint. It stays open until what it wants has come true, and is
closed in the very transaction that makes it true: whoever carries it out may die before, in the midst or
after, and whoever comes next does it again without harm. So a wish outlives a crash, and keeps a call that
was to end from being rung again.
"""

from collections.abc import Sequence

from sqlalchemy import BigInteger, BindParameter, bindparam, update
from sqlmodel import Session, col, select

from callback.store.models import Request, Wish
from callback.store.rows import changed, every, first, insert_once

HANG_UP = "hang-up"  # its subject is a request
ACCOUNT, OPERATOR = "account:", "operator:"  # an author is one of these with an id or a login

_NODE: BindParameter[str] = bindparam("its_node")
_SUBJECT: BindParameter[str] = bindparam("its_subject")
_OPEN = select(Wish).where(col(Wish.done_at_ms).is_(None))
# Its subject may have gone back into the queue and to another node meanwhile.
_LED_HERE = select(Request.id).where(Request.id == Wish.subject, Request.node == _NODE).exists()
_OPEN_FOR = (
    _OPEN.where(col(Wish.node).in_(("", _NODE)) | _LED_HERE).order_by(col(Wish.node), col(Wish.id)).limit(200)
)
_OPEN_ABOUT = _OPEN.where(Wish.subject == _SUBJECT).limit(1)
_DONE = (
    update(Wish)
    .where(col(Wish.subject) == _SUBJECT, col(Wish.done_at_ms).is_(None))
    .values(done_at_ms=bindparam("now_ms", type_=BigInteger), outcome=bindparam("its_outcome"))
)


def add_wish(session: Session, wish: Wish) -> bool:
    """Store it under its key; False if that was wished before."""
    return insert_once(session, wish)


def open_wishes(session: Session, node: str) -> list[Wish]:
    """What this node is to do, or anybody, or whoever leads it by now, the oldest first; at most 200."""
    return every(session, _OPEN_FOR, its_node=node)


def find_open_wish(session: Session, subject: str) -> Wish | None:
    """What is wished of this thing and has not come true yet."""
    return first(session, _OPEN_ABOUT, its_subject=subject)


def wishes_about(session: Session, subjects: Sequence[str]) -> list[Wish]:
    """All that was ever wished of these things."""
    return every(session, select(Wish).where(col(Wish.subject).in_(subjects)).order_by(col(Wish.id)))


def finish_wishes(session: Session, subject: str, outcome: str, at_ms: int) -> int:
    """Everything wished of this thing has come true, or never will; how many wishes were open."""
    return changed(session, _DONE, its_subject=subject, its_outcome=outcome, now_ms=at_ms)
