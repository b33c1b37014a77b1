"""What operators did: a row in the transaction that did it, never changed and never removed.

`detail` is for people: short facts without secrets, such as an amount or a number.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from callback.store.models import Audit
from callback.store.rows import every, insert_values


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed. `subject` is the id of what it was done to: an account's, a request's, an operator's."""

    id: int
    at_ms: int
    author: str
    action: str
    subject: str
    detail: Mapping[str, str]


def record(
    session: Session, *, at_ms: int, author: str, action: str, subject: str, **detail: str | int
) -> None:
    """Write down what an operator does, in the transaction that does it; `author` is their login."""
    told = json.dumps({name: str(value) for name, value in detail.items()}, ensure_ascii=False)
    row = {"at_ms": at_ms, "author": author, "action": action, "subject": subject, "detail": told}
    insert_values(session, Audit, [row])


def entries_of(session: Session, subject: str, limit: int = 50) -> list[Entry]:
    """What was done to this, the newest first."""
    of_subject = select(Audit).where(Audit.subject == subject)
    return [_entry(row) for row in every(session, of_subject.order_by(col(Audit.id).desc()).limit(limit))]


def latest(session: Session, limit: int = 50, before_id: int | None = None) -> list[Entry]:
    """What was done lately, the newest first; `before_id` continues where a page ended."""
    query = select(Audit)
    if before_id is not None:
        query = query.where(col(Audit.id) < before_id)
    return [_entry(row) for row in every(session, query.order_by(col(Audit.id).desc()).limit(limit))]


def _entry(row: Audit) -> Entry:
    assert row.id is not None
    return Entry(row.id, row.at_ms, row.author, row.action, row.subject, json.loads(row.detail))
