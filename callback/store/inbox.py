"""Every SQL statement about SMS that came in: stored, told from repeats, claimed, finished.

    received → claimed → done
        ↑         │ ↘ quarantined (given up, or never readable)
        └─────────┘ released, taken over
    repeat · done at once: what is not executed (copies, delivery receipts)

All functions work in the caller's transaction. The hot path is Core, not ORM: at full load five hundred SMS
share one commit. The module must not know a PDU or a key: bodies are sealed when they get here.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, insert, select, update
from sqlmodel import Session

from callback.store.models import BindSession, Inbox

_inbox = Inbox.__table__  # type: ignore[attr-defined]  # SQLModel does not declare what it makes
_bind = BindSession.__table__  # type: ignore[attr-defined]  # likewise


class ClaimLost(Exception):  # the name is the state it tells of
    """Another gateway has taken this SMS over; whatever was about to be committed must not be."""

    transient = False


@dataclass(frozen=True, slots=True)
class Windows:
    """How long a copy counts as a repeat (DESIGN 5a)."""

    retry_ms: int  # of anything
    broken_ms: int  # of a copy whose response may not have arrived


@dataclass(frozen=True, slots=True)
class NewSms:
    """One SMS about to be stored."""

    link: str
    session_id: str
    dedupe_key: bytes
    ani: str
    dnis: str
    sealed: bytes
    received_at_ms: int
    state: str = "received"  # "done" and "quarantined": kept, not executed
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class StoredSms:
    """What became of it. `claimed`: ours to execute at once."""

    inbox_id: int
    state: str

    @property
    def claimed(self) -> bool:
        return self.state == "claimed"


@dataclass(frozen=True, slots=True)
class ClaimedSms:
    """An SMS that is ours to execute; `tries` counts this one."""

    inbox_id: int
    link: str
    ani: str
    dnis: str
    sealed: bytes
    dedupe_key: bytes
    received_at_ms: int
    tries: int


def open_session(session: Session, session_id: str, link: str, now_ms: int) -> None:
    """A bind has come up."""
    values = {"id": session_id, "link": link, "started_at_ms": now_ms, "acked_to": 0}
    session.connection().execute(insert(_bind), values)


def close_session(session: Session, session_id: str, now_ms: int) -> None:
    """A bind is gone; what was acknowledged in its last seconds stays doubtful."""
    session.connection().execute(update(_bind).where(_bind.c.id == session_id).values(ended_at_ms=now_ms))


def record_acked(session: Session, acked_to: Iterable[tuple[str, int]]) -> None:
    """(session, inbox id): its responses up to that one were written, and it lived on for 5 s."""
    rows = [{"which": session_id, "to": inbox_id} for session_id, inbox_id in acked_to]
    if rows:
        change = update(_bind).where(_bind.c.id == bindparam("which")).values(acked_to=bindparam("to"))
        session.connection().execute(change, rows)


def store_batch(
    session: Session, rows: Sequence[NewSms], windows: Windows, *, claim_for: str, claim_max: int
) -> list[StoredSms]:
    """Store all, in order, and say of each whether it is executed. Repeats are stored without their body.

    The first `claim_max` of those to execute are born claimed, which saves them a second commit.
    """
    earlier = _earlier_copies(session, rows, windows)
    values: list[dict[str, Any]] = []
    left = claim_max
    for row in rows:
        state = row.state
        if state == "received" and _is_repeat(row, earlier.get(row.dedupe_key, ()), windows):
            state = "repeat"
        elif state == "received" and left > 0:
            state, left = "claimed", left - 1
        earlier.setdefault(row.dedupe_key, []).append((row.received_at_ms, False))
        values.append(_values(row, state, claim_for))
    made = insert(_inbox).returning(_inbox.c.id, *(_inbox.c[name] for name in _TOLD_BY))
    return _in_order(session.connection().execute(made, values), values)


_TOLD_BY = ("dedupe_key", "state", "session_id")


def _in_order(made: Iterable[Any], values: Sequence[dict[str, Any]]) -> list[StoredSms]:
    """Which id each row got. To have the database tell it in order would cost a statement a row.

    Rows alike in all they are told by are copies of which none is executed: their ids may be exchanged.
    """
    ids: dict[tuple[Any, ...], list[int]] = {}
    for inbox_id, *told_by in made:
        ids.setdefault(tuple(told_by), []).append(inbox_id)
    for alike in ids.values():
        alike.sort(reverse=True)
    return [StoredSms(ids[tuple(row[name] for name in _TOLD_BY)].pop(), row["state"]) for row in values]


def _values(row: NewSms, state: str, claim_for: str) -> dict[str, Any]:
    claimed = state == "claimed"
    return {
        "link": row.link,
        "session_id": row.session_id,
        "dedupe_key": row.dedupe_key,
        "ani": row.ani,
        "dnis": row.dnis,
        "sealed": None if state == "repeat" else row.sealed,  # the first copy says the same
        "state": state,
        "outcome": "repeat" if state == "repeat" else row.outcome,
        "tries": 1 if claimed else 0,
        "not_before_ms": 0,
        "claimed_by": claim_for if claimed else None,
        "claimed_at_ms": row.received_at_ms if claimed else None,
        "received_at_ms": row.received_at_ms,
        "done_at_ms": row.received_at_ms if state in {"repeat", "done"} else None,
    }


def _earlier_copies(
    session: Session, rows: Sequence[NewSms], windows: Windows
) -> dict[bytes, list[tuple[int, bool]]]:
    """By dedupe key: (received at, response doubtful) of every copy that may still matter."""
    keys = {row.dedupe_key for row in rows}
    since_ms = min(row.received_at_ms for row in rows) - max(windows.retry_ms, windows.broken_ms)
    found = session.connection().execute(
        select(_inbox.c.dedupe_key, _inbox.c.received_at_ms, _inbox.c.id > _bind.c.acked_to)
        .join(_bind, _bind.c.id == _inbox.c.session_id)
        .where(_inbox.c.dedupe_key.in_(keys), _inbox.c.received_at_ms >= since_ms)
    )
    copies: dict[bytes, list[tuple[int, bool]]] = {}
    for key, received_at_ms, doubtful in found:
        copies.setdefault(key, []).append((received_at_ms, bool(doubtful)))
    return copies


def _is_repeat(row: NewSms, copies: Iterable[tuple[int, bool]], windows: Windows) -> bool:
    return any(
        row.received_at_ms - at_ms
        <= (max(windows.retry_ms, windows.broken_ms) if doubtful else windows.retry_ms)
        for at_ms, doubtful in copies
    )


def is_waiting(session: Session, links: Collection[str], now_ms: int) -> bool:
    """Whether there is anything to claim: asked before taking the writers' lock."""
    found = select(_inbox.c.id).where(_waits(links, now_ms)).limit(1)
    return session.connection().execute(found).first() is not None


