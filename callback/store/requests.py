"""Requests and their legs: who owns a call, and what is known of it whatever dies.

A request is claimed by one conditional UPDATE and is then owned by a (node, epoch). Epochs are drawn from
one counter for all nodes (`nodes.register_node`), so the number alone says whose it is: every later write
carries it, and counts zero rows when the ownership is gone. Then the caller hangs up and writes nothing.

::

    queued ──claim──► running ──finish──► done | failed
      │ ▲                │
      │ └────requeue─────┘   after a crash, if leg A was never answered
      └──cancel──► cancelled | failed
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, text, update
from sqlmodel import Session, col, select

from callback.store.models import LIVE, Leg, Request
from callback.store.rows import changed, every, first, insert_once

_TRIES = 3  # the live request that stood in the way may end between two of our statements


@dataclass(frozen=True, slots=True)
class Opened:
    """A new request; its first hold is to be opened in the same transaction."""

    request: Request


@dataclass(frozen=True, slots=True)
class Repeated:
    """This very wish was stored before."""

    request: Request


@dataclass(frozen=True, slots=True)
class Replaced:
    """A queued request of the same number now has this wish's destination; its hold stands."""

    request: Request


@dataclass(frozen=True, slots=True)
class AlreadyLive:
    """The number has a request in its way: being set up or in a call, or another account's."""

    request: Request
    state: str


Opening = Opened | Repeated | Replaced | AlreadyLive


def open_request(session: Session, wish: Request) -> Opening:
    """Store a wish as a queued request, unless its source or its number says otherwise (DESIGN 5a).

    `wish` is a row not yet stored, with a new id. A request is *live* while queued or running, and a
    number has at most one live request.
    """
    for _ in range(_TRIES):
        if insert_once(session, wish):
            return Opened(wish)
        same = first(session, select(Request).where(Request.source_key == wish.source_key))
        if same is not None:
            return Repeated(same)
        live = first(session, select(Request).where(Request.number_a == wish.number_a, text(LIVE)))
        if live is None:
            continue
        if changed(session, _replace(live, wish)) == 1:
            return Replaced(get_request(session, live.id))
        return AlreadyLive(live, live.state)
    raise AssertionError(f"request {wish.id} is neither stored nor in anybody's way")


def _replace(live: Request, wish: Request) -> Any:
    return (
        update(Request)
        .where(col(Request.id) == live.id, col(Request.state) == "queued")
        .where(col(Request.account_id) == wish.account_id)
        .values(
            source_key=wish.source_key,
            trigger=wish.trigger,
            ani=wish.ani,
            dnis=wish.dnis,
            destination=wish.destination,
            version=Request.version + 1,
        )
    )


def claim_request(session: Session, request_id: str, node: str, epoch: int, now_ms: int) -> Request | None:
    """The request, now running and ours; None if it is not queued (any more)."""
    claim = (
        update(Request)
        .where(col(Request.id) == request_id, col(Request.state) == "queued")
        .values(state="running", node=node, epoch=epoch, claimed_at_ms=now_ms, version=Request.version + 1)
    )
    return get_request(session, request_id) if changed(session, claim) == 1 else None


def adopt_request(session: Session, request_id: str, from_epoch: int, node: str, epoch: int) -> bool:
    """Take over a running request of a dead process; every write of that process fails from now on."""
    return _change_owned(session, request_id, from_epoch, node=node, epoch=epoch)


def finish_request(
    session: Session, request_id: str, epoch: int, state: str, outcome: str, at_ms: int
) -> bool:
    """End a running request as `done` or `failed`; False if it is not ours. Release its hold too."""
    assert state in {"done", "failed", "cancelled"}
    return _change_owned(session, request_id, epoch, state=state, outcome=outcome, ended_at_ms=at_ms)


def requeue(session: Session, request_id: str, epoch: int, due_at_ms: int) -> bool:
    """Give a running request back to the queue, its attempts and its hold kept; False if not ours."""
    return _change_owned(
        session, request_id, epoch, state="queued", node=None, epoch=None, due_at_ms=due_at_ms
    )


def cancel_queued(session: Session, request_id: str, state: str, outcome: str, at_ms: int) -> bool:
    """End a request nobody has claimed yet; False if somebody has."""
    cancel = (
        update(Request)
        .where(col(Request.id) == request_id, col(Request.state) == "queued")
        .values(state=state, outcome=outcome, ended_at_ms=at_ms, version=Request.version + 1)
    )
    return changed(session, cancel) == 1


def withdraw(session: Session, request_id: str) -> None:
    """Take back what `open_request` stored in this very transaction: there is no money for its hold."""
    gone = delete(Request).where(col(Request.id) == request_id, col(Request.state) == "queued")
    assert changed(session, gone) == 1


def postpone(session: Session, request_ids: Sequence[str], due_at_ms: int) -> int:
    """Look at these queued requests again only then; how many there were."""
    later = (
        update(Request)
        .where(col(Request.id).in_(request_ids), col(Request.state) == "queued")
        .values(due_at_ms=due_at_ms)
    )
    return changed(session, later)


