"""Who is signed in by web. The browser keeps 256 random bits; the table keeps only their SHA-256.

A session ends when it was not used for a while, when it is revoked, when its owner's password changes
(`credential_version`), and for a callback client when the account is blocked. The kind `operator-half` is an
operator whose password was right and whose code is still to come: it opens nothing but the page that asks.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import bindparam, delete, update
from sqlmodel import Session, col, select

from callback.store.models import Account, Operator, WebSession
from callback.store.rows import changed, every, insert_once

TOUCH_MS = 60_000
_DELETE_MOST = 1000


class Kind(StrEnum):
    SUBSCRIBER = "subscriber"
    OPERATOR = "operator"
    OPERATOR_HALF = "operator-half"


@dataclass(frozen=True, slots=True)
class Found:
    """A session that is good now, and whose it is: exactly one of the two."""

    session: WebSession
    account: Account | None
    operator: Operator | None


_BY_TOKEN = (
    select(WebSession, Account, Operator)
    .outerjoin(Account, (col(WebSession.kind) == Kind.SUBSCRIBER) & (Account.id == WebSession.subject_id))
    .outerjoin(
        Operator,
        col(WebSession.kind).in_((Kind.OPERATOR, Kind.OPERATOR_HALF))
        & (Operator.id == WebSession.subject_id),
    )
    .where(
        WebSession.token_hash == bindparam("token_hash"),
        col(WebSession.expires_at_ms) > bindparam("now_ms"),
    )
)


def open_session(
    session: Session,
    *,
    session_id: str,
    token: str,
    kind: Kind,
    subject_id: str,
    credential_version: int,
    now_ms: int,
    expires_at_ms: int,
    address: str = "",
    agent: str = "",
    tries: int = 0,
) -> None:
    """Let whoever brings this token be that person until it expires; `tries` codes may be typed in it."""
    fresh = WebSession(
        id=session_id, token_hash=_hash(token), kind=kind, subject_id=subject_id,
        credential_version=credential_version, created_at_ms=now_ms, seen_at_ms=now_ms,
        expires_at_ms=expires_at_ms, address=address, agent=agent, code_tries_left=tries,
    )  # fmt: skip
    assert insert_once(session, fresh), "a token is made once"


def find_session(session: Session, token: str, now_ms: int) -> Found | None:
    """The session this token opens, with its owner; None if it ended in any of the ways above. One SELECT."""
    row = session.exec(_BY_TOKEN, params={"token_hash": _hash(token), "now_ms": now_ms}).first()
    if row is None:
        return None
    web_session, account, operator = row
    owner = account or operator
    if owner is None or owner.credential_version != web_session.credential_version:
        return None
    if account is not None and account.state != "active":
        return None
    return Found(web_session, account, operator)


def touch(session: Session, session_id: str, now_ms: int, expires_at_ms: int) -> bool:
    """Note a visit and put the end off; at most once a minute."""
    visit = update(WebSession).where(
        col(WebSession.id) == session_id, col(WebSession.seen_at_ms) <= now_ms - TOUCH_MS
    )
    return changed(session, visit.values(seen_at_ms=now_ms, expires_at_ms=expires_at_ms)) == 1


def take_code_try(session: Session, session_id: str) -> bool:
    """Use up one of the codes that may be typed in a half session; False if there is none left."""
    left = update(WebSession).where(col(WebSession.id) == session_id, col(WebSession.code_tries_left) > 0)
    return changed(session, left.values(code_tries_left=WebSession.code_tries_left - 1)) == 1


def sessions_of(session: Session, kind: Kind, subject_id: str, now_ms: int) -> list[WebSession]:
    """Where somebody is signed in, the latest visit first."""
    alive = select(WebSession).where(
        WebSession.subject_id == subject_id, WebSession.kind == kind, col(WebSession.expires_at_ms) > now_ms
    )
    return every(session, alive.order_by(col(WebSession.seen_at_ms).desc(), col(WebSession.id)))


def revoke(session: Session, subject_id: str, session_id: str) -> bool:
    """End one session of somebody; False if it is not theirs or over."""
    one = delete(WebSession).where(col(WebSession.id) == session_id, col(WebSession.subject_id) == subject_id)
    return changed(session, one) == 1


def revoke_others(session: Session, subject_id: str, kept_id: str) -> int:
    """End all sessions of somebody but the one that asks; how many there were."""
    others = delete(WebSession).where(col(WebSession.subject_id) == subject_id, col(WebSession.id) != kept_id)
    return changed(session, others)


def revoke_all(session: Session, subject_id: str) -> int:
    """End all sessions of somebody; how many there were."""
    return changed(session, delete(WebSession).where(col(WebSession.subject_id) == subject_id))


def remove_expired(session: Session, now_ms: int) -> int:
    """Forget sessions that are over, a thousand at a time; how many."""
    over = select(WebSession.id).where(col(WebSession.expires_at_ms) <= now_ms).limit(_DELETE_MOST)
    return changed(session, delete(WebSession).where(col(WebSession.id).in_(over)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