def _waits(links: Collection[str], now_ms: int) -> ColumnElement[bool]:
    return and_(
        _inbox.c.state == "received", _inbox.c.not_before_ms <= now_ms, _inbox.c.link.in_(tuple(links))
    )


def claim_next(
    session: Session, count: int, by: str, links: Collection[str], now_ms: int
) -> list[ClaimedSms]:
    """Claim up to `count` that wait and came by one of the links, oldest first."""
    waiting = select(_inbox.c.id).where(_waits(links, now_ms)).order_by(_inbox.c.id).limit(count)
    claim = (
        update(_inbox)
        .where(_inbox.c.id.in_(waiting), _inbox.c.state == "received")
        .values(state="claimed", claimed_by=by, claimed_at_ms=now_ms, tries=_inbox.c.tries + 1)
        .returning(
            _inbox.c.id, _inbox.c.link, _inbox.c.ani, _inbox.c.dnis, _inbox.c.sealed, _inbox.c.dedupe_key,
            _inbox.c.received_at_ms, _inbox.c.tries,
        )
    )  # fmt: skip
    claimed = [ClaimedSms(*row) for row in session.connection().execute(claim)]
    return sorted(claimed, key=lambda sms: sms.inbox_id)


def record_outcome(
    session: Session, inbox_id: int, by: str, *, outcome: str, masked: str, now_ms: int, state: str = "done"
) -> None:
    """Finish a claimed SMS and erase its sealed body (DESIGN 4.7). Raises ClaimLost."""
    change = (
        update(_inbox)
        .where(_inbox.c.id == inbox_id, _inbox.c.state == "claimed", _inbox.c.claimed_by == by)
        .values(state=state, outcome=str(outcome), masked=masked, sealed=None, done_at_ms=now_ms)
    )
    if session.connection().execute(change).rowcount != 1:
        raise ClaimLost(f"inbox {inbox_id} is not {by}'s any more")


