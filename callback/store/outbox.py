"""Every SQL statement about SMS that go out: added once, claimed, submitted, sent or given up.

    queued → sending → submitted → sent
       ↑        │           │  ↘ failed (refused for good, or too old to matter)
       └────────┴───────────┘ later

`submitted` is written when the bytes have left us and no response is here yet. A gateway that dies then does
not send again: the kernel still delivers what it was given. A gateway whose connection is cut does. All
functions work in the caller's transaction.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from callback.core.sms import ReplyKind
from callback.store.models import Outbox

_outbox = Outbox.__table__  # type: ignore[attr-defined]  # SQLModel does not declare what it makes
_HOLDS_A_CODE = frozenset({ReplyKind.CODE_SMS.value})
_ERASED = "{}"


@dataclass(frozen=True, slots=True)
class DueSms:
    """An outgoing SMS that is ours to send; `tries` counts this one."""

    outbox_id: int
    kind: str
    params: Mapping[str, str]
    locale: str
    sender: str
    recipient: str
    tries: int
    created_at_ms: int


@dataclass(frozen=True, slots=True)
class NewSms:
    """An SMS to be queued."""

    key: str  # one effect, one SMS: a known key is not queued again
    kind: str
    params: Mapping[str, str]
    locale: str
    link: str
    sender: str
    recipient: str


def add(
    session: Session,
    *,
    key: str,
    kind: str,
    params: Mapping[str, str],
    locale: str,
    link: str,
    sender: str,
    recipient: str,
    now_ms: int,
) -> bool:
    """Queue one SMS; False if its key is known already. Safe to repeat."""
    return add_all(session, [NewSms(key, kind, params, locale, link, sender, recipient)], now_ms) == 1


def add_all(session: Session, queued: Sequence[NewSms], now_ms: int) -> int:
    """Queue SMS in one statement; how many were new. Safe to repeat."""
    connection = session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = (
        dialect.insert(_outbox)
        .on_conflict_do_nothing(index_elements=["key"])
        .execution_options(preserve_rowcount=True)  # or PostgreSQL's count of an INSERT is lost
    )
    fresh = {"state": "queued", "tries": 0, "next_at_ms": now_ms, "created_at_ms": now_ms}
    return connection.execute(insert, [{**_columns(sms), **fresh} for sms in queued]).rowcount


def _columns(sms: NewSms) -> dict[str, str]:
    params = json.dumps(dict(sms.params), ensure_ascii=False, sort_keys=True)
    return {
        "key": sms.key,
        "kind": sms.kind,
        "params": params,
        "locale": sms.locale,
        "link": sms.link,
        "sender": sms.sender,
        "recipient": sms.recipient,
    }


def is_known(session: Session, key: str) -> bool:
    """Whether this SMS was queued before."""
    return session.connection().execute(select(_outbox.c.id).where(_outbox.c.key == key)).first() is not None


def claim_due(session: Session, link: str, count: int, now_ms: int) -> list[DueSms]:
    """Claim up to `count` SMS of a link that are due, longest due first."""
    due = (
        select(_outbox.c.id)
        .where(_outbox.c.link == link, _outbox.c.state == "queued", _outbox.c.next_at_ms <= now_ms)
        .order_by(_outbox.c.next_at_ms, _outbox.c.id)
        .limit(count)
    )
    rows = session.connection().execute(
        update(_outbox)
        .where(_outbox.c.id.in_(due), _outbox.c.state == "queued")
        .values(state="sending", tries=_outbox.c.tries + 1)
        .returning(
            _outbox.c.id, _outbox.c.kind, _outbox.c.params, _outbox.c.locale, _outbox.c.sender,
            _outbox.c.recipient, _outbox.c.tries, _outbox.c.created_at_ms,
        )
    )  # fmt: skip
    claimed = [DueSms(row[0], row[1], json.loads(row[2]), *row[3:]) for row in rows]
    return sorted(claimed, key=lambda sms: sms.outbox_id)


def is_due(session: Session, link: str, now_ms: int) -> bool:
    """Whether there is anything to claim: asked before taking the writers' lock."""
    due = select(_outbox.c.id).where(
        _outbox.c.link == link, _outbox.c.state == "queued", _outbox.c.next_at_ms <= now_ms
    )
    return session.connection().execute(due.limit(1)).first() is not None


def mark_submitted(session: Session, outbox_ids: Iterable[int]) -> None:
    """The bytes have left; the response is awaited."""
    change = update(_outbox).where(_outbox.c.id.in_(tuple(outbox_ids)), _outbox.c.state == "sending")
    session.connection().execute(change.values(state="submitted"))


def mark_sent(session: Session, sent: Sequence[tuple[int, str]], now_ms: int) -> None:
    """(id, the SMSC's message id): accepted. A one-time code is erased with it."""
    _end(session, "sent", [(outbox_id, message_id, None) for outbox_id, message_id in sent], now_ms)


def fail(session: Session, failed: Sequence[tuple[int, str]], now_ms: int) -> None:
    """(id, why): given up. A one-time code is erased with it."""
    _end(session, "failed", [(outbox_id, None, error) for outbox_id, error in failed], now_ms)


def _end(
    session: Session, state: str, rows: Sequence[tuple[int, str | None, str | None]], now_ms: int
) -> None:
    if not rows:
        return
    connection = session.connection()
    change = (
        update(_outbox)
        .where(_outbox.c.id == bindparam("which"), _underway())
        .values(state=state, message_id=bindparam("mid"), error=bindparam("why"), sent_at_ms=bindparam("at"))
    )
    at_ms = now_ms if state == "sent" else None
    connection.execute(change, [{"which": i, "mid": mid, "why": why, "at": at_ms} for i, mid, why in rows])
    ids = [row[0] for row in rows]
    erase = update(_outbox).where(_outbox.c.id.in_(ids), _outbox.c.kind.in_(_HOLDS_A_CODE))
    connection.execute(erase.values(params=_ERASED))


def _underway() -> ColumnElement[bool]:
    """Claimed and not ended. No IN: such a list cannot be part of an executemany."""
    return or_(_outbox.c.state == "sending", _outbox.c.state == "submitted")


def retry(session: Session, later: Sequence[tuple[int, int, str, bool]]) -> None:
    """(id, next at, why, whether the try counts): back to the queue."""
    for outbox_id, next_at_ms, error, counts in later:
        change = update(_outbox).where(_outbox.c.id == outbox_id, _underway())
        tries = _outbox.c.tries if counts else _outbox.c.tries - 1
        values = {"state": "queued", "next_at_ms": next_at_ms, "error": error, "tries": tries}
        session.connection().execute(change.values(values))


def recover(session: Session, link: str, now_ms: int) -> None:
    """At the start of a link's gateway: what was not submitted is queued again, what was counts as sent."""
    connection = session.connection()
    mine = update(_outbox).where(_outbox.c.link == link)
    connection.execute(mine.where(_outbox.c.state == "sending").values(state="queued"))
    left = select(_outbox.c.id).where(_outbox.c.link == link, _outbox.c.state == "submitted")
    mark_sent(session, [(outbox_id, "") for outbox_id in connection.execute(left).scalars()], now_ms)
