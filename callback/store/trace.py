"""The trace of a session: every event and what followed, in order, so that a call replays as a test.

Written in groups a moment later than it happened; its tail may be lost in a crash, money and states not.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlmodel import Session, col, select

from callback.store.models import Trace
from callback.store.rows import every, insert_values


@dataclass(frozen=True, slots=True)
class Line:
    """One event of a session and the effects it had, both as JSON without secrets."""

    request_id: str
    at_ms: int
    state: str
    event: str
    effects: str = "[]"


def add_lines(session: Session, lines: Sequence[Line]) -> None:
    """Store a group of lines, in their order, with one statement."""
    insert_values(session, Trace, [asdict(line) for line in lines])


def lines_of(session: Session, request_id: str) -> list[Line]:
    """All lines of one request, in their order."""
    found = every(session, select(Trace).where(Trace.request_id == request_id).order_by(col(Trace.id)))
    return [Line(row.request_id, row.at_ms, row.state, row.event, row.effects) for row in found]
