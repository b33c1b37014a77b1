"""Do transfers, balances, holds, legs and CDRs agree? Every row that is not so, by name.

Balances and holds are sums kept beside the transfers they are sums of; this is the proof that they were kept
well. It reads one snapshot and may run while calls do: what is still open is judged as open.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import SQLColumnExpression
from sqlmodel import Session, col, func, select

from callback.store.models import Cdr, Hold, LedgerAccount, Leg, Request, Transfer

_LIVE = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that does not agree with the others."""

    table: str
    row: str  # its key
    message: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.message}"


def reconcile(session: Session) -> list[Fault]:
    """All faults, an empty list if the books are right."""
    return [fault for check in _CHECKS for fault in check(session)]


def _balances_are_the_sums_of_their_transfers(session: Session) -> Iterator[Fault]:
    came = _sums(session, col(Transfer.credit_id))
    went = _sums(session, col(Transfer.debit_id))
    for account in session.exec(select(LedgerAccount)):
        moved_micro = came.get(account.id, 0) - went.get(account.id, 0)
        if account.balance_micro != moved_micro:
            told = f"balance {account.balance_micro}, but its transfers make {moved_micro}"
            yield Fault("ledger_account", account.id, told)
        if account.floor_micro is not None and account.balance_micro < account.floor_micro:
            told = f"balance {account.balance_micro} is below its floor {account.floor_micro}"
            yield Fault("ledger_account", account.id, told)


def _transfers_stay_in_one_currency(session: Session) -> Iterator[Fault]:
    for side in (col(Transfer.debit_id), col(Transfer.credit_id)):
        foreign = select(Transfer.key, LedgerAccount.id).where(
            side == LedgerAccount.id, Transfer.currency != LedgerAccount.currency
        )
        for key, account in session.exec(foreign):
            yield Fault("transfer", key, f"is in another currency than {account}")


def _holds_are_the_sums_of_their_transfers(session: Session) -> Iterator[Fault]:
    sums = {
        kind: _sums(session, col(Transfer.request_id), kind=kind) for kind in ("hold", "settle", "release")
    }
    known = set()
    for hold in session.exec(select(Hold)):
        known.add(hold.request_id)
        held, settled, released = (sums[kind].get(hold.request_id, 0) for kind in sums)
        rest = held - settled
        for kept, summed, what in ((hold.held_micro, held, "held"), (hold.settled_micro, settled, "settled")):
            if kept != summed:
                yield Fault("hold", hold.request_id, f"says {kept} {what}, but its transfers make {summed}")
        if hold.state == "closed" and released != rest:
            yield Fault("hold", hold.request_id, f"is closed, but {released} of {rest} was released")
        if hold.state == "open" and released:
            yield Fault("hold", hold.request_id, f"is open, but {released} was released")
    for request_id in sorted(set().union(*sums.values()) - known):
        yield Fault("transfer", request_id, "money was held or settled for a request without a hold")


def _held_money_belongs_to_open_holds(session: Session) -> Iterator[Fault]:
    rest = func.sum(Hold.held_micro - Hold.settled_micro)
    of_open = select(Hold.account_id, rest).where(Hold.state == "open").group_by(Hold.account_id)
    open_micro = {f"held:{account}": int(total) for account, total in session.exec(of_open)}
    for account in session.exec(select(LedgerAccount).where(col(LedgerAccount.id).startswith("held:"))):
        expected = open_micro.get(account.id, 0)
        if account.balance_micro != expected:
            told = f"balance {account.balance_micro}, but open holds make {expected}"
            yield Fault("ledger_account", account.id, told)


def _requests_end_with_their_holds(session: Session) -> Iterator[Fault]:
    query = select(Request.id, Request.state, Hold.state).join(
        Hold, col(Hold.request_id) == Request.id, isouter=True
    )
    wanted = (col(Request.state).in_(_LIVE) & (func.coalesce(Hold.state, "") != "open")) | (
        col(Request.state).not_in(_LIVE) & (func.coalesce(Hold.state, "") != "closed")
    )
    for request_id, state, hold in session.exec(query.where(wanted)):
        yield Fault("request", request_id, f"is {state}, and its hold is {hold or 'missing'}")


def _answered_legs_are_settled_once(session: Session) -> Iterator[Fault]:
    """One pass over ended legs with the CDR and the settlement of each."""
    settle = (col(Transfer.leg_id) == Leg.id) & (col(Transfer.kind) == "settle")
    query = (
        select(Leg, Cdr.cost_micro, func.count(col(Transfer.key)), func.sum(Transfer.amount_micro))
        .join(Cdr, col(Cdr.leg_id) == Leg.id, isouter=True)
        .join(Transfer, settle, isouter=True)
        .where(Leg.state == "ended")
        .group_by(col(Leg.id), col(Cdr.cost_micro))
    )
    for leg, cost, count, charged in session.exec(query):
        if cost is None:
            yield Fault("leg", leg.id, "has ended and has no CDR")
        elif leg.answered_at_ms is None and (cost or count):
            yield Fault("leg", leg.id, f"was not answered, but costs {cost} with {count} settlements")
        elif leg.answered_at_ms is not None and count != 1:
            yield Fault("leg", leg.id, f"was answered and has {count} settlements")
        elif leg.answered_at_ms is not None and int(charged) != cost:
            yield Fault("cdr", leg.id, f"says a cost of {cost}, but {int(charged)} was settled")


def _records_have_their_leg(session: Session) -> Iterator[Fault]:
    ended = select(Leg.id).where(Leg.state == "ended")
    for leg_id in session.exec(select(Cdr.leg_id).where(col(Cdr.leg_id).not_in(ended))):
        yield Fault("cdr", leg_id, "is the record of a leg that has not ended")
    loose = select(Transfer.key).where(
        Transfer.kind == "settle",
        col(Transfer.leg_id).is_(None) | col(Transfer.leg_id).not_in(select(Cdr.leg_id)),
    )
    for key in session.exec(loose):
        yield Fault("transfer", key, "is a settlement without a CDR")


def _ended_requests_have_no_open_leg(session: Session) -> Iterator[Fault]:
    query = select(Leg.id, Leg.state, Request.state).where(
        Leg.request_id == Request.id, Leg.state != "ended", col(Request.state) != "running"
    )
    for leg_id, state, request_state in session.exec(query):
        yield Fault("leg", leg_id, f"is {state}, but its request is {request_state}")


_CHECKS: tuple[Callable[[Session], Iterator[Fault]], ...] = (
    _balances_are_the_sums_of_their_transfers,
    _transfers_stay_in_one_currency,
    _holds_are_the_sums_of_their_transfers,
    _held_money_belongs_to_open_holds,
    _requests_end_with_their_holds,
    _answered_legs_are_settled_once,
    _records_have_their_leg,
    _ended_requests_have_no_open_leg,
)


def _sums(session: Session, group: SQLColumnExpression[Any], kind: str | None = None) -> dict[str, int]:
    query = select(group, func.sum(Transfer.amount_micro)).where(group.is_not(None)).group_by(group)
    if kind is not None:
        query = query.where(col(Transfer.kind) == kind)
    return {key: int(total) for key, total in session.exec(query)}