def find_request(session: Session, request_id: str) -> Request | None:
    return first(session, select(Request).where(Request.id == request_id))


def get_request(session: Session, request_id: str) -> Request:
    request = find_request(session, request_id)
    assert request is not None, f"no request {request_id}"
    return request


def due_requests(session: Session, now_ms: int, limit: int = 200) -> list[Request]:
    """Queued requests whose time has come, the longest due first."""
    due = select(Request).where(Request.state == "queued", Request.due_at_ms <= now_ms)
    return every(session, due.order_by(col(Request.due_at_ms), col(Request.id)).limit(limit))


def requests_of_dead(session: Session, node: str, epoch: int) -> list[Request]:
    """Requests that still run under this life of a node, or an earlier one."""
    lost = select(Request).where(Request.state == "running", Request.node == node)
    return every(session, lost.where(col(Request.epoch) <= epoch).order_by(col(Request.id)))


def list_requests(
    session: Session, *, account_id: str | None = None, limit: int = 50, before_id: str | None = None
) -> list[Request]:
    """The newest requests first; `before_id` continues where a page ended."""
    query = select(Request)
    if account_id is not None:
        query = query.where(Request.account_id == account_id)
    if before_id is not None:
        query = query.where(Request.id < before_id)
    return every(session, query.order_by(col(Request.id).desc()).limit(limit))


# --- legs


def record_leg_dialled(session: Session, leg: Leg) -> bool:
    """Store a leg before its INVITE leaves; False if the request is not the leg's (node, epoch) any more."""
    values: dict[str, Any] = {"attempt": leg.attempt} if leg.role == "A" else {}
    if not _change_owned(session, leg.request_id, leg.epoch, **values):
        return False
    assert insert_once(session, leg), f"leg {leg.id} was dialled before"
    return True


def record_trying(session: Session, leg_id: str, epoch: int, at_ms: int) -> bool:
    """The INVITE is on the wire; the first report counts. False if the call is not ours any more."""
    return _change_leg(session, leg_id, epoch, trying_at_ms=func.coalesce(Leg.trying_at_ms, at_ms))


def record_ringing(session: Session, leg_id: str, epoch: int, at_ms: int) -> bool:
    """The far phone rings; the first report counts. False if the call is not ours any more."""
    return _change_leg(session, leg_id, epoch, ringing_at_ms=func.coalesce(Leg.ringing_at_ms, at_ms))


def record_answer(
    session: Session, leg_id: str, epoch: int, at_ms: int, dialog: Mapping[str, object]
) -> bool:
    """The phone was picked up; to be committed before the ACK leaves. False: not ours, hang up."""
    return _change_leg(
        session, leg_id, epoch, only_if=col(Leg.state) == "dialling",
        state="answered", answered_at_ms=at_ms, dialog=json.dumps(dict(dialog), sort_keys=True),
    )  # fmt: skip


def record_leg_end(session: Session, leg_id: str, epoch: int, at_ms: int, *, cleared: bool = True) -> bool:
    """The leg is over; `cleared=False` if it may still stand on the wire. False: not ours, or over before."""
    return _change_leg(
        session, leg_id, epoch, only_if=col(Leg.state) != "ended",
        state="ended", ended_at_ms=at_ms, cleared=cleared,
    )  # fmt: skip


def record_cleared(session: Session, leg_id: str) -> bool:
    """Nothing of this leg is left on the wire; whoever saw that may say so. False if it was known."""
    clear = update(Leg).where(col(Leg.id) == leg_id, col(Leg.cleared).is_(False)).values(cleared=True)
    return changed(session, clear) == 1


def legs_of(session: Session, request_id: str) -> list[Leg]:
    """Every leg of a request in the order they were dialled."""
    of_request = select(Leg).where(Leg.request_id == request_id)
    return every(session, of_request.order_by(col(Leg.dialled_at_ms), col(Leg.id)))


def lost_legs(session: Session, node: str, epoch: int) -> list[Leg]:
    """Legs that lives of this node before `epoch` left on the wire, as far as anybody knows."""
    lost = select(Leg).where(Leg.node == node, Leg.epoch < epoch, ~col(Leg.cleared))
    return every(session, lost.order_by(col(Leg.dialled_at_ms), col(Leg.id)))


def _change_owned(session: Session, request_id: str, owner: int, **values: Any) -> bool:
    statement = update(Request).where(
        col(Request.id) == request_id, col(Request.state) == "running", col(Request.epoch) == owner
    )
    return changed(session, statement.values(version=Request.version + 1, **values)) == 1


def _change_leg(
    session: Session, leg_id: str, epoch: int, *, only_if: ColumnElement[bool] | None = None, **values: Any
) -> bool:
    ours = (
        select(Request.id)
        .where(Request.id == Leg.request_id, Request.state == "running", Request.epoch == epoch)
        .exists()
    )
    record = update(Leg).where(col(Leg.id) == leg_id, ours)
    if only_if is not None:
        record = record.where(only_if)
    return changed(session, record.values(**values)) == 1