def record_outcomes(session: Session, by: str, outcomes: Sequence[tuple[int, str, str]], now_ms: int) -> None:
    """The same for many at once: (inbox id, outcome, masked text). Raises ClaimLost if any is not ours."""
    change = (
        update(_inbox)
        .where(_inbox.c.id == bindparam("of"), _inbox.c.state == "claimed", _inbox.c.claimed_by == by)
        .values(
            state="done",
            outcome=bindparam("became"),
            masked=bindparam("text"),
            sealed=None,
            done_at_ms=now_ms,
        )
    )
    rows = [{"of": inbox_id, "became": outcome, "text": masked} for inbox_id, outcome, masked in outcomes]
    if session.connection().execute(change, rows).rowcount != len(rows):
        raise ClaimLost(f"some of {len(rows)} messages are not {by}'s any more")


def quarantine(session: Session, inbox_id: int, by: str, *, outcome: str, now_ms: int) -> None:
    """Give a claimed SMS up. Its body stays sealed until retention ends. Raises ClaimLost."""
    change = (
        update(_inbox)
        .where(_inbox.c.id == inbox_id, _inbox.c.state == "claimed", _inbox.c.claimed_by == by)
        .values(state="quarantined", outcome=outcome, done_at_ms=now_ms)
    )
    if session.connection().execute(change).rowcount != 1:
        raise ClaimLost(f"inbox {inbox_id} is not {by}'s any more")


def release(session: Session, inbox_id: int, by: str, *, not_before_ms: int, count_try: bool) -> bool:
    """Put a claimed SMS back for a later try; False if it was not ours any more."""
    change = (
        update(_inbox)
        .where(_inbox.c.id == inbox_id, _inbox.c.state == "claimed", _inbox.c.claimed_by == by)
        .values(state="received", claimed_by=None, not_before_ms=not_before_ms,
                tries=_inbox.c.tries if count_try else _inbox.c.tries - 1)
    )  # fmt: skip
    return session.connection().execute(change).rowcount == 1


def take_back(session: Session, by: str) -> int:
    """At the start of a gateway: what its former life had claimed waits again."""
    change = update(_inbox).where(_inbox.c.state == "claimed", _inbox.c.claimed_by == by)
    return session.connection().execute(change.values(state="received", claimed_by=None)).rowcount


def is_forsaken(session: Session, by: str, claimed_before_ms: int) -> bool:
    """Whether another gateway claimed something before that instant and never finished it."""
    found = select(_inbox.c.id).where(_forsaken(by, claimed_before_ms)).limit(1)
    return session.connection().execute(found).first() is not None


def take_over(session: Session, by: str, claimed_before_ms: int) -> int:
    """What another gateway claimed before that instant and never finished waits again."""
    change = update(_inbox).where(_forsaken(by, claimed_before_ms))
    return session.connection().execute(change.values(state="received", claimed_by=None)).rowcount


def _forsaken(by: str, claimed_before_ms: int) -> ColumnElement[bool]:
    return and_(
        _inbox.c.state == "claimed", _inbox.c.claimed_at_ms <= claimed_before_ms, _inbox.c.claimed_by != by
    )


def erase_sealed(session: Session, received_before_ms: int) -> int:
    """Retention: bodies that nobody could read or finish go; what still waits keeps its own."""
    change = update(_inbox).where(
        _inbox.c.sealed.is_not(None),
        _inbox.c.received_at_ms < received_before_ms,
        _inbox.c.state.in_(("done", "repeat", "quarantined")),
    )
    return session.connection().execute(change.values(sealed=None)).rowcount
