"""The money: double entry, set aside before it is spent, spent at most once.

Every movement is one `transfer` row with a key, from one ledger account to another, never changed after.
A call holds money in quanta, settles each answered leg out of what it holds, and releases the rest::

    topup:EUR ──topup──► wallet:<account> ──hold──► held:<account> ──settle──► revenue:EUR
                               ▲                          │
                               └────────── release ───────┘

The balance moves by one UPDATE that carries its own floor, so two calls can never spend one cent twice.
All functions work in the caller's transaction; none commits.
"""

from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, func, update
from sqlmodel import Session, col, select

from callback.store.models import Hold, LedgerAccount, Transfer
from callback.store.rows import changed, every, figures, first, insert_once

_ID: BindParameter[str] = bindparam("its_id")
_MICRO: BindParameter[int] = bindparam("by_micro")
_OPEN_HOLD = update(Hold).where(col(Hold.request_id) == _ID, col(Hold.state) == "open")
_GROW = _OPEN_HOLD.values(held_micro=Hold.held_micro + _MICRO, quanta=Hold.quanta + 1)
_GROWN = _GROW.returning(col(Hold.account_id), col(Hold.quanta))
_SETTLE = _OPEN_HOLD.where(col(Hold.settled_micro) + _MICRO <= col(Hold.held_micro)).values(
    settled_micro=Hold.settled_micro + _MICRO
)
_CLOSED = _OPEN_HOLD.values(state="closed").returning(
    col(Hold.account_id), col(Hold.held_micro) - col(Hold.settled_micro)
)
_HOLD = select(Hold).where(Hold.request_id == _ID)
_TRANSFER = select(Transfer).where(Transfer.key == _ID)
_LEDGER = select(LedgerAccount).where(LedgerAccount.id == _ID)
_PURSES = select(LedgerAccount).where(col(LedgerAccount.id).in_((bindparam("wallet"), bindparam("held"))))
_AVAILABLE = select(col(LedgerAccount.balance_micro) - func.coalesce(LedgerAccount.floor_micro, 0)).where(
    LedgerAccount.id == _ID
)
_CURRENCY = select(LedgerAccount.currency).where(LedgerAccount.id == _ID)
_CREDIT = (
    update(LedgerAccount)
    .where(col(LedgerAccount.id) == _ID, col(LedgerAccount.currency) == bindparam("its_currency"))
    .values(balance_micro=LedgerAccount.balance_micro + _MICRO)
)
_DEBIT = _CREDIT.where(
    col(LedgerAccount.floor_micro).is_(None)
    | (col(LedgerAccount.balance_micro) + _MICRO >= col(LedgerAccount.floor_micro))
)


