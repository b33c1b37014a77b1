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

from sqlalchemy import BigInteger, BindParameter, bindparam, delete, func, text, update
from sqlmodel import Session, col, select

from callback.store.models import LIVE, Account, Leg, Request
from callback.store.rows import changed, every, figures, first, insert_once

CODE = "code"  # the purpose of a call that reads a one-time code
_TRIES = 3  # the live request that stood in the way may end between two of our statements

_ID: BindParameter[str] = bindparam("its_id")
_EPOCH: BindParameter[int] = bindparam("its_epoch")
_AT_MS: BindParameter[int] = bindparam("now_ms", type_=BigInteger)
_REQUEST = select(Request).where(Request.id == _ID)
_SAME = select(Request).where(Request.source_key == bindparam("source_key"))
_IN_THE_WAY = select(Request).where(Request.number_a == bindparam("number_a"), text(LIVE))
_CHANGE = update(Request).values(version=Request.version + 1)
_QUEUED = _CHANGE.where(col(Request.id) == _ID, col(Request.state) == "queued")
_REPLACE = _QUEUED.where(col(Request.account_id) == bindparam("its_account"), col(Request.purpose) != CODE)
_CODE_CALL = select(Request).where(
    Request.account_id == bindparam("its_account"), col(Request.code_sealed).is_not(None)
)
_ERASED = {"code_sealed": None}  # with the end of the call, however it came
_OWNED = _CHANGE.where(col(Request.id) == _ID, col(Request.state) == "running", col(Request.epoch) == _EPOCH)
_PAYER = select(Account.id, Account.currency).where(Account.id == Request.account_id, Request.id == _ID)
_LEG = select(Leg).where(Leg.id == _ID)
_LEGS = select(Leg).where(Leg.request_id == _ID).order_by(col(Leg.dialled_at_ms), col(Leg.id))
_OWNED_LEG = update(Leg).where(
    col(Leg.id) == _ID,
    select(Request.id)
    .where(Request.id == Leg.request_id, Request.state == "running", Request.epoch == _EPOCH)
    .exists(),
)
_TRYING = _OWNED_LEG.values(trying_at_ms=func.coalesce(Leg.trying_at_ms, _AT_MS))
_RINGING = _OWNED_LEG.values(ringing_at_ms=func.coalesce(Leg.ringing_at_ms, _AT_MS))
_ANSWERED = _OWNED_LEG.where(col(Leg.state) == "dialling").values(state="answered")
_ENDED = _OWNED_LEG.where(col(Leg.state) != "ended").values(state="ended")


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


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose request it is, and what its account pays in."""

    account_id: str
    currency: str


Opening = Opened | Repeated | Replaced | AlreadyLive


def open_request(session: Session, wish: Request) -> Opening:
    """Store a wish as a queued request, unless its source or its number says otherwise (DESIGN 5a).

    `wish` is a row not yet stored, with a new id. A request is *live* while queued or running, and a
    number has at most one live request. One that reads a code is never replaced and replaces none.
    """
    for _ in range(_TRIES):
        if insert_once(session, wish):
            return Opened(wish)
        same = find_same(session, wish.source_key)
        if same is not None:
            return Repeated(same)
        live = first(session, _IN_THE_WAY, number_a=wish.number_a)
        if live is None:
            continue
        if wish.purpose != CODE and _replace(session, live, wish):
            return Replaced(get_request(session, live.id))
        return AlreadyLive(live, live.state)
    raise AssertionError(f"request {wish.id} is neither stored nor in anybody's way")


def _replace(session: Session, live: Request, wish: Request) -> bool:
    taken_over = wish.model_dump(include={"source_key", "trigger", "ani", "dnis", "destination"})
    return changed(session, _REPLACE, its_id=live.id, its_account=wish.account_id, **taken_over) == 1


def claim_request(session: Session, request_id: str, node: str, epoch: int, now_ms: int) -> Request | None:
    """The request, now running and ours; None if it is not queued (any more)."""
    owner = {"state": "running", "node": node, "epoch": epoch, "claimed_at_ms": now_ms}
    return get_request(session, request_id) if _change_queued(session, request_id, **owner) else None


def adopt_request(session: Session, request_id: str, from_epoch: int, node: str, epoch: int) -> bool:
    """Take over a running request of a dead process; every write of that process fails from now on."""
    return _change_owned(session, request_id, from_epoch, node=node, epoch=epoch)


def finish_request(
    session: Session, request_id: str, epoch: int, state: str, outcome: str, at_ms: int
) -> bool:
    """End a running request for good; False if it is not ours. Release its hold too."""
    assert state in {"done", "failed", "cancelled"}
    return _change_owned(
        session, request_id, epoch, state=state, outcome=outcome, ended_at_ms=at_ms, **_ERASED
    )


def requeue(session: Session, request_id: str, epoch: int, due_at_ms: int) -> bool:
    """Give a running request back to the queue, its attempts and its hold kept; False if not ours."""
    return _change_owned(
        session, request_id, epoch, state="queued", node=None, epoch=None, due_at_ms=due_at_ms
    )


def cancel_queued(session: Session, request_id: str, state: str, outcome: str, at_ms: int) -> bool:
    """End a request nobody has claimed yet; False if somebody has."""
    return _change_queued(session, request_id, state=state, outcome=outcome, ended_at_ms=at_ms, **_ERASED)


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
    return first(session, _REQUEST, its_id=request_id)


def find_same(session: Session, source_key: str) -> Request | None:
    """The request that this very wish became, if it was stored before."""
    return first(session, _SAME, source_key=source_key)


def find_code_call(session: Session, account_id: str) -> Request | None:
    """The live call that reads a code for this account: there is at most one."""
    return first(session, _CODE_CALL, its_account=account_id)


def erase_codes(session: Session, before_ms: int) -> int:
    """Erase the sealed codes of calls wished for before then, should any be left; how many."""
    old = update(Request).where(col(Request.code_sealed).is_not(None), col(Request.created_at_ms) < before_ms)
    return changed(session, old.values(**_ERASED))


def get_request(session: Session, request_id: str) -> Request:
    request = find_request(session, request_id)
    assert request is not None, f"no request {request_id}"
    return request


def is_owned(session: Session, request_id: str, epoch: int) -> bool:
    """Whether the request still runs under this epoch."""
    request = get_request(session, request_id)
    return request.state == "running" and request.epoch == epoch


def get_payer(session: Session, request_id: str) -> Payer:
    found = figures(session, _PAYER, its_id=request_id)
    assert found is not None, f"no request {request_id}"
    return Payer(*found)


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
    return changed(session, _TRYING, its_id=leg_id, its_epoch=epoch, now_ms=at_ms) == 1


def record_ringing(session: Session, leg_id: str, epoch: int, at_ms: int) -> bool:
    """The far phone rings; the first report counts. False if the call is not ours any more."""
    return changed(session, _RINGING, its_id=leg_id, its_epoch=epoch, now_ms=at_ms) == 1


def record_answer(
    session: Session, leg_id: str, epoch: int, at_ms: int, dialog: Mapping[str, object]
) -> bool:
    """The phone was picked up; to be committed before the ACK leaves. False: not ours, hang up."""
    kept = json.dumps(dict(dialog), sort_keys=True)
    told = {"its_id": leg_id, "its_epoch": epoch, "answered_at_ms": at_ms, "dialog": kept}
    return changed(session, _ANSWERED, **told) == 1


def record_leg_end(session: Session, leg_id: str, epoch: int, at_ms: int, *, cleared: bool = True) -> bool:
    """The leg is over; `cleared=False` if it may still stand on the wire. False: not ours, or over before."""
    told = {"its_id": leg_id, "its_epoch": epoch, "ended_at_ms": at_ms, "cleared": cleared}
    return changed(session, _ENDED, **told) == 1


def record_cleared(session: Session, leg_id: str) -> bool:
    """Nothing of this leg is left on the wire; whoever saw that may say so. False if it was known."""
    clear = update(Leg).where(col(Leg.id) == leg_id, col(Leg.cleared).is_(False)).values(cleared=True)
    return changed(session, clear) == 1


def get_leg(session: Session, leg_id: str) -> Leg:
    leg = first(session, _LEG, its_id=leg_id)
    assert leg is not None, f"no leg {leg_id}"
    return leg


def legs_of(session: Session, request_id: str) -> list[Leg]:
    """Every leg of a request in the order they were dialled."""
    return every(session, _LEGS, its_id=request_id)


def lost_legs(session: Session, node: str, epoch: int) -> list[Leg]:
    """Legs that lives of this node before `epoch` left on the wire, as far as anybody knows."""
    lost = select(Leg).where(Leg.node == node, Leg.epoch < epoch, ~col(Leg.cleared))
    return every(session, lost.order_by(col(Leg.dialled_at_ms), col(Leg.id)))


def _change_queued(session: Session, request_id: str, **values: Any) -> bool:
    return changed(session, _QUEUED, its_id=request_id, **values) == 1


def _change_owned(session: Session, request_id: str, owner: int, **values: Any) -> bool:
    return changed(session, _OWNED, its_id=request_id, its_epoch=owner, **values) == 1
