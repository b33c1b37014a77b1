"""The trace of a session: every event and what followed, in order, so that a call replays as a test.

Written in groups a moment later than it happened; its tail may be lost in a crash, money and states not.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlmodel import Session, col, select

from callback.store.models import Trace
from callback.store.rows import every, insert_values


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a session and the effects it had, both as JSON without secrets."""

    request_id: str
    at_ms: int
    state: str
    event: str
    effects: str = "[]"


def record_steps(session: Session, steps: Sequence[Step]) -> None:
    """Store a group of steps, in their order, with one statement."""
    insert_values(session, Trace, [asdict(step) for step in steps])


def steps_of(session: Session, request_id: str) -> list[Step]:
    """All steps of one request, in their order."""
    found = every(session, select(Trace).where(Trace.request_id == request_id).order_by(col(Trace.id)))
    return [Step(row.request_id, row.at_ms, row.state, row.event, row.effects) for row in found]