class BelowFloor(Exception):  # never leaves this module's callers: they answer False
    """The debit account has not enough; nothing of the transfer was stored."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """What an account has. `available_micro` is what calls may still set aside."""

    balance_micro: int
    held_micro: int
    credit_limit_micro: int
    currency: str

    @property
    def available_micro(self) -> int:
        return self.balance_micro + self.credit_limit_micro


def wallet_id(account_id: str) -> str:
    return f"wallet:{account_id}"


def held_id(account_id: str) -> str:
    return f"held:{account_id}"


def open_wallet(session: Session, account_id: str, currency: str, credit_limit_micro: int = 0) -> None:
    """The ledger accounts of a new callback account, empty, and ours of its currency; harmless to repeat."""
    assert credit_limit_micro >= 0
    floors = {wallet_id(account_id): -credit_limit_micro, held_id(account_id): 0}
    for ledger_id, floor_micro in floors.items():
        insert_once(session, LedgerAccount(id=ledger_id, currency=currency, floor_micro=floor_micro))
    for ours in ("topup", "revenue", "adjust"):
        insert_once(session, LedgerAccount(id=f"{ours}:{currency}", currency=currency))


def get_wallet(session: Session, account_id: str) -> Wallet:
    """Balance, holds and limit of an account that exists."""
    ids = {"wallet": wallet_id(account_id), "held": held_id(account_id)}
    found = {row.id: row for row in every(session, _PURSES, **ids)}
    wallet, held = found[ids["wallet"]], found[ids["held"]]
    return Wallet(wallet.balance_micro, held.balance_micro, -(wallet.floor_micro or 0), wallet.currency)


def available_micro(session: Session, account_id: str) -> int:
    """What calls may still set aside: balance down to the credit limit, without what is held already."""
    (micro,) = figures(session, _AVAILABLE, its_id=wallet_id(account_id))
    return int(micro)


def get_currency(session: Session, account_id: str) -> str:
    """In which an account pays."""
    found = figures(session, _CURRENCY, its_id=wallet_id(account_id))
    assert found is not None, f"account {account_id} has no wallet"
    currency: str = found.currency
    return currency


def post(
    session: Session,
    key: str,
    kind: str,
    debit_id: str,
    credit_id: str,
    amount_micro: int,
    *,
    currency: str,
    at_ms: int,
    request_id: str | None = None,
    leg_id: str | None = None,
    reason: str = "",
    author: str = "",
) -> bool:
    """Move money once; False if this key has moved it before. Raises BelowFloor, and then nothing moved."""
    assert amount_micro >= 0 and debit_id != credit_id, "money moves forward; swap the accounts"
    transfer = Transfer(
        key=key,
        kind=kind,
        debit_id=debit_id,
        credit_id=credit_id,
        amount_micro=amount_micro,
        currency=currency,
        request_id=request_id,
        leg_id=leg_id,
        reason=reason,
        author=author,
        at_ms=at_ms,
    )
    with session.begin_nested():  # a refused debit takes its transfer row with it
        return _post(session, transfer)


def top_up(
    session: Session,
    key: str,
    account_id: str,
    amount_micro: int,
    *,
    author: str,
    at_ms: int,
    reason: str = "",
) -> bool:
    """Add money to a wallet under the key "topup:<key>"; False if that was done before."""
    assert amount_micro > 0
    currency = get_currency(session, account_id)
    return post(
        session, f"topup:{key}", "topup", f"topup:{currency}", wallet_id(account_id), amount_micro,
        currency=currency, at_ms=at_ms, reason=reason, author=author,
    )  # fmt: skip


def adjust(
    session: Session,
    key: str,
    account_id: str,
    amount_micro: int,
    *,
    author: str,
    at_ms: int,
    reason: str,
) -> bool:
    """Correct a wallet under the key "adjust:<key>", either way; False if that was done before.

    Raises BelowFloor when more is to be taken than calls may still set aside.
    """
    assert amount_micro != 0
    currency = get_currency(session, account_id)
    ours, theirs = f"adjust:{currency}", wallet_id(account_id)
    debit_id, credit_id = (ours, theirs) if amount_micro > 0 else (theirs, ours)
    return post(
        session, f"adjust:{key}", "adjust", debit_id, credit_id, abs(amount_micro),
        currency=currency, at_ms=at_ms, reason=reason, author=author,
    )  # fmt: skip


def find_payment(session: Session, key: str) -> Transfer | None:
    """What `top_up` or `adjust` booked under this key; the same key should never mean two things."""
    return first(session, select(Transfer).where(col(Transfer.key).in_((f"topup:{key}", f"adjust:{key}"))))


def open_hold(session: Session, request_id: str, account_id: str, amount_micro: int, at_ms: int) -> bool:
    """Set aside the first quantum of a request; False if the balance is too low. Harmless to repeat."""
    try:
        with session.begin_nested():
            hold = Hold(request_id=request_id, account_id=account_id, held_micro=amount_micro)
            if insert_once(session, hold):
                _set_aside(session, request_id, account_id, 1, amount_micro, at_ms)
    except BelowFloor:
        return False
    return True


def grow_hold(session: Session, request_id: str, amount_micro: int, at_ms: int) -> bool:
    """Set aside the next quantum; False, and nothing changed, if the balance is too low or it is closed."""
    try:
        with session.begin_nested():
            grown = figures(session, _GROWN, its_id=request_id, by_micro=amount_micro)
            if grown is None:
                return False
            _set_aside(session, request_id, grown.account_id, grown.quanta, amount_micro, at_ms)
    except BelowFloor:
        return False
    return True


def settle_leg(session: Session, request_id: str, leg_id: str, cost_micro: int, at_ms: int) -> int:
    """Pay for an answered leg out of the hold, once; micro-units charged, never more than is held.

    The CDR's cost is what this returns. A repeat returns what was charged the first time.
    """
    key = f"settle:{leg_id}"
    hold = _hold(session, request_id)
    currency = get_currency(session, hold.account_id)
    charged_micro = min(cost_micro, hold.held_micro - hold.settled_micro)
    transfer = Transfer(
        key=key, kind="settle", debit_id=held_id(hold.account_id), credit_id=f"revenue:{currency}",
        amount_micro=charged_micro, currency=currency, at_ms=at_ms, request_id=request_id, leg_id=leg_id,
        reason="" if charged_micro == cost_micro else f"cost {cost_micro}, of which the hold had less",
    )  # fmt: skip
    if not insert_once(session, transfer):
        before = first(session, _TRANSFER, its_id=key)
        assert before is not None
        return before.amount_micro
    settled = changed(session, _SETTLE, its_id=request_id, by_micro=charged_micro)
    assert settled == 1, "a leg is settled while its hold is open"
    _move(session, transfer)
    return charged_micro


def release(session: Session, request_id: str, at_ms: int) -> int:
    """Give back what a hold did not spend and close it, exactly once; micro-units given back, 0 if closed."""
    closed = figures(session, _CLOSED, its_id=request_id)
    if closed is None:
        return 0
    account_id, rest_micro = closed
    if rest_micro:
        transfer = Transfer(
            key=f"release:{request_id}", kind="release",
            debit_id=held_id(account_id), credit_id=wallet_id(account_id),
            amount_micro=rest_micro, currency=get_currency(session, account_id), at_ms=at_ms,
            request_id=request_id,
        )  # fmt: skip
        _post(session, transfer)
    return int(rest_micro)


def _set_aside(
    session: Session, request_id: str, account_id: str, quantum: int, amount_micro: int, at_ms: int
) -> None:
    if amount_micro == 0:
        return  # a free call has a hold, to be closed like any other, and no transfer
    key, currency = f"hold:{request_id}:{quantum}", get_currency(session, account_id)
    transfer = Transfer(
        key=key, kind="hold", debit_id=wallet_id(account_id), credit_id=held_id(account_id),
        amount_micro=amount_micro, currency=currency, at_ms=at_ms, request_id=request_id,
    )  # fmt: skip
    assert _post(session, transfer), f"{key} was set aside before"


def _post(session: Session, transfer: Transfer) -> bool:
    if not insert_once(session, transfer):
        return False
    _move(session, transfer)
    return True


def _move(session: Session, transfer: Transfer) -> None:
    moves = {transfer.debit_id: -transfer.amount_micro, transfer.credit_id: transfer.amount_micro}
    for ledger_id in sorted(moves):  # everybody locks in this order, so nobody waits in a ring (PostgreSQL)
        by_micro = moves[ledger_id]
        update_balance = _DEBIT if by_micro < 0 else _CREDIT
        told = {"its_id": ledger_id, "its_currency": transfer.currency, "by_micro": by_micro}
        if changed(session, update_balance, **told) == 0:
            there = first(session, _LEDGER, its_id=ledger_id)
            assert there is not None and there.currency == transfer.currency, (
                f"no ledger account {ledger_id} in {transfer.currency}"
            )
            raise BelowFloor(ledger_id)


def _hold(session: Session, request_id: str) -> Hold:
    hold = first(session, _HOLD, its_id=request_id)
    assert hold is not None, f"request {request_id} holds nothing"
    return hold
